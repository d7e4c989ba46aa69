"""A join by id that needs neither table in memory: three passes over files on disk, each from start to end.

Ids of both go to buckets by their hash, so that equal ones meet; the rows that were found to belong together go to
blocks of the catalogue's rows; and its columns, read once, to blocks of the run's rows, which are put in order.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from photoz.errors import PhotozError, nearest, some
from photoz.results import CHUNK, Predictions
from photoz.tables.catalogue import Array, Catalogue, Columns

_BUCKET = 2_000_000  # ids of a bucket, 32 MB
_BLOCK_BYTES = 64 << 20  # of the columns that are put in order together
_KEY = np.dtype([("key", "u8"), ("row", "i8")])
_PAIR = np.dtype([("other", "i8"), ("mine", "i8")])
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
        self._source, self._other, self._scratch = source, other, scratch
        key = other.require(on, "the join") if on else _key_of(other)
        wanted = list(keep) if keep is not None else [name for name in other.names if name != key and "/" not in name]
        for name in wanted:
            other.require(name, "--keep")
        wanted = _of_one_dimension(other, wanted, keep is not None)
        # The run's own columns keep their names; the catalogue's, if they are the same, say whose they are.
        self._names = {name: f"{name}_catalogue" if name in source.names else name for name in wanted}
        self._buckets = 1 + source.rows // _BUCKET
        kinds = (
            self._scatter("other", (part[key] for part in other.chunks([key], CHUNK))),
            self._scatter("mine", self._ids()),
        )
        if len(set(kinds) - {""}) > 1:
            raise PhotozError(
                f"ids of the predictions are {kinds[1]} and those of {other.label} {kinds[0]}: they cannot match"
            )
        self._match(on_unmatched)
        self._record = self._kind_of_rows()
        self._block = max(CHUNK, _BLOCK_BYTES // self._record.itemsize // CHUNK * CHUNK)
        self._reorder()

    def _ids(self) -> Iterator[Array]:
        inner = {"object_id": self._source.columns["object_id"]}
        ids = Predictions(self._source.path, self._source.rows, inner, {}, ())
        return (part["object_id"] for part in ids.chunks(CHUNK))

    def _scatter(self, whose: str, ids: Iterator[Array]) -> str:
        """Writes ids and their rows to buckets; says what ids are, nothing when there are none."""
        start, kind = 0, ""
        for part in ids:
            kind = "text" if np.ma.getdata(part).dtype.kind == "U" else "numbers"
            keys = _keys(part, start)
            # Ids that count up would all be in a few buckets by their high bits: mixed by a prime first.
            mixed = (keys["key"] * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
            self._append(f"{whose}-ids", (mixed % np.uint64(self._buckets)).astype(int), keys)
            start += len(part)
        return kind

    def _append(self, name: str, places: Array, rows: Array) -> None:
        """Appends rows to the files of their places."""
        order = np.argsort(places, kind="stable")
        ordered = places[order]
        edges = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: len(ordered)]).tolist()
        for begin, end in pairwise([*edges, len(ordered)]):
            with open(self._scratch / f"{name}-{ordered[begin]}", "ab") as file:
                rows[order[begin:end]].tofile(file)

    def _take(self, name: str, place: int, kind: np.dtype[Any]) -> Array:
        """The rows of a file, which is removed."""
        path = self._scratch / f"{name}-{place}"
        if not path.exists():
            return np.empty(0, kind)
        rows = np.fromfile(path, kind)
        path.unlink()
        return rows

    def _match(self, on_unmatched: str) -> None:
        """Finds which rows belong together, and refuses ids that come twice or, if asked to, are lost."""
        count, label = self._source.rows, self._other.label
        lost, example = 0, -1
        for bucket in range(self._buckets):
            theirs = np.sort(self._take("other-ids", bucket, _KEY), order="key", kind="stable")
            ours = self._take("mine-ids", bucket, _KEY)
            twice = np.flatnonzero(theirs["key"][1:] == theirs["key"][:-1])
            if len(twice):
                rows = theirs["row"][twice[0] : twice[0] + 2].tolist()
                raise PhotozError(f"{label} has {len(twice)} ids more than once, such as in rows {some(rows)}")
            place = np.searchsorted(theirs["key"], ours["key"])
            there = place < len(theirs)
            there[there] = theirs["key"][place[there]] == ours["key"][there]
            pairs = np.empty(int(there.sum()), _PAIR)
            pairs["other"], pairs["mine"] = theirs["row"][place[there]], ours["row"][there]
            self._append("pairs", pairs["other"] // _BUCKET, pairs)
            if not there.all():
                lost += int((~there).sum())
                example = int(ours["row"][~there][0]) if example < 0 else example
        if lost and (on_unmatched == "refuse" or lost == count):
            hint = "" if lost == count else "; --on-unmatched blank leaves their columns empty"
            raise PhotozError(
                f"{lost} of {count} ids of the predictions are not in {label}, first in row {example}{hint}"
            )
        self._has_lost = lost > 0

    def _kind_of_rows(self) -> np.dtype[Any]:
        """A row of the catalogue as it lies on disk: its place, each column, and whether the column is masked."""
        widths: dict[str, int] = {}
        first: Columns = next(iter(self._other.chunks(list(self._names), 16)), {}) if self._names else {}
        texts = [name for name, values in first.items() if np.ma.getdata(values).dtype.kind == "U"]
        for part in self._other.chunks(texts, CHUNK) if texts else ():
            for name in texts:
                widths[name] = max(widths.get(name, 1), np.ma.getdata(part[name]).dtype.itemsize // 4)
        fields: list[Any] = [("place", "i8")]
        for number, (name, values) in enumerate(first.items()):
            kind = np.ma.getdata(values).dtype
            fields += [(f"c{number}", f"U{widths[name]}" if name in widths else kind), (f"m{number}", "?")]
        return np.dtype(fields)

    def _reorder(self) -> None:
        """Reads the catalogue's columns once, and writes each row to the block of the run's row that it belongs to."""
        start, pairs = 0, np.empty(0, _PAIR)
        self._masks: set[str] = set(self._names) if self._has_lost else set()
        for part in self._other.chunks(list(self._names), CHUNK) if self._names else ():
            count = len(next(iter(part.values())))
            for bucket in range(-(-start // _BUCKET), -(-(start + count) // _BUCKET)):
                pairs = np.concatenate([pairs, np.sort(self._take("pairs", bucket, _PAIR), order="other")])
            end = np.searchsorted(pairs["other"], start + count)
            mine, pairs = pairs[:end], pairs[end:]
            rows = np.zeros(len(mine), self._record)
            rows["place"] = mine["mine"]
            for number, name in enumerate(self._names):
                values = part[name][mine["other"] - start]
                rows[f"c{number}"], rows[f"m{number}"] = np.ma.getdata(values), np.ma.getmaskarray(values)
                if np.ma.isMaskedArray(values) and rows[f"m{number}"].any():
                    self._masks.add(name)
            self._append("block", rows["place"] // self._block, rows)
            start += count

    def chunks(self, rows: int = CHUNK) -> Iterator[Columns]:
        """Columns of the run and of the catalogue, in the order of the run; `rows` divides a block."""
        start = 0
        block = np.empty(0, self._record)
        for part in self._source.chunks(rows):
            if start % self._block == 0:
                found = self._take("block", start // self._block, self._record)
                block = np.zeros(min(self._block, self._source.rows - start), self._record)
                for number in range(len(self._names)):
                    block[f"m{number}"] = True
                block[found["place"] - start] = found
                del found
            at = slice(start % self._block, start % self._block + len(part["z_phot"]))
            for number, (name, ours) in enumerate(self._names.items()):
                values, mask = np.array(block[f"c{number}"][at]), block[f"m{number}"][at]
                part[ours] = _with_mask(values, mask, name in self._masks)
            yield part
            start += len(part["z_phot"])

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


def _keys(ids: Array, start: int) -> Array:
    """Keys of ids, with the rows that they stand in: numbers are their own keys, texts have a hash of 8 bytes."""
    if np.ma.getmaskarray(ids).any():
        raise PhotozError(f"an id is missing in row {start + int(np.argmax(np.ma.getmaskarray(ids)))}")
    data = np.ma.getdata(ids)
    pairs = np.empty(len(data), _KEY)
    pairs["row"] = np.arange(start, start + len(data))
    if data.dtype.kind == "U":
        texts = (text.encode("utf-8", "surrogateescape") for text in data.tolist())
        pairs["key"] = [int.from_bytes(blake2b(text, digest_size=8).digest()) for text in texts]
    else:
        pairs["key"] = data.astype("i8").view("u8") if data.dtype.kind != "u" else data
    return pairs
