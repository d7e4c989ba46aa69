"""Resident processes: `photoz serve` over a pipe, one for each network, started once and ended with this process."""

import atexit
import json
import os
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from photoz.errors import Code, PhotozError
from photoz.program import PathLike, PhotozWarning, arguments, environment, find_program


class Server:
    """A network in memory of a process of its own.

    Args:
        weights: The network.
        options: Of `photoz serve`: `precision`, `threads`, `instruction_set`.

    Raises:
        PhotozError: With the program's message, when it cannot use the weights.
    """

    def __init__(self, weights: PathLike, options: Mapping[str, object]) -> None:
        command = [str(find_program()), "serve", "--weights", os.fspath(weights), *arguments(options)]
        self._lock = threading.Lock()
        self._said = tempfile.TemporaryFile("w+b")  # noqa: SIM115 (it is closed with the process)
        self._process = subprocess.Popen(
            command,
            env=environment(1),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            # What interrupts a call from the keyboard leaves the process alone: it ends with its standard input.
            process_group=0,
        )
        try:
            self._answer()
        except BaseException:
            self.end()
            raise

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, data: Sequence[PathLike], output: PathLike, options: Mapping[str, object]) -> dict[str, Any]:
        """Predicts partitions.

        Args:
            data: Partitions.
            output: The file that receives the predictions, as `predictions.h5`.
            options: Of the request, with `_` for `-`.

        Returns:
            What the program says of it: `galaxies`, `flags`, `engine_time (seconds)`. Its warnings are Python's.

        Raises:
            PhotozError: With the program's message and exit code.
        """
        files = [os.path.abspath(path) for path in data]
        request = {"data": files, "output": os.path.abspath(output), "options": arguments(options)}
        with self._lock:
            try:
                assert self._process.stdin is not None
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()
                answer = self._answer()
            except (BrokenPipeError, ValueError):
                # It has gone, or another thread has ended it.
                raise self._lost() from None
            except PhotozError:
                raise
            except BaseException:
                # An answer that nobody has waited for would be taken for the next one's.
                self.end()
                raise
        if not answer["ok"]:
            raise PhotozError(answer["error"], answer["code"])
        for text in answer["warnings"]:
            warnings.warn(text, PhotozWarning, stacklevel=5)
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._lost()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _lost(self) -> PhotozError:
        code = self._process.wait()
        if self._said.closed:
            return PhotozError("photoz serve was ended while another thread waited for it", Code.STOPPED)
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace").strip()
        message = said.removeprefix("photoz: ") or f"photoz serve ended with exit code {code} and said nothing"
        return PhotozError(message, code if code > 0 else Code.UNEXPECTED)

    def end(self) -> None:
        """Ends the process, at once when it does not end by itself."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()


_servers: dict[tuple[object, ...], Server] = {}
_guard = threading.Lock()


def server(weights: PathLike, **options: object) -> Server:
    """The process that has these weights, which is started when there is none.

    Args:
        weights: The network; when the file changes, it is read again.
        options: Of `photoz serve`.
    """
    path = os.path.realpath(weights)
    try:
        status = os.stat(path)
    except OSError as error:
        raise PhotozError(f"{os.fspath(weights)}: {error.strerror}", Code.MISSING_INPUT) from error
    # A process that was forked has pipes of its own.
    key = (os.getpid(), path, status.st_size, status.st_mtime_ns, str(find_program()), *sorted(options.items()))
    with _guard:
        found = _servers.get(key)
        if found is None or not found.is_alive:
            for old in [other for other in _servers if other[:2] == key[:2] and other[4:] == key[4:]]:
                _servers.pop(old).end()
            found = _servers[key] = Server(path, options)
        return found


@atexit.register
def end_servers() -> None:
    """Ends all processes of this one."""
    with _guard:
        for key in [key for key in _servers if key[0] == os.getpid()]:
            _servers.pop(key).end()
