"""A labelled survey that the shipped weights do not know: bands g r i z y, other pixels, seeing and depth.

    python Python/tests/foreign_survey.py --galaxies 8000 --seed 11 --output foreign

Redshifts and magnitudes are those that `photoz simulate` draws (its images are not used). A galaxy is a disc and a
bulge with a common centre and position angle; bulges have the colours of the red sequence at their redshift and the
disc has the rest of the light, so that images tell what magnitudes do not. There is no y in the simulator: it is
extrapolated as y = z - 0.5 (i - z) for a whole galaxy and for its bulge, with a scatter of 0.02 mag between galaxies.
Magnitudes get noise of `magnitude_errors`, which grow from 0.01 mag with the noise of the sky.

Not a test, and used by tests.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import h5py
import numpy as np

from photoz.program import environment, find_program

SIZE = 32
PIXEL = 0.30  # arcsec
BANDS = "grizy"
SEEING = np.array([0.95, 0.85, 0.75, 0.80, 0.80])  # arcsec, full width at half maximum
SKY = np.array([0.008, 0.011, 0.017, 0.045, 0.110])  # nanomaggies a pixel, one sigma
GAIN = np.array([700.0, 700.0, 600.0, 200.0, 90.0])  # counts of a nanomaggy
SOFTENING = np.array([0.02, 0.03, 0.04, 0.08, 0.15])  # nanomaggies
Y_SLOPE, Y_SCATTER = 0.5, 0.02
LEAST_ERROR = 0.01  # magnitudes
APERTURE = 300  # pixels whose sky a magnitude has in it
PARTITION = 2000  # galaxies

# Mixtures of Gaussians for an exponential and a de Vaucouleurs profile (Hogg & Lang 2013, PASP 125, 719).
DISC = (
    np.array([2.34853813e-03, 3.07995260e-02, 2.23364214e-01, 1.17949102, 4.33873750, 5.99820770]),
    np.array([1.20078965e-03, 8.84526493e-03, 3.91463084e-02, 1.39976817e-01, 4.60962500e-01, 1.50159566]),
)
BULGE = (
    np.array(
        [4.26347652e-02, 2.40127183e-01, 6.85907632e-01, 1.51937350, 2.83627243, 4.46467501, 5.72440830, 5.60989349]
    ),
    np.array(
        [
            2.23759216e-04,
            1.00220099e-03,
            4.18731126e-03,
            1.69432589e-02,
            6.84850479e-02,
            2.87207080e-01,
            1.33320254,
            8.40215071,
        ]
    ),
)
# The red sequence of the SDSS main sample: g-r, r-i and i-z at these redshifts.
RED_REDSHIFT = np.array([0.00, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.45])
RED_COLOURS = np.array(
    [
        [0.70, 0.82, 0.95, 1.12, 1.28, 1.43, 1.56, 1.64, 1.72],
        [0.350, 0.390, 0.420, 0.455, 0.490, 0.530, 0.570, 0.620, 0.720],
        [0.270, 0.300, 0.340, 0.345, 0.335, 0.340, 0.360, 0.380, 0.420],
    ]
)
RED_SCATTER = np.array([0.02, 0.012, 0.012])  # of single bulges
MOST_BULGE = 0.95  # of the light in any band
BULGE_RADIUS = 0.5  # of the disc's


def population(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Redshifts [N] and magnitudes u g r i z [N, 5] of the simulator."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "population"
        sizes = ["--galaxies", str(count), "--partitions", "1", "--seed", str(seed)]
        command = [find_program(), "simulate", *sizes, "--output", folder]
        subprocess.run(command, check=True, env=environment(1), stdout=subprocess.DEVNULL)
        with h5py.File(folder / "1.h5") as file:
            return file["redshift"][:].astype("f8"), file["magnitudes"][:]


def with_y(magnitudes: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """g r i z y [N, 5] of u g r i z."""
    i, z = magnitudes[:, 3], magnitudes[:, 4]
    y = z - Y_SLOPE * (i - z) + Y_SCATTER * chance.standard_normal(len(z))
    return np.concatenate([magnitudes[:, 1:], y[:, None]], axis=1)


def bulge_fraction(redshift: np.ndarray, magnitudes: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Share of the bulge in each band [N, 5]: red galaxies have large ones, as red as their redshift says."""
    red = 1 / (1 + np.exp(-(magnitudes[:, 0] - magnitudes[:, 1] - 0.75) / 0.06))
    wanted = np.clip(0.7 * red + chance.normal(0, 0.15, len(red)), 0.02, 1)
    colours = np.stack([np.interp(redshift, RED_REDSHIFT, line) for line in RED_COLOURS], axis=1)
    g_r, r_i, i_z = (colours + RED_SCATTER * chance.standard_normal(colours.shape)).T
    # Magnitudes of bulges relative to r, and of whole galaxies.
    bulge = np.stack([g_r, 0 * g_r, -r_i, -r_i - i_z, -r_i - i_z - Y_SLOPE * i_z], axis=1)
    whole = magnitudes - magnitudes[:, 1:2]
    return np.minimum(wanted[:, None] * 10 ** (-0.4 * (bulge - whole)), MOST_BULGE)


def images(magnitudes: np.ndarray, fraction: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Noisy images in asinh(nanomaggies / softening), float32 [N, 5, SIZE, SIZE]."""
    count = len(magnitudes)
    flux = 10 ** (-0.4 * (magnitudes - 22.5))
    radius = np.clip(10 ** (0.42 - 0.10 * (magnitudes[:, 1] - 17) + chance.normal(0, 0.15, count)), 0.5, 8.0)
    ratio = np.clip(chance.beta(4, 2.5, count), 0.15, 1)
    angle = chance.uniform(0, np.pi, count)[:, None, None]
    centre = (SIZE - 1) / 2 + chance.normal(0, 0.3, (2, count))
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    dx, dy = ((axis[None] - at[:, None, None]) * PIXEL for axis, at in ((x, centre[0]), (y, centre[1])))
    along = ((dx * np.cos(angle) + dy * np.sin(angle)) ** 2).astype("f4")
    across = ((-dx * np.sin(angle) + dy * np.cos(angle)) ** 2).astype("f4")
    light = np.zeros((count, len(BANDS), SIZE, SIZE), "f4")
    parts = ((DISC, radius, ratio, 1 - fraction), (BULGE, BULGE_RADIUS * radius, np.sqrt(ratio), fraction))
    for band in range(len(BANDS)):
        blur = (SEEING[band] / 2.3548) ** 2
        for (amplitudes, variances), size, axes, share in parts:
            for amplitude, variance in zip(amplitudes / amplitudes.sum(), variances, strict=True):
                a, b = size**2 * variance + blur, (size * axes) ** 2 * variance + blur
                peak = amplitude * share[:, band] * flux[:, band] * PIXEL**2 / (2 * np.pi * np.sqrt(a * b))
                wide = (each.astype("f4")[:, None, None] for each in (peak, a, b))
                height, first, second = wide
                light[:, band] += height * np.exp(-0.5 * (along / first + across / second))
    sky, gain, softening = (each.astype("f4")[:, None, None] for each in (SKY, GAIN, SOFTENING))
    noise = np.sqrt(sky**2 + light / gain) * chance.standard_normal(light.shape, dtype="f4")
    return np.arcsinh((light + noise) / softening).astype("f4")


def write(folder: Path, count: int, seed: int, partition: int = PARTITION) -> Path:
    """Makes the survey in a folder that is not there yet."""
    folder.mkdir(parents=True)
    redshift, known = population(count, seed)
    for number, start in enumerate(range(0, count, partition), start=1):
        rows = slice(start, min(start + partition, count))
        chance = np.random.default_rng([seed, number])
        true = with_y(known[rows], chance)
        pixels = images(true, bulge_fraction(redshift[rows], true, chance), chance)
        # Sky and source in an aperture, as a fraction of the light, are the error of a magnitude but for its floor.
        flux = 10 ** (-0.4 * (true - 22.5))
        relative = np.sqrt(APERTURE * SKY**2 + flux / GAIN) / flux
        errors = np.hypot(LEAST_ERROR, 1.0857 * relative)
        with h5py.File(folder / f"{number}.h5", "w") as file:
            stored = file.create_dataset("images", data=pixels)
            stored.attrs.update(bands=BANDS, units="asinh(nanomaggies / softening)", softening=SOFTENING)
            stored.attrs["pixel_scale"] = PIXEL
            file["magnitudes"] = true + errors * chance.standard_normal(true.shape)
            file["magnitudes"].attrs.update(bands=BANDS, units="mag(AB)")
            file["magnitude_errors"] = errors
            file["redshift"] = redshift[rows].astype("f4")
            file["object_id"] = np.arange(rows.start, rows.stop)
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galaxies", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    write(options.output, options.galaxies, options.seed)
