"""One look at every image before training begins: that pixels are finite, how bright they are, and a hash of it all."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import h5py
import numpy as np

from photoz.errors import PhotozError, from_os
from photoz.training.data.partitions import Array, Partition, Survey

_STEP = 1024


@dataclass(frozen=True)
class Scan:
    """What was found in one partition.

    Attributes:
        extremes: [rows, bands, 2], the faintest and the brightest pixel; NaN where a pixel is not finite.
        digest: SHA-256 of the numbers of images, magnitudes and redshifts.
    """

    extremes: Array
    digest: str


def scan(survey: Survey, part: Partition, skips: bool, told: Callable[[int], None] = lambda rows: None) -> Scan:
    """Reads a partition's images once.

    Args:
        survey: The partitions.
        part: One of them.
        skips: Whether galaxies whose pixels are not finite are left out instead of refused.
        told: Told how many galaxies were read.

    Raises:
        PhotozError: 65 with file, data set and row.
    """
    digest = hashlib.sha256()
    extremes = np.empty((part.rows, survey.bands, 2), "f4")
    try:
        with h5py.File(part.path, "r", locking=False) as file:
            for start in range(0, part.rows, _STEP):
                rows = slice(start, min(start + _STEP, part.rows))
                images = survey.images(file, rows)
                digest.update(images.data)
                extremes[rows, :, 0] = images.min(axis=(2, 3))
                extremes[rows, :, 1] = images.max(axis=(2, 3))
                told(rows.stop - rows.start)
            labels = (*survey.names.magnitudes, survey.names.redshift) if survey.names.redshift else ()
            for name in labels:
                digest.update(np.ascontiguousarray(file[str(name)][:], dtype="f8").data)
    except OSError as error:
        raise from_os(error, str(part.path)) from error
    bad = ~np.isfinite(extremes).all(axis=(1, 2))
    if bad.any() and not skips:
        row = int(np.argmax(bad))
        raise PhotozError(
            f"{part.path}: {survey.names.images}: row {row} holds a pixel that is not finite "
            f"({int(bad.sum())} such rows); correct or remove these galaxies, or leave them out with --on-error skip"
        )
    extremes[bad] = np.nan
    return Scan(extremes, digest.hexdigest())
