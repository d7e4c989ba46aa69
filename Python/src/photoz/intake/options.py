"""What the user says about a survey: options of `partitions`, checked once and handed to everything else."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from photoz.errors import Code, PhotozError, from_os, nearest

POLICIES = ("refuse", "flag", "drop")
PIXEL_BYTES = 4


@dataclass(frozen=True)
class Options:
    """How partitions are made.

    Attributes:
        bands: Bands of images and magnitudes, in the order of the partitions.
        image_bands: Those that the images have, in the order of cubes; all of `bands` unless given.
        columns: Names of columns by what they are: `id`, `ra`, `dec`, `x`, `y`, `redshift`, `mag_u` and on, or `mag`
            with `{band}` in it.
        keep: Columns that are carried into partitions.
        flux_unit: Of the pixels: nanomaggies, maggies, any unit of flux density that astropy knows, or counts.
        zero_point: AB magnitude of one count, one for all bands or one each.
        softening: Nanomaggies of each band that pixels become an asinh of; pixels stay nanomaggies without.
        extinction: `extinction_{band}`, a column for each band, or `EBV*4.2,3.3,...`, a column times a coefficient.
        aperture: Radius, arcsec, within which magnitudes are measured on the images.
        size: Pixels on a side of a stamp.
        pixel_scale: Arcsec of a pixel that the stamps must have.
        resample: Whether other pixel scales are resampled.
        partition_mb: Size of a partition, 1e6 bytes.
        missing: Numbers that stand for no magnitude, redshift or kept value.
        on_missing: What to do about galaxies that lack images of a band, or all: refuse, flag or drop.
        on_edge: The same about stamps that reach beyond their image.
        on_unmatched: What to do about ids that the joined catalogue does not have: refuse or drop.
        join: A second catalogue, whose columns are added by id.
        join_on: The column of the ids in both, or `FIRST=SECOND`.
        table: Which table of a catalogue's file: an extension or a group.
        extension: Which extension of the images' files: a number or a name.
        layout: Axes of arrays: `nchw`, `nhwc` or, by the number of the bands, `auto`.
        array: The name of the images in an array file.
        processes: How many processes work on images; under mpirun the ranks do. A script that asks for several needs
            `if __name__ == "__main__":`, as `multiprocessing` says.
        overwrite: Whether partitions that this package has written before are replaced.
        progress: Whether to show a bar.
    """

    bands: tuple[str, ...] = ("u", "g", "r", "i", "z")
    image_bands: tuple[str, ...] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    flux_unit: str | None = None
    zero_point: tuple[float, ...] | None = None
    softening: tuple[float, ...] | None = None
    extinction: str | None = None
    aperture: float | None = None
    size: int = 32
    pixel_scale: float | None = None
    resample: bool = False
    partition_mb: float = 25.0
    missing: tuple[float, ...] = ()
    on_missing: str = "refuse"
    on_edge: str = "flag"
    on_unmatched: str = "refuse"
    join: str | os.PathLike[str] | None = None
    join_on: str | None = None
    table: str | None = None
    extension: str | None = None
    layout: str = "auto"
    array: str | None = None
    processes: int = 1
    overwrite: bool = False
    progress: bool = True

    def __post_init__(self) -> None:
        for name in ("on_missing", "on_edge"):
            if getattr(self, name) not in POLICIES:
                raise PhotozError(f"{name} is refuse, flag or drop, not {getattr(self, name)!r}", Code.USAGE)
        if self.on_unmatched not in ("refuse", "drop"):
            raise PhotozError(f"on_unmatched is refuse or drop, not {self.on_unmatched!r}", Code.USAGE)
        if self.layout not in ("auto", "nchw", "nhwc"):
            raise PhotozError(f"layout is auto, nchw or nhwc, not {self.layout!r}", Code.USAGE)
        self._check_bands()
        self._check_numbers()

    def _check_bands(self) -> None:
        if not self.bands or len(set(self.bands)) != len(self.bands):
            raise PhotozError(f"bands {','.join(self.bands)} are not different bands", Code.USAGE)
        for band in self.image_bands or ():
            if band not in self.bands:
                raise PhotozError(
                    f"unknown band {band} of the images: the partitions' bands are {','.join(self.bands)}",
                    Code.USAGE,
                )
        for name in self.columns:
            if name.startswith("mag_") and name[4:] not in self.bands:
                raise PhotozError(
                    f"unknown band {name[4:]} in the column {name}: the bands are {','.join(self.bands)}",
                    Code.USAGE,
                )
            known = ["id", "ra", "dec", "x", "y", "redshift", "mag", *(f"mag_{band}" for band in self.bands)]
            if name not in known:
                raise PhotozError(f"no column is called for by {name}{nearest(name, known)}", Code.USAGE)

    def _check_numbers(self) -> None:
        for name in ("zero_point", "softening"):
            given = getattr(self, name)
            if given is not None and len(given) not in (1, len(self.bands)):
                raise PhotozError(f"{name} takes one number or {len(self.bands)}, not {len(given)}", Code.USAGE)
        if self.softening is not None and not all(value > 0 for value in self.softening):
            raise PhotozError("softening takes numbers above 0", Code.USAGE)
        for name in ("size", "partition_mb", "processes"):
            if getattr(self, name) <= 0:
                raise PhotozError(f"{name} must be above 0", Code.USAGE)
        for name in ("aperture", "pixel_scale"):
            if getattr(self, name) is not None and not getattr(self, name) > 0:
                raise PhotozError(f"{name} must be above 0 arcsec", Code.USAGE)
        if (self.flux_unit == "counts") != (self.zero_point is not None):
            raise PhotozError("the unit counts and a zero point go together: say both or neither", Code.USAGE)
        if self.resample and self.pixel_scale is None:
            raise PhotozError("resample needs a pixel scale, of its own or of the weights", Code.USAGE)

    @property
    def galaxies_of_a_partition(self) -> int:
        """As many as make a partition of the size that was asked for, at least one."""
        return max(1, int(self.partition_mb * 1e6 / (PIXEL_BYTES * len(self.bands) * self.size**2)))

    def of_band(self, name: str, band: str) -> float | None:
        """The number of one band of `zero_point` or `softening`."""
        values: tuple[float, ...] | None = getattr(self, name)
        if values is None:
            return None
        return float(values[0] if len(values) == 1 else values[self.bands.index(band)])


def options(weights: str | os.PathLike[str] | None = None, **given: Any) -> Options:
    """Options from what a user gives: texts with commas where lists stand, and what weights say of the rest.

    Args:
        weights: A network, whose bands, softening, pixel scale and size of images hold unless given.
        given: Attributes of `Options`.

    Raises:
        PhotozError: 64 for what is no option or contradicts another.
    """
    known = {each.name for each in fields(Options)}
    for name in given:
        if name not in known:
            raise PhotozError(f"there is no option {name}{nearest(name, known)}", Code.USAGE)
    found = {name: value for name, value in given.items() if value is not None}
    for name in ("bands", "image_bands"):
        if name in found:
            found[name] = band_names(found[name])
    for name in ("zero_point", "softening", "missing"):
        if name in found:
            found[name] = numbers(name, found[name])
    if isinstance(found.get("keep"), str):
        found["keep"] = found["keep"].split(",")
    if "keep" in found:
        found["keep"] = tuple(found["keep"])
    if isinstance(found.get("columns"), str):
        found["columns"] = pairs(found["columns"])
    return replace(Options(), **(_in_order(_of_weights(weights), found.get("bands")) | found))


def _in_order(said: dict[str, Any], bands: tuple[str, ...] | None) -> dict[str, Any]:
    """What weights say, in the order of the bands that the user wants."""
    theirs = said.get("bands")
    if bands is None or theirs is None or bands == theirs:
        return said
    strange = [band for band in bands if band not in theirs]
    if strange or len(bands) != len(theirs):
        what = f"unknown band {strange[0]}: the" if strange else "the"
        raise PhotozError(f"{what} weights take the bands {','.join(theirs)}, not {','.join(bands)}", Code.USAGE)
    if len(said.get("softening", ())) == len(theirs):
        said["softening"] = tuple(said["softening"][theirs.index(band)] for band in bands)
    return said


def band_names(text: str | Sequence[str]) -> tuple[str, ...]:
    """`ugriz` or `u,g,r,i,z` as five names."""
    if not isinstance(text, str):
        return tuple(text)
    return tuple(name.strip() for name in text.split(",")) if "," in text else tuple(text)


def numbers(name: str, value: str | float | Sequence[float]) -> tuple[float, ...]:
    """Numbers with commas between them."""
    try:
        if isinstance(value, str):
            return tuple(float(text) for text in value.split(","))
        return tuple(float(number) for number in np.atleast_1d(np.asarray(value)))
    except ValueError:
        raise PhotozError(f"{name} takes numbers with commas between them, not {value!r}", Code.USAGE) from None


def pairs(text: str) -> dict[str, str]:
    """`mag_u=modelMag_u,id=OBJID` as a dictionary."""
    found: dict[str, str] = {}
    for pair in filter(None, text.split(",")):
        name, sign, column = pair.partition("=")
        if not sign or not column:
            raise PhotozError(f"columns are given as WHAT=NAME, not {pair!r}", Code.USAGE)
        found[name.strip()] = column.strip()
    return found


def _of_weights(weights: str | os.PathLike[str] | None) -> dict[str, Any]:
    """What a network says of the images that it takes."""
    if weights is None:
        return {}
    if not Path(weights).exists():
        raise PhotozError(f"the weights {os.fspath(weights)} do not exist", Code.MISSING_INPUT)
    found: dict[str, Any] = {}
    try:
        with h5py.File(weights) as file:
            told = file.attrs
            if "bands" in told:
                bands = told["bands"]
                found["bands"] = band_names(bands if isinstance(bands, str) else [str(name) for name in bands])
            if "image_softening" in told and "asinh" in str(told.get("image_units", "")):
                found["softening"] = tuple(float(value) for value in np.atleast_1d(told["image_softening"]))
            if "pixel_scale" in told:
                found["pixel_scale"] = float(np.atleast_1d(told["pixel_scale"])[0])
            patch = file["patch_embed.proj.weight"].shape[-1]
            found["size"] = round((file["pos_embed"].shape[1] - 1) ** 0.5) * int(patch)
    except OSError as error:
        raise from_os(error, f"the weights {os.fspath(weights)}") from error
    except KeyError as error:
        raise PhotozError(f"{os.fspath(weights)} is no weights file: {error}", Code.DATA) from error
    return found
