"""What the tests share: mock galaxies written as a survey would publish them, and the program."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

import photoz
from photoz.program import environment, find_program

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "Data/astromae-mock-sdss.h5"
MOCK = ROOT / "Data/mock-galaxies.h5"
BANDS = "ugriz"
SOFTENING = np.array([0.1, 0.05, 0.05, 0.08, 0.25])
SCALE = 0.396
# Nanomaggies of one unit, from the definition of the maggy: 3631 Jy; and of a count with zero point 27.
NANOMAGGIES = {"nanomaggies": 1.0, "uJy": 1 / 3.631, "counts": 10 ** (-0.4 * (27.0 - 22.5))}

# A program's peak memory, kB: that of getrusage would begin with what pytest held when it started the program.
PEAK = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"


@dataclass
class Mock:
    """Galaxies: stamps [N, 5, 32, 32] as the network takes them and in nanomaggies, magnitudes, redshifts, ids."""

    stored: np.ndarray
    flux: np.ndarray
    magnitudes: np.ndarray
    redshift: np.ndarray
    ids: np.ndarray


@pytest.fixture(scope="session")
def mock() -> Mock:
    with h5py.File(MOCK) as file:
        stored = file["images"][:]
        flux = np.sinh(stored.astype("f8")) * SOFTENING[:, None, None]
        return Mock(stored, flux, file["magnitudes"][:], file["redshift"][:], file["object_id"][:])


@pytest.fixture(autouse=True, scope="session")
def _program(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Programs of this checkout, which leave nothing in the user's cache, and a package that other processes find."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["PYTHONPATH"] = f"{ROOT / 'Python/src'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"


def frame_wcs(tile: int, band: int, angle: float, sip: bool, centre: tuple[float, float]) -> WCS:
    """A tangent projection, rotated, with or without distortion; each band is shifted against the others."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"] if sip else ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [centre[0] + 0.3 * tile, centre[1]]
    wcs.wcs.crpix = [200.0 + 3 * band, 190.0 - 2 * band]
    turn = np.radians(angle)
    step = SCALE / 3600
    wcs.wcs.cd = step * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if sip:
        from astropy.wcs import Sip

        a, b = np.zeros((3, 3)), np.zeros((3, 3))
        a[2, 0], a[1, 1], b[0, 2], b[1, 1] = 3e-6, -2e-6, 4e-6, 1e-6
        wcs.sip = Sip(a, b, np.zeros((3, 3)), np.zeros((3, 3)), wcs.wcs.crpix)
        wcs.wcs.set()
    return wcs


@dataclass
class Frames:
    """A survey on disk: frames, a catalogue, and which galaxy is which."""

    folder: Path
    pattern: str
    catalogue: Path
    table: Table


def write_frames(
    mock: Mock,
    folder: Path,
    unit: str = "nanomaggies",
    ending: str = ".fits",
    galaxies: int = 64,
    tiles: int = 4,
    header_unit: bool = False,
) -> Frames:
    """Galaxies on a grid of whole pixels of the r frame of their tile; other bands are shifted by whole pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    per_tile, side = galaxies // tiles, int(np.ceil(np.sqrt(galaxies // tiles)))
    width = 40 * side + 60
    ra, dec = np.empty(galaxies), np.empty(galaxies)
    for tile in range(tiles):
        rows = np.arange(tile * per_tile, (tile + 1) * per_tile)
        grid = np.stack([40 * (np.arange(per_tile) % side) + 50, 40 * (np.arange(per_tile) // side) + 52], axis=1)
        base = frame_wcs(tile, 2, 17.0 * tile, tile % 2 == 1, (150.0, 2.0))
        ra[rows], dec[rows] = base.all_pix2world(grid, 0).T
        for number, band in enumerate(BANDS):
            shift = np.array([3 * (number - 2), -2 * (number - 2)])
            image = np.zeros((width, width + 7), "f4")
            for row, (x, y) in zip(rows, grid + shift, strict=True):
                image[y - 16 : y + 16, x - 16 : x + 16] = mock.flux[row, number] / NANOMAGGIES[unit]
            wcs = frame_wcs(tile, number, 17.0 * tile, tile % 2 == 1, (150.0, 2.0))
            header = wcs.to_header(relax=True)
            if header_unit:
                header["BUNIT"] = {"nanomaggies": "nanomaggy", "uJy": "uJy", "counts": "adu"}[unit]
            path = folder / f"frame-{band}-{tile:03d}{ending}"
            if ending.endswith(".fz"):
                # Lossless, so that pixels can be compared.
                hdu = fits.CompImageHDU(image, header, compression_type="GZIP_2", quantize_level=0.0)
                fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
            else:
                fits.PrimaryHDU(image, header).writeto(path)
    table = Table({"ID": mock.ids[:galaxies], "RA": ra, "DEC": dec, "Z_SPEC": mock.redshift[:galaxies]})
    for number, band in enumerate(BANDS):
        table[f"modelMag_{band}"] = mock.magnitudes[:galaxies, number]
    # No order that a tile, or anything else, would give.
    table = table[np.random.default_rng(3).permutation(galaxies)]
    catalogue = folder / "catalogue.fits"
    table["RA"].unit = "deg"
    table.write(catalogue)
    # As TOPCAT describes columns.
    fits.setval(catalogue, "TCOMM2", value="right ascension, J2000", ext=1)
    return Frames(folder, str(folder / f"frame-{{band}}-*{ending}"), catalogue, table)


def read_partitions(folder: Path) -> dict[str, np.ndarray]:
    """All columns of all partitions, in their order."""
    paths = sorted(folder.glob("*.h5"), key=lambda path: int(path.stem))
    columns: dict[str, list[np.ndarray]] = {}
    for path in paths:
        with h5py.File(path) as file:
            for name, item in file.items():
                columns.setdefault(name, []).append(item[:])
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def made_up(folder: Path, rows: int, text: bool = False) -> None:
    """Predictions as the program writes them, of any number of rows, without a run."""
    folder.mkdir(parents=True)
    with h5py.File(folder / "predictions.h5", "w") as file:
        file.attrs["partitions"] = ["1.h5"]
        block = 1 << 20
        kinds = {"redshift_predicted": "f4", "redshift": "f4", "flags": "u4", "partition": "i4", "row": "i8"}
        made = {name: file.create_dataset(name, (rows,), kind) for name, kind in kinds.items()}
        made["object_id"] = file.create_dataset("object_id", (rows,), "S12" if text else "i8")
        for start in range(0, rows, block):
            at = np.arange(start, min(start + block, rows))
            part = slice(start, start + len(at))
            made["redshift_predicted"][part] = (at % 1000) / 1000
            made["redshift"][part] = np.where(at % 7 == 0, np.nan, (at % 999) / 999)
            made["row"][part] = at
            made["object_id"][part] = np.char.add("g", at.astype(str)).astype("S12") if text else at * 3 + 1


def simulate(folder: Path, galaxies: int, seed: int) -> Path:
    """Galaxies of the program's mock survey, which the shipped weights were not trained on."""
    words = ["simulate", "--galaxies", galaxies, "--partitions", 2, "--seed", seed, "--output", folder]
    done = subprocess.run([find_program(), *map(str, words)], env=environment(1), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def calibrate(folder: Path) -> Path:
    """A calibration of the shipped weights, made in this folder of 1500 mock galaxies."""
    labelled = simulate(folder / "labelled", 1500, 41)
    return photoz.calibrate(WEIGHTS, labelled, folder / "calibration.hdf5", ranks=2, progress=False)


def command(*arguments: object) -> list[str]:
    """The command line of this package."""
    return [sys.executable, "-m", "photoz", *map(str, arguments)]
