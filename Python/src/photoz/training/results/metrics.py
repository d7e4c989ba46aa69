"""What redshifts are judged by: the metrics of Documentation.docc/Metrics.md. Needs no PyTorch."""

import numpy as np

from photoz.training.data.partitions import Array


def sigma_mad(d: Array) -> float:
    """1.4826 times the median distance from the median."""
    return float(1.4826 * np.median(np.abs(d - np.median(d))))


def metrics(predicted: Array, redshift: Array) -> dict[str, float]:
    """The program's metrics of redshifts [N], with d = (p - z) / (1 + z), and `rms` of d."""
    difference = predicted.astype("f8") - redshift
    d = difference / (1 + redshift)
    spread = float(((redshift - redshift.mean()) ** 2).sum())
    return {
        "N": len(d),
        "MAE": float(np.abs(difference).mean()),
        "Bias": float(d.mean()),
        "sigma_mad": sigma_mad(d),
        "rms": float(np.sqrt((d**2).mean())),
        "outlier_fraction_0.15": float((np.abs(d) > 0.15).mean()),
        "R2": 1 - float((difference**2).sum()) / spread if spread > 0 else float("nan"),
    }
