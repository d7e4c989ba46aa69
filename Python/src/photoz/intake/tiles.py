"""Survey images with a WCS: which tile each galaxy is cut from, and where it stands on the image of each band."""

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from astropy.wcs import WCS
from scipy.spatial import cKDTree

from photoz.errors import Code, PhotozError, some
from photoz.intake import fitsimages, flux
from photoz.intake.fitsimages import Image
from photoz.intake.options import Options
from photoz.intake.sky import locate, margins, vectors
from photoz.parallel import Workers
from photoz.tables.catalogue import Array
from photoz.texts import natural

_WILD = re.compile(r"\{(\w+)\}|(\*)|(\?)")
_SCALE_TOLERANCE = 0.01


@dataclass(frozen=True)
class Tile:
    """The images of one piece of the sky.

    Attributes:
        name: What messages call it: the path of its first file.
        images: By band; bands may be missing.
        factors: What the pixels of each band are multiplied by to be nanomaggies.
        scales: Arcsec of a pixel of each band.
        centre: A vector of length one to the middle of the tile; None without a WCS.
        radius: The largest angle between the middle and a corner, radian.
    """

    name: str
    images: dict[str, Image]
    factors: dict[str, float]
    scales: dict[str, float]
    centre: Array | None
    radius: float


@dataclass(frozen=True)
class Placed:
    """Galaxies of a tile.

    Attributes:
        rows: Which galaxies, [n], ascending.
        positions: Of each band that the tile has, [n, 2], x and y from 0.
    """

    rows: Array
    positions: dict[str, Array]


def list_tiles(pattern: str, options: Options) -> list[dict[str, str]]:
    """The files of each tile, by band (or, for files of several bands, all under the first), in natural order.

    Raises:
        PhotozError: 66 when nothing matches; 64 for a band of the pattern that is none of the options'.
    """
    bands = options.image_bands or options.bands
    path, _ = fitsimages.split_extension(pattern, options.extension)
    matcher = _matcher(path)
    tiles: dict[tuple[str, ...], dict[str, str]] = {}
    others: set[str] = set()
    for file in sorted(glob.glob(_WILD.sub(lambda found: found[3] or "*", path)), key=natural):
        found = matcher.fullmatch(file)
        if not found:
            continue
        parts = found.groupdict()
        band = parts.pop("band", None)
        if band is not None and band not in bands:
            others.add(band)
            continue
        # Tiles are told apart by what stands for all wildcards but the band.
        key = tuple(parts.values())
        tiles.setdefault(key, {})[band or bands[0]] = file
    if not tiles:
        also = f"; there are images of the unknown bands {some(sorted(others))}" if others else ""
        raise PhotozError(f"no file matches {path} for the bands {','.join(bands)}{also}", Code.MISSING_INPUT)
    return list(tiles.values())


def _matcher(path: str) -> re.Pattern[str]:
    """What files of a pattern look like; a name in braces that comes twice is the same text twice."""
    seen: set[str] = set()
    text = ""
    for number, part in enumerate(re.split(r"(\{\w+\}|\*|\?)", path)):
        found = _WILD.fullmatch(part)
        if not found:
            text += re.escape(part)
        elif found[1] in seen:
            text += f"(?P={found[1]})"
        elif found[1]:
            seen.add(found[1])
            text += f"(?P<{found[1]}>{'[A-Za-z0-9]+?' if found[1] == 'band' else '[^/]+?'})"
        else:
            text += f"(?P<wild{number}>[^/]{'*' if found[2] else ''})"
    return re.compile(text)


def describe(files: dict[str, str], pattern: str, has_wcs: bool, options: Options) -> Tile:
    """Reads the headers of a tile."""
    _, extension = fitsimages.split_extension(pattern, options.extension)
    bands = options.image_bands or options.bands
    images: dict[str, Image] = {}
    for band, path in files.items():
        with fitsimages.opened(path) as file:
            images |= fitsimages.find(file, path, extension, [band] if "{band}" in pattern else bands)
    factors = {band: flux.factor(options, band, image.unit, image.path) for band, image in images.items()}
    name = next(iter(files.values()))
    if not has_wcs:
        scales = {} if options.pixel_scale is None else dict.fromkeys(images, options.pixel_scale)
        return Tile(name, images, factors, scales, None, 0.0)
    solutions = {band: image.wcs() for band, image in images.items()}
    scales = {band: fitsimages.pixel_scale(wcs) for band, wcs in solutions.items()}
    _check_scales(images, scales, options)
    reference = next(iter(images))
    centre, radius = _footprint(solutions[reference], images[reference].shape)
    return Tile(name, images, factors, scales, centre, radius)


def _check_scales(images: dict[str, Image], scales: dict[str, float], options: Options) -> None:
    wanted = options.pixel_scale or next(iter(scales.values()))
    if options.resample:
        return
    for band, scale in scales.items():
        if abs(scale / wanted - 1) > _SCALE_TOLERANCE:
            source = "the network's" if options.pixel_scale else "that of the tile's first band"
            raise PhotozError(
                f"{images[band].path} has pixels of {scale:.4g} arcsec and {source} are {wanted:.4g}: "
                "--resample makes stamps of the right scale"
            )


def _footprint(wcs: WCS, shape: tuple[int, int]) -> tuple[Array, float]:
    height, width = shape
    x = np.array([(width - 1) / 2, -0.5, -0.5, width - 0.5, width - 0.5])
    y = np.array([(height - 1) / 2, -0.5, height - 0.5, -0.5, height - 0.5])
    points = vectors(np.stack(wcs.all_pix2world(x, y, 0), axis=1))
    chord = np.linalg.norm(points[1:] - points[0], axis=1).max()
    return points[0], float(2 * np.arcsin(min(1.0, chord / 2)))


def _margin_of(item: tuple[Tile, Array]) -> Array:
    tile, positions = item
    first = next(iter(tile.images.values()))
    return margins(locate(first.wcs(), positions), first.shape)


def _positions_of(item: tuple[Tile, Array]) -> dict[str, Array]:
    tile, positions = item
    return {band: locate(image.wcs(), positions) for band, image in tile.images.items()}


def describe_all(pattern: str, has_wcs: bool, options: Options, crew: Workers) -> list[Tile]:
    """The headers of all tiles, read in parallel."""
    found = crew.once(lambda: list_tiles(pattern, options))
    work = partial(describe, pattern=pattern, has_wcs=has_wcs, options=options)
    return crew.map(work, found, [0] * len(found), "headers")


def place(tiles: Sequence[Tile], positions: Array, options: Options, crew: Workers) -> list[Placed]:
    """Deals each galaxy to the tile that has all bands and in which it stands farthest from the edge.

    Args:
        tiles: With a WCS.
        positions: [N, 2], right ascension and declination.
        options: The size of the stamps.
        crew: Does tiles in parallel.

    Returns:
        For each tile its galaxies; galaxies outside of every tile are in none.
    """
    tree = cKDTree(vectors(positions))
    near = []
    for tile in tiles:
        assert tile.centre is not None
        # A chord somewhat longer than the radius: corners of a distorted image bulge.
        chord = 2 * np.sin(min(np.pi, tile.radius * 1.02) / 2)
        near.append(np.sort(np.asarray(tree.query_ball_point(tile.centre, chord), dtype=int)))
    counts = [0] * len(tiles)
    found = crew.map(
        _margin_of, [(t, positions[rows]) for t, rows in zip(tiles, near, strict=True)], counts, "positions"
    )
    best = np.full(len(positions), -np.inf)
    home = np.full(len(positions), -1)
    bands = len(options.bands)
    for number, (tile, rows, margin) in enumerate(zip(tiles, near, found, strict=True)):
        fits = margin >= _half_stamp(tile, options)
        # Whole stamps before cut ones, and of these tiles with all bands first.
        score = np.where(fits, 1e9 + 1e8 * len(tile.images) / bands, 0) + margin
        better = (margin >= -0.5) & (score > best[rows])
        best[rows[better]] = score[better]
        home[rows[better]] = number
    rows_of = [np.flatnonzero(home == number) for number in range(len(tiles))]
    items = [(tile, positions[rows]) for tile, rows in zip(tiles, rows_of, strict=True)]
    pixels = crew.map(_positions_of, items, counts, "positions")
    return [Placed(rows, each) for rows, each in zip(rows_of, pixels, strict=True)]


def _half_stamp(tile: Tile, options: Options) -> float:
    ratio = 1.0
    if options.resample and options.pixel_scale:
        ratio = options.pixel_scale / next(iter(tile.scales.values()))
    return options.size / 2 * ratio


def place_pixels(tiles: Sequence[Tile], positions: Array) -> list[Placed]:
    """Galaxies whose positions are pixels of the one tile that there is.

    Raises:
        PhotozError: 64 when there are several tiles.
    """
    if len(tiles) != 1:
        raise PhotozError(f"positions in pixels need one image, not {len(tiles)} tiles", Code.USAGE)
    first = next(iter(tiles[0].images.values()))
    rows = np.flatnonzero(margins(positions, first.shape) >= -0.5)
    return [Placed(rows, dict.fromkeys(tiles[0].images, positions[rows]))]


def cut_short(tile: Tile, placed: Placed, options: Options) -> Array:
    """Which galaxies of a tile have a stamp that reaches beyond the image of a band, [n]."""
    short = np.zeros(len(placed.rows), bool)
    for band, positions in placed.positions.items():
        image = tile.images[band]
        if options.resample and options.pixel_scale:
            short |= margins(positions, image.shape) < options.size / 2 * options.pixel_scale / tile.scales[band] - 0.5
            continue
        corner = np.rint(np.round(positions, 4)) - options.size // 2
        limit = np.array([image.shape[1], image.shape[0]]) - options.size
        short |= ~((corner >= 0) & (corner <= limit)).all(axis=1)
    return short


def source_names(tiles: Sequence[Tile]) -> str:
    """The files of some tiles, by name alone."""
    return ", ".join(Path(image.path).name for tile in tiles for image in tile.images.values())
