"""Writes into a weights file what its network was trained on: the range of each magnitude, colour and redshift, and
of the faintest and brightest pixel of each band, as percentiles 0.1 and 99.9 of a survey like the one trained on.

    photoz simulate --galaxies 60000 --partitions 6 --seed 1 --output survey
    python -m photoz.training.record_range --weights Data/astromae-mock-sdss.h5 --survey survey \\
        --selftest Data/selftest.h5

The tensors stay as they are, which is checked; the README names the attributes.
"""

import argparse
import hashlib
from pathlib import Path

import h5py
import numpy as np

from photoz.training.data.ranges import PERCENTILES, outside_fraction, quantities, ranges


def extremes(images: h5py.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The faintest and the brightest pixel of each band of each image, [N, bands]."""
    faintest, brightest = [], []
    for start in range(0, len(images), 1024):
        part = images[start : start + 1024]
        faintest.append(part.min(axis=(2, 3)))
        brightest.append(part.max(axis=(2, 3)))
    return np.concatenate(faintest), np.concatenate(brightest)


def read(partitions: list[Path]) -> dict[str, np.ndarray]:
    """What ranges are recorded of, [N, ...], over all partitions."""
    columns: dict[str, list[np.ndarray]] = {}
    for path in partitions:
        with h5py.File(path) as file:
            found = quantities(file["magnitudes"][:], file["redshift"][:], *extremes(file["images"]))
        for name, values in found.items():
            columns.setdefault(name, []).append(values)
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def record(weights: Path, surveys: list[Path]) -> None:
    """Writes the attributes, with what the first survey says of its images."""
    partitions = [path for survey in surveys for path in sorted(survey.glob("*.h5"))]
    columns = read(partitions)
    limits = ranges(columns)
    with h5py.File(partitions[0]) as first:
        images = dict(first["images"].attrs)
        origin = dict(first.attrs)
    with h5py.File(weights, "r+") as file:
        for name, values in limits.items():
            file.attrs[name] = values
        file.attrs["outside_fraction"] = outside_fraction(columns, limits)
        file.attrs["bands"] = images["bands"]
        file.attrs.setdefault("image_units", images["units"])
        file.attrs["image_softening"] = images["softening"]
        file.attrs["pixel_scale"] = images["pixel_scale"]
        file.attrs["range_source"] = (
            f"percentiles {PERCENTILES[0]} and {PERCENTILES[1]} of {len(columns['redshift_range'])} galaxies of "
            f"{origin['generator']}, seed {origin['seed']}, {origin['population']}"
        )


def tensors(weights: Path) -> str:
    """A hash of the names, types, shapes and bytes of all tensors."""
    digest = hashlib.sha256()
    with h5py.File(weights) as file:
        for name in sorted(file):
            values = file[name][()]
            digest.update(f"{name} {values.dtype} {values.shape}".encode())
            digest.update(values.tobytes())
    return digest.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="the weights file, changed where it is")
    parser.add_argument("--survey", type=Path, required=True, help="a folder of photoz simulate")
    parser.add_argument("--selftest", type=Path, help="the file that holds the SHA-256 of the weights")
    options = parser.parse_args()
    before = tensors(options.weights)
    record(options.weights, [options.survey])
    if tensors(options.weights) != before:
        raise SystemExit(f"{options.weights}: its tensors have changed; take the former file")
    if options.selftest:
        with h5py.File(options.selftest, "r+") as file:
            file.attrs["weights_sha256"] = hashlib.sha256(options.weights.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
