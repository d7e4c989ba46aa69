"""Predictions as tables and catalogues, read by the libraries that people read them with."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import tables_io
from astropy import units
from astropy.io import fits
from astropy.table import Table
from conftest import MOCK, PEAK, WEIGHTS, Mock, made_up

import photoz
from photoz.errors import PhotozError


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over two partitions, with a column that only the partitions have."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "survey").mkdir()
    with h5py.File(MOCK) as mock:
        for number in (1, 2):
            rows = slice(128 * (number - 1), 128 * number)
            with h5py.File(folder / f"survey/{number}.h5", "w") as file:
                for name in ("images", "magnitudes", "redshift", "object_id"):
                    file[name] = mock[name][rows]
                file["images"].attrs.update(mock["images"].attrs)
                file["ra"] = mock["object_id"][rows] * 0.25
                file["ra"].attrs.update(units="deg", description="right ascension")
    photoz.run(WEIGHTS, folder / "survey", folder / "results", progress=False)
    return folder / "results"


def check(found: pd.DataFrame, results: Path, mock: Mock) -> None:
    with h5py.File(results / "predictions.h5") as file:
        assert np.array_equal(found["z_phot"].to_numpy("f4"), file["redshift_predicted"][:])
        assert np.array_equal(found["z_spec"].to_numpy("f4"), mock.redshift)
        assert np.array_equal(found["object_id"].to_numpy(), mock.ids)
        assert np.array_equal(found["flags"].to_numpy(), file["flags"][:])


def test_read_gives_a_table_with_descriptions_and_kept_columns(results: Path, mock: Mock) -> None:
    table = photoz.read(results, keep=["ra"])
    assert table.colnames[:3] == ["object_id", "z_phot", "z_spec"]
    assert np.array_equal(table["ra"], mock.ids * 0.25)
    assert str(table["ra"].unit) == "deg"
    assert "photometric redshift" in table["z_phot"].description
    assert "magnitude_not_observed" in table.meta["flag_meanings"]
    check(table.to_pandas(), results, mock)
    with pytest.raises(PhotozError, match=r"neither predictions nor partitions have a column rah; .* ra"):
        photoz.read(results, keep=["rah"])
    with pytest.raises(PhotozError, match="does not exist") as missing:
        photoz.read(results / "nowhere")
    assert missing.value.code == 66


def test_kept_columns_are_in_the_predictions(results: Path, mock: Mock, tmp_path: Path) -> None:
    """`run --keep` carries them: read without the partitions, described, and with the units of the catalogue."""
    run = photoz.run(WEIGHTS, results.parent / "survey", tmp_path / "kept", keep=["ra"], ranks=2, progress=False)
    table = run.table
    assert table.colnames[-1] == "ra"
    assert np.array_equal(table["ra"], mock.ids * 0.25)
    assert (str(table["ra"].unit), table["ra"].description) == ("deg", "right ascension")
    with h5py.File(run.folder / "predictions.h5") as file:
        assert all({"description", "units"} <= set(item.attrs) for item in file.values())
        assert all(units.Unit(item.attrs["units"]) is not None for item in file.values())
    photoz.export(run.folder, tmp_path / "z.fits", progress=False)
    assert np.array_equal(Table.read(tmp_path / "z.fits")["ra"], mock.ids * 0.25)
    with pytest.raises(PhotozError, match=r"rah: is missing") as lacking:
        photoz.run(WEIGHTS, results.parent / "survey", tmp_path / "none", keep="rah", progress=False)
    assert lacking.value.code == 65


def test_predictions_are_tables_io_and_pandas_tables_too(results: Path, mock: Mock, tmp_path: Path) -> None:
    """tables_io takes `.h5` for a file of pandas: under another ending, a hard link, it is a table of HDF5."""
    photoz.run(WEIGHTS, results.parent / "survey", tmp_path, output_suffix="hdf5", progress=False)
    assert (tmp_path / "predictions.hdf5").samefile(tmp_path / "predictions.h5")
    read = tables_io.read(str(tmp_path / "predictions.hdf5"), tType=tables_io.types.NUMPY_DICT)
    assert np.array_equal(read["object_id"], mock.ids)
    check(photoz.read(tmp_path / "predictions.hdf5").to_pandas(), results, mock)
    photoz.export(results, tmp_path / "z.parquet", progress=False)
    check(tables_io.read(str(tmp_path / "z.parquet"), tType=tables_io.types.PD_DATAFRAME), results, mock)


@pytest.mark.parametrize("name", ["z.fits", "z.parquet", "z.ecsv", "z.csv"])
def test_every_export_reads_back_to_the_bit(results: Path, mock: Mock, tmp_path: Path, name: str) -> None:
    assert photoz.export(results, tmp_path / name, keep="ra", progress=False) == 256
    path = tmp_path / name
    found = pd.read_parquet(path) if name.endswith("parquet") else Table.read(path).to_pandas()
    check(found, results, mock)
    assert np.array_equal(found["ra"].to_numpy("f8"), mock.ids * 0.25)
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_fits_keeps_the_rules_of_topcat(results: Path, tmp_path: Path) -> None:
    photoz.export(results, tmp_path / "z.fits", keep="ra", progress=False)
    with fits.open(tmp_path / "z.fits", checksum=True) as file:
        file.verify("exception")
        head = file[1].header
        names = [column.name for column in file[1].columns]
        assert all(name.replace("_", "").isalnum() and len(name) < 69 for name in names)
        assert not any("P" in column.format or "Q" in column.format for column in file[1].columns)
        assert head["TUNIT1"] if head["TTYPE1"] == "ra" else head["TUNIT" + str(names.index("ra") + 1)] == "deg"
        assert "photometric redshift" in head["TCOMM2"]
        assert file[1].data["z_phot"].dtype == ">f4"
    assert (tmp_path / "z.fits").stat().st_size % 2880 == 0


def test_an_export_is_joined_by_id(results: Path, mock: Mock, tmp_path: Path) -> None:
    shuffle = np.random.default_rng(4).permutation(256)
    catalogue = Table(
        {"ID": mock.ids[shuffle], "ra": mock.ids[shuffle] * 2.0, "name": [f"n{i}" for i in mock.ids[shuffle]]}
    )
    catalogue["flags"] = np.arange(256)
    catalogue["shape"] = np.zeros((256, 2))  # several values a row: no column of a catalogue of ours
    for ending in ("fits", "csv", "parquet", "ecsv", "vot"):
        source = tmp_path / f"catalogue.{ending}"
        if ending == "parquet":
            catalogue["ID", "ra", "name", "flags"].to_pandas().to_parquet(source)
        else:
            columns = catalogue if ending in ("fits", "vot") else catalogue["ID", "ra", "name", "flags"]
            columns.write(source, **({"format": "votable"} if ending == "vot" else {}))
        photoz.export(results, tmp_path / f"joined-{ending}.fits", join=source, join_on="ID", progress=False)
        found = Table.read(tmp_path / f"joined-{ending}.fits")
        assert np.array_equal(found["ra"], mock.ids * 2.0)
        assert list(found["name"]) == [f"n{i}" for i in mock.ids]
        assert np.array_equal(found["flags_catalogue"], np.argsort(shuffle))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_ids_that_do_not_match_are_counted_and_refused_or_left_blank(results: Path, mock: Mock, tmp_path: Path) -> None:
    catalogue = Table({"id": mock.ids[:250], "ra": mock.ids[:250] * 2.0, "n": mock.ids[:250], "s": ["x"] * 250})
    with pytest.raises(PhotozError, match="6 of 256 ids of the predictions are not in the catalogue") as refused:
        photoz.export(results, tmp_path / "z.fits", join=catalogue, progress=False)
    assert refused.value.code == 65
    assert not list(tmp_path.iterdir())
    for name in ("z.parquet", "z.ecsv", "z.fits", "z.csv"):
        photoz.export(results, tmp_path / name, join=catalogue, on_unmatched="blank", progress=False)
    found = pd.read_parquet(tmp_path / "z.parquet")
    assert found["ra"].isna().sum() == found["n"].isna().sum() == 6
    # FITS has a number of its own for a missing whole one.
    assert Table.read(tmp_path / "z.fits")["n"].mask.sum() == 6
    with pytest.raises(PhotozError, match="not in the catalogue"):
        photoz.export(results, tmp_path / "none.fits", join={"id": [-1, -2], "ra": [1, 2]}, on_unmatched="blank")
    with pytest.raises(PhotozError, match="cannot match"):
        photoz.export(results, tmp_path / "none.fits", join={"id": ["a"], "ra": [1]})
    twice = Table({"id": [*mock.ids, mock.ids[3]], "ra": np.zeros(257)})
    with pytest.raises(PhotozError, match="1 ids more than once, such as in rows 3, 256"):
        photoz.export(results, tmp_path / "none.fits", join=twice, progress=False)


def test_ids_of_text_survive_every_way(tmp_path: Path) -> None:
    made_up(tmp_path / "results", 300_000, text=True)
    catalogue = {"id": [f"g{row}" for row in reversed(range(300_000))], "ra": np.arange(300_000.0)}
    for name in ("z.fits", "z.parquet"):
        photoz.export(tmp_path / "results", tmp_path / name, join=catalogue, progress=False)
        found = pd.read_parquet(tmp_path / name) if name.endswith("parquet") else Table.read(tmp_path / name)
        assert found["object_id"][299_999] == "g299999"
        assert np.array_equal(found["ra"], np.arange(300_000.0)[::-1])


@pytest.mark.parametrize("name", ["z.fits", "z.parquet", "z.csv"])
def test_memory_is_bounded(tmp_path: Path, name: str) -> None:
    """The peak of four million rows is hardly more than that of one: 44 bytes a row would be 130 MB more."""
    program = (
        "import sys; from photoz.exporting import export; export(sys.argv[1], sys.argv[2], progress=False); " + PEAK
    )
    peaks = []
    for rows in (600_000, 3_000_000):
        made_up(tmp_path / str(rows), rows)
        arguments = [sys.executable, "-c", program, tmp_path / str(rows), tmp_path / f"{rows}-{name}"]
        peaks.append(int(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout))
        shutil.rmtree(tmp_path / str(rows))
    assert peaks[1] < 500_000
    assert peaks[1] - peaks[0] < 40_000
