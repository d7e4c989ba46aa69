"""Magnitudes along their principal axes, which is what the network learns on and what no user sees."""

import numpy as np
import torch
from torch import nn

from photoz.training.data.partitions import Array

# Relative to the largest variance: axes along which magnitudes do not differ say nothing and are not blown up.
_LEAST_VARIANCE = 1e-8


class Whitening:
    """Magnitudes [N, bands] to principal axes, each with variance one.

    A galaxy's magnitudes are alike to a tenth and tell its redshift in their hundredths, which no optimiser sees
    before they are decorrelated. `fold` undoes it in the first layer once training is over, and `unfold` does it
    in that of weights that are trained on; both leave the network's redshifts as they are.

    Args:
        magnitudes: Those that are trained on.
    """

    def __init__(self, magnitudes: Array) -> None:
        self.mean = magnitudes.mean(axis=0)
        variances, axes = np.linalg.eigh(np.atleast_2d(np.cov(magnitudes.T)))
        scale = np.sqrt(np.maximum(variances, _LEAST_VARIANCE * max(variances.max(), 1e-12)))
        self.matrix = axes.T / scale[:, None]
        self.inverse = axes * scale

    def __call__(self, magnitudes: Array) -> Array:
        return np.asarray(((magnitudes - self.mean) @ self.matrix.T).astype("f4"))

    def fold(self, layer: nn.Linear) -> None:
        """Makes a layer of whitened magnitudes one of magnitudes."""
        weight = layer.weight.detach().double().cpu().numpy() @ self.matrix
        _set(layer, weight, layer.bias.detach().double().cpu().numpy() - weight @ self.mean)

    def unfold(self, layer: nn.Linear) -> None:
        """Makes a layer of magnitudes one of whitened magnitudes."""
        weight = layer.weight.detach().double().cpu().numpy()
        bias = layer.bias.detach().double().cpu().numpy() + weight @ self.mean
        _set(layer, weight @ self.inverse, bias)


def _set(layer: nn.Linear, weight: Array, bias: Array) -> None:
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias))
