"""Catalogues of any kind as one thing: names, a number of rows, and columns, whole or a chunk at a time."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from photoz.errors import Code, PhotozError, from_os, nearest

Array = npt.NDArray[Any]
Columns = dict[str, Array]
CHUNK = 262_144


class Catalogue(ABC):
    """A table. Masked entries are NaN in numbers and, in whole numbers, a mask (`numpy.ma`).

    Attributes:
        label: What messages call it.
        names: Names of its columns.
    """

    label: str
    names: list[str]

    @abstractmethod
    def chunks(self, names: Sequence[str], rows: int = CHUNK) -> Iterator[Columns]:
        """Columns of so many rows at a time, in order."""

    def read(self, names: Sequence[str]) -> Columns:
        """Whole columns, each [rows]."""
        wanted = list(dict.fromkeys(names))
        for name in wanted:
            self.require(name)
        parts = list(self.chunks(wanted))
        return {name: _joined([part[name] for part in parts]) for name in wanted}

    def meaning(self, name: str) -> tuple[str, str]:
        """A column's description and unit, empty where the table says none."""
        return "", ""

    def require(self, name: str, what: str = "") -> str:
        """The name itself, when there is such a column.

        Raises:
            PhotozError: 65, with the nearest names.
        """
        if name not in self.names:
            because = f" for {what}" if what else ""
            raise PhotozError(f"{self.label} has no column {name}{because}{nearest(name, self.names)}")
        return name


def _joined(parts: list[Array]) -> Array:
    if not parts:
        return np.empty(0)
    masked = any(np.ma.isMaskedArray(part) for part in parts)
    joined: Any = np.ma.concatenate if masked else np.concatenate
    found: Array = joined(parts)
    return found


def plain(values: Any) -> Array:
    """A column as numpy has it: native byte order, text as str, masked floats as NaN."""
    column = getattr(values, "filled", None)
    mask = np.ma.getmaskarray(values) if column is not None else None
    array = np.asarray(np.ma.getdata(values) if mask is not None else values)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "surrogateescape")
    elif array.dtype.kind == "O":
        array = _of_objects(array)
    if array.dtype.byteorder not in "=|":
        array = array.astype(array.dtype.newbyteorder("="))
    if mask is None or not mask.any():
        return array
    if array.dtype.kind == "f":
        return np.where(mask, np.nan, array)
    return np.ma.array(array, mask=mask)


def _of_objects(array: Array) -> Array:
    """Objects of a table are texts, or numbers with None among them."""
    none = np.array([value is None for value in array.ravel()]).reshape(array.shape)
    if all(isinstance(value, str | bytes) for value in array[~none]):
        texts = [
            value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value or "" for value in array
        ]
        text = np.array(texts, dtype=str)
        return np.ma.array(text, mask=none) if none.any() else text
    return np.array([np.nan if value is None else float(value) for value in array])


class TableCatalogue(Catalogue):
    """A table in memory: astropy's, pandas', or columns by name."""

    def __init__(self, table: Any, label: str = "the catalogue") -> None:
        self.label = label
        names = getattr(table, "colnames", None)
        self.names = [str(name) for name in (names if names is not None else list(table))]
        self._columns = {name: _column(table[name]) for name in self.names}
        self._meanings = {name: _said(table[name], "description", "unit") for name in self.names}

    def meaning(self, name: str) -> tuple[str, str]:
        return self._meanings[name]

    def chunks(self, names: Sequence[str], rows: int = CHUNK) -> Iterator[Columns]:
        count = len(self._columns[names[0]]) if names else 0
        for start in range(0, count, rows):
            yield {name: self._columns[name][start : start + rows] for name in names}


def _said(column: Any, *attributes: str) -> tuple[str, str]:
    text, unit = (getattr(column, name, None) for name in attributes)
    return str(text or ""), str(unit or "") if not isinstance(unit, Sequence) or isinstance(unit, str) else ""


def _column(values: Any) -> Array:
    # A pandas column knows no mask; an astropy one may be of a quantity, whose unit the header keeps.
    if hasattr(values, "to_numpy"):
        return plain(values.to_numpy(na_value=np.nan) if values.dtype.kind in "fiu" else values.to_numpy())
    return plain(values)


def open_catalogue(source: Any, table: str | None = None) -> Catalogue:
    """A catalogue from a file or from a table in memory.

    Args:
        source: A path (`file.npz[name]` for an array of an archive), an astropy Table, a pandas DataFrame, or a
            dictionary of columns.
        table: The extension of a FITS file, or the group or table of an HDF5 file.

    Raises:
        PhotozError: 66 for a file that is not there, 65 for one that is no table.
    """
    if isinstance(source, Catalogue):
        return source
    if not isinstance(source, str | os.PathLike):
        return TableCatalogue(source)
    from photoz.tables import formats

    text = os.fspath(source)
    path, table = split_member(text) if table is None else (text, table)
    if not Path(path).is_file():
        raise PhotozError(f"the catalogue {path} does not exist", Code.MISSING_INPUT)
    try:
        return formats.open_file(path, table)
    except OSError as error:
        raise from_os(error, f"the catalogue {path}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise PhotozError(f"the catalogue {path} cannot be read: {' '.join(str(error).split())}") from error


def split_member(text: str) -> tuple[str, str | None]:
    """`file.npz[catalog]` as the file and the name in it."""
    if text.endswith("]") and "[" in text and not os.path.exists(text):
        path, _, member = text[:-1].rpartition("[")
        return path, member
    return text, None


def without_mask(values: Array, what: str) -> Array:
    """Values of which none may be missing.

    Raises:
        PhotozError: 65, with the first row that lacks one.
    """
    mask = np.ma.getmaskarray(values)
    if mask.any():
        raise PhotozError(f"{what} is missing in {int(mask.sum())} rows, first in row {int(np.argmax(mask))}")
    return np.ma.getdata(values)


def as_floats(values: Array, missing: Sequence[float] = ()) -> Array:
    """Numbers in float64; NaN where they are masked or stand for none."""
    if np.ma.getdata(values).dtype.kind not in "fiub":
        raise PhotozError(f"numbers are needed, not {np.ma.getdata(values).dtype}")
    numbers = np.ma.filled(np.ma.asarray(values).astype("f8"), np.nan)
    for sentinel in missing:
        # Compared as the column stores them, like photoz run does.
        numbers[np.ma.getdata(values) == np.asarray(sentinel).astype(np.ma.getdata(values).dtype)] = np.nan
    return numbers


def merged(first: Mapping[str, Array], second: Mapping[str, Array]) -> Columns:
    """Columns of two tables; those of the first where both have one."""
    return dict(second) | dict(first)
