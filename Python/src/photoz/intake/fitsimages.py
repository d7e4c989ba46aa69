"""Images of FITS files: which extension, which plane of a cube, its unit, its WCS."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS, FITSFixedWarning
from astropy.wcs.utils import proj_plane_pixel_area

from photoz.errors import Code, PhotozError, from_os, some
from photoz.tables.catalogue import Array, split_member


@dataclass(frozen=True)
class Image:
    """One band's image in a file.

    Attributes:
        path: The file.
        extension: Its place among the extensions.
        plane: Its place in a cube, None when it is no cube.
        shape: Rows and columns.
        unit: `BUNIT`, None when the header does not say.
        header: The header, as text.
    """

    path: str
    extension: int
    plane: int | None
    shape: tuple[int, int]
    unit: str | None
    header: str

    def wcs(self) -> WCS:
        """The celestial coordinates of its pixels, SIP and all.

        Raises:
            PhotozError: 65, when the header has none.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FITSFixedWarning)
            warnings.simplefilter("ignore", AstropyWarning)
            header = fits.Header.fromstring(self.header)
            try:
                found = WCS(header, naxis=2) if "CTYPE1" in header else None
            except Exception as error:
                raise PhotozError(f"{self.path}: its WCS cannot be understood: {error}") from error
        if found is None or not found.has_celestial:
            raise PhotozError(
                f"{self.path}, extension {self.extension}, has no WCS of the sky (CTYPE1 and CTYPE2): solve its "
                "astrometry, or leave the tile out"
            )
        return found


def pixel_scale(wcs: WCS) -> float:
    """Arcsec on a side of a pixel, the square root of its area at the reference point."""
    return float(np.sqrt(proj_plane_pixel_area(wcs.celestial)) * 3600)


@contextmanager
def opened(path: str) -> Iterator[fits.HDUList]:
    """The file, whatever it is compressed with.

    Raises:
        PhotozError: 66 when it is not there, 65 when it is no FITS file.
    """
    if path.endswith(".npz"):
        yield _scene(path)
        return
    try:
        file = fits.open(path, memmap=True)
    except FileNotFoundError as error:
        raise PhotozError(f"{path} does not exist", Code.MISSING_INPUT) from error
    except OSError as error:
        if "SIMPLE" in str(error) or "Empty" in str(error) or "gzip" in str(error).lower():
            raise PhotozError(f"{path} is no FITS file: {error}") from error
        raise from_os(error, path) from error
    # What goes wrong while it is open is not of this file.
    with file:
        yield file


def _scene(path: str) -> fits.HDUList:
    """The images of an archive of arrays as if they were extensions."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    images = {name: array for name, array in arrays.items() if array.ndim in (2, 3) and array.dtype.kind in "fiu"}
    return fits.HDUList([fits.PrimaryHDU(), *(fits.ImageHDU(array, name=name) for name, array in images.items())])


def find(file: fits.HDUList, path: str, extension: str | None, bands: Sequence[str]) -> dict[str, Image]:
    """The images of bands in a file: one image for one band, planes of a cube, or extensions named for bands.

    Args:
        file: The open file.
        path: Its name.
        extension: A number or a name, None for the first that holds an image.
        bands: The bands that the file should have, in the order of a cube's planes.
    """
    if extension is None and len(bands) > 1:
        named = {hdu.name.lower(): place for place, hdu in enumerate(file) if _axes(hdu) == 2}
        if any(band.lower() in named for band in bands):
            return {b: _image(file, path, named[b.lower()], None) for b in bands if b.lower() in named}
    place = _place(file, path, extension)
    axes = _axes(file[place])
    if axes == 2 and len(bands) == 1:
        return {bands[0]: _image(file, path, place, None)}
    if axes == 3:
        planes = file[place].shape[0]
        if planes != len(bands):
            raise PhotozError(
                f"{path} is a cube of {planes} planes, and the bands are {','.join(bands)}: say --image-bands"
            )
        return {band: _image(file, path, place, plane) for plane, band in enumerate(bands)}
    raise PhotozError(
        f"{path} holds one image, for the bands {','.join(bands)}: name files by {{band}}, or say --image-bands"
    )


def _axes(hdu: fits.hdu.base.ExtensionHDU) -> int:
    return len(hdu.shape) if getattr(hdu, "is_image", False) else 0


def _place(file: fits.HDUList, path: str, extension: str | None) -> int:
    if extension is None:
        images = [place for place, hdu in enumerate(file) if _axes(hdu) in (2, 3)]
        if not images:
            raise PhotozError(f"{path} holds no image")
        return images[0]
    try:
        place = int(extension) if str(extension).isdigit() else int(file.index_of(extension))
        if _axes(file[place]) in (2, 3):
            return place
    except (KeyError, IndexError):
        pass
    names = some([f"{number} {hdu.name}".strip() for number, hdu in enumerate(file) if _axes(hdu) in (2, 3)])
    raise PhotozError(f"{path} has no image in extension {extension}; images are in {names}")


def _image(file: fits.HDUList, path: str, place: int, plane: int | None) -> Image:
    hdu = file[place]
    unit = hdu.header.get("BUNIT")
    return Image(
        path,
        place,
        plane,
        (int(hdu.shape[-2]), int(hdu.shape[-1])),
        str(unit).strip() or None if unit is not None else None,
        hdu.header.tostring(),
    )


def pixels(file: fits.HDUList, image: Image) -> Array:
    """The pixels [y, x], as the file has them; masked whole numbers (BLANK) become NaN."""
    data: Array = file[image.extension].data
    return data if image.plane is None else data[image.plane]


def split_extension(pattern: str, extension: str | None) -> tuple[str, str | None]:
    """`frames.fits[SCI]` as the file and its extension."""
    path, member = split_member(pattern)
    return path, member if member is not None else extension
