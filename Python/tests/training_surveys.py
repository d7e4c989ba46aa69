"""What the tests of training share: small surveys with known labels, made without the program."""

from pathlib import Path

import h5py
import numpy as np

BANDS = "ugriz"
SOFTENING = np.array([0.1, 0.05, 0.05, 0.08, 0.25])


def galaxies(count: int, seed: int = 1, size: int = 16) -> dict[str, np.ndarray]:
    """Round galaxies whose colour, in magnitudes and in images, goes with their redshift."""
    chance = np.random.default_rng(seed)
    redshift = chance.uniform(0.02, 0.3, count)
    bright = chance.uniform(16, 18, count)
    colours = np.array([1.2, 0.6, 0.0, -0.3, -0.5]) + np.outer(redshift, [3.0, 2.0, 0.0, -0.8, -1.2])
    magnitudes = bright[:, None] + colours + 0.01 * chance.standard_normal((count, 5))
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    radius = chance.uniform(1.5, 3, count)
    profile = np.exp(-(x**2 + y**2)[None] / (2 * radius[:, None, None] ** 2)) / (2 * np.pi * radius**2)[:, None, None]
    flux = 10 ** (-0.4 * (magnitudes - 22.5))
    light = flux[:, :, None, None] * profile[:, None] + 0.05 * chance.standard_normal((count, 5, size, size))
    images = np.arcsinh(light / SOFTENING[:, None, None]).astype("f4")
    ids = chance.permutation(count).astype("i8") * 7 + 3
    return {"images": images, "magnitudes": magnitudes, "redshift": redshift.astype("f4"), "object_id": ids}


def write(folder: Path, columns: dict[str, np.ndarray], parts: int = 2, chunk: int | None = None) -> Path:
    """Partitions of these galaxies, in their order."""
    folder.mkdir(parents=True)
    bounds = np.linspace(0, len(columns["images"]), parts + 1).round().astype(int)
    for number in range(parts):
        rows = slice(bounds[number], bounds[number + 1])
        with h5py.File(folder / f"{number + 1}.h5", "w") as file:
            for name, values in columns.items():
                part = values[rows]
                chunks = (chunk, *part.shape[1:]) if chunk and name == "images" else None
                file.create_dataset(name, data=part, chunks=chunks)
            file["images"].attrs.update(bands=BANDS, units="asinh(nanomaggies / softening)", pixel_scale=0.4)
            file["images"].attrs["softening"] = SOFTENING
            file["magnitudes"].attrs["bands"] = BANDS
    return folder
