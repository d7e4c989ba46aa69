"""Starts the program: `run` and `calibrate` with a progress bar, `report` and `inspect` for notebooks."""

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm.auto import tqdm

from photoz.errors import Code, PhotozError

if TYPE_CHECKING:
    from astropy.table import Table

    from photoz.ensembles import Distributions

PathLike = str | os.PathLike[str]
# As it is shipped, a folder for each MPI, before those for developers.
_BUILDS = (".build-static*/release/photoz", ".build/release/photoz", ".build/debug/photoz")
# A log's lines begin with the time.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (?=photoz: )")
_PROGRESS = re.compile(r"photoz: about (\d+)% of (\d+) galaxies")
# What launchers tell their processes: a program that is started by one of them would believe to be another rank.
_LAUNCHERS = ("OMPI_", "PMIX_", "PMI_", "PRTE_", "ORTE_")


class PhotozWarning(UserWarning):
    """A warning of the program; `Results.json` has it too."""


def find_program() -> Path:
    """The program: what `PHOTOZ` names, or `photoz` on the PATH, or a build of this checkout.

    Raises:
        PhotozError: 66, when there is none.
    """
    named = os.environ.get("PHOTOZ")
    if named:
        found = shutil.which(named)
        if found is None:
            raise PhotozError(f"PHOTOZ names {named}, which is no program", Code.MISSING_INPUT)
        return Path(found).resolve()
    on_path = shutil.which("photoz")
    if on_path:
        return Path(on_path)
    checkout = Path(__file__).resolve().parents[3]
    for build in _BUILDS:
        programs = [program for program in checkout.glob(build) if os.access(program, os.X_OK)]
        if programs:
            return max(programs, key=lambda program: program.stat().st_mtime)
    raise PhotozError(
        "the program photoz is not on the PATH; build it with launch/smoke, or set PHOTOZ to where it is",
        Code.MISSING_INPUT,
    )


def environment(ranks: int) -> dict[str, str]:
    """The environment of a program of its own, even when this process is a rank of another job."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(_LAUNCHERS)}
    if ranks > 1:
        if os.geteuid() == 0:
            for prefix in ("OMPI", "PRTE"):
                clean |= {f"{prefix}_ALLOW_RUN_AS_ROOT": "1", f"{prefix}_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        clean["OMPI_MCA_rmaps_base_oversubscribe"] = "1"
        clean["PMIX_MCA_gds"] = "hash"  # launch/README.md, "Lost nodes", says why
        clean["PRTE_MCA_rmaps_default_mapping_policy"] = ":oversubscribe"
    return clean


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        folder: The results.
        summary: What `Results.json` says.
    """

    folder: Path
    summary: dict[str, Any]

    @property
    def metrics(self) -> dict[str, float] | None:
        """Metrics over the galaxies with a spectroscopic redshift, None when there are none."""
        found: dict[str, float] | None = self.summary["metrics"]
        return found

    @cached_property
    def table(self) -> "Table":
        """The predictions, as `photoz.read` gives them."""
        from photoz.results import read

        return read(self.folder)

    @cached_property
    def distributions(self) -> "Distributions":
        """The redshift distributions of a run with a calibration, as `photoz.distributions` gives them."""
        from photoz.ensembles import distributions

        return distributions(self.folder)


def run(
    weights: PathLike,
    data: PathLike | Sequence[PathLike],
    output: PathLike,
    *,
    calibration: PathLike | None = None,
    pdf: str | None = None,
    grid: str | tuple[float, float, int] | None = None,
    views: int | None = None,
    ranks: int = 1,
    progress: bool = True,
    launcher: Sequence[str] = ("mpirun",),
    **options: Any,
) -> Run:
    """Predicts the redshifts of partitions: `mpirun -np RANKS photoz run`.

    Args:
        weights: The network.
        data: A folder of partitions, or partition files.
        output: The folder that receives the results.
        calibration: What `calibrate` has made for this network; every galaxy then has a redshift distribution.
        pdf: Their form: `quant` (unless given), or on a grid `interp` or `hist`.
        grid: The grid: first and last redshift and how many there are, as three numbers or as `0:2:301`.
        views: Mirror and rotation views of each galaxy, 2 to 8, whose mean is the redshift; one unless given.
        ranks: How many processes; without a launcher when it is 1.
        progress: Whether to show a bar.
        launcher: How to start ranks.
        options: Of `photoz run`, with `_` for `-`: `precision="bf16"`, `overwrite=True`.

    Raises:
        PhotozError: With the program's message and exit code.
    """
    told = {
        "calibration": None if calibration is None else os.fspath(calibration),
        "pdf": pdf,
        "grid": grid if grid is None or isinstance(grid, str) else ":".join(map(str, grid)),
        "views": views,
    }
    command = _command("run", weights, data, output, ranks, launcher)
    watch([*command, *arguments(told | options)], ranks, progress)
    folder = Path(output)
    return Run(folder, json.loads((folder / "Results.json").read_text()))


def calibrate(
    weights: PathLike,
    data: PathLike | Sequence[PathLike],
    output: PathLike,
    *,
    reweight: PathLike | Sequence[PathLike] = (),
    ranks: int = 1,
    progress: bool = True,
    launcher: Sequence[str] = ("mpirun",),
    **options: Any,
) -> Path:
    """Learns from labelled galaxies how far redshifts are off: `mpirun -np RANKS photoz calibrate`.

    Args:
        weights: The network.
        data: Partitions of galaxies with spectroscopic redshifts that the network was not trained on.
        output: The file that receives the calibration, for `run`; `inspect` says what it holds.
        reweight: Partitions of galaxies that the calibration is for: labelled ones count as these are distributed.
        ranks: How many processes; without a launcher when it is 1.
        progress: Whether to show a bar.
        launcher: How to start ranks.
        options: Of `photoz calibrate`, with `_` for `-`: `method="cells"`, `cell=300`, `overwrite=True`.

    Returns:
        The file's path.

    Raises:
        PhotozError: With the program's message and exit code.
    """
    command = _command("calibrate", weights, data, output, ranks, launcher)
    target = _words(reweight)
    watch([*command, *(["--reweight", *target] if target else []), *arguments(options)], ranks, progress)
    return Path(output)


def _command(
    name: str,
    weights: PathLike,
    data: PathLike | Sequence[PathLike],
    output: PathLike,
    ranks: int,
    launcher: Sequence[str],
) -> list[str]:
    """The words that start a command of the program on partitions, without its options."""
    start = [*launcher, "-np", str(ranks)] if ranks > 1 else []
    command = [*start, str(find_program()), name, "--weights", os.fspath(weights)]
    return [*command, "--data", *_words(data), "--output", os.fspath(output)]


def _words(paths: PathLike | Sequence[PathLike]) -> list[str]:
    return [os.fspath(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]


def arguments(options: Mapping[str, object]) -> list[str]:
    """Options of the program: true ones alone, false and None left out, lists with commas."""
    words: list[str] = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        option = "--" + name.replace("_", "-")
        text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        # What begins with a minus would pass for an option.
        words += [option] if value is True else [f"{option}={text}"] if text.startswith("-") else [option, text]
    return words


def watch(command: list[str], ranks: int, progress: bool) -> None:
    """Runs it, shows how far it is, passes on its warnings, and raises its error."""
    try:
        job = subprocess.Popen(
            command,
            env=environment(ranks),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise PhotozError(f"cannot start {command[0]}: it is not on the PATH", Code.MISSING_INPUT) from error
    said: list[str] = []
    try:
        assert job.stderr is not None
        with job.stderr, tqdm(total=100, unit="%", desc="photoz", disable=None if progress else True) as bar:
            for line in job.stderr:
                line = _TIME.sub("", line, count=1)
                found = _PROGRESS.match(line)
                if found:
                    bar.update(int(found[1]) - bar.n)
                elif line.strip():
                    said.append(line.rstrip())
            code = job.wait()
            bar.update(100 - bar.n if code == 0 else 0)
    except BaseException:
        # The program stores what it has, so that a later run with resume=True goes on.
        job.terminate()
        job.wait()
        raise
    _judge(code, said)


def _judge(code: int, said: list[str]) -> None:
    prefix = "photoz: warning: "
    for line in said:
        if line.startswith(prefix):
            warnings.warn(line.removeprefix(prefix), PhotozWarning, stacklevel=4)
    if code == 0:
        return
    told = [line for line in said if not line.startswith(prefix)]
    first = next((place for place, line in enumerate(told) if line.startswith("photoz: ")), 0)
    # A message may have several lines; after it the launcher has its say.
    last = next((place for place in range(first, len(told)) if told[place].startswith("-----")), len(told))
    message = "\n".join(told[first:last]) or f"photoz ended with exit code {code} and said nothing"
    raise PhotozError(message.removeprefix("photoz: "), code)


class Report(str):
    """The path of a page that a notebook shows where it stands."""

    def _repr_html_(self) -> str:
        page = html.escape(Path(self).read_text(), quote=True)
        return f'<iframe srcdoc="{page}" width="100%" height="900" style="border:0"></iframe>'


def report(*folders: PathLike, output: PathLike | None = None) -> Report:
    """Draws the results of one run, or of several beside each other: `photoz report`.

    Args:
        folders: Results.
        output: The page; the name of the first folder and `.html` unless given.

    Returns:
        The page's path; a notebook shows the page.
    """
    if not folders:
        raise PhotozError("report needs the folder of a run", Code.USAGE)
    page = Path(output) if output else Path(os.path.abspath(folders[0]) + ".html")
    with tempfile.TemporaryFile("w+") as said:
        command = [str(find_program()), "report", *(os.fspath(folder) for folder in folders), "--output", str(page)]
        code = subprocess.run(command, env=environment(1), stdout=said, stderr=said).returncode
        said.seek(0)
        _judge(code, said.read().splitlines())
    return Report(page)


def inspect(path: PathLike, weights: PathLike | None = None) -> str:
    """What the program says a file holds, as text: `photoz inspect`.

    Raises:
        PhotozError: With every fault of the file.
    """
    also = ["--weights", os.fspath(weights)] if weights else []
    command = [str(find_program()), "inspect", os.fspath(path), *also]
    done = subprocess.run(command, env=environment(1), capture_output=True, text=True, errors="replace")
    _judge(done.returncode, (done.stderr or done.stdout).splitlines() if done.returncode else [])
    return done.stdout
