"""`python -m photoz ablate` with predictors that are known to look at images, or at magnitudes, or at neither."""

import json
from pathlib import Path

import numpy as np
import pytest
import training_surveys
from conftest import MOCK, WEIGHTS
from test_commands import ended

from photoz.training.results import ablation
from photoz.training.results.ablation import Galaxies, table


def _galaxies(count: int = 400) -> Galaxies:
    columns = training_surveys.galaxies(count)
    chance = np.random.default_rng(6)
    # The redshift stands in the r image, and in the first magnitude.
    images = 0.01 * chance.standard_normal(columns["images"].shape)
    images[:, 2, 4, 5] = columns["redshift"]
    magnitudes = columns["magnitudes"]
    magnitudes[:, 0] = 20 + columns["redshift"]
    return Galaxies(images, magnitudes, columns["redshift"].astype("f8"), None)


def test_a_network_that_looks_at_images_alone() -> None:
    rows = {row.name: row for row in table(_galaxies(), lambda x, m: x[:, 2, 4, 5] + 0.001 * m[:, 1] % 0.01, 1)}
    assert rows["as they are"].sigma_mad < 0.01
    for name in ("images permuted among galaxies", "images zero", "bands of images in reverse order"):
        # In reverse order r stays in the middle.
        assert (rows[name].change > 300) == ("reverse" not in name), name
    assert rows["images rotated and mirrored (mean of 7)"].change > 300
    assert abs(rows["magnitudes permuted among galaxies"].change) < 30


def test_a_network_that_looks_at_magnitudes_alone() -> None:
    galaxies = _galaxies()
    chance = np.random.default_rng(2).normal(0, 0.005, len(galaxies.redshift))
    rows = {row.name: row for row in table(galaxies, lambda x, m: m[:, 0] - 20 + chance, 1)}
    d = chance / (1 + galaxies.redshift)
    assert rows["as they are"].sigma_mad == pytest.approx(1.4826 * np.median(np.abs(d - np.median(d))), rel=1e-3)
    assert rows["as they are"].rms == pytest.approx(np.sqrt((d**2).mean()), rel=1e-3)
    for name, row in rows.items():
        if name.startswith("images") or name.startswith("bands"):
            assert (row.change, row.moved) == (0, 0), name
    assert rows["magnitudes permuted among galaxies"].change > 300
    for name, shift in (("magnitudes +0.1", 0.1), ("magnitudes -0.1", -0.1)):
        expected = d.mean() + (shift / (1 + galaxies.redshift)).mean()
        assert rows[name].bias == pytest.approx(expected, abs=1e-6)
    # For a normal distribution the error of sigma_mad is 1.17 sigma / sqrt(N).
    assert rows["as they are"].sigma_mad_error == pytest.approx(1.17 * 0.0043 / 20, rel=0.5)


def test_blurring_keeps_the_light() -> None:
    columns = training_surveys.galaxies(3, size=32)
    softening = training_surveys.SOFTENING
    blurred = ablation.blurred(columns["images"], softening)
    light, after = (np.sinh(x.astype("f8")) * softening[:, None, None] for x in (columns["images"], blurred))
    assert np.allclose(light.sum(axis=(2, 3)), after.sum(axis=(2, 3)), rtol=0.02, atol=3)
    assert (after.max(axis=(2, 3)) < 0.9 * light.max(axis=(2, 3))).all()


def test_the_command_writes_table_and_figure(tmp_path: Path) -> None:
    files = {"--json": tmp_path / "a.json", "--markdown": tmp_path / "a.md", "--figure": tmp_path / "a.svg"}
    words = ["ablate", "--weights", WEIGHTS, "--data", MOCK, "--limit", 60]
    words += [word for pair in files.items() for word in pair]
    assert ended(*words)[0] == 0
    said = json.loads(files["--json"].read_text())
    assert said["galaxies"] == 60
    assert [row["name"] for row in said["rows"]][:2] == ["as they are", "images permuted among galaxies"]
    assert files["--markdown"].read_text().count("\n") == len(said["rows"]) + 2
    assert files["--figure"].read_text().count("<rect") == len(said["rows"]) + 1
    code, text = ended(*words)
    assert (code, "exists: choose another name" in text) == (73, True)
    code, text = ended("ablate", "--weights", tmp_path / "none.h5", "--data", MOCK)
    assert code == 66
