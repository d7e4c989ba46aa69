"""The columns that partitions need, found by name in a catalogue and in one that is joined to it by id."""

from collections.abc import Sequence

import numpy as np

from photoz.errors import PhotozError, nearest, some
from photoz.intake.options import Options
from photoz.tables.catalogue import Array, Catalogue, Columns, open_catalogue, without_mask

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


class JoinedCatalogue:
    """A catalogue, and beside its columns those of another one, joined by id."""

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
        """Of the columns of both."""
        more = self.second.names if self.second is not None else []
        return [*self.first.names, *(name for name in more if name not in self.first.names)]

    def require(self, name: str, what: str) -> str:
        """The name itself, when there is such a column."""
        if name in self.names:
            return name
        raise PhotozError(f"{self.first.label} has no column {name} for {what}{nearest(name, self.names)}")

    def meaning(self, name: str) -> tuple[str, str]:
        """A column's description and unit."""
        home = self.first if name in self.first.names or self.second is None else self.second
        return home.meaning(name)

    def role(self, role: str, options: Options) -> str | None:
        """The column that is called for, or the one of a usual name, if there is one."""
        if role in options.columns:
            return self.require(options.columns[role], f"{role}")
        return self._usual(role, _USUAL[role]) if role in _USUAL else None

    def needed(self, role: str, options: Options) -> str:
        """The column of a role that there must be."""
        name = self.role(role, options)
        if name is None:
            hint = f"; say --columns {role}=NAME"
            raise PhotozError(f"{self.first.label} has no column for {role}{nearest(role, self.names)}{hint}")
        return name

    def magnitude(self, band: str, options: Options) -> str:
        """The column of a band's magnitudes."""
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
        """Columns of both, one row for each of the first's that the second has too."""
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
