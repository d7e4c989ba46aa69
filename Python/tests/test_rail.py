"""The stage of RAIL, by the real libraries: estimate, evaluate, read with qp and tables_io, and a ceci pipeline."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import tables_io
import yaml
from conftest import MOCK, ROOT, WEIGHTS, Mock, calibrate

import photoz
from photoz.errors import PhotozError

qp = pytest.importorskip("qp")
pytest.importorskip("rail.estimation.estimator")
pytestmark = pytest.mark.filterwarnings("ignore")  # of RAIL and what it imports

EXAMPLE = ROOT / "Python/examples"


@pytest.fixture(scope="module")
def calibration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return calibrate(tmp_path_factory.mktemp("calibration"))


@pytest.fixture
def survey(mock: Mock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of partitions, and RAIL's table of the same galaxies in another order."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "survey").mkdir()
    (tmp_path / "survey/1.h5").write_bytes(MOCK.read_bytes())
    order = np.random.default_rng(6).permutation(256)[:100]
    with h5py.File(tmp_path / "galaxies.hdf5", "w") as file:
        group = file.create_group("photometry")
        group["object_id"], group["redshift"] = mock.ids[order], mock.redshift[order]
        for number, band in enumerate("ugriz"):
            group[f"mag_{band}_lsst"] = mock.magnitudes[order, number]
    return tmp_path


def test_the_stage_and_an_evaluation(survey: Path) -> None:
    from rail.core.data import TableHandle
    from rail.evaluation.point_to_point_evaluator import PointToPointEvaluator

    from photoz.rail import PhotozEstimator

    stage = PhotozEstimator.make_stage(
        name="photoz",
        weights=str(WEIGHTS),
        images="survey",
        results="results",
        hdf5_groupname="photometry",
        id_col="object_id",
        chunk_size=30,
        output="photoz.hdf5",
    )
    handle = stage.estimate(TableHandle("input", path="galaxies.hdf5"))
    table = photoz.read("results/run")
    expected = dict(zip(table["object_id"], table["z_phot"], strict=True))
    found = qp.read("photoz.hdf5")
    with h5py.File("galaxies.hdf5") as file:
        ids, truth = file["photometry/object_id"][:], file["photometry/redshift"][:]
    redshifts = found.ancil["zmode"].ravel()
    assert np.array_equal(redshifts, np.float64([expected[each] for each in ids]))
    assert np.array_equal(found.ancil["z_phot"].ravel(), redshifts)
    assert np.array_equal(found.ancil["id"], ids)
    assert set(found.ancil["distribution_type"]) == {0}
    assert np.allclose(found.mode(np.linspace(0, 1, 4001)).ravel(), redshifts, atol=3e-4)
    assert stage.config["weights_sha256"] == photoz.read("results/run").meta["weights_sha256"]
    read = tables_io.read("photoz.hdf5")
    assert np.array_equal(np.ravel(read["ancil"]["zmode"]), redshifts)
    evaluator = PointToPointEvaluator.make_stage(
        name="evaluate",
        metrics=["point_bias", "point_stats_ez"],
        hdf5_groupname="photometry",
        reference_dictionary_key="redshift",
        point_estimate_key="zmode",
        output="evaluation.hdf5",
        summary="summary.hdf5",
    )
    summary = evaluator.evaluate(handle, TableHandle("truth", path="galaxies.hdf5"))["summary"].data
    # Bias is the median of (z_phot - z_spec) / (1 + z_spec), here by a digest.
    assert float(summary["point_bias"][0]) == pytest.approx(np.median((redshifts - truth) / (1 + truth)), abs=1e-3)


@pytest.mark.parametrize("pdf", ["quant", "hist"])
def test_calibrated_distributions_are_handed_on(survey: Path, calibration: Path, pdf: str) -> None:
    """Those of `pz.hdf5`, in the order of the table; and the numbers of RAIL's point metrics are ours."""
    from rail.core.data import TableHandle
    from rail.evaluation.point_to_point_evaluator import PointToPointEvaluator

    from photoz.rail import PhotozEstimator

    # The whole survey, so that the program has judged the same galaxies.
    with h5py.File(MOCK) as mock, h5py.File("all.hdf5", "w") as file:
        order = np.random.default_rng(7).permutation(256)
        for name in ("object_id", "redshift"):
            file[f"photometry/{name}"] = mock[name][:][order]
    stage = PhotozEstimator.make_stage(
        name=f"photoz_{pdf}",
        weights=str(WEIGHTS),
        images="survey",
        results="results",
        calibration=str(calibration),
        pdf=pdf,
        grid="" if pdf == "quant" else "-0.2:0.8:501",
        hdf5_groupname="photometry",
        id_col="object_id",
        chunk_size=100,
        output="photoz.hdf5",
    )
    handle = stage.estimate(TableHandle(f"all_{pdf}", path="all.hdf5"))
    found, source = qp.read("photoz.hdf5"), photoz.distributions("results/run")
    assert (found.gen_class.name, found.npdf) == (pdf, 256)
    place = np.argsort(source.ancil["object_id"])[np.argsort(np.argsort(found.ancil["id"]))]
    assert np.array_equal(source.ancil["object_id"][place], found.ancil["id"])
    own = {"quant": "locs", "hist": "pdfs"}[pdf]
    assert np.allclose(found.objdata[own], source.values[place], rtol=1e-6, atol=1e-6)
    for name in ("zmode", "zmean", "zmedian", "z_std", "flags"):
        assert np.array_equal(np.ravel(found.ancil[name]), np.ravel(source.ancil[name][place])), name
    # A distribution is no point: its middle is near the network's redshift, and not the same.
    assert 0 < np.abs(found.ancil["zmedian"] - found.ancil["z_phot"]).max() < 0.02
    evaluator = PointToPointEvaluator.make_stage(
        name=f"evaluate_{pdf}",
        metrics=["point_bias", "point_stats_sigma_mad", "point_stats_iqr"],
        hdf5_groupname="photometry",
        point_estimate_key="z_phot",
        force_exact=True,
    )
    summary = evaluator.evaluate(handle, TableHandle(f"truth_{pdf}", path="all.hdf5"))["summary"].data
    told = json.loads((survey / "results/run/Results.json").read_text())["metrics"]
    for its, ours in (
        ("point_bias", "median_bias"),
        ("point_stats_sigma_mad", "sigma_mad"),
        ("point_stats_iqr", "sigma_iqr"),
    ):
        assert float(summary[its][0]) == pytest.approx(told[ours], abs=1e-6)


def test_galaxies_that_the_partitions_lack_are_named(survey: Path) -> None:
    from rail.core.data import TableHandle

    from photoz.rail import PhotozEstimator

    with h5py.File("galaxies.hdf5", "r+") as file:
        file["photometry/object_id"][5] = -7
    stage = PhotozEstimator.make_stage(
        name="lost", weights=str(WEIGHTS), images="survey", hdf5_groupname="photometry", id_col="object_id"
    )
    with pytest.raises(PhotozError, match=r"1 galaxies .* are not among the partitions of survey: -7"):
        stage.estimate(TableHandle("other", path="galaxies.hdf5"))


def test_the_example_pipeline_runs(survey: Path, calibration: Path) -> None:
    for name in ("rail-pipeline.yml", "rail-config.yml"):
        shutil.copy(EXAMPLE / name, survey / name)
    config = yaml.safe_load((survey / "rail-config.yml").read_text())
    config["PhotozEstimator"] |= {"weights": str(WEIGHTS), "calibration": str(calibration)}
    (survey / "rail-config.yml").write_text(yaml.safe_dump(config))
    # As in a shell whose environment is active: ceci starts `python3`.
    home = Path(sys.executable).parent
    path = f"{home}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [home / "ceci", "rail-pipeline.yml"],
        capture_output=True,
        text=True,
        cwd=survey,
        env=os.environ | {"PATH": path},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = qp.read(str(survey / "output/output.hdf5"))
    assert (found.gen_class.name, found.npdf) == ("quant", 100)
