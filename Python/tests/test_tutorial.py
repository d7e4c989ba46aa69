"""The tutorial, run from its own text."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from conftest import BANDS, ROOT, WEIGHTS, Mock, write_frames

from photoz.program import environment, find_program

sys.path.insert(0, str(ROOT / "Python/tools"))
import notebook

PAGE = (ROOT / "Python/TUTORIAL.md").read_text()


# Which galaxies the shipped weights were trained on they do not say, and calibrate warns of that.
@pytest.mark.filterwarnings("ignore:it cannot be told whether the network was trained on these")
def test_the_tutorial_does_what_it_says(mock: Mock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = write_frames(mock, tmp_path / "frames", header_unit=True)
    table = frames.table
    table.rename_columns(["ID", "Z_SPEC"], ["objID", "Z"])
    for number, band in enumerate(BANDS):
        table[f"extinction_{band}"] = 0.02 * (number + np.arange(len(table)) % 5)
        table[f"modelMag_{band}"] += table[f"extinction_{band}"]
    table.write(tmp_path / "catalogue.fits")
    (tmp_path / "weights.h5").symlink_to(WEIGHTS)
    monkeypatch.chdir(tmp_path)
    paths = [str(find_program().parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(paths))
    names: dict[str, object] = {}
    for kind, text in notebook.blocks(PAGE):
        if kind == "sh":
            done = subprocess.run(["sh", "-ec", text], env=environment(2), capture_output=True, text=True)
            assert done.returncode == 0, f"{text}\n{done.stderr}"
        elif kind == "python":
            exec(compile(text, "TUTORIAL.md", "exec"), names)
    found = Table.read("redshifts.fits")
    assert len(found) == 64
    order, want = np.argsort(found["object_id"]), np.argsort(mock.ids[:64])
    assert np.array_equal(found["z_spec"][order], mock.redshift[:64][want])
    expected = table[np.argsort(table["objID"])]
    assert np.array_equal(found["RA"][order], expected["RA"])
    # Extinction was taken off, and the pixels are right: this network then has this scatter.
    assert np.median(np.abs(found["z_phot"] - found["z_spec"])) < 0.02
    assert (tmp_path / "redshifts.png").stat().st_size > 5000


def test_the_notebook_is_the_page() -> None:
    assert (ROOT / "Python/tutorial.ipynb").read_text() == notebook.text(PAGE), "run python tools/notebook.py"
