"""Files that hold arrays of images and their labels: `.npz`, `.npy` and HDF5, streamed from start to end."""

import glob
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from photoz.errors import Code, PhotozError, nearest
from photoz.intake.options import Options
from photoz.tables.catalogue import Array, Catalogue, Columns, TableCatalogue, split_member
from photoz.tables.formats import Hdf5Catalogue

# What groups call their images: Pasquet's `cube`, GalaxiesML's `image`, MultimodalUniverse's `image_array`.
_USUAL = ("images", "image", "cube", "image_array", "x", "X", "data")
_BLOCK = 256


def is_array_file(path: str) -> bool:
    """Whether images are an array of this file (or, in folders `healpix=...`, of these files)."""
    path, _ = split_member(path)
    if path.endswith((".npz", ".npy")):
        return True
    files = list_files(path)
    if not files or not h5py.is_hdf5(files[0]):
        return False
    with h5py.File(files[0]) as file:
        return any(isinstance(item, h5py.Dataset) and item.ndim == 4 for item in file.values())


def list_files(path: str) -> list[str]:
    """The files of a data set: one file, those of a pattern, or all HDF5 files below a folder."""
    if os.path.isdir(path):
        return sorted(glob.glob(f"{path}/**/*.h5", recursive=True) + glob.glob(f"{path}/**/*.hdf5", recursive=True))
    return [path] if os.path.exists(path) else sorted(glob.glob(path))


@dataclass(frozen=True)
class Images:
    """An array of images that is read from its start to its end.

    Attributes:
        path: The file.
        name: The array.
        shape: [N, ...].
        bands_last: Whether the bands are the last axis.
    """

    path: str
    name: str
    shape: tuple[int, ...]
    bands_last: bool

    @contextmanager
    def blocks(self) -> Iterator[Iterator[Array]]:
        """Images of consecutive galaxies, [n, bands, y, x]."""
        with _rows(self.path, self.name, self.shape) as rows:
            yield (np.moveaxis(block, 3, 1) if self.bands_last else block for block in rows)


def find(path: str, options: Options) -> Images:
    """The array of images in a file.

    Raises:
        PhotozError: 65 when there is none, or when it has another number of bands.
    """
    path, member = split_member(path)
    shapes = _shapes(path)
    name = member or options.array
    if name is None:
        name = next((usual for usual in _USUAL if len(shapes.get(usual, ())) == 4), None)
        name = name or next((each for each, shape in shapes.items() if len(shape) == 4), None)
    if name is None or name not in shapes:
        raise PhotozError(f"{path} has no array {name or 'of images'}{nearest(name or 'images', shapes)}")
    shape = shapes[name]
    if len(shape) != 4:
        raise PhotozError(f"{path}: {name} is {list(shape)}; images are [galaxies, bands, y, x] or with bands last")
    count = len(options.image_bands or options.bands)
    first, last = shape[1] == count, shape[3] == count
    if options.layout != "auto":
        first, last = options.layout == "nchw" and first, options.layout == "nhwc" and last
    if first == last:
        why = "both axes fit: say --layout" if first else f"no axis has the {count} bands"
        raise PhotozError(f"{path}: {name} is {list(shape)}, and {why}")
    return Images(path, name, shape, last)


def _shapes(path: str) -> dict[str, tuple[int, ...]]:
    if not os.path.exists(path):
        raise PhotozError(f"{path} does not exist", Code.MISSING_INPUT)
    try:
        if path.endswith(".npy"):
            return {"images": np.load(path, mmap_mode="r", allow_pickle=False).shape}
        if path.endswith(".npz"):
            return {name: _header(path, name)[0] for name in _members(path)}
        with h5py.File(path) as file:
            return {name: item.shape for name, item in file.items() if isinstance(item, h5py.Dataset)}
    except (ValueError, zipfile.BadZipFile) as error:
        raise PhotozError(f"{path} cannot be read without running what it holds: {error}") from error


def _members(path: str) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def _header(path: str, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
        return _npy_header(file)


def _npy_header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    found: tuple[tuple[int, ...], bool, np.dtype[Any]] = read(file)
    return found


@contextmanager
def _rows(path: str, name: str, shape: tuple[int, ...]) -> Iterator[Iterator[Array]]:
    if path.endswith(".npy"):
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        yield (array[start : start + _BLOCK] for start in range(0, len(array), _BLOCK))
    elif path.endswith(".npz"):
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
            _, is_fortran, kind = _npy_header(file)
            if is_fortran or kind.hasobject:
                raise PhotozError(
                    f"{path}: {name} is in Fortran order or of objects; save it again with np.ascontiguousarray"
                )
            yield _streamed(file, shape, kind, path)
    else:
        with h5py.File(path) as file:
            item = file[name]
            yield (item[start : start + _BLOCK] for start in range(0, shape[0], _BLOCK))


def _streamed(file: Any, shape: tuple[int, ...], kind: np.dtype[Any], path: str) -> Iterator[Array]:
    size = int(np.prod(shape[1:])) * kind.itemsize
    for start in range(0, shape[0], _BLOCK):
        count = min(_BLOCK, shape[0] - start)
        data = file.read(count * size)
        if len(data) != count * size:
            raise PhotozError(f"{path} ends before its last image")
        yield np.frombuffer(data, kind).reshape(count, *shape[1:])


def catalogue_of(path: str, rows: int) -> Catalogue:
    """The labels of a file as a catalogue: columns, fields of structured arrays and columns of tables."""
    if path.endswith(".npy"):
        raise PhotozError(
            f"{path} holds images alone: give the catalogue first and this file with --images", Code.USAGE
        )
    if not path.endswith(".npz"):
        return _Hdf5Labels(path, rows)
    columns: Columns = {}
    with np.load(path, allow_pickle=False) as archive:
        for name in archive.files:
            if len(_header(path, name)[0]) in (1, 2) and _header(path, name)[0][0] == rows:
                columns |= _flat(name, archive[name])
    return TableCatalogue(columns, path)


def _flat(name: str, array: Array) -> Columns:
    if array.dtype.names:
        return {field: array[field] for field in array.dtype.names if array[field].ndim == 1}
    if array.ndim == 1:
        return {name: array}
    return {f"{name}_{place}": array[:, place] for place in range(array.shape[1])} if array.shape[1] < 64 else {}


class _Hdf5Labels(Hdf5Catalogue):
    """The columns of an HDF5 file that are as long as its images."""

    def __init__(self, path: str, rows: int) -> None:
        with h5py.File(path) as file:
            names = [n for n, item in file.items() if isinstance(item, h5py.Dataset) and item.shape == (rows,)]
        self.label, self._path, self._group = path, path, None
        self.names = names
        self._paths = {name: name for name in names}
