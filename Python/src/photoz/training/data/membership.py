"""Which galaxies a network was trained on, in 32 kB of its weights: the smallest fingerprints of their magnitudes.

Fingerprints are as good as random, so that the smallest of them are a fair sample of the galaxies (bottom-k, Cohen &
Kaplan 2007): of galaxies whose fingerprint is no larger than the largest of the sample, those that were trained on are
in it, and no others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from photoz.errors import PhotozError
from photoz.training.data.partitions import Array
from photoz.training.data.split import GOLDEN, mixed

NAME = "trained_sample"
SIZE = 4096


def fingerprints(magnitudes: Array) -> Array:
    """A 64-bit number for each galaxy, [N], of the bits of its magnitudes [N, bands] in float32."""
    bits = np.ascontiguousarray(magnitudes, dtype="<f4").view("<u4").astype("u8")
    found = np.full(len(bits), GOLDEN)
    for band in bits.T:
        found = mixed(found ^ band)
    return found


@dataclass(frozen=True)
class TrainedSample:
    """A fair sample of the galaxies that a network was trained on.

    Attributes:
        fingerprints: The smallest of them, at most ``SIZE``, ascending and distinct.
        galaxies: How many distinct galaxies there were.
    """

    fingerprints: Array
    galaxies: int

    @classmethod
    def of(cls, pieces: Iterable[Array]) -> "TrainedSample":
        """Of galaxies that come in pieces, as their magnitudes [n, bands]: the same in any order and any pieces."""
        every = np.unique(np.concatenate([np.empty(0, "u8"), *map(fingerprints, pieces)]))
        return cls(every[:SIZE], len(every))

    @classmethod
    def read(cls, path: Path) -> "TrainedSample | None":
        """That of a weights file; None when it has none.

        Raises:
            PhotozError: 65, when it is not one.
        """
        with h5py.File(path) as file:
            if NAME not in file:
                return None
            found, galaxies = file[NAME][()], int(file[NAME].attrs.get("galaxies", -1))
        is_sample = found.dtype == np.dtype("u8") and found.ndim == 1 and bool((found[1:] > found[:-1]).all())
        if not is_sample or not 0 < len(found) <= SIZE or galaxies < len(found):
            raise PhotozError(f"{path}: {NAME} is no sample of galaxies trained on; take weights that are whole")
        return cls(found, galaxies)

    def joined(self, other: "TrainedSample") -> "TrainedSample":
        """Of the galaxies of both.

        Their number is exact while both samples hold all of theirs. Beyond, it is told from how densely the
        fingerprints lie (to some 2 %), within what both numbers allow.
        """
        both = np.union1d(self.fingerprints, other.fingerprints)
        sample = both[:SIZE]
        if all(each.galaxies == len(each.fingerprints) for each in (self, other)):
            return TrainedSample(sample, len(both))
        estimate = round((SIZE - 1) / (int(sample[-1]) / 2.0**64))
        least, most = max(self.galaxies, other.galaxies), self.galaxies + other.galaxies
        return TrainedSample(sample, min(max(estimate, least), most))

    def write(self, file: h5py.File) -> None:
        """Stores it in a weights file."""
        stored = file.create_dataset(NAME, data=self.fingerprints.astype("<u8"))
        stored.attrs["galaxies"] = np.int64(self.galaxies)
        stored.attrs["description"] = "smallest fingerprints of the magnitudes of the galaxies trained on"
