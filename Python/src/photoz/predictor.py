"""Redshifts of arrays in memory: a temporary partition in shared memory, and one run of the program."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import h5py
import numpy as np
import numpy.typing as npt

from photoz.errors import Code, PhotozError
from photoz.program import PathLike, run

Array = npt.NDArray[Any]


class Engine(Protocol):
    """What turns images and magnitudes into redshifts; a resident process may take the place of `PartitionEngine`."""

    def redshifts(self, images: Array, magnitudes: Array) -> tuple[Array, Array]:
        """Redshifts [N] and flags [N] of images [N, bands, y, x] and magnitudes [N, bands]."""

    def close(self) -> None:
        """Ends whatever is kept for the next call."""


class PartitionEngine:
    """One `photoz run` for each call, over a partition in /dev/shm: the start of the program is in each call.

    Args:
        weights: The network.
        ranks: How many processes.
        attributes: Of the images: `bands`, `units`, `softening`, `pixel_scale`.
        options: Of `photoz run`.
    """

    def __init__(self, weights: PathLike, ranks: int, attributes: dict[str, Any], options: dict[str, Any]) -> None:
        self._weights = weights
        self._ranks = ranks
        self._attributes = attributes
        self._options = options
        room = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix="photoz-", dir=room))

    def redshifts(self, images: Array, magnitudes: Array) -> tuple[Array, Array]:
        """See `Engine`."""
        partition, results = self._folder / "arrays.h5", self._folder / "results"
        with h5py.File(partition, "w") as file:
            file.create_dataset("images", data=images).attrs.update(self._attributes)
            file.create_dataset("magnitudes", data=magnitudes)
        try:
            run(self._weights, partition, results, ranks=self._ranks, progress=False, quiet=True, **self._options)
            with h5py.File(results / "predictions.h5") as file:
                return file["redshift_predicted"][:], file["flags"][:]
        finally:
            partition.unlink(missing_ok=True)
            shutil.rmtree(results, ignore_errors=True)

    def close(self) -> None:
        """See `Engine`."""
        shutil.rmtree(self._folder, ignore_errors=True)


class Predictor:
    """Predicts arrays, one call after another.

        with photoz.Predictor("weights.h5") as predictor:
            redshifts = predictor(images, magnitudes)

    Args:
        weights: The network.
        ranks: How many processes.
        units: Of the pixels (`nanomaggies`, ...); what the network takes unless given.
        bands: The order of the bands, `ugriz`; the network's unless given.
        options: Of `photoz run`, such as `precision="bf16"`.
    """

    def __init__(
        self,
        weights: PathLike,
        *,
        ranks: int = 1,
        units: str | None = None,
        bands: str | Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        said: dict[str, Any] = {"units": units, "bands": bands if bands is None else ",".join(bands)}
        attributes: dict[str, Any] = {} if bands is None else {"bands": ",".join(bands)}
        self._engine: Engine = PartitionEngine(weights, ranks, attributes, said | options)
        self.flags: Array = np.empty(0, "u4")

    def __call__(self, images: npt.ArrayLike, magnitudes: npt.ArrayLike) -> Array:
        """Redshifts [N] of images [N, bands, y, x] and magnitudes [N, bands]; NaN where a magnitude is missing.

        `flags` has what is odd about each of them, [N].

        Raises:
            PhotozError: With the program's message.
        """
        pixels = np.ascontiguousarray(images)
        values = np.ascontiguousarray(magnitudes, dtype="f8")
        if pixels.ndim != 4 or values.ndim != 2 or pixels.shape[:2] != values.shape:
            raise PhotozError(
                f"images [N, bands, y, x] and magnitudes [N, bands] are needed, not {list(pixels.shape)} and "
                f"{list(values.shape)}",
                Code.USAGE,
            )
        redshifts, self.flags = self._engine.redshifts(pixels, values)
        return redshifts

    def close(self) -> None:
        """Removes what was kept for the next call."""
        self._engine.close()

    def __enter__(self) -> "Predictor":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: TracebackType | BaseException | None) -> None:
        self.close()


def predict(images: npt.ArrayLike, magnitudes: npt.ArrayLike, *, weights: PathLike, **options: Any) -> Array:
    """Redshifts [N] of arrays in memory; see `Predictor`, which is the better one for many calls."""
    with Predictor(weights, **options) as predictor:
        return predictor(images, magnitudes)
