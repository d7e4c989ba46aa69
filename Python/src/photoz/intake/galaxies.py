"""From a catalogue's columns to what a partition holds beside images: ids, magnitudes, redshifts, kept columns."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from photoz.errors import Code, PhotozError
from photoz.intake.joined import JoinedCatalogue
from photoz.intake.options import Options
from photoz.tables.catalogue import (
    Array,
    Catalogue,
    Columns,
    as_floats,
    plain,
    without_mask,
)

_NAMES_OF_PARTITIONS = ("images", "magnitudes", "redshift", "object_id", "cutout_flags")
_COEFFICIENTS = re.compile(r"^(?P<column>[^*]+)\*(?P<numbers>[-+0-9.eE,]+)$")


@dataclass(frozen=True)
class Galaxies:
    """Galaxies in memory, some 100 bytes each; every array has N rows.

    Attributes:
        ids: Identifiers, whole numbers or text; row numbers when the catalogue has none.
        magnitudes: [N, bands], AB, NaN where missing; None when they are measured on the images.
        redshift: Spectroscopic, NaN where unknown; None when the catalogue has none.
        position: [N, 2], degrees (right ascension, declination) or pixels (x, y); None when nobody needs it.
        kept: Columns that are carried, by name.
        meanings: Their descriptions and units.
        fields: Columns that file names are made of.
    """

    ids: Array
    magnitudes: Array | None
    redshift: Array | None
    position: Array | None
    kept: Columns
    meanings: dict[str, tuple[str, str]]
    fields: Columns

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Array | slice) -> "Galaxies":
        """Some of the galaxies, in the order of `rows`."""

        def of(values: Any) -> Any:
            if isinstance(values, dict):
                return {name: column[rows] for name, column in values.items()}
            return None if values is None else values[rows]

        rows_of = [each.name for each in fields(self) if each.name != "meanings"]
        return replace(self, **{name: of(getattr(self, name)) for name in rows_of})


def read_galaxies(
    catalogue: Catalogue,
    options: Options,
    *,
    positions: tuple[str, str] | None,
    placeholders: Iterable[str] = (),
    says: Callable[[str], None] = lambda text: None,
) -> Galaxies:
    """Reads the columns that partitions are made of, and only these.

    Args:
        catalogue: The table.
        options: Names of columns, extinction, sentinels.
        positions: `("ra", "dec")`, `("x", "y")`, or None when nobody needs them.
        placeholders: Columns that file names are made of.
        says: Told which columns were taken.

    Raises:
        PhotozError: 65, with the nearest names, for columns that are not there.
    """
    table = JoinedCatalogue(catalogue, options)
    names: dict[str, str | None] = {role: table.role(role, options) for role in ("id", "redshift")}
    for role in positions or ():
        names[role] = table.needed(role, options)
    magnitudes = {} if options.aperture else {band: table.magnitude(band, options) for band in options.bands}
    extinction = _extinction(table, options)
    kept = {name: table.require(name, "--keep") for name in options.keep}
    placed = {name: table.require(name, "the file names") for name in placeholders}
    taken = {role: name for role, name in names.items() if name} | {f"mag_{b}": n for b, n in magnitudes.items()}
    says("columns: " + ", ".join(f"{role}={name}" for role, name in taken.items()))
    dimming = [column for column, _ in extinction.values()]
    columns = table.read([*taken.values(), *kept.values(), *placed.values(), *dimming])
    count = len(next(iter(columns.values()))) if columns else 0
    if count == 0:
        raise PhotozError(f"{catalogue.label} has no rows")
    return Galaxies(
        ids=_ids(columns[names["id"]] if names["id"] else np.arange(count), catalogue.label),
        magnitudes=_magnitudes(columns, magnitudes, extinction, options) if magnitudes else None,
        redshift=as_floats(columns[names["redshift"]], options.missing) if names["redshift"] else None,
        position=_positions(columns, names, positions),
        kept={_free(name): _kept(columns[name], options) for name in kept},
        meanings={_free(name): table.meaning(name) for name in kept},
        fields={name: without_mask(columns[name], f"column {name}") for name in placed},
    )


def _ids(values: Array, label: str) -> Array:
    ids = without_mask(values, f"the identifier of {label}")
    if ids.dtype.kind == "f" and np.all(ids == np.rint(ids)) and np.all(np.abs(ids) < 2**53):
        return ids.astype("i8")
    if ids.dtype.kind not in "iuU":
        raise PhotozError(f"identifiers of {label} are {ids.dtype}: whole numbers or text are needed")
    return ids


def _positions(columns: Columns, names: dict[str, str | None], roles: tuple[str, str] | None) -> Array | None:
    if roles is None:
        return None
    found = np.stack([as_floats(columns[str(names[role])]) for role in roles], axis=1)
    bad = ~np.isfinite(found).all(axis=1)
    if bad.any():
        raise PhotozError(f"{int(bad.sum())} galaxies have no position, first in row {int(np.argmax(bad))}")
    if roles == ("ra", "dec") and (np.abs(found[:, 1]) > 90).any():
        raise PhotozError(f"declinations must lie between -90 and 90 degrees; {names['dec']} has others")
    return found


def _free(name: str) -> str:
    """The name of a kept column in partitions: without the group, and not that of anything else there."""
    last = name.rsplit("/", 1)[-1]
    if last in _NAMES_OF_PARTITIONS:
        raise PhotozError(f"--keep {name}: partitions have a column of this name already", Code.USAGE)
    return last


def _kept(values: Array, options: Options) -> Array:
    """A carried column: numbers that are masked become NaN, texts empty."""
    data = np.ma.getdata(values)
    if data.dtype.kind == "U":
        return np.asarray(np.ma.filled(values, ""))
    mask = np.ma.getmaskarray(values)
    return as_floats(values, options.missing) if mask.any() or data.dtype.kind == "f" else data


def _extinction(table: JoinedCatalogue, options: Options) -> dict[str, tuple[str, float]]:
    """For each band a column, and what it is multiplied by."""
    text = options.extinction
    if text is None:
        return {}
    found = _COEFFICIENTS.match(text)
    if found:
        column = table.require(found["column"].strip(), "--extinction")
        numbers = [float(number) for number in found["numbers"].split(",")]
        if len(numbers) != len(options.bands):
            raise PhotozError(f"--extinction needs {len(options.bands)} coefficients, not {len(numbers)}", Code.USAGE)
        return {band: (column, number) for band, number in zip(options.bands, numbers, strict=True)}
    if "{band}" not in text:
        raise PhotozError(
            f"--extinction takes a column for each band, such as extinction_{{band}}, or a column times "
            f"coefficients, such as EBV*4.24,3.30,2.29,1.70,1.26; not {text!r}",
            Code.USAGE,
        )
    return {band: (table.require(text.replace("{band}", band), "--extinction"), 1.0) for band in options.bands}


def _magnitudes(
    columns: Columns, names: dict[str, str], extinction: dict[str, tuple[str, float]], options: Options
) -> Array:
    bands = []
    for band in options.bands:
        magnitude = as_floats(columns[names[band]], options.missing)
        if band in extinction:
            magnitude = corrected(magnitude, extinction[band], columns)
        bands.append(magnitude)
    return np.stack(bands, axis=1)


def corrected(magnitude: Array, extinction: tuple[str, float], columns: Columns) -> Array:
    """Magnitudes [N] less what dust takes; sentinels (at most 0, from 90) stay what they are."""
    column, factor = extinction
    real = (magnitude > 0) & (magnitude < 90)
    dimming = as_floats(plain(columns[column])) * factor
    if (real & ~np.isfinite(dimming)).any():
        raise PhotozError(
            f"{column} is missing for {int((real & ~np.isfinite(dimming)).sum())} galaxies with magnitudes"
        )
    return np.where(real, magnitude - dimming, magnitude)
