"""One image file a galaxy, or one a galaxy and band."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from conftest import BANDS, WEIGHTS, Mock, read_partitions

import photoz
from photoz.errors import PhotozError


def write(mock: Mock, folder: Path, count: int = 12, cube: bool = False, side: int = 64) -> Table:
    folder.mkdir()
    margin = (side - 32) // 2
    for row in range(count):
        image = np.pad(mock.flux[row], ((0, 0), (margin, side - 32 - margin), (margin, side - 32 - margin)))
        if cube:
            fits.PrimaryHDU(image.astype("f4")).writeto(folder / f"{mock.ids[row]}.fits")
            continue
        for number, band in enumerate(BANDS):
            fits.PrimaryHDU(image[number].astype("f4")).writeto(folder / f"{mock.ids[row]}_{band}.fits")
    table = Table({"ID": mock.ids[:count], "z_spec": mock.redshift[:count]})
    for number, band in enumerate(BANDS):
        table[f"mag_{band}"] = mock.magnitudes[:count, number]
    return table


@pytest.mark.parametrize(("cube", "side", "processes"), [(False, 64, 1), (True, 51, 1), (False, 32, 2)])
def test_cutouts_of_a_pattern(mock: Mock, tmp_path: Path, cube: bool, side: int, processes: int) -> None:
    table = write(mock, tmp_path / "cutouts", 12, cube, side)
    pattern = tmp_path / "cutouts" / ("{ID}.fits" if cube else "{ID}_{band}.fits")
    made = photoz.partitions(
        table,
        pattern,
        tmp_path / "survey",
        weights=WEIGHTS,
        flux_unit="nanomaggies",
        partition_mb=0.1,
        processes=processes,
        progress=False,
    )
    assert len(made.files) == 3
    found = read_partitions(tmp_path / "survey")
    assert np.array_equal(found["object_id"], mock.ids[:12])
    assert np.abs(found["images"] - mock.stored[:12]).max() < 1e-5


def test_half_of_the_cutouts_missing(mock: Mock, tmp_path: Path) -> None:
    table = write(mock, tmp_path / "cutouts")
    for row in range(6):
        (tmp_path / f"cutouts/{mock.ids[row]}_g.fits").unlink()
    pattern = tmp_path / "cutouts/{ID}_{band}.fits"
    common = {"weights": WEIGHTS, "flux_unit": "nanomaggies", "progress": False}
    with pytest.raises(
        PhotozError, match=rf"6 of 12 galaxies lack cutouts, such as .*{mock.ids[0]}_g\.fits"
    ) as refused:
        photoz.partitions(table, pattern, tmp_path / "survey", **common)
    assert refused.value.code == 66
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cutouts"]
    flagged = photoz.partitions(table, pattern, tmp_path / "flagged", on_missing="flag", **common)
    assert (flagged.galaxies, flagged.flags["band_missing"]) == (12, 6)
    assert photoz.partitions(table, pattern, tmp_path / "dropped", on_missing="drop", **common).galaxies == 6


def test_a_column_that_names_tiles_is_no_column_of_cutouts(mock: Mock, tmp_path: Path) -> None:
    table = write(mock, tmp_path / "cutouts")
    table["tile"] = [int(mock.ids[row // 2]) for row in range(12)]
    with pytest.raises(PhotozError, match=r"12 galaxies have 6 cutouts: .* write \* for what tells tiles apart"):
        photoz.partitions(
            table, tmp_path / "cutouts/{tile}_{band}.fits", tmp_path / "survey", flux_unit="nanomaggies", progress=False
        )


def test_an_aperture_must_fit(mock: Mock, tmp_path: Path) -> None:
    table = write(mock, tmp_path / "cutouts", 3)
    common = {"flux_unit": "nanomaggies", "pixel_scale": 0.396, "progress": False}
    with pytest.raises(PhotozError, match=r"an aperture of 20\.2 pixels does not fit into stamps of 32"):
        photoz.partitions(table, tmp_path / "cutouts/{ID}_{band}.fits", tmp_path / "survey", aperture=8.0, **common)


def test_extensions_of_one_file_and_a_single_band(tmp_path: Path) -> None:
    """As HST postage stamps come: one file, an extension a galaxy, one band, sizes that differ."""
    rng = np.random.default_rng(2)
    images = [rng.normal(size=(side, side)).astype("f4") for side in (54, 36, 20)]
    fits.HDUList([fits.PrimaryHDU(images[0]), *map(fits.ImageHDU, images[1:])]).writeto(tmp_path / "stamps.fits")
    first = Table({"IDENT": [11, 12, 13], "GAL_HDU": [0, 1, 2]})
    second = Table(
        {"IDENT": [13, 12, 11], "HSC_i": [21.0, 22.0, 23.0], "HSC_r": [1.0, 2.0, 3.0], "ZPHOT": [0.3, 0.2, 0.1]}
    )
    made = photoz.partitions(
        first,
        tmp_path / "stamps.fits[{GAL_HDU}]",
        tmp_path / "survey",
        bands="r,i",
        image_bands="i",
        join=second,
        columns="mag=HSC_{band},redshift=ZPHOT,id=IDENT",
        flux_unit="counts",
        zero_point=25.94,
        on_missing="flag",
        progress=False,
    )
    assert made.flags == {"edge": 1, "band_missing": 3, "masked": 0, "no_image": 0}
    found = read_partitions(tmp_path / "survey")
    assert found["redshift"].tolist() == np.float32([0.1, 0.2, 0.3]).tolist()
    assert found["magnitudes"].tolist() == [[3.0, 23.0], [2.0, 22.0], [1.0, 21.0]]
    factor = 10 ** (-0.4 * (25.94 - 22.5))
    assert np.allclose(found["images"][0, 1], images[0][11:43, 11:43] * factor, rtol=1e-6)
    assert not found["images"][2, 1, :6].any()
