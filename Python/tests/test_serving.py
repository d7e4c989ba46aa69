"""Resident processes: one for each network, and what it costs to ask them."""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import WEIGHTS, Mock

import photoz
from photoz import serving
from photoz.errors import PhotozError
from photoz.program import PhotozWarning, environment


def processes() -> list[int]:
    """Of this process."""
    return sorted(server._process.pid for server in serving._servers.values() if server.is_alive)


def test_one_process_for_all_calls_alike(mock: Mock) -> None:
    serving.end_servers()
    first = photoz.predict(mock.stored[:3], mock.magnitudes[:3], weights=WEIGHTS)
    before = processes()
    assert len(before) == 1
    again = photoz.Predictor(WEIGHTS)
    assert np.array_equal(again(mock.stored[:3], mock.magnitudes[:3]), first)
    assert again.flags.shape == (3,)
    assert processes() == before
    other = photoz.predict(mock.stored[:3], mock.magnitudes[:3], weights=WEIGHTS, precision="bf16")
    assert 0 < np.abs(other - first).max() < 1e-3
    assert len(processes()) == 2
    serving.end_servers()
    assert processes() == []


def test_flags_and_warnings_are_those_of_a_run(mock: Mock) -> None:
    magnitudes = mock.magnitudes[:6].copy()
    magnitudes[1, 2], magnitudes[2, 0], magnitudes[3, 3] = np.nan, 99, 5
    predictor = photoz.Predictor(WEIGHTS)
    with pytest.warns(PhotozWarning, match="2 of the galaxies lack a magnitude"):
        found = predictor(mock.stored[:6], magnitudes)
    assert np.isnan(found).tolist() == [False, True, True, False, False, False]
    assert (predictor.flags & 3).tolist() == [0, 1, 2, 0, 0, 0]
    assert predictor.flags[3] & 4
    assert predictor(mock.stored[:0], magnitudes[:0]).shape == (0,)


def test_a_bad_call_leaves_the_process_as_it_was(mock: Mock) -> None:
    expected = photoz.predict(mock.stored[:2], mock.magnitudes[:2], weights=WEIGHTS)
    before = processes()
    with pytest.raises(PhotozError, match="units") as unknown:
        photoz.predict(mock.stored[:2], mock.magnitudes[:2], weights=WEIGHTS, units="furlongs")
    assert unknown.value.code == 64
    with pytest.raises(PhotozError, match=r"\[N, 5, 32, 32\]") as shape:
        photoz.predict(mock.stored[:2, :, :30], mock.magnitudes[:2], weights=WEIGHTS)
    assert shape.value.code == 65
    broken = mock.stored[:2].copy()
    broken[1, 0, 0, 0] = np.inf
    with pytest.raises(PhotozError, match="row 1 holds inf"):
        photoz.predict(broken, mock.magnitudes[:2], weights=WEIGHTS)
    assert processes() == before
    assert np.array_equal(photoz.predict(mock.stored[:2], mock.magnitudes[:2], weights=WEIGHTS), expected)


def test_a_process_that_was_killed_is_started_again(mock: Mock) -> None:
    expected = photoz.predict(mock.stored[:2], mock.magnitudes[:2], weights=WEIGHTS)
    for process in processes():
        os.kill(process, signal.SIGKILL)
    while processes():
        time.sleep(0.01)
    assert np.array_equal(photoz.predict(mock.stored[:2], mock.magnitudes[:2], weights=WEIGHTS), expected)


def test_weights_that_have_changed_are_read_again(mock: Mock, tmp_path: Path) -> None:
    weights = tmp_path / "weights.h5"
    with pytest.raises(PhotozError, match=r"weights\.h5") as missing:
        photoz.predict(mock.stored[:2], mock.magnitudes[:2], weights=weights)
    assert missing.value.code == 66
    weights.write_bytes(b"no weights")
    with pytest.raises(PhotozError, match=r"weights\.h5") as bad:
        photoz.predict(mock.stored[:2], mock.magnitudes[:2], weights=weights)
    assert bad.value.code == 65
    shutil.copy(WEIGHTS, weights)
    assert photoz.predict(mock.stored[:2], mock.magnitudes[:2], weights=weights).shape == (2,)


def test_processes_end_with_this_one(tmp_path: Path) -> None:
    """By itself, and when it is killed."""
    code = (
        "import sys, time, numpy as np, photoz; from photoz import serving\n"
        f"photoz.predict(np.ones((1, 5, 32, 32), 'f4'), np.full((1, 5), 20.0), weights={str(WEIGHTS)!r})\n"
        "print(next(iter(serving._servers.values()))._process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    for kills in (False, True):
        script = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", code],
            env=environment(1),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert script.stdout is not None
        process = int(script.stdout.readline())
        if kills:
            script.kill()
        script.communicate()
        end = time.monotonic() + 5
        while Path(f"/proc/{process}").exists() and "Z" not in Path(f"/proc/{process}/stat").read_text().split()[2]:
            assert time.monotonic() < end, "it is still there"
            time.sleep(0.02)


@pytest.mark.quiet
def test_a_thousand_galaxies_take_less_than_50_ms_more_than_the_engine(mock: Mock) -> None:
    rows = np.arange(1000) % len(mock.stored)
    images, magnitudes = mock.stored[rows], mock.magnitudes[rows]
    predictor = photoz.Predictor(WEIGHTS, precision="bf16")
    predictor(images[:10], magnitudes[:10])
    more = []
    for _ in range(7):
        start = time.perf_counter()
        predictor(images, magnitudes)
        more.append(time.perf_counter() - start - predictor.engine_time)
    assert statistics.median(more) < 0.05, more
