"""What is known of each galaxy beside its image, in memory: some 100 bytes a galaxy."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import h5py
import numpy as np

from photoz.errors import Code, PhotozError, from_os
from photoz.training.data import split
from photoz.training.data.partitions import Array, Names, Survey, dataset
from photoz.training.options import Options


@dataclass(frozen=True)
class Labels:
    """Galaxies that can be used, in the order of the partitions; every array has N rows.

    Attributes:
        partition: Index of the partition.
        row: Row there.
        hash: In [0, 1), of the identifier.
        magnitudes: [N, bands], none of them missing.
        errors: [N, bands], NaN where unknown; None when there are none.
        redshift: Spectroscopic.
        weight: In the loss.
        extremes: [N, bands, 2], the faintest and the brightest pixel.
        ids: Identifiers, as the partitions have them; None when one of them has none.
    """

    partition: Array
    row: Array
    hash: Array
    magnitudes: Array
    errors: Array | None
    redshift: Array
    weight: Array
    extremes: Array
    ids: Array | None

    def __len__(self) -> int:
        return len(self.row)

    def take(self, chosen: Array) -> "Labels":
        """Some of the galaxies."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        taken: dict[str, Any] = {name: None if value is None else value[chosen] for name, value in values.items()}
        return Labels(**taken)

    def parts(self, validation: float, limit: int) -> tuple["Labels", "Labels"]:
        """Those to train on, and those to validate on: the lowest hashes, `limit` of them at most."""
        kept = np.flatnonzero(self.hash < validation)
        # Galaxies beyond the limit are not trained on either: a larger limit leaves the training as it is.
        if len(kept) > limit:
            kept = np.sort(kept[np.argsort(self.hash[kept], kind="stable")[:limit]])
        return self.take(np.flatnonzero(self.hash >= validation)), self.take(kept)


@dataclass(frozen=True)
class Usable:
    """Labels, and how many galaxies of the partitions were left out for what reason."""

    labels: Labels
    left_out: dict[str, int]


def read_labels(survey: Survey, options: Options, extremes: Array) -> Usable:
    """Reads all but the images, and keeps galaxies that have everything.

    A magnitude or redshift is missing by the program's own rule: no number, infinite, outside of
    `--magnitude-range` (at most 0, at least 90) or of `--redshift-range`, or named by `--missing`. As `photoz run`
    gives no redshift to a galaxy that lacks a magnitude, none is trained on.

    Args:
        survey: The partitions.
        options: Ranges and numbers that stand for none.
        extremes: [N, bands, 2] of all rows, NaN for images that cannot be used.

    Raises:
        PhotozError: 65, when no galaxy is left.
    """
    columns: dict[str, list[Array]] = {
        name: [] for name in ("magnitudes", "redshift", "weight", "hash", "errors", "ids")
    }
    for part in survey.partitions:
        try:
            with h5py.File(part.path, "r", locking=False) as file:
                for name, values in _columns(file, part.path.name, survey.names, part.rows).items():
                    columns[name].append(values)
        except OSError as error:
            raise from_os(error, str(part.path)) from error
    magnitudes, redshift = np.concatenate(columns["magnitudes"]), np.concatenate(columns["redshift"])
    has_all_ids = all(part.has_ids for part in survey.partitions)
    rows = [part.rows for part in survey.partitions]
    everything = Labels(
        partition=np.repeat(np.arange(len(rows)), rows),
        row=np.concatenate([np.arange(count) for count in rows]),
        hash=np.concatenate(columns["hash"]),
        magnitudes=magnitudes,
        errors=np.concatenate(columns["errors"]) if survey.names.errors else None,
        redshift=redshift,
        weight=np.concatenate(columns["weight"]),
        extremes=extremes,
        ids=_joined(columns["ids"]) if has_all_ids else None,
    )
    return _usable(everything, survey, options)


def _columns(file: h5py.File, name: str, names: Names, rows: int) -> dict[str, Array]:
    found = {"magnitudes": _table(file, names.magnitudes), "redshift": file[str(names.redshift)][:].astype("f8")}
    found["weight"] = np.ones(rows) if names.weight is None else file[names.weight][:].astype("f8")
    if names.errors:
        found["errors"] = _table(file, names.errors)
    if names.object_id is not None and names.object_id in file:
        found["ids"] = file[names.object_id][:]
        found["hash"] = split.hashes_of_ids(found["ids"])
    else:
        found["hash"] = split.hashes_of_rows(name, rows)
    return found


def _table(file: h5py.File, names: Sequence[str]) -> Array:
    if len(names) == 1:
        return np.asarray(file[names[0]][:], "f8")
    return np.stack([np.asarray(file[name][:], "f8") for name in names], axis=1)


def _joined(parts: list[Array]) -> Array:
    if len({part.dtype.kind in "iu" for part in parts}) == 1 and parts[0].dtype.kind in "iu":
        return np.concatenate(parts)
    return np.array(
        [each if isinstance(each, bytes) else str(each).encode() for part in parts for each in part.tolist()]
    )


def is_missing(values: Array, low: float, high: float, others: Sequence[float], *, closed: bool) -> Array:
    """Whether numbers stand for none, by the rule of `photoz run`."""
    single = values.astype("f4")
    with np.errstate(invalid="ignore"):
        inside = (single >= low) & (single <= high) if closed else (single > low) & (single < high)
    return ~inside | np.isin(single, np.asarray(others, "f4"))


def _usable(everything: Labels, survey: Survey, options: Options) -> Usable:
    low, high = options.magnitude_range
    no_magnitude = is_missing(everything.magnitudes, low, high, options.missing, closed=False).any(axis=1)
    low, high = options.redshift_range
    no_redshift = is_missing(everything.redshift, low, high, options.missing, closed=True)
    no_image = np.isnan(everything.extremes).any(axis=(1, 2))
    no_weight = ~(np.isfinite(everything.weight) & (everything.weight > 0))
    left_out = {}
    kept = np.ones(len(everything), bool)
    reasons = {
        "without redshift": no_redshift,
        "without a magnitude": no_magnitude,
        "with pixels that are not finite": no_image,
        "with no positive weight": no_weight,
    }
    for reason, lacking in reasons.items():
        count = int((kept & lacking).sum())
        kept &= ~lacking
        if count:
            left_out[reason] = count
    if no_redshift.all():
        raise PhotozError(
            f"{survey.partitions[0].path}: {survey.names.redshift}: no galaxy of the data has a redshift between "
            f"{low:g} and {high:g}; check the column, or --redshift-range"
        )
    if not kept.any():
        why = ", ".join(f"{count} are {reason}" for reason, count in left_out.items())
        raise PhotozError(f"no galaxy can be trained on: {why}")
    return Usable(everything.take(np.flatnonzero(kept)), left_out)


def names_of(options: Options) -> Names:
    """The data sets that the options name."""
    return Names(
        images=options.images,
        magnitudes=tuple(options.magnitudes.split(",")),
        redshift=options.redshift,
        object_id=options.object_id,
        errors=tuple(options.magnitude_errors.split(",")) if options.magnitude_errors else (),
        weight=options.galaxy_weights,
    )


def require_ids(survey: Survey, options: Options) -> None:
    """Refuses identifiers that were named and are not there, as `photoz run` does."""
    if options.object_id != "object_id" and not all(part.has_ids for part in survey.partitions):
        lacking = next(part.path for part in survey.partitions if not part.has_ids)
        raise PhotozError(f"{lacking}: there is no data set {options.object_id}, which --object-id names", Code.DATA)


def digest_of(survey: Survey, digests: Sequence[str]) -> str:
    """One hash of all partitions' contents, whatever their order."""
    assert len(digests) == len(survey.partitions)
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()


__all__ = ["Labels", "Usable", "dataset", "digest_of", "is_missing", "names_of", "read_labels", "require_ids"]
