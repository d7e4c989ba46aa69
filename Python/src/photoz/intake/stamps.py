"""Stamps of galaxies out of larger images."""

from dataclasses import dataclass

import numpy as np
from astropy.nddata import extract_array
from photutils.geometry import circular_overlap_grid
from scipy.ndimage import map_coordinates

from photoz.errors import Code, PhotozError
from photoz.tables.catalogue import Array

_BORDER = 8  # pixels around a stamp that the spline of a resampled one feels
_ORDER = 3
_NOWHERE = -1e6  # a position that a WCS does not have is in no image


@dataclass(frozen=True)
class Stamps:
    """Stamps of one band.

    Attributes:
        pixels: [N, size, size], float64, in the image's units; NaN beyond the image.
        centre: [N, 2], x and y of the galaxies in their stamps.
    """

    pixels: Array
    centre: Array


def cut(image: Array, positions: Array, size: int) -> Stamps:
    """Whole pixels: the one that is nearest to the galaxy stands at index `size // 2` of both axes.

    Args:
        image: [y, x].
        positions: [N, 2], x and y, from 0 at the centre of the first pixel.
        size: Pixels on a side.
    """
    # A position that a WCS gives is whole only to its own digits.
    nearest = np.rint(np.round(np.where(np.isfinite(positions), positions, _NOWHERE), 4)).astype(int)
    corner = nearest - size // 2
    stamps = np.full((len(positions), size, size), np.nan)
    height, width = image.shape
    inside = (corner >= 0).all(axis=1) & (corner[:, 0] + size <= width) & (corner[:, 1] + size <= height)
    if inside.any():
        windows = np.lib.stride_tricks.sliding_window_view(image, (size, size))
        stamps[inside] = windows[corner[inside, 1], corner[inside, 0]]
    for row in np.flatnonzero(~inside):
        stamps[row] = _at_edge(image, corner[row], size)
    return Stamps(stamps, positions - corner)


def _at_edge(image: Array, corner: Array, size: int) -> Array:
    height, width = image.shape
    x, y = int(corner[0]), int(corner[1])
    if x >= width or y >= height or x + size <= 0 or y + size <= 0:
        return np.full((size, size), np.nan)
    part = image[max(y, 0) : y + size, max(x, 0) : x + size].astype("f8")
    at = (min(y, 0) + size / 2 - 0.5, min(x, 0) + size / 2 - 0.5)
    found: Array = extract_array(part, (size, size), at, mode="partial", fill_value=np.nan)
    return found


def resampled(image: Array, positions: Array, size: int, ratio: float) -> Stamps:
    """Stamps of another pixel scale, centred on the galaxies: a cubic spline, summed over finer pixels.

    Args:
        image: [y, x].
        positions: [N, 2], x and y.
        size: Pixels on a side of a stamp.
        ratio: Side of a stamp's pixel in pixels of the image. Light is kept: a pixel of twice the side has four times
            the light.
    """
    finer = max(1, int(np.ceil(ratio)))
    step = ratio / finer
    middle = size // 2
    # Centres of the finer pixels, from the galaxy, which is at the centre of pixel `middle`.
    offsets = (np.arange(size * finer) - middle * finer - (finer - 1) / 2) * step
    reach = int(np.ceil(np.abs(offsets).max())) + _BORDER
    stamps = np.empty((len(positions), size, size))
    for row, (x, y) in enumerate(positions):
        near = np.rint((x, y)).astype(int)
        local = cut(image, near[None], 2 * reach + 1).pixels[0]
        blank = ~np.isfinite(local)
        at = np.meshgrid(offsets + reach + (y - near[1]), offsets + reach + (x - near[0]), indexing="ij")
        fine = map_coordinates(np.where(blank, 0.0, local), at, order=_ORDER, mode="nearest")
        if blank.any():
            fine[map_coordinates(blank.astype("f8"), at, order=1, mode="nearest") > 0] = np.nan
        stamps[row] = fine.reshape(size, finer, size, finer).sum(axis=(1, 3)) * step**2
    return Stamps(stamps, np.full((len(positions), 2), float(middle)))


def aperture_flux(stamps: Stamps, radius: float) -> Array:
    """The light within a circle around each galaxy, [N]; NaN when a pixel in it is not finite.

    Args:
        stamps: Stamps that hold the circle.
        radius: In pixels of the stamps.
    """
    size = stamps.pixels.shape[-1]
    # Galaxies stand within a pixel of the middle.
    if radius > size / 2 - 1:
        raise PhotozError(
            f"an aperture of {radius:.1f} pixels does not fit into stamps of {size}: choose a smaller one", Code.USAGE
        )
    flux = np.empty(len(stamps.pixels))
    for row, (x, y) in enumerate(stamps.centre):
        share = circular_overlap_grid(-0.5 - x, size - 0.5 - x, -0.5 - y, size - 0.5 - y, size, size, radius, 1, 1)
        flux[row] = np.sum(stamps.pixels[row] * share, where=share > 0)
    return flux
