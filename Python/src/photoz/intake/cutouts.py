"""Partitions out of one image file a galaxy, or one a galaxy and band, as cutout services deliver them."""

import os
import re
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from photoz.errors import Code, PhotozError, from_os
from photoz.intake import fitsimages, flux, stamps
from photoz.intake.fitsimages import Image
from photoz.intake.galaxies import Galaxies
from photoz.intake.options import Options
from photoz.intake.stamps import Stamps
from photoz.intake.writer import BAND_MISSING, EDGE, MASKED, NO_IMAGE, PartitionWriter
from photoz.tables.catalogue import Array

_FIELD = re.compile(r"\{(\w+)\}")
_SCALE_TOLERANCE = 0.01
_OPEN_FILES = 4


def fields_of(pattern: str) -> list[str]:
    """The columns that a pattern names."""
    return [name for name in dict.fromkeys(_FIELD.findall(pattern)) if name != "band"]


@dataclass(frozen=True)
class Part:
    """One partition to be made.

    Attributes:
        path: The partition.
        pattern: Of the cutouts' files.
        galaxies: Of the partition.
        options: As the user gave them.
        attributes: Of the partition.
        pixel_scale: Of the stamps.
    """

    path: Path
    pattern: str
    galaxies: Galaxies
    options: Options
    attributes: dict[str, str]
    pixel_scale: float | None


def paths(pattern: str, galaxies: Galaxies, options: Options) -> dict[str, list[str]]:
    """The files of each band, one for each galaxy; one list for all bands when the pattern names none."""
    bands = (options.image_bands or options.bands) if "{band}" in pattern else ("",)
    columns = {name: [str(value) for value in values] for name, values in galaxies.fields.items()}
    return {
        band: [
            _FIELD.sub(lambda found: band if found[1] == "band" else columns[found[1]][row], pattern)  # noqa: B023
            for row in range(len(galaxies))
        ]
        for band in bands
    }


def choose(pattern: str, galaxies: Galaxies, options: Options) -> tuple[Galaxies, list[str]]:
    """Leaves out, or refuses, galaxies whose files are not there.

    Raises:
        PhotozError: 66, with how many and which are missing.
    """
    _refuse_shared(pattern, galaxies, options)
    present = _Listing()
    there = {
        band: np.array([fitsimages.split_extension(path, None)[0] in present for path in files])
        for band, files in paths(pattern, galaxies, options).items()
    }
    every = np.all(list(there.values()), axis=0)
    if every.all():
        return galaxies, []
    lost = np.flatnonzero(~every)
    first = next(
        p for b, f in paths(pattern, galaxies.take(lost[:1]), options).items() for p in f if not there[b][lost[0]]
    )
    text = f"{len(lost)} of {len(galaxies)} galaxies lack cutouts, such as {first}"
    if options.on_missing == "refuse" or (len(lost) == len(galaxies) and not np.any(list(there.values()))):
        hint = "; --on-missing flag makes their bands 0, drop leaves them out"
        raise PhotozError(text + (hint if options.on_missing == "refuse" else ""), Code.MISSING_INPUT)
    if options.on_missing == "drop":
        return galaxies.take(np.flatnonzero(every)), [f"{text}; left out"]
    return galaxies, [f"{text}; flagged"]


def _refuse_shared(pattern: str, galaxies: Galaxies, options: Options) -> None:
    """Raises when galaxies have one image together: then it is a survey frame, and its middle is no galaxy."""
    files = next(iter(paths(pattern, galaxies, options).values()))
    if len(set(files)) < len(files):
        twice = next(path for path, count in Counter(files).items() if count > 1)
        raise PhotozError(
            f"{len(files)} galaxies have {len(set(files))} cutouts: {twice} belongs to several. {{...}} names a column "
            "of the catalogue; write * for what tells tiles apart, and stamps are cut at the galaxies' positions",
            Code.USAGE,
        )


class _Listing:
    """Which files there are, by one look at each folder."""

    def __init__(self) -> None:
        self._folders: dict[str, set[str]] = {}

    def __contains__(self, path: str) -> bool:
        folder, name = os.path.split(path)
        if folder not in self._folders:
            try:
                self._folders[folder] = set(os.listdir(folder or "."))
            except (FileNotFoundError, NotADirectoryError):
                self._folders[folder] = set()
        return name in self._folders[folder]


def make(part: Part) -> Array:
    """Makes a partition; gives its flags, [n]."""
    opened = _Files()
    try:
        with PartitionWriter(part.path, part.galaxies, part.options, part.attributes, part.pixel_scale) as writer:
            flags = np.zeros(len(part.galaxies), "u1")
            files = paths(part.pattern, part.galaxies, part.options)
            for row in range(len(part.galaxies)):
                flags[row] = _galaxy(part, row, {band: each[row] for band, each in files.items()}, writer, opened)
            writer.flags[:] = flags
        return flags
    except OSError as error:
        raise from_os(error, str(part.path.name)) from error
    finally:
        opened.close()


def _galaxy(part: Part, row: int, files: dict[str, str], writer: PartitionWriter, opened: "_Files") -> int:
    options = part.options
    found = _stamps(part, files, opened)
    flags = 0
    stamp = np.zeros((len(options.bands), options.size, options.size), "f4")
    for place, band in enumerate(options.bands):
        if band not in found:
            flags |= BAND_MISSING
            continue
        light, is_short, scale = found[band]
        blank = ~np.isfinite(light.pixels)
        flags |= EDGE if is_short else MASKED if blank.any() else 0
        stamp[place] = flux.stored(np.where(blank, 0.0, light.pixels), options, band)[0]
        if options.aperture is not None:
            if scale is None:
                raise PhotozError("an aperture in arcsec needs the scale of the pixels: say --pixel-scale")
            measured = stamps.aperture_flux(light, options.aperture / scale)
            writer.magnitudes[row, place] = flux.magnitudes(measured)[0]
    writer.images[row] = stamp
    return flags if found else flags | NO_IMAGE


def _stamps(part: Part, files: dict[str, str], opened: "_Files") -> dict[str, tuple[Stamps, bool, float | None]]:
    """The stamps that a galaxy's files hold, by band: in nanomaggies, whether they are cut short, arcsec of a pixel."""
    options = part.options
    every = options.image_bands or options.bands
    found = {}
    for named, text in files.items():
        path, extension = fitsimages.split_extension(text, options.extension)
        if not os.path.exists(path):
            continue
        file = opened[path]
        for band, image in fitsimages.find(file, path, extension, [named] if named else every).items():
            found[band] = _stamp(fitsimages.pixels(file, image), image, band, options)
    return found


class _Files:
    """Files that are kept open for the next galaxy: all may be extensions of one."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, fits.HDUList] = OrderedDict()

    def __getitem__(self, path: str) -> fits.HDUList:
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        if len(self._open) == _OPEN_FILES:
            self._open.popitem(last=False)[1].close()
        try:
            self._open[path] = fits.open(path, memmap=False)
        except OSError as error:
            raise PhotozError(f"{path} is no FITS file: {error}") from error
        return self._open[path]

    def close(self) -> None:
        for file in self._open.values():
            file.close()


def _stamp(pixels: Array, image: Image, band: str, options: Options) -> tuple[Stamps, bool, float | None]:
    scale = _scale(image, options)
    ratio = 1.0
    if scale is not None and options.pixel_scale is not None:
        ratio = options.pixel_scale / scale
    height, width = image.shape
    # The middle of the file is the galaxy: of sides that are even, the pixel after it, as `--crop` takes it.
    middle = np.array([[width // 2, height // 2]], "f8")
    if options.resample and abs(ratio - 1) > 1e-6:
        found = stamps.resampled(pixels, middle, options.size, ratio)
        side, scale = options.size * ratio, options.pixel_scale
    else:
        if abs(ratio - 1) > _SCALE_TOLERANCE:
            raise PhotozError(
                f"{image.path} has pixels of {scale:.4g} arcsec and partitions are to have {options.pixel_scale:.4g}: "
                "--resample makes stamps of the right scale"
            )
        found = stamps.cut(pixels, middle, options.size)
        side = options.size
    is_short = min(height, width) < side
    if is_short and options.on_edge == "refuse":
        raise PhotozError(
            f"{image.path} has {width} x {height} pixels, and stamps need {side:.0f}; --on-edge flag makes the rest 0"
        )
    factor = flux.factor(options, band, image.unit, image.path)
    return Stamps(found.pixels * factor, found.centre), is_short, scale


def _scale(image: Image, options: Options) -> float | None:
    if "CTYPE1" in image.header and "CTYPE2" in image.header:
        return fitsimages.pixel_scale(image.wcs())
    return options.pixel_scale


def parts(
    folder: Path, pattern: str, galaxies: Galaxies, options: Options, attributes: dict[str, str]
) -> Iterable[Part]:
    """Partitions of consecutive galaxies of the catalogue."""
    size = options.galaxies_of_a_partition
    for number, start in enumerate(range(0, len(galaxies), size)):
        some_galaxies = galaxies.take(slice(start, start + size))
        yield Part(folder / f"{number + 1}.h5", pattern, some_galaxies, options, attributes, options.pixel_scale)
