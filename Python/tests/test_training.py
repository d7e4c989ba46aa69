"""The network of the package is the published one."""

import subprocess
import sys

import pytest
from conftest import ROOT


def test_the_network_is_the_published_one() -> None:
    pytest.importorskip("torch")
    subprocess.run([sys.executable, "-m", "photoz.training.astromae", "--check"], check=True, cwd=ROOT)
