"""Positions on the sky and on images."""

import numpy as np
from astropy.wcs import WCS

from photoz.tables.catalogue import Array


def vectors(positions: Array) -> Array:
    """Vectors of length one, [N, 3], of right ascensions and declinations [N, 2] in degrees."""
    ra, dec = np.radians(positions).T
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


def locate(wcs: WCS, positions: Array) -> Array:
    """Pixels [N, 2], x and y from 0, of positions [N, 2] in degrees; NaN where the solution has none."""
    if len(positions) == 0:
        return np.empty((0, 2))
    # `quiet`: far from a tile the distortion has no inverse, and such galaxies are not in it.
    found: Array = np.asarray(wcs.all_world2pix(positions, 0, tolerance=1e-6, maxiter=50, quiet=True))
    return found


def margins(pixels: Array, shape: tuple[int, int]) -> Array:
    """Pixels between each position [N, 2] and the nearest edge of an image, [N]; below -0.5 it is outside."""
    height, width = shape
    low = np.minimum(pixels[:, 0], pixels[:, 1])
    high = np.minimum(width - 1 - pixels[:, 0], height - 1 - pixels[:, 1])
    return np.where(np.isfinite(low + high), np.minimum(low, high), -np.inf)
