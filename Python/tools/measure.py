"""Measures what README.md claims: `tools/measure.py partitions 20000`, `... export 50000000`, `... predict 1000`.

Each works in the folder that --folder names, which must have room: 2 GB for the first, 7 GB for the second.
"""

import argparse
import multiprocessing
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Python/tests"))
from conftest import MOCK, SOFTENING, WEIGHTS, Mock, command, made_up, write_frames  # noqa: E402 (of the tests)

from photoz.program import environment  # noqa: E402

_TILE = 1000


def started(name: str, arguments: list[str]) -> float:
    """Seconds that a command takes; prints them with the largest peak until now, the making of the data included."""
    begin = time.monotonic()
    subprocess.run(arguments, check=True, env=environment(2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - begin
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
    print(f"{name}: {seconds:.1f} s, no process above {peak:.0f} MB")
    return seconds


def apart(work: Callable[[int, Path], None], count: int, folder: Path) -> None:
    """Does it in a process of its own: what a process holds counts as memory of those that it starts."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=(count, folder))
    process.start()
    process.join()


def make_frames(count: int, folder: Path) -> None:
    """Tiles of 1 000 galaxies."""
    with h5py.File(MOCK) as file:
        rows = np.arange(count) % len(file["images"])
        flux = (np.sinh(file["images"][:].astype("f8")) * SOFTENING[:, None, None]).astype("f4")
        mock = Mock(file["images"][:][:1], flux[rows], file["magnitudes"][:][rows], file["redshift"][:][rows], rows)
    mock.ids = np.arange(count)
    write_frames(mock, folder / "frames", galaxies=count, tiles=count // _TILE, header_unit=True)


def partitions(count: int, folder: Path) -> None:
    """Galaxies cut from tiles, by two processes and by two ranks."""
    apart(make_frames, count, folder)
    frames = folder / "frames"
    base = command(
        "partitions", frames / "catalogue.fits", "--images", frames / "frame-{band}-*.fits", "--weights", WEIGHTS
    )
    for name, start, more in (("processes", [], ["--processes", "2"]), ("ranks", ["mpirun", "-np", "2"], [])):
        seconds = started(f"2 {name}", [*start, *base, *more, "--output", str(folder / name)])
        print(f"  {count / seconds:.0f} galaxies a second")


def make_results(count: int, folder: Path) -> None:
    """Predictions, and a catalogue of the same galaxies in another order."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    made_up(folder / "results", count)
    schema = pyarrow.schema([("id", pyarrow.int64()), ("ra", pyarrow.float64()), ("dec", pyarrow.float64())])
    with ParquetWriter(folder / "catalogue.parquet", schema) as writer:
        for start in range(0, count, 1_000_000):
            # 7919 is a prime: each row once, far from its neighbours.
            at = np.arange(start, min(start + 1_000_000, count)) * 7919 % count
            writer.write_table(pyarrow.table({"id": at * 3 + 1, "ra": at * 1e-5, "dec": at * 1e-6}, schema=schema))


def export(count: int, folder: Path) -> None:
    """A run's predictions as FITS and Parquet, and joined to a catalogue."""
    apart(make_results, count, folder)
    for name in ("z.fits", "z.parquet"):
        started(name, command("export", folder / "results", folder / name))
    joined = command("export", folder / "results", folder / "joined.fits", "--join", folder / "catalogue.parquet")
    started("joined.fits", joined)


def predict(count: int, folder: Path) -> None:
    """Galaxies in memory, by a resident process: what a call takes beside the engine's own time."""
    import photoz

    with h5py.File(MOCK) as file:
        rows = np.arange(count) % len(file["images"])
        images, magnitudes = file["images"][:][rows], file["magnitudes"][:][rows]
    for precision in ("f32", "bf16", "int8"):
        predictor = photoz.Predictor(WEIGHTS, precision=precision)
        predictor(images[:10], magnitudes[:10])
        calls, more = [], []
        for _ in range(15):
            begin = time.perf_counter()
            predictor(images, magnitudes)
            calls.append(time.perf_counter() - begin)
            more.append(calls[-1] - predictor.engine_time)
        print(
            f"{precision}: {1e3 * statistics.median(calls):.0f} ms a call, "
            f"{1e3 * statistics.median(more):.1f} ms more than the engine (medians of {len(calls)})"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["partitions", "export", "predict"])
    parser.add_argument("count", type=int)
    parser.add_argument("--folder", type=Path, required=True, help="an empty folder")
    options = parser.parse_args()
    {"partitions": partitions, "export": export, "predict": predict}[options.what](options.count, options.folder)
