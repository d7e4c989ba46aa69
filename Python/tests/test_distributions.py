"""Redshift distributions of a run: as arrays, for qp and tables_io, and in the columns of its predictions."""

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import tables_io

import photoz
from photoz import program
from photoz.errors import PhotozError

qp = pytest.importorskip("qp")

LEVELS = np.array([0, 0.001, 0.005, 0.01, 0.025, *(np.arange(1, 20) / 20), 0.975, 0.99, 0.995, 0.999, 1])
GRID = np.linspace(-1, 1, 81)
COUNT = 40
INTERVALS = ("z_lower_68", "z_upper_68", "z_lower_95", "z_upper_95")


def _values(form: str) -> np.ndarray:
    """Made-up distributions: of galaxy k, even from k/100 - 0.1 to k/100 + 0.1."""
    middle = np.arange(COUNT)[:, None] / 100
    if form == "quant":
        return (middle - 0.1 + 0.2 * LEVELS).astype("f4")
    places = GRID if form == "interp" else (GRID[1:] + GRID[:-1]) / 2
    return (5.0 * (np.abs(places - middle) <= 0.1)).astype("f4")


def write(folder: Path, form: str = "quant") -> Path:
    """Results as the program writes them, of a run that was never made: `predictions.h5` and `pz.hdf5`."""
    folder.mkdir(parents=True)
    middle = np.arange(COUNT, dtype="f4") / 100
    with h5py.File(folder / "predictions.h5", "w") as file:
        file.attrs["partitions"] = ["1.h5"]
        file["redshift_predicted"], file["redshift"] = middle, middle + np.float32(0.01)
        file["view_scatter"] = np.full(COUNT, 0.002, "f4")
        for name, level in zip(INTERVALS, (0.16, 0.84, 0.025, 0.975), strict=True):
            file[name] = middle - np.float32(0.1 - 0.2 * level)
        file["flags"], file["object_id"] = np.arange(COUNT, dtype="u4"), np.arange(COUNT) + 100
    shared, own, places = {
        "quant": ("quants", "locs", LEVELS), "interp": ("xvals", "yvals", GRID), "hist": ("bins", "pdfs", GRID)
    }[form]  # fmt: skip
    with h5py.File(folder / "pz.hdf5", "w") as file:
        file["meta/pdf_name"], file["meta/pdf_version"] = np.array([form.encode()]), np.array([0])
        file[f"meta/{shared}"] = places[None]
        if form == "quant":
            file["meta/pdf_constructor_name"], file["meta/ensure_extent"] = np.array([b"piecewise_linear"]), [[True]]
        file[f"data/{own}"] = _values(form)
        file["ancil/object_id"], file["ancil/zmode"] = np.arange(COUNT) + 100, middle[:, None]
        file["ancil/name"] = np.array([f"g{number}".encode() for number in range(COUNT)])
    return folder


@pytest.mark.parametrize("form", ["quant", "interp", "hist"])
def test_distributions_are_arrays_and_an_ensemble(tmp_path: Path, form: str) -> None:
    folder = write(tmp_path / "r", form)
    found = photoz.distributions(folder)
    assert (found.form, len(found)) == (form, COUNT)
    assert np.array_equal(found.places, LEVELS if form == "quant" else GRID)
    assert np.array_equal(found.values, _values(form))
    assert np.array_equal(found.ancil["object_id"], np.arange(COUNT) + 100)
    # Numbers stay in the file, so that any number of galaxies can be looked at.
    assert isinstance(found.values, np.memmap)
    ours, theirs = photoz.ensemble(folder), qp.read(str(folder / "pz.hdf5"))
    z = np.linspace(-0.09, 0.28, 38)
    for mine, its in ((ours.cdf(z), theirs.cdf(z)), (ours.pdf(z), theirs.pdf(z))):
        assert np.array_equal(mine, its)
    # What every way of reading an even distribution agrees on, to a bin of the grid.
    assert np.allclose(np.diag(ours.cdf(np.arange(COUNT) / 100)), 0.5, atol=1e-5 if form == "quant" else 0.07)
    rows = np.array([30, 2, 2])
    some = found.take(rows).ensemble()
    assert np.array_equal(some.cdf(z), ours.cdf(z)[rows])
    assert some.ancil["zmode"].ravel().tolist() == pytest.approx([0.3, 0.02, 0.02])


def test_tables_io_reads_them(tmp_path: Path) -> None:
    read = tables_io.read(str(write(tmp_path / "r") / "pz.hdf5"))
    assert np.array_equal(read["data"]["locs"], _values("quant"))
    assert np.array_equal(np.ravel(read["meta"]["quants"]), LEVELS)
    assert np.array_equal(np.ravel(read["ancil"]["object_id"]), np.arange(COUNT) + 100)


def test_what_lies_in_pieces_is_read_too(tmp_path: Path) -> None:
    path = write(tmp_path / "r") / "pz.hdf5"
    with h5py.File(path, "r+") as file:
        del file["data/locs"]
        file.create_dataset("data/locs", data=_values("quant"), chunks=(7, 29), compression="gzip")
        del file["ancil"]
    found = photoz.distributions(path)
    assert np.array_equal(found.values, _values("quant"))
    assert found.ensemble().npdf == COUNT


def test_no_distributions_and_other_files_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "r")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/predictions.h5").touch()
    refusals = [
        ("plain", r"plain holds no pz\.hdf5: give the run a calibration", 66),
        ("none", "none does not exist", 66),
        ("r/predictions.h5", "holds no distributions: groups meta and data are missing", 65),
    ]
    for name, words, code in refusals:
        with pytest.raises(PhotozError, match=words) as refused:
            photoz.ensemble(tmp_path / name)
        assert refused.value.code == code
    with h5py.File(folder / "pz.hdf5", "r+") as file:
        file["meta/pdf_name"][...] = np.array([b"norm"])
    with pytest.raises(PhotozError, match="of the form 'norm'; quant, interp, hist are read"):
        photoz.distributions(folder)
    with h5py.File(folder / "pz.hdf5", "r+") as file:
        file["meta/pdf_name"][...] = np.array([b"hist"])
    with pytest.raises(PhotozError, match="holds no meta/bins or no data/pdfs, which hist needs"):
        photoz.distributions(folder)
    monkeypatch.setitem(sys.modules, "qp", None)
    with pytest.raises(PhotozError, match="an ensemble needs qp") as lacking:
        photoz.ensemble(write(tmp_path / "other"))
    assert lacking.value.code == 64


def test_intervals_and_scatter_are_columns_of_a_catalogue(tmp_path: Path) -> None:
    table = photoz.read(write(tmp_path / "r"), keep=[])
    assert table.colnames == ["object_id", "z_phot", "view_scatter", *INTERVALS, "z_spec", "flags"]
    assert np.allclose(table["z_upper_68"] - table["z_lower_68"], 0.2 * 0.68, atol=1e-6)
    assert table["z_lower_95"].description == "the redshift is below it with probability 0.025"
    assert "no error bar" in table["view_scatter"].description
    photoz.export(tmp_path / "r", tmp_path / "z.fits", progress=False)
    from astropy.table import Table

    assert np.array_equal(Table.read(tmp_path / "z.fits")["z_lower_95"], table["z_lower_95"])


def test_commands_are_those_of_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr(program, "watch", lambda command, ranks, progress: given.append(command))
    monkeypatch.setattr(program, "find_program", lambda: Path("photoz"))
    (tmp_path / "Results.json").write_text("{}")
    made = program.calibrate(
        "w.h5", ["a", "b.h5"], tmp_path / "c.hdf5", ranks=3, method="cells", reweight=[Path("t"), "u"]
    )
    assert made == tmp_path / "c.hdf5"
    words = "mpirun -np 3 photoz calibrate --weights w.h5 --data a b.h5 --output"
    assert " ".join(given.pop()) == f"{words} {made} --reweight t u --method cells"
    program.run("w.h5", "a", tmp_path, calibration=made, pdf="hist", grid=(0, 1.5, 301), views=4, keep=["ra", "dec"])
    words = f"photoz run --weights w.h5 --data a --output {tmp_path} --calibration {made}"
    assert " ".join(given.pop()) == f"{words} --pdf hist --grid 0:1.5:301 --views 4 --keep ra,dec"
    program.run("w.h5", "a", tmp_path, grid="0:2:11")
    assert given.pop()[-2:] == ["--grid", "0:2:11"]
