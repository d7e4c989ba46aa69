"""Between which numbers the galaxies lie that a network was trained on: percentiles, as weights files have them."""

import numpy as np

from photoz.training.data.partitions import Array

PERCENTILES = (0.1, 99.9)


def quantities(magnitudes: Array, redshift: Array, faintest: Array, brightest: Array) -> dict[str, Array]:
    """What ranges are recorded of, by the attribute's name: magnitudes, colours and pixels [N, ...], redshifts [N]."""
    return {
        "magnitude_range": magnitudes,
        "colour_range": magnitudes[:, :-1] - magnitudes[:, 1:],
        "image_minimum_range": faintest,
        "image_maximum_range": brightest,
        "redshift_range": redshift.astype("f8"),
    }


def ranges(columns: dict[str, Array]) -> dict[str, Array]:
    """[..., 2] for each quantity: its percentiles, rounded to what float32 tells apart."""
    return {
        name: np.percentile(values, PERCENTILES, axis=0).T.astype("f4").astype("f8")
        for name, values in columns.items()
        if values.size
    }


def outside_fraction(columns: dict[str, Array], limits: dict[str, Array]) -> float:
    """The fraction of the galaxies of which any magnitude, colour or pixel lies outside."""
    outside = [
        ((values < limits[name][:, 0]) | (values > limits[name][:, 1])).any(axis=1)
        for name, values in columns.items()
        if name != "redshift_range" and name in limits
    ]
    return float(np.any(outside, axis=0).mean())
