"""Partitions that are trained on: what they hold and say, and that they agree on it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from photoz.errors import Code, PhotozError, from_os, nearest, some
from photoz.texts import natural, text_of

Array = npt.NDArray[Any]
_ENDINGS = (".h5", ".hdf5", ".hdf", ".he5")
# `photoz run` applies these; training does not, and numbers that are not what they seem are refused.
_PACKING = {"scale_factor": 1.0, "BSCALE": 1.0, "add_offset": 0.0, "BZERO": 0.0}
_FILLS = ("_FillValue", "missing_value", "BLANK", "valid_min", "valid_max", "valid_range")
_BLOCK = 64  # rows that are drawn together where a file has no chunks


@dataclass(frozen=True)
class Names:
    """The data sets of a partition.

    Attributes:
        magnitudes: One table [N, bands], or a data set [N] for each band; none for images without labels.
        errors: The same for errors of the magnitudes; empty when there are none.
        redshift, weight: None when they are not read.
    """

    images: str = "images"
    magnitudes: tuple[str, ...] = ("magnitudes",)
    redshift: str | None = "redshift"
    object_id: str | None = "object_id"
    errors: tuple[str, ...] = ()
    weight: str | None = None


@dataclass(frozen=True)
class Statement:
    """What a partition says of its images; None for what it leaves open."""

    bands: tuple[str, ...] | None
    units: str | None
    softening: tuple[float, ...] | None
    pixel_scale: float | None


@dataclass(frozen=True)
class Partition:
    """A file of galaxies.

    Attributes:
        rows: Galaxies.
        block: Rows that lie together in the file, which are best read together.
        shape: Of an image, [bands, y, x].
        has_ids: Whether galaxies have identifiers.
    """

    path: Path
    rows: int
    block: int
    shape: tuple[int, int, int]
    has_ids: bool
    statement: Statement


@dataclass(frozen=True)
class Survey:
    """Partitions that agree.

    Attributes:
        size: Pixels on a side of the images that are taken, from the centre.
        said: What the partitions say, all together.
    """

    partitions: tuple[Partition, ...]
    names: Names
    bands: int
    size: int
    said: Statement

    @property
    def rows(self) -> int:
        """Galaxies of all partitions."""
        return sum(each.rows for each in self.partitions)

    def images(self, file: h5py.File, rows: slice) -> Array:
        """Images [rows, bands, size, size] in float32: the centre, as `photoz run --crop` takes it."""
        found = file[self.names.images]
        y, x = ((side - self.size) // 2 for side in found.shape[2:])
        return np.asarray(found[rows, :, y : y + self.size, x : x + self.size], dtype="f4")


def listed(paths: Iterable[Path]) -> list[Path]:
    """The partitions that paths name, those of a folder in natural order.

    Raises:
        PhotozError: 66 for paths that lead nowhere and folders without partitions.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [each for each in path.iterdir() if _is_partition(each)]
            if not inside:
                raise PhotozError(f"{path}: holds no partitions (*.h5, *.hdf5)", Code.MISSING_INPUT)
            found += sorted(inside, key=lambda each: natural(each.name))
        elif path.exists():
            found.append(path)
        else:
            raise PhotozError(f"{path}: there is no such file or folder", Code.MISSING_INPUT)
    twice = [path for path, count in Counter(found).items() if count > 1]
    if twice:
        raise PhotozError(f"{twice[0]} is named twice", Code.USAGE)
    return found


def _is_partition(path: Path) -> bool:
    hidden = path.name.startswith((".", "inprogress_"))
    return not hidden and path.name.lower().endswith(_ENDINGS) and path.is_file()


def open_survey(paths: Iterable[Path], names: Names, *, size: int | None = None, bands: str | None = None) -> Survey:
    """Partitions, once each is known to be usable and all to be alike.

    Args:
        paths: Folders and files.
        names: Their data sets.
        size: Pixels on a side that are taken; all when None.
        bands: The names of the bands, for partitions that do not say them.

    Raises:
        PhotozError: 65 with the file and data set of everything that is wrong.
    """
    partitions: list[Partition] = []
    faults: list[str] = []
    for path in listed(paths):
        try:
            with h5py.File(path, "r", locking=False) as file:
                partitions.append(_partition(path, file, names))
        except PhotozError as error:
            faults.append(str(error))
        except OSError as error:
            if isinstance(error, FileNotFoundError | PermissionError):
                raise from_os(error, str(path)) from error
            faults.append(f"{path}: is no HDF5 file that can be read: {' '.join(str(error).split())}")
    if faults:
        raise PhotozError("\n".join(faults[:20]))
    shape = _agreed(partitions)
    side = min(shape[1:]) if size is None else size
    if size is None and shape[1] != shape[2]:
        raise PhotozError(f"{partitions[0].path}: images are {shape[1]} x {shape[2]}; --image-size takes a square")
    if side > min(shape[1:]):
        raise PhotozError(f"--image-size {side} is larger than the images, {shape[1]} x {shape[2]}", Code.USAGE)
    said = _common(partitions, bands, shape[0])
    return Survey(tuple(partitions), names, shape[0], side, said)


def _partition(path: Path, file: h5py.File, names: Names) -> Partition:
    images = dataset(path, file, names.images)
    if images.ndim != 4:
        raise PhotozError(f"{path}: {names.images} is {list(images.shape)}, and not [N, bands, y, x]")
    rows, bands = int(images.shape[0]), int(images.shape[1])
    if images.dtype.kind not in "fiu":
        raise PhotozError(f"{path}: {names.images} is {images.dtype}, not numbers")
    for group, what in ((names.magnitudes, "magnitudes"), (names.errors, "errors")):
        _check_columns(path, file, group, what, rows, bands)
    for name in (names.redshift, names.weight):
        if name is not None and dataset(path, file, name).shape != (rows,):
            raise PhotozError(f"{path}: {name} is {list(file[name].shape)}, and the images are of {rows} galaxies")
    has_ids = names.object_id is not None and names.object_id in file
    if has_ids and file[str(names.object_id)].shape != (rows,):
        raise PhotozError(f"{path}: {names.object_id} has not one entry for each of {rows} galaxies")
    chunk = images.chunks[0] if images.chunks else 1
    block = max(chunk, _BLOCK // chunk * chunk)
    return Partition(path, rows, block, tuple(images.shape[1:]), has_ids, _statement(path, file, names, bands))


def dataset(path: Path, file: h5py.File, name: str) -> h5py.Dataset:
    """A data set of numbers that was written and is what it seems.

    Raises:
        PhotozError: 65, when it is not.
    """
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise PhotozError(f"{path}: there is no data set {name}{nearest(name, list(file))}")
    if found.size and found.id.get_storage_size() == 0 and not found.is_virtual and not found.external:
        raise PhotozError(f"{path}: {name} was never written; make the partition anew")
    for attribute, harmless in _PACKING.items():
        if attribute in found.attrs and np.any(np.asarray(found.attrs[attribute], "f8") != harmless):
            raise PhotozError(f"{path}: {name} has {attribute}, which training does not apply; store the numbers meant")
    for attribute in _FILLS:
        told = found.attrs.get(attribute)
        if told is not None and np.all(np.isfinite(np.asarray(told, "f8"))):
            raise PhotozError(f"{path}: {name} has {attribute}, which training does not apply; store NaN, or --missing")
    return found


def _check_columns(path: Path, file: h5py.File, group: Sequence[str], what: str, rows: int, bands: int) -> None:
    if not group:
        return
    wanted = [(rows, bands)] if len(group) == 1 else [(rows,)] * len(group)
    if len(group) not in (1, bands):
        raise PhotozError(f"{len(group)} {what} are named, and the images of {path} have {bands} bands", Code.USAGE)
    for name, shape in zip(group, wanted, strict=True):
        found = dataset(path, file, name)
        if found.shape != shape:
            raise PhotozError(f"{path}: {name} is {list(found.shape)}, and with these images it must be {list(shape)}")


def _statement(path: Path, file: h5py.File, names: Names, bands: int) -> Statement:
    images = file[names.images].attrs
    told = images.get("bands", file.attrs.get("bands"))
    softening = images.get("softening", file.attrs.get("softening"))
    scale = images.get("pixel_scale", file.attrs.get("pixel_scale"))
    units = images.get("units", images.get("BUNIT", file.attrs.get("image_units")))
    found = None if told is None else band_names(told, bands, f"{path}: {names.images}")
    if len(names.magnitudes) == 1 and "bands" in file[names.magnitudes[0]].attrs:
        other = band_names(file[names.magnitudes[0]].attrs["bands"], bands, f"{path}: {names.magnitudes[0]}")
        if found is not None and other != found:
            raise PhotozError(
                f"{path}: the images have the bands {','.join(found)} and the magnitudes {','.join(other)}; "
                "store both in one order"
            )
    if softening is not None:
        values = np.atleast_1d(np.asarray(softening, "f8"))
        if len(values) not in (1, bands):
            raise PhotozError(f"{path}: softening holds {len(values)} numbers for {bands} bands")
        softening = tuple(float(each) for each in np.broadcast_to(values, bands))
    pixel_scale = None if scale is None else float(np.atleast_1d(scale)[0])
    return Statement(found, None if units is None else text_of(np.atleast_1d(units)[0]), softening, pixel_scale)


def band_names(told: Any, count: int, where: str) -> tuple[str, ...]:
    """`ugriz`, `u,g,r,i,z` or one name for each band, as the program reads them: `hsc-g` is g.

    Raises:
        PhotozError: 65, when they do not name so many different bands.
    """
    words = [text_of(told)] if isinstance(told, str | bytes) else [text_of(each) for each in np.atleast_1d(told)]
    if len(words) == 1 and count > 1:
        parts = [word for word in re.split(r"[,;\s]+", words[0]) if word]
        words = parts if len(parts) > 1 else list(_short(parts[0]) if parts else "")
    found = tuple(_short(word.lower()) for word in words)
    if len(found) != count or len(set(found)) != count or "" in found:
        raise PhotozError(f"{where}: bands {told!r} do not name {count} different bands")
    return found


def _short(name: str) -> str:
    parts = [part for part in re.split(r"[-_. :/]", name) if part]
    return parts[-1] if parts else ""


def _agreed(partitions: list[Partition]) -> tuple[int, int, int]:
    first = partitions[0]
    others = [each for each in partitions if each.shape != first.shape]
    if others:
        raise PhotozError(
            f"{first.path} has images {list(first.shape)} and {others[0].path} {list(others[0].shape)}; "
            "all partitions must have images of the same bands and size"
        )
    if not sum(each.rows for each in partitions):
        raise PhotozError(f"{some([each.path for each in partitions])}: there are no galaxies")
    return first.shape


def _common(partitions: list[Partition], bands: str | None, count: int) -> Statement:
    named = None if bands is None else band_names(bands, count, "--bands")
    agreed = {
        "bands": _one(partitions, "bands", lambda a, b: a == b),
        "units": _one(partitions, "units", lambda a, b: "".join(a.split()).lower() == "".join(b.split()).lower()),
        "softening": _one(partitions, "softening", lambda a, b: np.allclose(a, b, rtol=1e-3)),
        "pixel_scale": _one(partitions, "pixel_scale", lambda a, b: abs(a - b) <= 0.01 * abs(b)),
    }
    if named is not None and agreed["bands"] not in (None, named):
        told = ",".join(agreed["bands"])
        raise PhotozError(f"--bands {bands}: the partitions say {told}; leave it out, or correct their attribute")
    return Statement(**{**agreed, "bands": agreed["bands"] or named})


def _one(partitions: list[Partition], what: str, alike: Any) -> Any:
    """What all partitions that say anything about it say."""
    told = [(each, getattr(each.statement, what)) for each in partitions]
    told = [(each, value) for each, value in told if value is not None]
    if not told:
        return None
    first, value = told[0]
    for other, differs in told[1:]:
        if not alike(differs, value):
            raise PhotozError(
                f"{first.path} says {what} {value} and {other.path} {differs}; train on partitions that agree"
            )
    return value


class OpenFiles:
    """Partitions that stay open while they are read again and again; closed when the block ends."""

    def __init__(self, survey: Survey, most: int = 64) -> None:
        self._survey = survey
        self._most = most
        self._open: dict[int, h5py.File] = {}

    def __getitem__(self, number: int) -> h5py.File:
        if number not in self._open:
            if len(self._open) >= self._most:
                self._open.pop(next(iter(self._open))).close()
            part = self._survey.partitions[number]
            try:
                self._open[number] = h5py.File(part.path, "r", locking=False)
            except OSError as error:
                raise from_os(error, str(part.path)) from error
            found = self._open[number].get(self._survey.names.images)
            if found is None or (len(found), *found.shape[1:]) != (part.rows, *part.shape):
                raise PhotozError(f"{part.path}: has changed since the training began; put it back, or start anew")
        return self._open[number]

    def close(self) -> None:
        """Closes all."""
        with ExitStack() as stack:
            for file in self._open.values():
                stack.callback(file.close)
        self._open.clear()
