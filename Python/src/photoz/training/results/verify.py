"""The proof that a weights file is what was trained: the program's redshifts against PyTorch's."""

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from photoz import program
from photoz.errors import Code, PhotozError
from photoz.training import checkpoints
from photoz.training.astromae import AstroMAE
from photoz.training.data.labels import Labels
from photoz.training.data.partitions import Array, OpenFiles, Survey
from photoz.training.data.stream import read_images

LIMIT = 1e-5  # of the difference in redshift
_PART = 4096
_BATCH = 256


def _pieces(count: int, size: int) -> Iterator[Array]:
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))


@torch.inference_mode()
def redshifts(network: AstroMAE, survey: Survey, galaxies: Labels) -> Array:
    """PyTorch's redshifts [N] in float32, but for the first magnitude layer, whose terms cancel, in float64."""
    first = network.inception_model.magnitude_block[0]
    weight, bias = first.weight.double(), first.bias.double()
    found, files = [], OpenFiles(survey)
    for rows in _pieces(len(galaxies), _BATCH):
        images = torch.from_numpy(read_images(survey, files, galaxies.partition[rows], galaxies.row[rows]))
        # The program takes magnitudes in float32 first thing.
        magnitudes = torch.from_numpy(galaxies.magnitudes[rows].astype("f4")).double()
        hidden = (magnitudes @ weight.T + bias).float()
        found.append(network.after_first(images, hidden)[:, 0].numpy())
    files.close()
    return np.concatenate(found)


def write_partitions(folder: Path, survey: Survey, galaxies: Labels) -> Path:
    """The validation set as partitions of its own, for the program."""
    folder.mkdir(parents=True, exist_ok=True)
    files = OpenFiles(survey)
    for number, rows in enumerate(_pieces(len(galaxies), _PART), start=1):
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            images = read_images(survey, files, galaxies.partition[rows], galaxies.row[rows])
            said = file.create_dataset("images", data=images).attrs
            if survey.said.bands is not None:
                said["bands"] = ",".join(survey.said.bands)
            for name in ("units", "softening", "pixel_scale"):
                value = getattr(survey.said, name)
                if value is not None:
                    said[name] = value
            file["magnitudes"] = galaxies.magnitudes[rows]
            file["redshift"] = galaxies.redshift[rows].astype("f4")
            if galaxies.ids is not None:
                file["object_id"] = galaxies.ids[rows]
        checkpoints.write_whole(folder / f"{number}.h5", buffer.getvalue())
    files.close()
    return folder


def verify(
    weights: Path, data: Path, output: Path, expected: Array, threads: int, options: dict[str, Any]
) -> program.Run:
    """Runs the program on the validation set and compares.

    Args:
        weights: The file that was trained.
        data: The validation set.
        output: The folder that receives the results.
        expected: PyTorch's redshifts, [N].
        threads: Of the program.
        options: Of the program about the data.

    Raises:
        PhotozError: 70, when the redshifts differ by more than ``LIMIT``: the weights are not what was trained.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", program.PhotozWarning)
        run = program.run(weights, data, output, overwrite=True, progress=False, threads=threads, **options)
    with h5py.File(output / "predictions.h5") as file:
        found = file["redshift_predicted"][:]
    difference = np.abs(found.astype("f8") - expected)
    if not (len(found) == len(expected) and difference.max(initial=0) <= LIMIT):
        row = int(np.argmax(np.nan_to_num(difference, nan=np.inf))) if len(found) == len(expected) else 0
        raise PhotozError(
            f"{weights}: photoz run gives {found[row]:.6f} for row {row} of {data} and PyTorch {expected[row]:.6f}; "
            f"they must agree to {LIMIT:g}. The weights were not written as {weights.name}; please report this",
            Code.UNEXPECTED,
        )
    return run
