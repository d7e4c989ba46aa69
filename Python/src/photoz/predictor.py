"""Redshifts of arrays in memory: temporary partitions in shared memory, and a resident process that predicts them."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from photoz.errors import Code, PhotozError, from_os
from photoz.program import PathLike
from photoz.serving import server

Array = npt.NDArray[Any]
# Galaxies of a temporary partition: with images [5, 32, 32] of float32 168 MB of shared memory.
_PART = 8192
_OF_PROCESS = ("precision", "threads", "instruction_set")


class Predictor:
    """Predicts arrays, one call after another, in a process that is started once and shared by all predictors alike.

        predictor = photoz.Predictor("weights.h5")
        redshifts = predictor(images, magnitudes)

    Args:
        weights: The network.
        threads: Of the engine; as many as there are cores unless given. The redshifts do not depend on it.
        units: Of the pixels (`nanomaggies`, ...); what the network takes unless given.
        bands: The order of the bands, `ugriz`; the network's unless given.
        options: Of `photoz run` about precision and data, such as `precision="bf16"`, `crop=True`, `missing=[30]`.
    """

    def __init__(
        self,
        weights: PathLike,
        *,
        threads: int | None = None,
        units: str | None = None,
        bands: str | Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        self._weights = weights
        self._process: dict[str, Any] = {
            name: options.pop(name) for name in _OF_PROCESS if options.get(name) is not None
        }
        self._process["threads"] = threads or len(os.sched_getaffinity(0))
        order = None if bands is None else ",".join(bands)
        self._attributes: dict[str, Any] = {} if order is None else {"bands": order}
        self._request: dict[str, Any] = {"units": units, "bands": order} | options
        self.flags: Array = np.empty(0, "u4")
        self.engine_time = 0.0
        """Seconds that the engine itself took for the last call."""

    def __call__(self, images: npt.ArrayLike, magnitudes: npt.ArrayLike) -> Array:
        """Redshifts [N] of images [N, bands, y, x] and magnitudes [N, bands]; NaN where a magnitude is missing.

        `flags` has what is odd about each of them, [N].

        Raises:
            PhotozError: With the program's message.
        """
        pixels = np.asarray(images)
        values = np.asarray(magnitudes, dtype="f8")
        if pixels.ndim != 4 or values.ndim != 2 or pixels.shape[0] != values.shape[0]:
            raise PhotozError(
                f"images [N, bands, y, x] and magnitudes [N, bands] are needed, not {list(pixels.shape)} and "
                f"{list(values.shape)}",
                Code.USAGE,
            )
        redshifts, flags = np.empty(len(pixels), "f4"), np.empty(len(pixels), "u4")
        self.engine_time = 0.0
        for start in range(0, len(pixels), _PART):
            part = slice(start, start + _PART)
            redshifts[part], flags[part] = self._predict(pixels[part], values[part])
        self.flags = flags
        return redshifts

    def _predict(self, images: Array, magnitudes: Array) -> tuple[Array, Array]:
        room = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        process = server(self._weights, **self._process)
        with tempfile.TemporaryDirectory(prefix="photoz-", dir=room) as folder:
            partition, output = Path(folder) / "arrays.h5", Path(folder) / "predictions.h5"
            try:
                with h5py.File(partition, "w") as file:
                    file.create_dataset("images", data=images).attrs.update(self._attributes)
                    file.create_dataset("magnitudes", data=magnitudes)
            except OSError as error:
                raise from_os(error, str(partition)) from error
            answer = process.ask([partition], output, self._request)
            self.engine_time += answer["engine_time (seconds)"]
            with h5py.File(output) as file:
                return file["redshift_predicted"][:], file["flags"][:]


def predict(images: npt.ArrayLike, magnitudes: npt.ArrayLike, *, weights: PathLike, **options: Any) -> Array:
    """Redshifts [N] of arrays in memory; see `Predictor`, which also has their flags."""
    return Predictor(weights, **options)(images, magnitudes)
