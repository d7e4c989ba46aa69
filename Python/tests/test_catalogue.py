"""Catalogues of every kind, the columns that are found in them, and what is done to magnitudes."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy.table import MaskedColumn, Table

from photoz.errors import PhotozError
from photoz.intake.galaxies import Galaxies, read_galaxies
from photoz.intake.options import options
from photoz.tables.catalogue import open_catalogue

BANDS = "ugriz"


def table(rows: int = 6) -> Table:
    found = Table({"objid": np.arange(rows) * 10_000_000_019, "ra": np.linspace(10, 11, rows), "dec": np.zeros(rows)})
    for number, band in enumerate(BANDS):
        found[f"mag_{band}"] = 18.0 + number + 0.01 * np.arange(rows)
    found["redshift"] = np.linspace(0.1, 0.2, rows)
    found["name"] = [f"galaxy {row}" for row in range(rows)]
    return found


def galaxies(source: Any, **given: Any) -> Galaxies:
    group = given.pop("group", None)
    said = options(bands=BANDS, **given)
    return read_galaxies(open_catalogue(source, group), said, positions=("ra", "dec"))


def check(found: Galaxies) -> None:
    expected = table()
    assert np.array_equal(found.ids, expected["objid"])
    assert np.allclose(found.magnitudes[:, 2], expected["mag_r"])
    assert np.allclose(found.redshift, expected["redshift"])
    assert np.allclose(found.position[:, 0], expected["ra"])
    assert found.kept["name"].tolist() == expected["name"].tolist()


@pytest.mark.parametrize(
    "name", ["cat.fits", "cat.fits.gz", "cat.csv", "cat.ecsv", "cat.vot", "cat.parquet", "cat.hdf5"]
)
def test_every_format_gives_the_same_galaxies(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "cat.parquet":
        table().to_pandas().to_parquet(path)
    elif name == "cat.hdf5":
        table().write(path, path="catalogue", serialize_meta=False)
    else:
        table().write(path, **({"format": "votable"} if name.endswith("vot") else {}))
    check(galaxies(path, keep="name"))


def test_tables_in_memory_and_pandas_files_are_catalogues(tmp_path: Path) -> None:
    check(galaxies(table(), keep="name"))
    check(galaxies(table().to_pandas(), keep=["name"]))
    table().to_pandas().to_hdf(tmp_path / "pandas.h5", key="catalogue", format="fixed")
    check(galaxies(tmp_path / "pandas.h5", keep="name"))


def test_the_layout_of_rail_is_understood(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "rail.hdf5", "w") as file:
        group = file.create_group("photometry")
        for band in BANDS:
            group[f"mag_{band}_lsst"] = table()[f"mag_{band}"]
        group["object_id"], group["redshift"] = table()["objid"], table()["redshift"]
        group["ra"], group["dec"] = table()["ra"], table()["dec"]
        group["name"] = [text.encode() for text in table()["name"]]
    check(galaxies(tmp_path / "rail.hdf5", keep="name"))
    check(galaxies(tmp_path / "rail.hdf5", keep="name", group="photometry"))
    check(galaxies(tmp_path / "rail.hdf5", keep="name", columns="mag=photometry/mag_{band}_lsst"))


def test_a_head_with_types_and_another_separator(tmp_path: Path) -> None:
    """As ANNz writes it."""
    found = table()
    names = [name for name in found.colnames if name != "name"]
    head = "#" + ";".join(f"{'L' if name == 'objid' else 'D'}:{name.upper()}" for name in names)
    rows = [",".join(str(value) for value in row) for row in found[names]]
    (tmp_path / "annz.csv").write_text("\n".join([head, *rows]) + "\n")
    read = galaxies(tmp_path / "annz.csv")
    assert np.array_equal(read.ids, found["objid"])
    assert np.allclose(read.magnitudes[:, 4], found["mag_z"])


def test_masked_entries_and_sentinels_are_missing(tmp_path: Path) -> None:
    found = table()
    found["mag_u"] = MaskedColumn(found["mag_u"], mask=[False, True, False, False, False, False])
    found["redshift"] = MaskedColumn([1, 2, 3, 4, 5, 6], mask=[False, False, True, False, False, False])
    found["mag_g"][3] = -1234.5
    found.write(tmp_path / "masked.fits")
    found.write(tmp_path / "masked.csv")
    for name in ("masked.fits", "masked.csv"):
        read = galaxies(tmp_path / name, missing="-1234.5")
        assert np.argwhere(np.isnan(read.magnitudes)).tolist() == [[1, 0], [3, 1]]
        assert np.flatnonzero(np.isnan(read.redshift)).tolist() == [2]
    found["objid"] = MaskedColumn(found["objid"], mask=[False, False, False, False, True, False])
    with pytest.raises(PhotozError, match=r"identifier .* missing in 1 rows, first in row 4"):
        galaxies(found)


def test_extinction_is_taken_off_and_sentinels_stay() -> None:
    found = table()
    found["EBV"] = np.linspace(0.0, 0.5, 6)
    found["mag_z"][2], found["mag_z"][3] = 99.0, -9999.0
    read = galaxies(found, extinction="EBV*4.24,3.30,2.29,1.70,1.26")
    assert np.allclose(read.magnitudes[:, 0], found["mag_u"] - 4.24 * found["EBV"])
    assert read.magnitudes[2:4, 4].tolist() == [99.0, -9999.0]
    assert read.magnitudes[5, 4] == pytest.approx(22.05 - 0.63)
    for number, band in enumerate(BANDS):
        found[f"A_{band}"] = 0.1 * number
    assert np.allclose(galaxies(found, extinction="A_{band}").magnitudes[:, 1], found["mag_g"] - 0.1)
    with pytest.raises(PhotozError, match="needs 5 coefficients, not 2"):
        galaxies(found, extinction="EBV*1,2")


@pytest.mark.parametrize("kind", [str, int, np.uint64])
def test_ids_of_any_kind(kind: type) -> None:
    found = table()
    found["objid"] = [kind(value) for value in (9, 8, 7, 6, 5, 2**63 + 5 if kind is np.uint64 else 4)]
    assert galaxies(found).ids.tolist() == found["objid"].tolist()


def test_columns_that_are_not_there_are_named_with_the_nearest() -> None:
    found = table()
    found.rename_column("mag_u", "modelMagU_u")
    with pytest.raises(
        PhotozError, match=r"no column for the magnitude u; the nearest names are .*say --columns mag_u="
    ):
        galaxies(found)
    with pytest.raises(
        PhotozError, match=r"no column modelMag_u for the magnitude u; the nearest names are modelMagU_u"
    ):
        galaxies(found, columns="mag_u=modelMag_u")
    with pytest.raises(PhotozError, match=r"no column rah for ra"):
        galaxies(table(), columns="ra=rah")
    with pytest.raises(PhotozError, match=r"unknown band y in the column mag_y") as usage:
        galaxies(table(), columns="mag_y=Y")
    assert usage.value.code == 64
    twice = table()
    twice["MAG_U"] = twice["mag_u"]
    with pytest.raises(PhotozError, match="several columns for the magnitude u: mag_u, MAG_U"):
        galaxies(twice)


def test_a_second_catalogue_is_joined_by_id() -> None:
    first = table()
    second = Table({"objid": first["objid"][::-1], "spec": first["redshift"][::-1], "ra": np.full(6, -1.0)})
    first.remove_column("redshift")
    read = galaxies(first, join=second, columns="redshift=spec")
    assert np.allclose(read.redshift, table()["redshift"])
    assert np.allclose(read.position[:, 0], first["ra"])
    with pytest.raises(
        PhotozError, match=r"2 of 6 ids .* are not in .*: 0, 10000000019; --on-unmatched drop"
    ) as refused:
        galaxies(first, join=second[:4], columns="redshift=spec")
    assert refused.value.code == 65
    assert len(galaxies(first, join=second[:4], columns="redshift=spec", on_unmatched="drop")) == 4
    second["objid"][1] = second["objid"][0]
    with pytest.raises(PhotozError, match="ids more than once"):
        galaxies(first, join=second, columns="redshift=spec")
    text = pd.DataFrame({"objid": ["a", "b"], "spec": [1.0, 2.0]})
    with pytest.raises(PhotozError, match="cannot match"):
        galaxies(first, join=text, columns="redshift=spec")
