"""Partitions as they are written: under another name until all are whole, with everything that guards a run."""

import fcntl
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import astropy
import h5py
import numpy as np

import photoz
from photoz.errors import Code, PhotozError, from_os
from photoz.intake import flux
from photoz.intake.galaxies import Galaxies
from photoz.intake.options import Options
from photoz.tables.catalogue import Array

GENERATOR = "photoz partitions"
EDGE, BAND_MISSING, MASKED, NO_IMAGE = 1, 2, 4, 8
FLAGS = {
    EDGE: "edge: the stamp reaches beyond its image, and is 0 there",
    BAND_MISSING: "band_missing: there is no image of a band, which is 0",
    MASKED: "masked: pixels were not finite, and are 0",
    NO_IMAGE: "no_image: there is no image at all",
}
_TEXT = h5py.string_dtype("utf-8")


def provenance(options: Options, sources: dict[str, str]) -> dict[str, str]:
    """What every partition says about where it comes from."""
    versions = {
        "photoz": photoz.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "astropy": astropy.__version__,
        "h5py": h5py.__version__,
    }
    said = {
        "generator": f"{GENERATOR} {photoz.__version__}",
        "versions": json.dumps(versions),
        "command": " ".join(sys.argv),
        "options": json.dumps({name: value for name, value in vars(options).items() if value}, default=str),
    }
    if options.extinction:
        said["extinction"] = f"subtracted from magnitudes: {options.extinction}"
    return said | sources


class PartitionWriter:
    """One partition, whose data sets stand in full from the start and are filled in any order.

    Args:
        path: The file, under its in-progress name.
        galaxies: Its galaxies.
        options: Bands, size, softening.
        attributes: Of the file.
        pixel_scale: Arcsec of a pixel, None when nobody knows.
    """

    def __init__(
        self,
        path: Path,
        galaxies: Galaxies,
        options: Options,
        attributes: dict[str, str],
        pixel_scale: float | None,
    ) -> None:
        self._path = path
        self._options = options
        # Closed one by one, a data set would write what it holds where nobody sees that the disk is full.
        self._held: list[h5py.Dataset] = []
        self.file = h5py.File(path, "w")
        try:
            self._create(galaxies, attributes, pixel_scale)
        except BaseException:
            abandon(self.file)
            raise

    def _create(self, galaxies: Galaxies, attributes: dict[str, str], pixel_scale: float | None) -> None:
        options, count, bands = self._options, len(galaxies), len(self._options.bands)
        self.file.attrs.update(attributes)
        self.images = self.file.create_dataset("images", (count, bands, options.size, options.size), "f4")
        said = self.images.attrs
        said["bands"] = ",".join(options.bands)
        said["units"] = flux.unit_of_partitions(options)
        if options.softening is not None:
            said["softening"] = [options.of_band("softening", band) for band in options.bands]
        if pixel_scale is not None:
            said["pixel_scale"] = pixel_scale
        magnitudes = np.full((count, bands), np.nan) if galaxies.magnitudes is None else galaxies.magnitudes
        self.magnitudes = self.file.create_dataset("magnitudes", data=magnitudes)
        self.magnitudes.attrs.update(bands=",".join(options.bands), units="mag(AB)")
        if galaxies.redshift is not None:
            self._column("redshift", galaxies.redshift.astype("f4"))
        self._column("object_id", galaxies.ids)
        for name, values in galaxies.kept.items():
            said = dict(zip(("description", "units"), galaxies.meanings[name], strict=True))
            self._column(name, values).attrs.update({key: text for key, text in said.items() if text})
        flags = self.file.create_dataset("cutout_flags", data=np.zeros(count, "u1"))
        flags.attrs["flag_masks"] = np.array(list(FLAGS), "u1")
        flags.attrs["flag_meanings"] = " ".join(text.partition(":")[0] for text in FLAGS.values())
        flags.attrs["description"] = "; ".join(f"{bit} {text}" for bit, text in FLAGS.items())
        self.flags = flags

    def _column(self, name: str, values: Array) -> h5py.Dataset:
        if values.dtype.kind == "U":
            texts = np.array([str(value).encode("utf-8", "surrogateescape") for value in values], dtype=object)
            self._held.append(self.file.create_dataset(name, data=texts, dtype=_TEXT))
        else:
            self._held.append(self.file.create_dataset(name, data=values))
        return self._held[-1]

    def __enter__(self) -> "PartitionWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: TracebackType | BaseException | None) -> None:
        if kind is None:
            self.close()
        else:
            abandon(self.file)

    def close(self) -> None:
        """Stores it for good.

        Raises:
            OSError: When the disk does not take it.
        """
        try:
            # Whatever the disk refuses, it refuses here, where the file can still be abandoned.
            self.file.flush()
        except (OSError, RuntimeError) as error:
            abandon(self.file)
            raise OSError(str(error)) from error
        self.file.close()
        with open(self._path, "rb") as file:
            os.fsync(file.fileno())


def abandon(file: Any) -> None:
    """Closes a file that cannot be finished: what it holds is removed by whoever sees the error."""
    with suppress(OSError, RuntimeError, AttributeError):
        # A full disk would refuse the last pages too, and HDF5 crashes at the end of the process over a file that it
        # could not close: it may write them to memory that nobody reads.
        nowhere = os.memfd_create("abandoned")
        os.dup2(nowhere, file.id.get_vfd_handle())
        os.close(nowhere)
    with suppress(OSError, RuntimeError):
        file.close()


@contextmanager
def in_progress(output: Path, overwrite: bool) -> Iterator[Path]:
    """A folder beside the output that takes its name when all is well, and leaves no trace when not.

    Raises:
        PhotozError: 73 when the output holds anything already, or another job is making it; 74 for the disk.
    """
    refuse_taken(output, overwrite)
    folder = output.parent / f".{output.name}.in-progress"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / ".lock", "w")  # noqa: SIM115 (it is held until the end)
    except OSError as error:
        raise PhotozError(f"{output} cannot be made: {error}", Code.OUTPUT_REFUSED) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PhotozError(f"another job is making {output} ({folder})", Code.OUTPUT_REFUSED) from error
        for left in folder.glob("*.h5"):
            left.unlink()  # of a job that was killed
        try:
            yield folder
            (folder / ".lock").unlink()
            _take_place(folder, output)
        except OSError as error:
            raise from_os(error, str(output)) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def refuse_taken(output: Path, overwrite: bool) -> None:
    """Raises when something of another's stands at the output, or anything without `overwrite`."""
    if output.exists() and not output.is_dir():
        raise PhotozError(f"{output} is a file; partitions need a folder", Code.OUTPUT_REFUSED)
    held = sorted(output.iterdir()) if output.exists() else []
    if held and not overwrite:
        raise PhotozError(f"{output} holds {held[0].name}: choose another folder, or --overwrite", Code.OUTPUT_REFUSED)
    for path in held:
        if not _is_ours(path):
            raise PhotozError(f"{output} holds {path.name}, which this command has not written", Code.OUTPUT_REFUSED)


def _is_ours(path: Path) -> bool:
    if not path.is_file() or not h5py.is_hdf5(path):
        return False
    with h5py.File(path) as file:
        return str(file.attrs.get("generator", "")).startswith(GENERATOR)


def _take_place(folder: Path, output: Path) -> None:
    if output.exists() and any(output.iterdir()):
        old = output.parent / f".{output.name}.old"
        output.rename(old)
        folder.rename(output)
        shutil.rmtree(old)
    else:
        folder.rename(output)
