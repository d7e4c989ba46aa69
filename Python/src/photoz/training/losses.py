"""What training makes small."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from photoz.training.data.partitions import Array

REDSHIFT_UNIT = 0.05  # the loss sees redshifts in units of this
SOFT = 0.2  # of those units: below it the loss is quadratic
_BINS = 30
_RAREST = 10.0  # how much more than a usual galaxy one of a rare redshift counts at most


def loss(predicted: Tensor, redshift: Tensor, weight: Tensor, kind: str) -> Tensor:
    """Weighted mean of the smooth L1 of redshifts [B], or with `relative` of dz / (1 + z)."""
    unit = REDSHIFT_UNIT * (1 + redshift if kind == "relative" else torch.ones_like(redshift))
    each = functional.smooth_l1_loss(predicted / unit, redshift / unit, beta=SOFT, reduction="none")
    return (weight * each).mean()


def weights(redshift: Array, given: Array, balance: str) -> Array:
    """How much each galaxy counts [N], 1 on average.

    Args:
        redshift: Of the galaxies trained on.
        given: Weights that the partitions have.
        balance: With `redshift` a galaxy counts by the inverse of how many have a redshift like it (in 30 bins of
            equal width between percentiles 0.1 and 99.9), ten times as much as on average at most.
    """
    found = given / given.mean()
    if balance == "redshift":
        low, high = np.percentile(redshift, (0.1, 99.9))
        place = np.clip(((redshift - low) / max(high - low, 1e-9) * _BINS).astype(int), 0, _BINS - 1)
        count = np.bincount(place, minlength=_BINS)
        rarity = len(redshift) / (np.count_nonzero(count) * np.maximum(count, 1))
        found = found * np.minimum(rarity[place], _RAREST)
    return np.asarray(found / found.mean())
