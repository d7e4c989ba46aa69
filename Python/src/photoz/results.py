"""Out: the predictions of a run as an astropy Table, with units, descriptions and the columns that were kept."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from astropy import units
from astropy.table import Column, MaskedColumn, Table

from photoz.errors import Code, PhotozError, from_os, nearest, some
from photoz.tables.catalogue import Array, Columns, plain
from photoz.texts import text_of

PathLike = str | os.PathLike[str]
# The file's names stay as they are; a catalogue's say which redshift is meant.
NAMES = {
    "object_id": "object_id",
    "redshift_predicted": "z_phot",
    "view_scatter": "view_scatter",
    "z_lower_68": "z_lower_68",
    "z_upper_68": "z_upper_68",
    "z_lower_95": "z_lower_95",
    "z_upper_95": "z_upper_95",
    "redshift": "z_spec",
    "flags": "flags",
    "partition": "partition",
    "row": "row",
}
DESCRIPTIONS = {
    "object_id": "identifier of the galaxy",
    "z_phot": "photometric redshift, NaN when none could be predicted",
    "view_scatter": "standard deviation of the photometric redshift over mirror and rotation views; no error bar",
    "z_lower_68": "the redshift is below it with probability 0.16",
    "z_upper_68": "the redshift is below it with probability 0.84",
    "z_lower_95": "the redshift is below it with probability 0.025",
    "z_upper_95": "the redshift is below it with probability 0.975",
    "z_spec": "spectroscopic redshift, NaN where unknown",
    "flags": "what is odd about the galaxy, a sum of bits; 0 when nothing is",
    "partition": "number of the galaxy's partition, from 0",
    "row": "row of the galaxy in its partition, from 0",
}
CHUNK = 1 << 18


@dataclass(frozen=True)
class Predictions:
    """The predictions of a run, as a file that is read a piece at a time.

    Attributes:
        path: `predictions.h5` (or `.hdf5`).
        rows: Galaxies.
        columns: Names in the file by names in a catalogue, in the order of a catalogue.
        kept: Names of columns that are in the partitions alone, by names in a catalogue.
        partitions: The partitions' files, where they can be found.
    """

    path: Path
    rows: int
    columns: dict[str, str]
    kept: dict[str, str]
    partitions: tuple[Path, ...]

    @classmethod
    def open(cls, folder: PathLike, keep: Sequence[str] | None = None) -> "Predictions":
        """The predictions of a results folder.

        Args:
            folder: Of a run, or its predictions.
            keep: Columns to carry: those that the predictions have (all, unless given), or the partitions.

        Raises:
            PhotozError: 66 when there are none, 65 for a column that is nowhere, with the nearest names.
        """
        path = find(folder)
        try:
            with h5py.File(path) as file:
                if "redshift_predicted" not in file:
                    raise PhotozError(f"{path} holds no predictions of photoz: there are {some(list(file))}")
                rows = len(file["redshift_predicted"])
                held = [name for name, item in file.items() if getattr(item, "shape", None) == (rows,)]
                listed = tuple(Path(text_of(name)) for name in file.attrs.get("partitions", ()))
        except OSError as error:
            raise from_os(error, str(path)) from error
        columns = {NAMES[name]: name for name in NAMES if name in held}
        more = [name for name in held if name not in NAMES]
        partitions = _located(path, listed)
        known = more if keep is None else [name for name in keep if name in more]
        columns |= {name: name for name in known}
        lost = [name for name in keep or () if name not in more and name not in columns]
        return cls(path, rows, columns, {name: _required(name, more, partitions) for name in lost}, partitions)

    @property
    def names(self) -> list[str]:
        """Names of all columns."""
        return [*self.columns, *self.kept]

    def chunks(self, rows: int = CHUNK) -> Iterator[Columns]:
        """All columns of so many galaxies at a time; identifiers that are bytes become text."""
        with h5py.File(self.path) as file:
            for start in range(0, self.rows, rows):
                part = {name: plain(file[inner][start : start + rows]) for name, inner in self.columns.items()}
                if self.kept:
                    part |= self._of_partitions(file, slice(start, start + rows))
                yield part

    def _of_partitions(self, file: h5py.File, rows: slice) -> Columns:
        partition, row = file["partition"][rows], file["row"][rows]
        pieces: list[Columns] = []
        starts = np.flatnonzero(np.r_[True, partition[1:] != partition[:-1]])
        for start, stop in zip(starts, [*starts[1:], len(partition)], strict=True):
            with h5py.File(self.partitions[partition[start]]) as source:
                # Rows of a partition follow each other in the predictions.
                wanted = slice(int(row[start]), int(row[stop - 1]) + 1)
                pieces.append({name: plain(source[inner][wanted]) for name, inner in self.kept.items()})
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in self.kept}

    def attributes(self) -> dict[str, Any]:
        """Of the file and, for the flags, of their data set."""
        with h5py.File(self.path) as file:
            said = {
                name: text_of(value) if isinstance(value, bytes | str) else value for name, value in file.attrs.items()
            }
            if "flags" in file:
                said |= {name: value for name, value in file["flags"].attrs.items() if name.startswith("flag_")}
        return said

    def description(self, name: str) -> tuple[str, str]:
        """What a column is, and its unit: what the file says or, for the program's own columns, what they are."""
        with h5py.File(self.path) as file:
            said = file[self.columns[name]].attrs if name in self.columns else {}
            text, unit = text_of(said.get("description", "")), text_of(said.get("units", ""))
        if name in self.kept:
            with h5py.File(self.partitions[0]) as source:
                attributes = source[self.kept[name]].attrs
                text, unit = text_of(attributes.get("description", "")), text_of(attributes.get("units", ""))
        return text or DESCRIPTIONS.get(name, "carried from the partitions"), unit


def find(folder: PathLike) -> Path:
    """The predictions of a folder, or the file that is named."""
    path = Path(folder)
    if path.is_file():
        return path
    for name in ("predictions.h5", "predictions.hdf5"):
        if (path / name).is_file():
            return path / name
    what = "holds no predictions.h5: the run has not ended well" if path.is_dir() else "does not exist"
    raise PhotozError(f"{path} {what}", Code.MISSING_INPUT)


def _located(path: Path, listed: tuple[Path, ...]) -> tuple[Path, ...]:
    """The partitions as files: names are relative to what the run's `--data` was."""
    try:
        said = json.loads((path.parent / "Results.json").read_text())["provenance"]
    except (OSError, ValueError, KeyError):
        return listed
    home = next(iter(said.get("data") or []), None)
    if home is None:
        return listed
    # Names are relative to a folder that was named, and as they were given when files were.
    work = Path(str(said.get("working_directory", "")))
    homes = [work / home, work, (work / home).parent]
    return tuple(next((near / each for near in homes if (near / each).is_file()), homes[0] / each) for each in listed)


def _required(name: str, more: Sequence[str], partitions: Sequence[Path]) -> str:
    if not partitions or not partitions[0].is_file():
        where = f", and the partition {partitions[0]} is not there" if partitions else ""
        raise PhotozError(f"the predictions have no column {name}{nearest(name, more)}{where}")
    with h5py.File(partitions[0]) as file:
        known = [each for each, item in file.items() if isinstance(item, h5py.Dataset) and item.ndim == 1]
    if name not in known:
        raise PhotozError(f"neither predictions nor partitions have a column {name}{nearest(name, [*more, *known])}")
    return name


def read(folder: PathLike, keep: Sequence[str] | None = None) -> Table:
    """The predictions of a run: `z_phot`, `z_spec`, `flags`, identifiers, and the columns that were kept.

    Args:
        folder: Of the run.
        keep: Columns to carry from predictions or partitions; all that the predictions have unless given.

    Returns:
        A Table of N rows with units and descriptions; `.to_pandas()` makes it a DataFrame. Its `meta` is what the file
        says of the run.
    """
    source = Predictions.open(folder, list(keep) if keep is not None else None)
    parts = list(source.chunks())
    table = Table(meta=header_values(source.attributes()))
    for name in source.names:
        values = _concatenated([part[name] for part in parts])
        text, unit = source.description(name)
        kind = MaskedColumn if np.ma.isMaskedArray(values) else Column
        table[name] = kind(values, description=text, unit=unit_of(unit))
    return table


def _concatenated(parts: list[Array]) -> Array:
    if not parts:
        return np.empty(0)
    return np.concatenate(parts)


def header_values(said: dict[str, Any]) -> dict[str, Any]:
    """Attributes as FITS headers and ECSV take them: texts and numbers, no arrays."""
    return {
        name: [text_of(each) if isinstance(each, bytes | str) else each for each in np.asarray(value).tolist()]
        if isinstance(value, np.ndarray)
        else value.item()
        if isinstance(value, np.generic)
        else value
        for name, value in said.items()
    }


def unit_of(text: str) -> Any:
    """A unit of astropy, None for an empty text."""
    return units.Unit(text, parse_strict="silent") if text else None
