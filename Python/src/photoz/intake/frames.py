"""Partitions out of survey images: each tile's pixels are read once, by one process, and written as they come."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from photoz.errors import PhotozError, from_os
from photoz.intake import fitsimages, flux, stamps
from photoz.intake.galaxies import Galaxies
from photoz.intake.options import Options
from photoz.intake.stamps import Stamps
from photoz.intake.tiles import Placed, Tile, cut_short, source_names
from photoz.intake.writer import BAND_MISSING, EDGE, MASKED, PartitionWriter, abandon
from photoz.tables.catalogue import Array

_BLOCK = 1024  # galaxies whose stamps are in memory together
_RUNS_OF_A_WORKER = 8  # so that the end of one is the start of another, whatever tiles weigh


@dataclass(frozen=True)
class TileRun:
    """Some tiles, and the partitions that one process makes of them.

    Attributes:
        folder: Where partitions are written.
        first: The number of the first partition.
        tiles: With their galaxies, which follow each other in `galaxies`.
        galaxies: All of the run.
        options: As the user gave them.
        attributes: Of every partition.
        pixel_scale: Of the stamps.
    """

    folder: Path
    first: int
    tiles: list[tuple[Tile, Placed]]
    galaxies: Galaxies
    options: Options
    attributes: dict[str, str]
    pixel_scale: float | None


@dataclass(frozen=True)
class Made:
    """What a run has made.

    Attributes:
        files: Partitions.
        flags: `cutout_flags` of all galaxies, in the order of the partitions.
    """

    files: list[str]
    flags: Array


def plan(tiles: list[Tile], placed: list[Placed], galaxies: Galaxies, base: TileRun, workers: int) -> list[TileRun]:
    """Deals tiles to runs of about as many galaxies each, with partitions numbered through."""
    size = base.options.galaxies_of_a_partition
    total = sum(len(each.rows) for each in placed)
    # Runs of some partitions each: the last of a run is a short one.
    target = 1 if workers == 1 else max(workers, min(workers * _RUNS_OF_A_WORKER, total // (4 * size)))
    runs: list[TileRun] = []
    first, done, held = 1, 0, list[tuple[Tile, Placed]]()
    for number, pair in enumerate(zip(tiles, placed, strict=True)):
        if len(pair[1].rows):
            held.append(pair)
            done += len(pair[1].rows)
        if held and (done * target >= total * (len(runs) + 1) or number == len(tiles) - 1):
            rows = np.concatenate([each.rows for _, each in held])
            runs.append(replace(base, first=first, tiles=held, galaxies=galaxies.take(rows)))
            first += -(-len(rows) // size)
            held = []
    return runs


def cut_run(run: TileRun) -> Made:
    """Makes the partitions of a run."""
    writers = _Writers(run)
    flags = []
    try:
        row = 0
        for tile, placed in run.tiles:
            try:
                flags.append(_cut_tile(run, tile, placed, row, writers))
            except OSError as error:
                raise from_os(error, f"tile {tile.name}") from error
            row += len(placed.rows)
            writers.finish(row)
    except BaseException:
        writers.abandon()
        raise
    return Made(writers.names, np.concatenate(flags))


class _Writers:
    """The partitions of a run that are not whole yet."""

    def __init__(self, run: TileRun) -> None:
        self._run = run
        self._size = run.options.galaxies_of_a_partition
        self._open: dict[int, PartitionWriter] = {}
        self.names: list[str] = []

    def at(self, row: int) -> tuple[PartitionWriter, int, int]:
        """The partition of a row of the run, the row's place in it, and how many rows it has from there."""
        number, place = divmod(row, self._size)
        if number not in self._open:
            self._open[number] = self._create(number)
        return (
            self._open[number],
            place,
            min(self._size, len(self._run.galaxies) - number * self._size) - place,
        )

    def _create(self, number: int) -> PartitionWriter:
        run = self._run
        rows = slice(number * self._size, (number + 1) * self._size)
        name = f"{run.first + number}.h5"
        self.names.append(name)
        ends = np.cumsum([len(placed.rows) for _, placed in run.tiles])
        used = np.searchsorted(ends, [rows.start, min(rows.stop, int(ends[-1])) - 1], side="right")
        sources = {"source_tiles": source_names([tile for tile, _ in run.tiles[used[0] : used[1] + 1]])}
        return PartitionWriter(
            run.folder / name, run.galaxies.take(rows), run.options, run.attributes | sources, run.pixel_scale
        )

    def finish(self, row: int) -> None:
        """Closes partitions that end at or before a row of the run."""
        for number in list(self._open):
            if min((number + 1) * self._size, len(self._run.galaxies)) <= row:
                self._open.pop(number).close()

    def abandon(self) -> None:
        for writer in self._open.values():
            abandon(writer.file)


def _cut_tile(run: TileRun, tile: Tile, placed: Placed, start: int, writers: _Writers) -> Array:
    flags = np.zeros(len(placed.rows), "u1")
    for place, band in enumerate(run.options.bands):
        if band not in tile.images:
            flags |= BAND_MISSING
            continue
        image = tile.images[band]
        with fitsimages.opened(image.path) as file:
            pixels = fitsimages.pixels(file, image)
            for block in range(0, len(placed.rows), _BLOCK):
                positions = placed.positions[band][block : block + _BLOCK]
                found = _stamps(pixels, positions, tile.scales.get(band), run.options)
                rows = slice(block, block + len(positions))
                flags[rows] |= _write(run, tile, place, found, start + block, writers)
            del pixels
    short = cut_short(tile, placed, run.options)
    # Beyond the edge there are no pixels, which is not the same as pixels that are masked.
    flags[short] = flags[short] & ~np.uint8(MASKED) | EDGE
    _write_flags(flags, start, writers)
    return flags


def _stamps(pixels: Array, positions: Array, scale: float | None, options: Options) -> Stamps:
    if options.resample and options.pixel_scale and scale:
        return stamps.resampled(pixels, positions, options.size, options.pixel_scale / scale)
    return stamps.cut(pixels, positions, options.size)


def _write(run: TileRun, tile: Tile, place: int, found: Stamps, row: int, writers: _Writers) -> Array:
    """Writes a block of stamps of one band; gives the flag of masked pixels, [n]."""
    options, band = run.options, run.options.bands[place]
    light = Stamps(found.pixels * tile.factors[band], found.centre)
    blank = ~np.isfinite(light.pixels)
    values = flux.stored(np.where(blank, 0.0, light.pixels), options, band)
    measured = None
    if options.aperture is not None:
        measured = flux.magnitudes(stamps.aperture_flux(light, options.aperture / aperture_scale(run, tile, band)))
    done = 0
    while done < len(values):
        writer, at, room = writers.at(row + done)
        part = slice(done, done + min(room, len(values) - done))
        into = slice(at, at + part.stop - part.start)
        writer.images[into, place] = values[part]
        if measured is not None:
            writer.magnitudes[into, place] = measured[part]
        done = part.stop
    return np.where(blank.any(axis=(1, 2)), MASKED, 0).astype("u1")


def aperture_scale(run: TileRun, tile: Tile, band: str) -> float:
    """Arcsec of a pixel of the stamps, which an aperture is measured with."""
    scale = run.options.pixel_scale if run.options.resample else tile.scales.get(band)
    if scale is None:
        raise PhotozError("an aperture in arcsec needs the scale of the pixels: say --pixel-scale")
    return scale


def _write_flags(flags: Array, start: int, writers: _Writers) -> None:
    done = 0
    while done < len(flags):
        writer, at, room = writers.at(start + done)
        count = min(room, len(flags) - done)
        writer.flags[at : at + count] = flags[done : done + count]
        done += count
