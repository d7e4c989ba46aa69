"""The program from Python: runs, reports, arrays in memory."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import MOCK, SOFTENING, WEIGHTS, Mock

import photoz
from photoz.errors import PhotozError
from photoz.program import PhotozWarning, arguments, find_program


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> photoz.program.Run:  # type: ignore[name-defined]
    return photoz.run(WEIGHTS, MOCK, tmp_path_factory.mktemp("run") / "results", ranks=2, progress=False)


def test_a_run_gives_results_and_a_page(run: object, mock: Mock, tmp_path: Path) -> None:
    assert run.summary["world_size"] == 2  # type: ignore[attr-defined]
    assert run.metrics["sigma_mad"] < 0.02  # type: ignore[attr-defined]
    assert len(run.table) == 256  # type: ignore[attr-defined]
    page = photoz.report(run.folder, output=tmp_path / "page.html")  # type: ignore[attr-defined]
    assert "<iframe srcdoc=" in page._repr_html_()
    assert "sigma" in Path(page).read_text()
    assert "256" in photoz.inspect(run.folder / "predictions.h5")  # type: ignore[attr-defined]


def test_an_error_has_the_message_of_the_program(tmp_path: Path) -> None:
    with pytest.raises(PhotozError, match=r"nothing\.h5") as missing:
        photoz.run(WEIGHTS, tmp_path / "nothing.h5", tmp_path / "results", progress=False)
    assert missing.value.code == 66
    with pytest.raises(PhotozError) as usage:
        photoz.run(WEIGHTS, MOCK, tmp_path / "results", progress=False, precision="f8")
    assert usage.value.code == 64
    (tmp_path / "one.h5").write_bytes(MOCK.read_bytes())
    with h5py.File(tmp_path / "one.h5", "r+") as file:
        file["images"].attrs["bands"] = "zirgu"
    with pytest.raises(PhotozError, match="--bands") as order:
        photoz.run(WEIGHTS, tmp_path / "one.h5", tmp_path / "results", ranks=2, progress=False)
    assert order.value.code == 65


def test_warnings_of_the_program_are_warnings(tmp_path: Path) -> None:
    with h5py.File(MOCK) as source, h5py.File(tmp_path / "twice.h5", "w") as file:
        for name in ("images", "magnitudes"):
            file[name] = source[name][:4]
        file["object_id"] = [1, 1, 2, 3]
    with pytest.warns(PhotozWarning, match=r"galaxies have the identifier of another one"):
        photoz.run(WEIGHTS, tmp_path / "twice.h5", tmp_path / "results", progress=False)


def test_arrays_in_memory(run: object, mock: Mock) -> None:
    expected = run.table["z_phot"]  # type: ignore[attr-defined]
    before = set(os.listdir("/dev/shm"))
    predictor = photoz.Predictor(WEIGHTS)
    assert np.array_equal(predictor(mock.stored[:9], mock.magnitudes[:9]), expected[:9])
    assert not predictor.flags.any() or predictor.flags.shape == (9,)
    found = photoz.predict(mock.flux[:9], mock.magnitudes[:9], weights=WEIGHTS, units="nanomaggies")
    assert np.abs(found - expected[:9]).max() < 1e-6
    turned = photoz.predict(mock.stored[:9, ::-1], mock.magnitudes[:9, ::-1], weights=WEIGHTS, bands="zirgu")
    assert np.array_equal(turned, expected[:9])
    assert SOFTENING.shape == (5,)
    with pytest.raises(PhotozError, match=r"\[9, 5, 32, 32\] and \[8, 5\]"):
        photoz.predict(mock.stored[:9], mock.magnitudes[:8], weights=WEIGHTS)
    assert not {name for name in set(os.listdir("/dev/shm")) - before if name.startswith("photoz-")}


def test_the_program_is_what_photoz_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = find_program()
    monkeypatch.setenv("PHOTOZ", str(own))
    assert find_program() == own.resolve()
    monkeypatch.setenv("PHOTOZ", str(tmp_path / "nothing"))
    with pytest.raises(PhotozError, match="which is no program"):
        find_program()
    assert arguments({"grid": "-0.1:1:12", "redshift_range": (-0.01, 20)}) == [
        "--grid=-0.1:1:12",
        "--redshift-range=-0.01,20",
    ]
    assert arguments({"overwrite": True, "deadline": 5, "bands": ("u", "g"), "csv": False}) == [
        "--overwrite",
        "--deadline",
        "5",
        "--bands",
        "u,g",
    ]
