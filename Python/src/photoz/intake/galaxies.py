"""From a catalogue's columns to what a partition holds beside images: ids, magnitudes, redshifts, kept columns."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from photoz.errors import Code, PhotozError, nearest, some
from photoz.intake.catalogue import (
    Array,
    Catalogue,
    Columns,
    as_floats,
    open_catalogue,
    plain,
    without_mask,
)
from photoz.intake.options import Options

# What columns are called when the user does not say: taken only when exactly one fits, in any case.
_MAGNITUDES = (
    "mag_{band}",
    "mag_{band}_lsst",
    "modelmag_{band}",
    "cmodelmag_{band}",
    "{band}_cmodel_mag",
    "{band}",
)
_USUAL = {
    "id": ("object_id", "objid", "id", "ident", "coadd_object_id", "source_id"),
    "ra": ("ra", "ra_deg", "raj2000"),
    "dec": ("dec", "dec_deg", "dej2000", "decl"),
    "redshift": ("redshift", "z_spec", "zspec", "specz", "z_true", "specz_redshift"),
}
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
        fields: Columns that file names are made of.
    """

    ids: Array
    magnitudes: Array | None
    redshift: Array | None
    position: Array | None
    kept: Columns
    fields: Columns

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Array | slice) -> "Galaxies":
        """Some of the galaxies, in the order of `rows`."""

        def of(values: Any) -> Any:
            if isinstance(values, dict):
                return {name: column[rows] for name, column in values.items()}
            return None if values is None else values[rows]

        return replace(self, **{each.name: of(getattr(self, each.name)) for each in fields(self)})


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
    table = _Joined(catalogue, options)
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
        raise PhotozError(f"{int(bad.sum())} galaxies have no position, first in row {int(bad.argmax())}")
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


class _Joined:
    """The catalogue, and beside it the columns of the one that is joined by id."""

    def __init__(self, first: Catalogue, options: Options) -> None:
        self.first = first
        self.second = open_catalogue(options.join) if options.join is not None else None
        self._unmatched = options.on_unmatched
        self._keys = ("", "")
        if self.second is not None:
            on = options.join_on or options.columns.get("id") or self.role("id", options) or ""
            mine, _, theirs = on.partition("=")
            self._keys = (first.require(mine, "the join"), self.second.require(theirs or mine, "the join"))

    @property
    def names(self) -> list[str]:
        more = self.second.names if self.second is not None else []
        return [*self.first.names, *(name for name in more if name not in self.first.names)]

    def require(self, name: str, what: str) -> str:
        if name in self.names:
            return name
        raise PhotozError(f"{self.first.label} has no column {name} for {what}{nearest(name, self.names)}")

    def role(self, role: str, options: Options) -> str | None:
        """The column that is called for, or the one of a usual name, if there is one."""
        if role in options.columns:
            return self.require(options.columns[role], f"{role}")
        return self._usual(role, _USUAL[role]) if role in _USUAL else None

    def needed(self, role: str, options: Options) -> str:
        name = self.role(role, options)
        if name is None:
            hint = f"; say --columns {role}=NAME"
            raise PhotozError(f"{self.first.label} has no column for {role}{nearest(role, self.names)}{hint}")
        return name

    def magnitude(self, band: str, options: Options) -> str:
        said = options.columns.get(f"mag_{band}") or options.columns.get("mag", "").replace("{band}", band)
        if said:
            return self.require(said, f"the magnitude {band}")
        name = self._usual(f"the magnitude {band}", [each.replace("{band}", band) for each in _MAGNITUDES])
        if name is None:
            near = nearest(f"mag_{band}", self.names)
            raise PhotozError(
                f"{self.first.label} has no column for the magnitude {band}{near}; say --columns mag_{band}=NAME, "
                "mag=NAME_{band} for all bands, or --aperture RADIUS to measure it"
            )
        return name

    def _usual(self, what: str, usual: Sequence[str]) -> str | None:
        # A column in a group has a short name too: it is the same column.
        short = {name.rsplit("/", 1)[-1]: name for name in self.names}
        for wanted in usual:
            found = [name for last, name in short.items() if last.lower() == wanted.lower()]
            if len(found) > 1:
                raise PhotozError(f"{self.first.label} has several columns for {what}: {some(found)}; say which")
            if found:
                return found[0]
        return None

    def read(self, names: Sequence[str]) -> Columns:
        if self.second is None:
            return self.first.read(names)
        mine = [name for name in names if name in self.first.names]
        theirs = [name for name in names if name not in self.first.names]
        first = self.first.read([*mine, self._keys[0]])
        second = self.second.read([*theirs, self._keys[1]])
        rows = self._match(first[self._keys[0]], second[self._keys[1]])
        found = rows >= 0
        columns = {name: first[name][found] for name in mine}
        return columns | {name: second[name][rows[found]] for name in theirs}

    def _match(self, mine: Array, theirs: Array) -> Array:
        assert self.second is not None
        rows = match(without_mask(mine, "an id"), without_mask(theirs, "an id"), self.second.label)
        lost = np.flatnonzero(rows < 0)
        if len(lost) == len(rows) or (len(lost) and self._unmatched == "refuse"):
            hint = "" if len(lost) == len(rows) else "; --on-unmatched drop leaves them out"
            raise PhotozError(
                f"{len(lost)} of {len(rows)} ids of {self.first.label} are not in {self.second.label}: "
                f"{some(list(mine[lost[:6]]))}{hint}"
            )
        return rows


def match(wanted: Array, known: Array, label: str) -> Array:
    """The row of each wanted id among those known, -1 where there is none: [len(wanted)].

    Raises:
        PhotozError: 65, when ids are of another kind or twice among those known.
    """
    if (wanted.dtype.kind == "U") != (known.dtype.kind == "U"):
        raise PhotozError(f"ids are {wanted.dtype} here and {known.dtype} in {label}: they cannot match")
    if len(known) == 0:
        return np.full(len(wanted), -1)
    order = np.argsort(known, kind="stable")
    ordered = known[order]
    twice = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(twice):
        raise PhotozError(f"{label} has {len(twice)} ids more than once, such as {ordered[twice[0]]}")
    place = np.minimum(np.searchsorted(ordered, wanted), len(known) - 1)
    return np.where(ordered[place] == wanted, order[place], -1)


def _extinction(table: _Joined, options: Options) -> dict[str, tuple[str, float]]:
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
