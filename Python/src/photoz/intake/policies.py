"""What becomes of galaxies that lack an image, a band, or a part of their stamp."""

import numpy as np

from photoz.errors import PhotozError, some
from photoz.intake.options import Options
from photoz.intake.tiles import Placed, Tile, cut_short
from photoz.tables.catalogue import Array


def choose(tiles: list[Tile], placed: list[Placed], count: int, options: Options) -> tuple[list[Placed], list[str]]:
    """Leaves out, or refuses, what the options say about galaxies without images of all bands.

    Returns:
        The galaxies of each tile, and what is to be reported.
    """
    notes = []
    found = sum(len(each.rows) for each in placed)
    if found == 0:
        raise PhotozError("no galaxy of the catalogue lies in any image: check the columns and units of the positions")
    if found < count:
        text = f"{count - found} of {count} galaxies lie in no image"
        if options.on_missing == "refuse":
            raise PhotozError(f"{text}; --on-missing drop leaves them out")
        # Without an image there is nothing to flag: a stamp of zeros would be a galaxy that nobody has seen.
        notes.append(f"{text}, and are left out")
    used = [tile for tile, each in zip(tiles, placed, strict=True) if len(each.rows)]
    lacking = {t.name: [b for b in options.bands if b not in t.images] for t in used}
    lacking = {name: bands for name, bands in lacking.items() if bands}
    kept = list(placed)
    if lacking:
        text = f"{len(lacking)} of {len(used)} tiles lack bands: " + some(
            [f"{name} lacks {','.join(bands)}" for name, bands in lacking.items()]
        )
        if options.on_missing == "refuse":
            raise PhotozError(f"{text}; --on-missing flag makes these bands 0, drop leaves the galaxies out")
        if options.on_missing == "drop":
            kept = [_rows(p, np.full(len(p.rows), t.name not in lacking)) for t, p in zip(tiles, kept, strict=True)]
        notes.append(text)
    return _without_edges(tiles, kept, options, notes), notes


def _without_edges(tiles: list[Tile], placed: list[Placed], options: Options, notes: list[str]) -> list[Placed]:
    short = [cut_short(tile, each, options) for tile, each in zip(tiles, placed, strict=True)]
    count = sum(int(each.sum()) for each in short)
    if count and options.on_edge == "refuse":
        raise PhotozError(f"the stamps of {count} galaxies reach beyond their images; --on-edge flag or drop goes on")
    if count:
        notes.append(f"the stamps of {count} galaxies reach beyond their images")
    if options.on_edge == "drop":
        placed = [_rows(each, ~edge) for each, edge in zip(placed, short, strict=True)]
    if not sum(len(each.rows) for each in placed):
        raise PhotozError("no galaxy is left: " + "; ".join(notes))
    return placed


def _rows(placed: Placed, chosen: Array) -> Placed:
    return Placed(placed.rows[chosen], {band: xy[chosen] for band, xy in placed.positions.items()})
