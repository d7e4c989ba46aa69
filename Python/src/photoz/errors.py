"""Errors of this package: one message that says what to do, and the program's own exit codes."""

import difflib
import errno
from collections.abc import Iterable, Sequence
from enum import IntEnum


class Code(IntEnum):
    """Exit codes, the same as the program's."""

    USAGE = 64
    DATA = 65
    MISSING_INPUT = 66
    UNEXPECTED = 70
    OUTPUT_REFUSED = 73
    INPUT_OUTPUT = 74
    STOPPED = 75


class PhotozError(Exception):
    """What went wrong, in words for whoever started it.

    Attributes:
        code: What a command ends with.
    """

    def __init__(self, message: str, code: int = Code.DATA) -> None:
        super().__init__(message)
        self.code = int(code)

    def __reduce__(self) -> tuple[type["PhotozError"], tuple[str, int]]:
        return PhotozError, (str(self), self.code)


def from_os(error: OSError, what: str) -> PhotozError:
    """An error of the system or of HDF5, as one of ours: 66 for input that is not there, else 74."""
    if isinstance(error, FileNotFoundError):
        return PhotozError(f"{what}: {error.filename or ''} does not exist", Code.MISSING_INPUT)
    text = str(error)
    if error.errno == errno.ENOSPC or "No space left" in text:
        return PhotozError(f"{what}: no space left on the disk; nothing was written", Code.INPUT_OUTPUT)
    return PhotozError(f"{what}: {' '.join(text.split())}", Code.INPUT_OUTPUT)


def nearest(name: str, known: Iterable[str], count: int = 3) -> str:
    """`; the nearest names are A, B` or, when none is near, all that there are."""
    names = list(known)
    lower = {text.lower(): text for text in names}
    near = [lower[text] for text in difflib.get_close_matches(name.lower(), lower, count, 0.5)]
    if near:
        return f"; the nearest names are {', '.join(near)}"
    return f"; there are {some(names, 20)}" if names else "; there are none"


def some(items: Sequence[object], count: int = 5) -> str:
    """The first items, and how many more there are."""
    shown = ", ".join(str(item) for item in items[:count])
    more = len(items) - count
    return f"{shown} and {more} more" if more > 0 else shown
