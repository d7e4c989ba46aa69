"""What a user gets who fine-tunes the shipped weights for another survey, beside boosted trees on its magnitudes.

    python tools/finetune.py --folder work --minutes 20

A survey in g, r, i, z, y with other pixels, seeing and depth (tests/foreign_survey.py) has 8 000 labelled galaxies;
8 000 others of another seed are predicted. Needs the `train` extra, scikit-learn and the program; trees are chosen by
cross-validation among 18 settings. Prints sigma_mad, bias and outliers of both.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import GridSearchCV

from photoz.program import run
from photoz.training.data.partitions import listed
from photoz.training.results.metrics import sigma_mad

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Python" / "tests"))
import foreign_survey  # noqa: E402

LABELLED, OTHERS = 8000, 8000
SETTINGS = {
    "learning_rate": [0.03, 0.06, 0.1],
    "max_leaf_nodes": [15, 31, 63],
    "loss": ["squared_error", "absolute_error"],
}


def statistics(name: str, predicted: np.ndarray, redshift: np.ndarray) -> str:
    """One line about residuals."""
    d = (predicted - redshift) / (1 + redshift)
    return (
        f"{name:24}sigma_mad {sigma_mad(d):.5f}, bias {d.mean():+.5f}, outliers {100 * (np.abs(d) > 0.05).mean():.2f} %"
    )


def table(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Magnitudes and colours [N, 9], and redshifts [N], of all partitions of a folder."""
    found = []
    for path in listed([folder]):
        with h5py.File(path) as file:
            found.append((file["magnitudes"][:].astype("f8"), file["redshift"][:].astype("f8")))
    magnitudes = np.concatenate([each for each, _ in found])
    return np.hstack([magnitudes, -np.diff(magnitudes, axis=1)]), np.concatenate([each for _, each in found])


def trees(labelled: Path, unseen: np.ndarray) -> np.ndarray:
    """Redshifts of unseen galaxies, by the trees that cross-validation likes best."""
    inputs, redshift = table(labelled)
    plain = HistGradientBoostingRegressor(max_iter=2000, early_stopping=True, random_state=0)
    search = GridSearchCV(plain, SETTINGS, scoring="neg_mean_absolute_error", cv=4, n_jobs=2).fit(inputs, redshift)
    print("trees:", search.best_params_)
    return np.asarray(search.predict(unseen))


def tuned(labelled: Path, others: Path, options: argparse.Namespace) -> np.ndarray:
    """Redshifts of the others, by the shipped weights after fine-tuning."""
    weights = options.folder / "tuned.h5"
    if not weights.exists():
        start = time.monotonic()
        command = [sys.executable, "-m", "photoz", "train", "--data", str(labelled), "--output", str(weights)]
        command += ["--start", str(options.weights), "--minutes", str(options.minutes), *options.more]
        subprocess.run(command, check=True)
        print(f"photoz train: {(time.monotonic() - start) / 60:.1f} min in all")
    run(weights, others, options.folder / "results", progress=False, overwrite=True)
    with h5py.File(options.folder / "results" / "predictions.h5") as file:
        return np.asarray(file["redshift_predicted"][:], "f8")


def main() -> None:
    """Makes the surveys, unless they are there, and compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="which receives everything")
    parser.add_argument("--weights", type=Path, default=ROOT / "Data" / "astromae-mock-sdss.h5", help="to start from")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("more", nargs="*", help="options of photoz train, after --")
    options = parser.parse_args()
    labelled, others = options.folder / "labelled", options.folder / "others"
    for survey, galaxies, seed in ((labelled, LABELLED, 11), (others, OTHERS, 12)):
        if not survey.exists():
            foreign_survey.write(survey, galaxies, seed)
    unseen, redshift = table(others)
    print(statistics("boosted trees", trees(labelled, unseen), redshift))
    print(statistics("fine-tuned weights", tuned(labelled, others, options), redshift))


if __name__ == "__main__":
    main()
