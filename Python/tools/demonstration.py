"""Makes the weights that come with the project, and their model card, from nothing: about two hours on two cores.

    python tools/demonstration.py --catalog CATALOG.csv --folder work      simulates, trains, measures, writes the card
    python tools/adopt.py work                                             takes them into the project

CATALOG.csv has the columns redshift, u, g, r, i, z: real galaxies, for which images are drawn. Its last 500 rows are
kept for the measurements. What is in the folder already is not made again, and a training that was stopped goes on.
"""

import argparse
import csv
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from photoz.program import environment, find_program, run
from photoz.training.results.ablation import ablate, as_markdown
from photoz.training.results.metrics import sigma_mad

BANDS = "ugriz"
HELD_OUT = 500  # last rows of the catalogue
POPULATION, FROM_CATALOG = 240_000, 120_000
TESTED = 20_000
JITTER = 0.01  # magnitudes: rows of the catalogue come many times, and never twice the same
BOOTSTRAPS = 1000
STEPS = {"magnitude_steps": 1500, "steps": 10_000}
DESCRIPTION = (
    "AstroMAE trained on a simulated SDSS-like survey (photoz simulate) and on images that were drawn for SDSS main "
    "sample galaxies"
)
DEMONSTRATION = "their images are simulated; they show what photoz does, and are not for science"


def simulate(folder: Path, galaxies: int, seed: int, catalog: Path | None = None) -> Path:
    """Galaxies of the simulator's population, or with the redshifts and magnitudes of a catalogue."""
    if not folder.exists():
        rows = ["--catalog", str(catalog)] if catalog else []
        size = ["--galaxies", str(galaxies), "--partitions", str(-(-galaxies // 4000)), "--seed", str(seed)]
        command = [str(find_program()), "simulate", *size, *rows, "--output", str(folder)]
        subprocess.run(command, check=True, env=environment(1))
    return folder


def read_catalog(path: Path) -> np.ndarray:
    """Redshift and magnitudes of each row, [N, 6]."""
    with path.open() as file:
        return np.array([[float(row[name]) for name in ("redshift", *BANDS)] for row in csv.DictReader(file)])


def write_catalog(path: Path, rows: np.ndarray) -> Path:
    """What `photoz simulate --catalog` reads."""
    np.savetxt(path, rows, delimiter=",", header=",".join(["redshift", *BANDS]), comments="", fmt="%.6f")
    return path


def surveys(catalog: Path, folder: Path) -> dict[str, Path]:
    """Simulates all that is trained on and measured with."""
    rows = read_catalog(catalog)
    known, held_out = rows[:-HELD_OUT], rows[-HELD_OUT:]
    many = known[np.arange(FROM_CATALOG) % len(known)]
    many[:, 1:] += JITTER * np.random.default_rng(1).standard_normal((FROM_CATALOG, 5))
    drawn, kept = write_catalog(folder / "drawn.csv", many), write_catalog(folder / "held-out.csv", held_out)
    return {
        "population": simulate(folder / "population", POPULATION, 1),
        "catalogue": simulate(folder / "catalogue", FROM_CATALOG, 2, drawn),
        "simulated": simulate(folder / "simulated", TESTED, 1001),
        "held-out": simulate(folder / "held-out", 10 * HELD_OUT, 1002, kept),
    }


def train(catalog: Path, made: dict[str, Path], folder: Path) -> Path:
    """Trains, or goes on with it."""
    weights = folder / "astromae-mock-sdss.h5"
    options = ["--jitter", "0", "--learning-rate", "5e-4", "--patience", "0", "--validation-limit", "4000"]
    for name, count in STEPS.items():
        options += ["--" + name.replace("_", "-"), str(count)]
    sha256 = hashlib.sha256(catalog.read_bytes()).hexdigest()
    said = f"{DESCRIPTION}; the catalogue's SHA-256 is {sha256}"
    options += ["--description", said, "--license", "Apache-2.0", "--demonstration", DEMONSTRATION]
    if not weights.exists():
        data = [str(made["population"]), str(made["catalogue"])]
        command = [sys.executable, "-m", "photoz", "train", "--data", *data, "--output", str(weights), *options]
        subprocess.run([*command, "--resume"], check=True)
    return weights


# What it can do ------------------------------------------------------------------------------------------------------


def deviations(weights: Path, data: Path, output: Path, precision: str) -> tuple[np.ndarray, np.ndarray]:
    """(p - z) / (1 + z) of `photoz run`, [N], and the redshifts predicted."""
    run(weights, data, output, progress=False, precision=precision, overwrite=True)
    with h5py.File(output / "predictions.h5") as file:
        predicted, redshift = file["redshift_predicted"][:].astype("f8"), file["redshift"][:].astype("f8")
    return (predicted - redshift) / (1 + redshift), predicted


def with_error(metric: str, d: np.ndarray) -> str:
    """A metric with its bootstrap error."""
    function = {"sigma_mad": sigma_mad, "Bias": np.mean, "rms": lambda d: np.sqrt((d**2).mean())}[metric]
    chance = np.random.default_rng(1)
    drawn = [function(d[chance.integers(len(d), size=len(d))]) for _ in range(BOOTSTRAPS)]
    sign = "+" if metric == "Bias" else ""
    return f"{float(function(d)):{sign}.5f} ± {np.std(drawn):.5f}"


def measure(weights: Path, made: dict[str, Path], folder: Path) -> tuple[list[str], list[str]]:
    """Rows of the card: metrics of both test sets in float32, and what fewer bits change."""
    metrics, fewer = [], []
    for name in ("simulated", "held-out"):
        exact, known = deviations(weights, made[name], folder / "results", "f32")
        cells = [with_error(metric, exact) for metric in ("sigma_mad", "Bias", "rms")]
        metrics.append(f"| {name} | {len(exact)} | " + " | ".join(cells) + " |")
        for precision in ("bf16", "int8"):
            rough, predicted = deviations(weights, made[name], folder / "results", precision)
            change = 100 * (sigma_mad(rough) / sigma_mad(exact) - 1)
            away = np.abs(predicted - known)
            far = " | ".join(f"{np.quantile(away, share):.1e}" for share in (0.5, 0.99, 1))
            fewer.append(f"| {name} | {precision} | {change:+.2f} % | {far} |")
    return metrics, fewer


def processor() -> str:
    """The processor's name, and how many cores this process may use."""
    text = Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*: (.*)", text)
    return f"{name[1] if name else platform.machine()}, {len(os.sched_getaffinity(0))} cores"


def card(weights: Path, made: dict[str, Path], folder: Path, catalog: Path) -> str:
    """The model card, with all that was measured."""
    import torch

    metrics, fewer = measure(weights, made, folder)
    rows = ablate(weights, [made["simulated"]], figure=folder / "ablation.svg", overwrite=True)
    story = json.loads((folder / f"{weights.stem}-training/training.json").read_text())
    with h5py.File(weights) as file:
        parameters = sum(item.size for item in file.values() if item.dtype.kind == "f")
    return (
        (Path(__file__).with_name("model-card.md"))
        .read_text()
        .format(
            parameters=parameters / 1e6,
            population=POPULATION,
            catalog=FROM_CATALOG,
            known=len(read_catalog(catalog)) - HELD_OUT,
            jitter=JITTER,
            **STEPS,
            took=f"{story['seconds'] / 60:.0f} minutes of training",
            processor=processor(),
            torch=torch.__version__,
            date=time.strftime("%Y-%m-%d"),
            tested=TESTED,
            held_out=HELD_OUT,
            bootstraps=BOOTSTRAPS,
            metrics="\n".join(metrics),
            fewer="\n".join(fewer),
            ablation=as_markdown(rows).strip(),
        )
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalog", type=Path, required=True, help="CSV with redshift, u, g, r, i, z")
    parser.add_argument("--folder", type=Path, required=True, help="which receives everything: 9 GB")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    made = surveys(options.catalog, options.folder)
    weights = train(options.catalog, made, options.folder)
    text = card(weights, made, options.folder, options.catalog)
    (options.folder / "model-card.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
