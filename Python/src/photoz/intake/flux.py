"""Units of pixels: everything becomes nanomaggies, and from there the asinh that a network takes."""

import numpy as np
from astropy import units

from photoz.errors import Code, PhotozError
from photoz.intake.options import Options
from photoz.tables.catalogue import Array

# An AB magnitude of 22.5 is one nanomaggy; a maggy is 3631 Jy.
NANOMAGGY_MAGNITUDE = 22.5
_MAGGIES = {
    "nanomaggies": 1.0,
    "nanomaggy": 1.0,
    "nmgy": 1.0,
    "nanomaggie": 1.0,
    "maggies": 1e9,
    "maggy": 1e9,
    "mgy": 1e9,
}
_NANOMAGGY = 3631e-9 * units.Jy


def nanomaggies(unit: str) -> float | None:
    """Nanomaggies of one of a unit; None for what is no flux, such as counts."""
    plain = unit.strip().lower().replace(" ", "")
    if plain in _MAGGIES:
        return _MAGGIES[plain]
    try:
        return float(units.Unit(unit.strip()).to(_NANOMAGGY.unit) / _NANOMAGGY.value)
    except (ValueError, TypeError, units.UnitConversionError):
        return None


def factor(options: Options, band: str, header_unit: str | None, where: str) -> float:
    """What pixels of a band are multiplied by to be nanomaggies.

    Args:
        options: The unit that the user says, and zero points.
        band: The band.
        header_unit: `BUNIT` of the file, if it says one.
        where: The file.

    Raises:
        PhotozError: 64 when nobody says the unit, 65 when user and file contradict each other.
    """
    said = nanomaggies(header_unit) if header_unit else None
    if options.flux_unit is None:
        if said is None:
            told = f"is in {header_unit}, which is no flux" if header_unit else "does not say its unit (BUNIT)"
            raise PhotozError(f"{where} {told}: say --flux-unit, and --zero-point for counts", Code.USAGE)
        return said
    if options.flux_unit == "counts":
        if said is not None:
            raise PhotozError(f"{where} is in {header_unit} and not in counts")
        zero_point = options.of_band("zero_point", band)
        assert zero_point is not None
        return float(10 ** (-0.4 * (zero_point - NANOMAGGY_MAGNITUDE)))
    wanted = nanomaggies(options.flux_unit)
    if wanted is None:
        raise PhotozError(
            f"--flux-unit {options.flux_unit} is no unit of flux: nanomaggies, maggies, uJy and the like, or counts",
            Code.USAGE,
        )
    if said is not None and not np.isclose(said, wanted, rtol=1e-6):
        raise PhotozError(f"{where} is in {header_unit}, and --flux-unit says {options.flux_unit}")
    return wanted


def stored(flux: Array, options: Options, band: str) -> Array:
    """Nanomaggies as partitions have them: [..., y, x] in float32, an asinh when there is a softening."""
    softening = options.of_band("softening", band)
    return np.asarray(flux if softening is None else np.arcsinh(flux / softening), dtype="f4")


def unit_of_partitions(options: Options) -> str:
    """The attribute `units` of the images, as the program reads it."""
    return "nanomaggies" if options.softening is None else "asinh(nanomaggies / softening)"


def magnitudes(flux: Array) -> Array:
    """AB magnitudes of nanomaggies: infinite, thus not detected, where there is no light; NaN stays NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = NANOMAGGY_MAGNITUDE - 2.5 * np.log10(np.maximum(flux, 0))
    return np.asarray(found)
