"""A join by id that needs neither table in memory: buckets on disk, each of which fits."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from photoz.errors import PhotozError, nearest, some
from photoz.results import CHUNK, Predictions
from photoz.tables.catalogue import Array, Catalogue, Columns

_BUCKET = 4_000_000  # rows of a bucket, some 64 MB
_PAIR = np.dtype([("key", "u8"), ("row", "i8")])
_USUAL = ("object_id", "objid", "id", "ident", "coadd_object_id", "source_id")


class Join:
    """Each galaxy of a run with its row of a catalogue.

    Args:
        source: The predictions.
        other: The catalogue.
        on: Its column of ids.
        keep: Which of its columns; all unless given.
        on_unmatched: `refuse` or `blank`.
        scratch: A folder for what does not fit into memory.

    Raises:
        PhotozError: 65, for ids that do not match or come twice.
    """

    def __init__(
        self,
        source: Predictions,
        other: Catalogue,
        on: str | None,
        keep: Sequence[str] | None,
        on_unmatched: str,
        scratch: Path,
    ) -> None:
        if "object_id" not in source.columns:
            raise PhotozError("the predictions have no object_id to join by: make partitions with ids")
        self._source = source
        self._scratch = scratch
        key = other.require(on, "the join") if on else _key_of(other)
        wanted = list(keep) if keep is not None else [name for name in other.names if name != key and "/" not in name]
        for name in wanted:
            other.require(name, "--keep")
        wanted = _of_one_dimension(other, wanted, keep is not None)
        # The run's own columns keep their names; the catalogue's, if they are the same, say whose they are.
        self._names = {name: f"{name}_catalogue" if name in source.names else name for name in wanted}
        rows = self._copy(other, key, wanted)
        self._rows = self._match(other.label, rows, on_unmatched)

    def _copy(self, other: Catalogue, key: str, wanted: list[str]) -> int:
        """Columns as raw files, in which any row is near; keys of ids for the buckets."""
        self._kinds: dict[str, np.dtype[np.generic]] = {}
        self._masks: set[str] = set()
        widest = self._widths(other, wanted)
        rows = 0
        with open(self._scratch / "other.keys", "wb") as keys:
            for part in other.chunks([key, *wanted], CHUNK):
                _keys(part[key], rows).tofile(keys)
                self._kind_of_id = _kind(part[key])
                for name in wanted:
                    self._append(name, part[name], widest.get(name, 0), rows)
                rows += len(part[key])
        return rows

    def _widths(self, other: Catalogue, wanted: list[str]) -> dict[str, int]:
        """Characters of the longest text of each column of texts."""
        first = next(iter(other.chunks(wanted, 16)), {}) if wanted else {}
        texts = [name for name, values in first.items() if np.ma.getdata(values).dtype.kind == "U"]
        widest = dict.fromkeys(texts, 1)
        if texts:
            for part in other.chunks(texts, CHUNK):
                for name in texts:
                    widest[name] = max(widest[name], np.ma.getdata(part[name]).dtype.itemsize // 4)
        return widest

    def _append(self, name: str, values: Array, width: int, rows: int) -> None:
        data = np.ma.getdata(values)
        kind = self._kinds.setdefault(name, np.dtype(f"U{width}") if width else data.dtype)
        place = list(self._names).index(name)
        with open(self._scratch / f"{place}.column", "ab") as file:
            data.astype(kind).tofile(file)
        if np.ma.isMaskedArray(values) or name in self._masks:
            with open(self._scratch / f"{place}.mask", "ab") as file:
                if name not in self._masks:
                    np.zeros(rows, bool).tofile(file)
                    self._masks.add(name)
                np.ma.getmaskarray(values).tofile(file)

    def _match(self, label: str, rows: int, on_unmatched: str) -> Array:
        """The catalogue's row of each galaxy, -1 without one, as an array on disk: [N]."""
        count = self._source.rows
        mine = self._scratch / "mine.keys"
        with h5_ids(self._source) as ids, open(mine, "wb") as keys:
            start = 0
            for part in ids:
                if _kind(part) != self._kind_of_id:
                    raise PhotozError(
                        f"ids of the predictions are {part.dtype} and those of {label} are "
                        f"{'text' if self._kind_of_id == 'text' else 'numbers'}: they cannot match"
                    )
                _keys(part, start).tofile(keys)
                start += len(part)
        found = np.lib.format.open_memmap(self._scratch / "rows.npy", "w+", "i8", (max(count, 1),))
        buckets = max(1, -(-max(rows, count) // _BUCKET))
        lost, example = 0, -1
        for bucket in range(buckets):
            theirs = _bucket(self._scratch / "other.keys", bucket, buckets)
            ours = _bucket(mine, bucket, buckets)
            theirs.sort(order="key", kind="stable")
            twice = np.flatnonzero(theirs["key"][1:] == theirs["key"][:-1])
            if len(twice):
                pair = theirs["row"][twice[0] : twice[0] + 2].tolist()
                raise PhotozError(f"{label} has {len(twice)} ids more than once, such as in rows {some(pair)}")
            place = np.searchsorted(theirs["key"], ours["key"])
            there = place < len(theirs)
            there[there] = theirs["key"][place[there]] == ours["key"][there]
            found[ours["row"][there]] = theirs["row"][place[there]]
            found[ours["row"][~there]] = -1
            lost += int((~there).sum())
            example = int(ours["row"][~there][0]) if example < 0 and not there.all() else example
        if lost and (on_unmatched == "refuse" or lost == count):
            hint = "" if lost == count else "; --on-unmatched blank leaves their columns empty"
            raise PhotozError(
                f"{lost} of {count} ids of the predictions are not in {label}, first in row {example}{hint}"
            )
        return found

    def chunks(self, rows: int) -> Iterator[Columns]:
        """Columns of the run and of the catalogue, in the order of the run."""
        start = 0
        names = list(self._names)
        columns = {
            name: np.memmap(self._scratch / f"{place}.column", self._kinds[name], "r")
            for place, name in enumerate(names)
        }
        masks = {name: np.memmap(self._scratch / f"{names.index(name)}.mask", bool, "r") for name in self._masks}
        for part in self._source.chunks(rows):
            count = len(part["z_phot"])
            at = np.asarray(self._rows[start : start + count])
            blank = at < 0
            for name, column in columns.items():
                values = np.array(column[np.where(blank, 0, at)])
                mask = blank | masks[name][np.where(blank, 0, at)] if name in masks else blank
                part[self._names[name]] = _with_mask(values, mask, name in masks or bool(blank.any()))
            yield part
            start += count

    def description(self, name: str) -> tuple[str, str]:
        """What a column is, and its unit."""
        return self._source.description(name) if name in self._source.names else ("of the joined catalogue", "")


def _of_one_dimension(other: Catalogue, names: list[str], is_asked_for: bool) -> list[str]:
    """Columns with one value a row; those with several are left out, unless they were asked for.

    Raises:
        PhotozError: 65, for a column that was asked for.
    """
    first: Columns = next(iter(other.chunks(names, 16)), {}) if names else {}
    several = [name for name, values in first.items() if np.ma.getdata(values).ndim > 1]
    if several and is_asked_for:
        raise PhotozError(
            f"{other.label}: the columns {some(several)} have several values a row, which no column here has"
        )
    return [name for name in names if name not in several]


def _with_mask(values: Array, mask: Array, is_masked: bool) -> Array:
    if not is_masked:
        return values
    return np.where(mask, np.nan, values) if values.dtype.kind == "f" else np.ma.array(values, mask=mask)


def h5_ids(source: Predictions) -> "_Ids":
    """The identifiers of the predictions, a piece at a time."""
    return _Ids(source)


class _Ids:
    def __init__(self, source: Predictions) -> None:
        self._source = Predictions(source.path, source.rows, {"object_id": source.columns["object_id"]}, {}, ())

    def __enter__(self) -> Iterator[Array]:
        return (part["object_id"] for part in self._source.chunks(CHUNK))

    def __exit__(self, *_: object) -> None:
        return None


def _key_of(other: Catalogue) -> str:
    found = [name for name in other.names if name.lower() in _USUAL]
    if len(found) != 1:
        what = (
            f"several columns of ids ({some(found)})"
            if found
            else f"no column of ids{nearest('object_id', other.names)}"
        )
        raise PhotozError(f"{other.label} has {what}; say --join-on NAME")
    return found[0]


def _kind(ids: Array) -> str:
    return "text" if np.ma.getdata(ids).dtype.kind == "U" else "number"


def _keys(ids: Array, start: int) -> Array:
    """Keys of ids, with the rows that they stand in: numbers are their own keys, texts have a hash of 8 bytes."""
    if np.ma.getmaskarray(ids).any():
        raise PhotozError(f"an id is missing in row {start + int(np.ma.getmaskarray(ids).argmax())}")
    data = np.ma.getdata(ids)
    pairs = np.empty(len(data), _PAIR)
    pairs["row"] = np.arange(start, start + len(data))
    if data.dtype.kind == "U":
        texts = (text.encode("utf-8", "surrogateescape") for text in data.tolist())
        pairs["key"] = [int.from_bytes(blake2b(text, digest_size=8).digest()) for text in texts]
    else:
        pairs["key"] = data.astype("i8").view("u8") if data.dtype.kind != "u" else data
    return pairs


def _bucket(path: Path, bucket: int, buckets: int) -> Array:
    if path.stat().st_size == 0:
        return np.empty(0, _PAIR)
    pairs = np.memmap(path, _PAIR, "r")
    parts = [_of_bucket(pairs[start : start + _BUCKET], bucket, buckets) for start in range(0, len(pairs), _BUCKET)]
    return np.concatenate(parts)


def _of_bucket(pairs: Array, bucket: int, buckets: int) -> Array:
    # Ids that count up would all be in a few buckets by their high bits: mixed by a prime first.
    mixed = pairs["key"] * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)
    return np.array(pairs[mixed % np.uint64(buckets) == bucket])
