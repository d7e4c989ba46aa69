"""Catalogues that are written a piece at a time: FITS, Parquet, CSV, ECSV."""

import csv
from abc import ABC, abstractmethod
from contextlib import suppress
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.table import Column, Table

from photoz.errors import Code, PhotozError
from photoz.results import CHUNK, Predictions, header_values, unit_of
from photoz.tables.catalogue import Array, Columns

_FITS_BLOCK = 2880


class Sink(ABC):
    """A catalogue that is written a piece at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> "Sink":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: TracebackType | BaseException | None) -> None:
        if kind is None:
            self.close()
            return
        # What went wrong first is what matters; the file goes anyway.
        with suppress(OSError):
            self.close()

    @abstractmethod
    def start(self, columns: Columns, described: dict[str, tuple[str, str]], source: Predictions) -> None:
        """Writes the head, for columns like these."""

    @abstractmethod
    def add(self, columns: Columns) -> None:
        """Writes rows."""

    @abstractmethod
    def close(self) -> None:
        """Ends the file."""


class FitsSink(Sink):
    """A binary table as TOPCAT reads it: names, units, descriptions (TCOMM), no objects, no variable lengths."""

    def start(self, columns: Columns, described: dict[str, tuple[str, str]], source: Predictions) -> None:
        widths = _text_widths(columns, source)
        self._kinds = [(name, _fits_kind(name, values, widths)) for name, values in columns.items()]
        self._record = np.dtype([(name, kind) for name, kind in self._kinds])
        table = Table([Column(np.empty(0, kind.newbyteorder("=")), name) for name, kind in self._kinds])
        header = fits.table_to_hdu(table).header
        header["NAXIS2"] = source.rows
        header["EXTNAME"] = "PHOTOZ"
        for place, name in enumerate(columns, 1):
            text, unit = described.get(name, ("", ""))
            header[f"TCOMM{place}"] = text[:60]
            if unit:
                header[f"TUNIT{place}"] = unit
            kind = self._record[name]
            if kind.kind == "i" and name not in source.names:
                # A galaxy without a match has no number.
                header[f"TNULL{place}"] = int(np.iinfo(kind).min)
        fits.PrimaryHDU().writeto(self.path, overwrite=True)
        # Astropy writes headers; rows follow as they come, and zeros fill the last block.
        # Not buffered: what the disk refuses, it refuses at once.
        self._file = open(self.path, "ab", buffering=0)  # noqa: SIM115 (closed by close)
        np.frombuffer(header.tostring().encode("ascii"), "u1").tofile(self._file)
        self._rows, self._promised = 0, source.rows

    def add(self, columns: Columns) -> None:
        rows = np.empty(len(next(iter(columns.values()))), self._record)
        for name, kind in self._kinds:
            rows[name] = _fits_values(name, columns[name], kind)
        self._rows += len(rows)
        rows.tofile(self._file)

    def close(self) -> None:
        if not hasattr(self, "_file"):
            return
        with self._file:
            np.zeros(-(self._rows * self._record.itemsize) % _FITS_BLOCK, "u1").tofile(self._file)


def _fits_kind(name: str, values: Array, widths: dict[str, int]) -> np.dtype[Any]:
    kind = np.ma.getdata(values).dtype
    if kind.kind == "U":
        return np.dtype(f"S{max(1, widths[name])}")
    if kind.kind == "b":
        return np.dtype("S1")
    # FITS knows no unsigned numbers but bytes without an offset: the next wider signed type holds them all.
    wider = {"u2": "i4", "u4": "i8", "i1": "i2", "f2": "f4"}.get(kind.str[1:], kind.str[1:])
    return np.dtype(">" + wider) if wider != "u8" else np.dtype(">i8")


def _fits_values(name: str, values: Array, kind: np.dtype[Any]) -> Array:
    data = (
        np.ma.filled(values, "" if values.dtype.kind == "U" else _blank(values.dtype)) if _is_masked(values) else values
    )
    if data.dtype.kind == "U":
        encoded = np.char.encode(data, "utf-8", "surrogateescape")
        if encoded.dtype.itemsize > kind.itemsize:
            raise PhotozError(
                f"column {name} has texts of {encoded.dtype.itemsize} bytes; {kind.itemsize} were expected"
            )
        return encoded
    if data.dtype.kind == "b":
        return np.where(data, b"T", b"F")
    if data.dtype == np.dtype("u8") and len(data) and data.max() > np.iinfo("i8").max:
        raise PhotozError(f"column {name} has numbers above 2^63, which a FITS table cannot hold: export to Parquet")
    return data


def _is_masked(values: Array) -> bool:
    return bool(np.ma.isMaskedArray(values))


def _blank(kind: np.dtype[Any]) -> Any:
    return np.nan if kind.kind == "f" else np.iinfo(kind).min if kind.kind == "i" else 0


def _text_widths(columns: Columns, source: Predictions) -> dict[str, int]:
    """The longest text of each column, bytes: read once before, because a FITS table has one width."""
    texts = [name for name, values in columns.items() if np.ma.getdata(values).dtype.kind == "U"]
    widths = {
        name: max(1, np.char.encode(np.ma.getdata(columns[name]), "utf-8", "surrogateescape").itemsize)
        for name in texts
    }
    mine = [name for name in texts if name in source.names]
    if mine and source.rows > CHUNK:
        for part in source.chunks():
            for name in mine:
                widths[name] = max(widths[name], np.char.encode(part[name], "utf-8", "surrogateescape").itemsize)
    # Columns of a join are of one width already.
    return {name: max(width, np.ma.getdata(columns[name]).dtype.itemsize // 4) for name, width in widths.items()}


class ParquetSink(Sink):
    """Parquet, with descriptions and units in the fields' metadata."""

    def start(self, columns: Columns, described: dict[str, tuple[str, str]], source: Predictions) -> None:
        try:
            import pyarrow
            import pyarrow.parquet as parquet
        except ImportError as error:
            raise PhotozError("Parquet needs pyarrow: pip install 'photoz[parquet]'", Code.USAGE) from error
        self._arrow = pyarrow
        fields = []
        for name, values in columns.items():
            text, unit = described.get(name, ("", ""))
            metadata = {"description": text, **({"unit": unit} if unit else {})}
            fields.append(pyarrow.field(name, pyarrow.array(np.ma.getdata(values)[:0]).type, metadata=metadata))
        self._schema = pyarrow.schema(fields)
        self._writer = parquet.ParquetWriter(self.path, self._schema)

    def add(self, columns: Columns) -> None:
        arrays = [
            self._arrow.array(np.ma.getdata(values), mask=np.ma.getmaskarray(values) if _is_masked(values) else None)
            for values in columns.values()
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        if hasattr(self, "_writer"):
            self._writer.close()


class CsvSink(Sink):
    """Text with commas; floats in the fewest digits that read back as the same number."""

    def start(self, columns: Columns, described: dict[str, tuple[str, str]], source: Predictions) -> None:
        self._file = open(self.path, "w", newline="", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
        self._head(columns, described, source)
        self._rows = csv.writer(self._file, lineterminator="\n")

    def _head(self, columns: Columns, described: dict[str, tuple[str, str]], source: Predictions) -> None:
        csv.writer(self._file, lineterminator="\n").writerow(columns)

    def add(self, columns: Columns) -> None:
        self._rows.writerows(zip(*(_words(values) for values in columns.values()), strict=True))

    def close(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()


def _words(values: Array) -> list[Any]:
    data = np.ma.getdata(values)
    # The digits of its own precision: a float32 as float64 would grow a tail.
    words = data.astype(str).tolist() if data.dtype.kind == "f" else data.tolist()
    if _is_masked(values):
        return ["" if gone else word for word, gone in zip(words, np.ma.getmaskarray(values), strict=True)]
    return list(words)


class EcsvSink(CsvSink):
    """ECSV, whose head astropy writes: types, units, descriptions, what the run was."""

    def _head(self, columns: Columns, described: dict[str, tuple[str, str]], source: Predictions) -> None:
        table = Table(meta=header_values(source.attributes()))
        for name, values in columns.items():
            text, unit = described.get(name, ("", ""))
            table[name] = Column(np.ma.getdata(values)[:0], description=text, unit=unit_of(unit))
        head = StringIO()
        table.write(head, format="ascii.ecsv", delimiter=",")
        self._file.write(head.getvalue())
