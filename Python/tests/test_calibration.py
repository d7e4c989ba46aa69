"""`photoz calibrate` and `photoz run --calibration` from Python, their numbers beside those of qp, SciPy and RAIL."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tables_io
from conftest import MOCK, WEIGHTS, calibrate, simulate
from scipy import stats

import photoz
from photoz.errors import PhotozError

qp = pytest.importorskip("qp")
pytest.importorskip("rail.evaluation.evaluator")
pytestmark = pytest.mark.filterwarnings("ignore")  # of RAIL and what it imports

EXACT = 1e-6


@dataclass(frozen=True)
class Calibrated:
    """A run with distributions, over galaxies with redshifts."""

    folder: Path
    calibration: Path
    survey: Path

    @cached_property
    def told(self) -> dict[str, Any]:
        """What `Results.json` says of the distributions."""
        found: dict[str, Any] = json.loads((self.folder / "Results.json").read_text())["distributions"]
        return found

    @cached_property
    def known(self) -> np.ndarray:
        """Spectroscopic redshifts."""
        with h5py.File(self.folder / "predictions.h5") as file:
            return file["redshift"][:].astype("f8")

    @cached_property
    def exact(self) -> Any:
        """The distributions as an ensemble whose density is the same all over a stretch: each quantile twice."""
        places = photoz.distributions(self.folder)
        steps = np.diff(places.values.astype("f8"), axis=1)
        edges = np.repeat(places.values.astype("f8"), 2, axis=1)[:, 1:-1]
        density = np.repeat(np.diff(places.places) / steps, 2, axis=1)
        return qp.interp_irregular.create_ensemble(xvals=edges, yvals=density, norm=False)


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Calibrated:
    folder = tmp_path_factory.mktemp("calibrated")
    survey = simulate(folder / "others", 600, 42)
    calibration = calibrate(folder)
    photoz.run(WEIGHTS, survey, folder / "results", calibration=calibration, ranks=2, progress=False)
    return Calibrated(folder / "results", calibration, survey)


def test_the_real_packages_read_what_was_written(calibrated: Calibrated) -> None:
    path = str(calibrated.folder / "pz.hdf5")
    found, table = qp.read(path), photoz.read(calibrated.folder)
    assert found.npdf == len(table) == 600
    assert np.array_equal(found.ancil["object_id"], table["object_id"])
    assert set(np.ravel(found.ancil["distribution_type"])) == {0}
    assert {"zmode", "zmean", "zmedian", "z_std", "flags", "redshift"} <= set(found.ancil)
    read = tables_io.read(path)
    assert np.array_equal(read["data"]["locs"], photoz.distributions(calibrated.folder).values)
    parts = [(start, end, part.npdf) for start, end, part in qp.iterator(path, chunk_size=250)]
    assert parts == [(0, 250, 250), (250, 500, 250), (500, 600, 100)]
    said = photoz.inspect(calibrated.calibration)
    assert "calibration, whole" in said
    assert "1500" in said


def test_quantiles_and_summaries_agree_with_qp(calibrated: Calibrated) -> None:
    found, exact, table = photoz.ensemble(calibrated.folder), calibrated.exact, photoz.read(calibrated.folder)
    places = photoz.distributions(calibrated.folder)
    # At the quantiles all readings are one.
    for level in (0.025, 0.25, 0.5, 0.95):
        at = places.values[:, np.searchsorted(places.places, level)].astype("f8")[:, None]
        for ensemble in (found, exact):
            assert np.abs(ensemble.cdf(at) - level).max() < EXACT
        assert np.abs(found.ppf(level) - at).max() < EXACT
    for name, level in (("z_lower_68", 0.16), ("z_upper_68", 0.84), ("z_lower_95", 0.025), ("z_upper_95", 0.975)):
        assert np.abs(exact.ppf(level).ravel() - table[name]).max() < EXACT
    ancil = found.ancil
    assert np.abs(np.ravel(ancil["zmedian"]) - exact.ppf(0.5).ravel()).max() < EXACT
    middles, mass = (exact.dist.xvals[:, ::2] + exact.dist.xvals[:, 1::2]) / 2, np.diff(places.places)
    mean = (middles * mass).sum(axis=1)
    assert np.abs(np.ravel(ancil["zmean"]) - mean).max() < EXACT
    widths = np.diff(exact.dist.xvals, axis=1)[:, ::2]
    variance = ((middles**2 + widths**2 / 12) * mass).sum(axis=1) - mean**2
    assert np.abs(np.ravel(ancil["z_std"]) - np.sqrt(variance)).max() < 1e-5


def test_scores_agree_with_qp_and_scipy(calibrated: Calibrated) -> None:
    """Of the same distributions, in which the density is the same all over a stretch, to 1e-6."""
    exact, known, told = calibrated.exact, calibrated.known, calibrated.told["metrics"]
    pit = np.clip(exact.cdf(known[:, None]).ravel(), 0, 1)
    assert told["N"] == len(pit)
    # By SciPy, as qp's own PIT metrics have it.
    ks, cvm = stats.kstest(pit, "uniform"), stats.cramervonmises(pit, "uniform")
    assert told["pit_ks"] == pytest.approx(ks.statistic, abs=EXACT)
    assert told["pit_ks_p"] == pytest.approx(ks.pvalue, abs=1e-3)
    assert told["pit_cvm"] == pytest.approx(cvm.statistic, abs=1e-5)
    assert told["pit_cvm_p"] == pytest.approx(cvm.pvalue, abs=1e-3)
    assert told["pit_outlier_fraction"] == pytest.approx(((pit < 1e-4) | (pit > 0.9999)).mean(), abs=EXACT)
    assert told["pit_histogram"] == np.histogram(pit, 20, (0, 1))[0].tolist()
    for each in told["coverage"]:
        low, high = (1 - each["level"]) / 2, (1 + each["level"]) / 2
        assert each["fraction"] == pytest.approx(((pit >= low) & (pit <= high)).mean(), abs=EXACT)
    edges = exact.dist.xvals[:, ::2], exact.dist.xvals[:, 1::2]
    middles, widths = (edges[0] + edges[1]) / 2, edges[1] - edges[0]
    squares = (exact.pdf(middles) ** 2 * widths).sum(axis=1)
    loss = (squares - 2 * exact.pdf(known[:, None]).ravel()).mean()
    assert told["cde_loss"] == pytest.approx(loss, rel=EXACT)
    assert told["crps"] == pytest.approx(_crps(exact, known).mean(), abs=EXACT)


def _crps(exact: Any, known: np.ndarray) -> np.ndarray:
    """By Simpson's rule between quantiles and redshift, where the integrand is a parabola: exact."""
    xvals = exact.dist.xvals
    nodes = np.sort(np.column_stack([xvals[:, ::2], xvals[:, -1], known]), axis=1)
    middles, widths = (nodes[:, 1:] + nodes[:, :-1]) / 2, np.diff(nodes, axis=1)
    # Which side of the redshift a stretch is on, its middle tells.
    step = (middles >= known[:, None]).astype("f8")
    ends, inside = np.clip(exact.cdf(nodes), 0, 1), np.clip(exact.cdf(middles), 0, 1)
    values = [(ends[:, :-1] - step) ** 2, 4 * (inside - step) ** 2, (ends[:, 1:] - step) ** 2]
    return (widths * sum(values) / 6).sum(axis=1)


def test_the_evaluation_of_rail_agrees(calibrated: Calibrated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pipeline reads our file; where its definitions are ours, its numbers are."""
    from rail.core.data import QPHandle, TableHandle
    from rail.evaluation.dist_to_point_evaluator import DistToPointEvaluator

    monkeypatch.chdir(tmp_path)
    with h5py.File("truth.hdf5", "w") as file:
        file["photometry/redshift"] = calibrated.known
    calibrated.exact.write_to("exact.hdf5")
    found = {}
    for name, path in (("ours", calibrated.folder / "pz.hdf5"), ("exact", tmp_path / "exact.hdf5")):
        stage = DistToPointEvaluator.make_stage(
            name=f"evaluate_{name}", metrics=["cdeloss", "pit"], hdf5_groupname="photometry", force_exact=True,
            metric_config={"cdeloss": {"eval_grid": np.linspace(-0.2, 0.8, 20_001)}},
        )  # fmt: skip
        done = stage.evaluate(
            QPHandle(f"input_{name}", path=str(path)), TableHandle(f"truth_{name}", path="truth.hdf5")
        )
        found[name] = (float(done["summary"].data["cdeloss"][0]), done["single_distribution_summary"].data["pit"])
    told = calibrated.told["metrics"]
    # Of the same distributions: its grid's nearest point stands for the redshift, and its grid for the integral.
    assert found["exact"][0] == pytest.approx(told["cde_loss"], rel=5e-3)
    pit = np.clip(calibrated.exact.cdf(calibrated.known[:, None]).ravel(), 0, 1)
    levels = np.linspace(0, 1, 100)
    quantiles = np.quantile(pit, levels)
    assert np.abs(found["exact"][1].ppf(levels[10:90]).ravel() - quantiles[10:90]).max() < 1e-3
    # As qp reads quantiles: lines between densities and parabolas between probabilities.
    assert found["ours"][0] == pytest.approx(told["cde_loss"], rel=0.03)
    assert np.abs(found["ours"][1].ppf(levels[10:90]).ravel() - quantiles[10:90]).max() < 0.02


@pytest.mark.parametrize(("pdf", "kind"), [("interp", "interp"), ("hist", "hist")])
def test_distributions_on_a_grid_are_those_of_the_quantiles(
    calibrated: Calibrated, tmp_path: Path, pdf: str, kind: str
) -> None:
    folder = tmp_path / "results"
    options = {"calibration": calibrated.calibration, "pdf": pdf, "grid": (-0.5, 1.5, 2001)}
    run = photoz.run(WEIGHTS, calibrated.survey, folder, progress=False, **options)
    found = photoz.ensemble(folder)
    assert run.distributions.form == kind
    places = np.linspace(-0.5, 1.5, 2001)
    # A grid step of 0.001 beside stretches that are wider by far: its points, or all of them in the mean.
    assert np.abs(found.cdf(places) - calibrated.exact.cdf(places)).max() < (EXACT if pdf == "hist" else 0.02)
    # The numbers are of the distributions themselves, whatever form they are stored in.
    assert run.summary["distributions"]["metrics"] == calibrated.told["metrics"]
    assert run.summary["distributions"]["grid"] == "-0.5:1.5:2001"


def test_views_are_averaged(tmp_path: Path) -> None:
    one = photoz.run(WEIGHTS, MOCK, tmp_path / "one", progress=False).table
    many = photoz.run(WEIGHTS, MOCK, tmp_path / "many", views=4, progress=False).table
    assert "view_scatter" not in one.colnames
    assert 0 < np.median(many["view_scatter"]) < 0.01
    # The mean is within what views scatter by of any one of them.
    assert (np.abs(many["z_phot"] - one["z_phot"]) <= 2 * many["view_scatter"] + 1e-6).all()


def test_errors_of_calibrate_have_the_message_of_the_program(calibrated: Calibrated, tmp_path: Path) -> None:
    with pytest.raises(PhotozError, match="calibration") as exists:
        photoz.calibrate(WEIGHTS, calibrated.survey, calibrated.calibration, progress=False)
    assert exists.value.code == 73
    with h5py.File(tmp_path / "unlabelled.h5", "w") as file, h5py.File(MOCK) as mock:
        file["images"], file["magnitudes"] = mock["images"][:], mock["magnitudes"][:]
        file["images"].attrs.update(mock["images"].attrs)
    with pytest.raises(PhotozError) as unlabelled:
        photoz.calibrate(WEIGHTS, tmp_path / "unlabelled.h5", tmp_path / "c.hdf5", progress=False)
    assert unlabelled.value.code == 65
    options = {"calibration": calibrated.calibration, "precision": "bf16"}
    with pytest.raises(PhotozError, match="precision") as other:
        photoz.run(WEIGHTS, calibrated.survey, tmp_path / "r", progress=False, **options)
    assert other.value.code == 65
    assert not (tmp_path / "c.hdf5").exists()
