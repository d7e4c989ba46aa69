"""What galaxies become before a step: one of eight views of the image, and magnitudes within their errors."""

import numpy as np

from photoz.training.data.partitions import Array

MOST_ERROR = 0.5  # magnitudes; beyond, an error says that nothing was measured


def views(images: Array, chance: np.random.Generator) -> Array:
    """Each image [B, bands, y, x] as one of its mirror and rotation views, in place."""
    view = chance.integers(8, size=len(images))
    for number in range(1, 8):
        chosen = np.flatnonzero(view == number)
        if len(chosen):
            images[chosen] = turned(images[chosen], number)
    return images


def turned(images: Array, view: int) -> Array:
    """One of the eight views of images [N, bands, y, x]: bit 1 flips y, bit 2 flips x, bit 4 transposes."""
    images = images[:, :, ::-1] if view & 1 else images
    images = images[:, :, :, ::-1] if view & 2 else images
    return images.transpose(0, 1, 3, 2) if view & 4 else images


def jittered(magnitudes: Array, errors: Array | None, usual: float, chance: np.random.Generator) -> Array:
    """Magnitudes [B, bands] with noise of their errors, or of `usual` where these are unknown."""
    sigma: Array | float = usual
    if errors is not None:
        with np.errstate(invalid="ignore"):
            sigma = np.where((errors > 0) & (errors <= MOST_ERROR), errors, usual)
    return np.asarray(magnitudes + sigma * chance.standard_normal(magnitudes.shape))
