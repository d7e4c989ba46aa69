"""The commands of training that need no PyTorch, from where they are now; the network where there is PyTorch."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import ROOT, WEIGHTS

from photoz.program import environment, find_program


def test_the_range_of_a_survey_is_recorded(tmp_path: Path) -> None:
    survey = tmp_path / "survey"
    sizes = ["--galaxies", "300", "--partitions", "2", "--seed", "5"]
    subprocess.run([find_program(), "simulate", *sizes, "--output", survey], check=True, env=environment(1))
    weights = tmp_path / "weights.h5"
    shutil.copy(WEIGHTS, weights)
    weights.chmod(0o644)
    command = [sys.executable, "-m", "photoz.training.record_range", "--weights", weights, "--survey", survey]
    subprocess.run(command, check=True, cwd=ROOT)
    magnitudes = []
    for path in survey.glob("*.h5"):
        with h5py.File(path) as file:
            magnitudes.append(file["magnitudes"][:])
    with h5py.File(weights) as file:
        expected = np.percentile(np.concatenate(magnitudes), (0.1, 99.9), axis=0).T
        assert np.allclose(file.attrs["magnitude_range"], expected, atol=1e-5)
        assert "300 galaxies" in file.attrs["range_source"]


def test_the_network_is_the_published_one() -> None:
    pytest.importorskip("torch")
    subprocess.run([sys.executable, "-m", "photoz.training.astromae", "--check"], check=True, cwd=ROOT)
