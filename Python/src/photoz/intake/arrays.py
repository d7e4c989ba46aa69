"""Arrays as CNN groups publish them (`.npz`, `.npy`, GalaxiesML, MultimodalUniverse) to plain partitions, streamed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from photoz.errors import Code, PhotozError, some
from photoz.intake import flux, stamps
from photoz.intake.arrayfiles import Images
from photoz.intake.galaxies import Galaxies
from photoz.intake.options import Options
from photoz.intake.stamps import Stamps
from photoz.intake.writer import BAND_MISSING, MASKED, PartitionWriter
from photoz.tables.catalogue import Array


def make(
    images: Images, galaxies: Galaxies, options: Options, folder: Path, first: int, attributes: dict[str, str]
) -> tuple[list[str], Array]:
    """Makes partitions of a file's galaxies, in order; gives their names and the flags, [N]."""
    if len(galaxies) != images.shape[0]:
        raise PhotozError(f"{images.path} has {images.shape[0]} images, and there are {len(galaxies)} rows of labels")
    size, names, flags = options.galaxies_of_a_partition, list[str](), list[Array]()
    attributes = attributes | {"source_images": Path(images.path).name}
    with images.blocks() as blocks:
        source = _Rows(blocks)
        for start in range(0, len(galaxies), size):
            part = galaxies.take(slice(start, start + size))
            names.append(f"{first + len(names)}.h5")
            with PartitionWriter(folder / names[-1], part, options, attributes, options.pixel_scale) as writer:
                flags.append(_fill(writer, part, source, images.path, options))
    return names, np.concatenate(flags)


class _Rows:
    """As many images as are asked for, out of blocks of any size."""

    def __init__(self, blocks: Iterator[Array]) -> None:
        self._blocks = blocks
        self._left: Array | None = None

    def next(self, most: int) -> Array:
        block = next(self._blocks) if self._left is None else self._left
        self._left = block[most:] if len(block) > most else None
        return block[:most]


def _fill(writer: PartitionWriter, part: Galaxies, source: _Rows, path: str, options: Options) -> Array:
    flags = np.zeros(len(part), "u1")
    done = 0
    while done < len(part):
        block = source.next(len(part) - done)
        rows = slice(done, done + len(block))
        stored, flags[rows], measured = _convert(block, path, options)
        writer.images[rows] = stored
        if measured is not None:
            writer.magnitudes[rows] = measured
        done = rows.stop
    writer.flags[:] = flags
    return flags


def _convert(block: Array, path: str, options: Options) -> tuple[Array, Array, Array | None]:
    """Stamps [n, bands, size, size] as partitions have them, their flags, and magnitudes if they are measured."""
    size, (height, width) = options.size, block.shape[2:]
    if min(height, width) < size:
        raise PhotozError(f"{path} has images of {width} x {height} pixels, and stamps need {size}")
    y, x = (height - size) // 2, (width - size) // 2
    block = block[:, :, y : y + size, x : x + size].astype("f8")
    every = options.image_bands or options.bands
    stored = np.zeros((len(block), len(options.bands), size, size), "f4")
    flags = np.full(len(block), BAND_MISSING if len(every) < len(options.bands) else 0, "u1")
    measured = None if options.aperture is None else np.full((len(block), len(options.bands)), np.nan)
    for plane, band in enumerate(every):
        place = options.bands.index(band)
        if options.flux_unit == "asinh":
            light = np.sinh(block[:, plane]) * (options.of_band("softening", band) or 1.0)
        else:
            light = block[:, plane] * flux.factor(options, band, None, path)
        blank = ~np.isfinite(light)
        flags |= np.where(blank.any(axis=(1, 2)), MASKED, 0).astype("u1")
        stored[:, place] = flux.stored(np.where(blank, 0.0, light), options, band)
        if measured is not None:
            if options.pixel_scale is None or options.aperture is None:
                raise PhotozError("an aperture in arcsec needs the scale of the pixels: say --pixel-scale", Code.USAGE)
            found = Stamps(light, np.full((len(light), 2), size / 2.0))
            measured[:, place] = flux.magnitudes(stamps.aperture_flux(found, options.aperture / options.pixel_scale))
    return stored, flags, measured


def survey_options(options: Options, path: str, kind: str | None) -> Options:
    """The names that a known survey's files have, where the user says nothing else."""
    known: dict[str, dict[str, Any]] = {
        "galaxiesml": {
            "array": "image",
            "columns": {"mag": "{band}_cmodel_mag", "redshift": "specz_redshift"},
        },
        "multimodaluniverse": {"array": "image_array", "columns": {"mag": "{band}_cmodel_mag"}},
    }
    if kind is None:
        return options
    if kind not in known:
        raise PhotozError(f"unknown survey {kind}: there are {some(list(known))}", Code.USAGE)
    said = known[kind]
    columns = said["columns"] | dict(options.columns)
    if any(name.startswith("mag_") for name in options.columns):
        columns.pop("mag", None)
    bands = tuple("grizy") if options.bands == Options().bands else options.bands
    return replace(options, columns=columns, bands=bands, array=options.array or said["array"])
