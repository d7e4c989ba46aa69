"""Files of catalogues: FITS, Parquet, CSV, HDF5 in its several layouts, arrays, and whatever else astropy reads."""

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from astropy.io import fits
from astropy.table import Table

from photoz.errors import Code, PhotozError, some
from photoz.tables.catalogue import CHUNK, Catalogue, Columns, TableCatalogue, plain
from photoz.texts import text_of

_TYPE_PREFIX = re.compile(r"^[A-Z]:(?=\w)")


def open_file(path: str, table: str | None) -> Catalogue:
    """The catalogue of a file, by its ending and, for HDF5, by what it holds."""
    name = path.lower()
    if re.search(r"\.(fits?|fit|fz|cat)(\.gz)?$", name):
        return FitsCatalogue(path, table)
    if name.endswith((".parquet", ".pq", ".parq", ".hd5")) and not h5py.is_hdf5(path):
        return ArrowCatalogue(path, lambda: _parquet(path))
    if h5py.is_hdf5(path):
        return _hdf5(path, table)
    if name.endswith((".npz", ".npy")):
        return TableCatalogue(_structured(path, table), path)
    if name.endswith((".csv", ".csv.gz", ".txt", ".tsv")):
        return _text(path)
    return TableCatalogue(Table.read(path), path)


class FitsCatalogue(Catalogue):
    """A table of a FITS file, read where it stands, a chunk at a time."""

    def __init__(self, path: str, table: str | None) -> None:
        self.label = path
        self._path = path
        with fits.open(path, memmap=True) as file:
            self._place = self._table_of(file, table)
            columns, header = file[self._place].columns, file[self._place].header
            self.names = [str(name) for name in columns.names]
            self._meanings = {
                str(column.name): (str(header.get(f"TCOMM{number}", "")), str(column.unit or ""))
                for number, column in enumerate(columns, 1)
            }

    def meaning(self, name: str) -> tuple[str, str]:
        return self._meanings[name]

    def _table_of(self, file: fits.HDUList, table: str | None) -> int:
        tables = [i for i, hdu in enumerate(file) if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)]
        if table is not None:
            place = int(file.index_of(int(table) if table.isdigit() else table))
            if place in tables:
                return place
            raise PhotozError(f"extension {table} of {self.label} is no table")
        if not tables:
            raise PhotozError(f"{self.label} holds no table, only images")
        return tables[0]

    def chunks(self, names: Sequence[str], rows: int = CHUNK) -> Iterator[Columns]:
        with fits.open(self._path, memmap=True) as file:
            hdu = file[self._place]
            for start in range(0, len(hdu.data), rows):
                part = hdu.data[start : start + rows]
                yield {name: self._values(part, name, hdu.columns[name].null) for name in names}

    @staticmethod
    def _values(part: fits.FITS_rec, name: str, null: Any) -> Any:
        values = np.array(part[name])
        return plain(np.ma.masked_equal(values, null) if null not in (None, "") else values)


class ArrowCatalogue(Catalogue):
    """A Parquet or CSV file, streamed by pyarrow."""

    def __init__(self, path: str, batches: Callable[[], tuple[list[str], Callable[[list[str], int], Any]]]) -> None:
        self.label = path
        self.names, self._batches = batches()

    def chunks(self, names: Sequence[str], rows: int = CHUNK) -> Iterator[Columns]:
        import pyarrow

        try:
            for batch in self._batches(list(names), rows):
                yield {name: _of_arrow(batch.column(name)) for name in names}
        except pyarrow.ArrowInvalid as error:
            raise PhotozError(f"{self.label}: {error}") from error


def _of_arrow(column: Any) -> Any:
    import pyarrow

    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    texts = (pyarrow.types.is_string, pyarrow.types.is_large_string, pyarrow.types.is_binary)
    if column.null_count and pyarrow.types.is_integer(kind):
        mask = np.asarray(column.is_null())
        return plain(np.ma.array(np.asarray(column.fill_null(0)), mask=mask))
    if any(check(kind) for check in texts):
        return plain(np.array(column.to_pylist(), dtype=object))
    return plain(column.to_numpy(zero_copy_only=False))


def _arrow() -> Any:
    try:
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError as error:
        raise PhotozError("Parquet needs pyarrow: pip install 'photoz[parquet]'", Code.USAGE) from error
    return pyarrow


def _parquet(path: str) -> tuple[list[str], Callable[[list[str], int], Any]]:
    # Buffered ahead, a file would be in memory as a whole before its end.
    file = _arrow().parquet.ParquetFile(path, pre_buffer=False)
    return list(file.schema_arrow.names), lambda names, rows: file.iter_batches(rows, columns=names)


def _text(path: str) -> Catalogue:
    """CSV with any of the usual separators; the head may have another one, a `#` and types (`F:MAG_U;D:Z`)."""
    opener: Any = open
    if path.endswith(".gz"):
        import gzip

        opener = gzip.open
    with opener(path, "rt", errors="replace") as file:
        head, first = file.readline(), file.readline()
    if head.startswith("# %ECSV"):
        return TableCatalogue(Table.read(path, format="ascii.ecsv"), path)
    if not first or not _separator(first):
        return TableCatalogue(Table.read(path, format="ascii"), path)
    separator = _separator(head.lstrip("# ")) or " "
    names = [_TYPE_PREFIX.sub("", name.strip().strip('"')) for name in head.lstrip("# ").strip().split(separator)]
    values = first.strip().split(_separator(first))
    if len(values) != len(names):
        raise PhotozError(f"{path} has {len(names)} names in its head and {len(values)} values in its first row")
    if any(_is_number(name) for name in names):
        raise PhotozError(f"{path} has no head: its first line is {head.strip()[:80]}")
    return ArrowCatalogue(path, lambda: (names, _csv(path, names, _separator(first))))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _separator(line: str) -> str:
    counts = {sign: line.count(sign) for sign in ",;\t|"}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] else ""


def _csv(path: str, names: list[str], separator: str) -> Callable[[list[str], int], Any]:
    csv = _arrow().csv

    def batches(wanted: list[str], rows: int) -> Any:
        return csv.open_csv(
            path,
            # Types are those of the first block: as large as is bounded.
            csv.ReadOptions(column_names=names, skip_rows=1, block_size=64 << 20),
            csv.ParseOptions(delimiter=separator),
            csv.ConvertOptions(include_columns=wanted, strings_can_be_null=True),
        )

    return batches


class Hdf5Catalogue(Catalogue):
    """Columns of one length in an HDF5 file: data sets, in groups such as RAIL's `photometry` too."""

    def __init__(self, path: str, group: str | None) -> None:
        self.label = path
        self._path = path
        found: dict[str, str] = {}
        lengths: dict[str, int] = {}

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset) and item.ndim == 1:
                found[name] = name
                lengths[name] = len(item)

        with h5py.File(path) as file:
            (file[group] if group else file).visititems(visit)
        if len(set(lengths.values())) > 1:
            each = some([f"{name} {count}" for name, count in lengths.items()])
            raise PhotozError(f"{path} has columns of different lengths ({each}): say which group with --table")
        # A column of a group is known by its own name too, unless two groups have one.
        short = [name.rsplit("/", 1)[-1] for name in found]
        self._paths = {name: name for name in found}
        self._paths |= {last: name for last, name in zip(short, found, strict=True) if short.count(last) == 1}
        self._group = group
        self.names = list(self._paths)

    def meaning(self, name: str) -> tuple[str, str]:
        with h5py.File(self._path) as file:
            said = (file[self._group] if self._group else file)[self._paths[name]].attrs
            return text_of(said.get("description", "")), text_of(said.get("units", said.get("unit", "")))

    def chunks(self, names: Sequence[str], rows: int = CHUNK) -> Iterator[Columns]:
        with h5py.File(self._path) as file:
            home = file[self._group] if self._group else file
            columns = {name: home[self._paths[name]] for name in names}
            count = len(next(iter(columns.values()))) if columns else 0
            for start in range(0, count, rows):
                yield {name: plain(column[start : start + rows]) for name, column in columns.items()}


def _hdf5(path: str, table: str | None) -> Catalogue:
    with h5py.File(path) as file:
        if table is not None and table not in file:
            raise PhotozError(f"{path} has no group {table}; there are {some(list(file))}")
        tables = [table] if table else [name for name in file if _is_compound(file[name])]
        pandas = [table] if table else [name for name in file if "pandas_type" in file[name].attrs]
        if tables and tables[0] is not None and _is_compound(file[tables[0]]):
            return TableCatalogue(Table.read(path, path=tables[0]), path)
        if pandas and pandas[0] is not None and "pandas_type" in file[pandas[0]].attrs:
            import pandas as pd

            return TableCatalogue(pd.read_hdf(path, pandas[0]), path)
    return Hdf5Catalogue(path, table)


def _is_compound(item: Any) -> bool:
    return isinstance(item, h5py.Dataset) and item.dtype.names is not None


def _structured(path: str, member: str | None) -> Table:
    """A structured array, of an archive by its name."""
    try:
        array = np.load(path, allow_pickle=False, mmap_mode="r" if path.endswith(".npy") else None)
        if Path(path).suffix == ".npz":
            names = [member] if member else [name for name in array.files if array[name].dtype.names]
            if not names:
                raise PhotozError(f"{path} has no structured array; there are {some(array.files)}")
            array = array[names[0]]
    except (ValueError, zipfile.BadZipFile) as error:
        raise PhotozError(f"{path} cannot be read without running what it holds: {error}") from error
    if array.dtype.names is None:
        raise PhotozError(f"{member or path} is no table: an array of {array.dtype} {array.shape}")
    return Table(array)
