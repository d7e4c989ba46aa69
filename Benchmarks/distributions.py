"""photoz's redshift distributions beside one Gaussian for all and beside quantile regression forests.

    photoz run --weights W --data labelled/ --output results/labelled
    photoz run --weights W --data others/ --output results/others --calibration calibration.hdf5
    .build-python/bin/python Benchmarks/distributions.py results/labelled results/others

Both yardsticks learn from the galaxies of the first folder, those that the calibration was made of, and all
three are judged on the galaxies of the second, which nobody has seen, by the same code: 29 quantiles each,
between which the probability rises evenly. Needs scikit-learn and the packages of Python/.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy import sparse, stats
from sklearn.ensemble import RandomForestRegressor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Python/src"))

from photoz.ensembles import distributions
from photoz.results import Predictions

LEVELS = np.array([0, 0.001, 0.005, 0.01, 0.025, *(np.arange(1, 20) / 20), 0.975, 0.99, 0.995, 0.999, 1])
COVERAGES = (0.5, 0.68, 0.9, 0.95, 0.99)
BINS = 10
TREES = 200
LEAVES = (10, 20, 40, 80, 160)  # galaxies of a leaf at least; a fifth of the labelled galaxies chooses
LEAST_STEP = 1e-6  # of redshift between quantiles, so that densities are finite
CHUNK = 2000  # galaxies of which the weights of labelled ones are in memory


@dataclass(frozen=True)
class Galaxies:
    """Galaxies with a redshift of both kinds and all magnitudes.

    Attributes:
        predicted, known: Photometric and spectroscopic redshift, [N].
        magnitudes: [N, bands].
        rows: Of the predictions, [N].
    """

    predicted: np.ndarray
    known: np.ndarray
    magnitudes: np.ndarray
    rows: np.ndarray

    @property
    def inputs(self) -> np.ndarray:
        """What forests see: magnitudes and the photometric redshift, [N, bands + 1]."""
        return np.column_stack([self.magnitudes, self.predicted])

    @property
    def residuals(self) -> np.ndarray:
        """(z_spec - z_phot) / (1 + z_phot), [N]."""
        return (self.known - self.predicted) / (1 + self.predicted)

    def take(self, chosen: np.ndarray) -> "Galaxies":
        return Galaxies(
            self.predicted[chosen], self.known[chosen], self.magnitudes[chosen], self.rows[chosen]
        )


def read(folder: Path) -> Galaxies:
    """The galaxies of a run, with the magnitudes of its partitions."""
    source = Predictions.open(folder)
    parts = list(source.chunks())
    names = ("z_phot", "z_spec", "partition", "row")
    whole = {name: np.concatenate([part[name] for part in parts]) for name in names}
    found = None
    for number, path in enumerate(source.partitions):
        own = np.flatnonzero(whole["partition"] == number)
        if not len(own):
            continue
        with h5py.File(path) as file:
            magnitudes = file["magnitudes"][:]
        if found is None:
            found = np.full((source.rows, magnitudes.shape[1]), np.nan)
        found[own] = magnitudes[whole["row"][own]]
    if found is None:
        raise SystemExit(f"{folder}: holds no galaxies")
    finite = np.isfinite(whole["z_phot"]) & np.isfinite(whole["z_spec"])
    rows = np.flatnonzero(finite & ((found > 0) & (found < 90)).all(axis=1))
    if not len(rows):
        raise SystemExit(f"{folder}: no galaxy has a spectroscopic redshift and all magnitudes")
    predicted, known = (whole[name][rows].astype("f8") for name in ("z_phot", "z_spec"))
    return Galaxies(predicted, known, found[rows], rows)


# Contestants: 29 redshifts a galaxy -------------------------------------------------------------------------


def calibrated(folder: Path, others: Galaxies) -> np.ndarray:
    """What `photoz run --calibration` has written, [N, 29]."""
    found = distributions(folder)
    if found.form != "quant" or not np.allclose(found.places, LEVELS):
        raise SystemExit(
            f"{found.path}: quantiles at the {len(LEVELS)} levels are needed: run with --pdf quant"
        )
    return found.values[others.rows].astype("f8")


def one_gaussian(labelled: Galaxies, others: Galaxies) -> np.ndarray:
    """The mean and standard deviation of all residuals, [N, 29]."""
    r = labelled.residuals
    inner = r.mean() + r.std() * stats.norm.ppf(LEVELS[1:-1])
    return with_ends(others.predicted[:, None] + inner * (1 + others.predicted[:, None]))


def forest(labelled: Galaxies, others: Galaxies) -> np.ndarray:
    """Quantile regression forests (Meinshausen 2006) of residuals, [N, 29], by the best sizes of leaves.

    A galaxy's distribution is that of the labelled galaxies that share its leaves, by how often they do.
    """
    part = np.arange(len(labelled.rows)) % 5 == 0
    fitted, judging = labelled.take(~part), labelled.take(part)
    losses = {leaf: scores(grown(fitted, judging, leaf), judging.known).crps.mean() for leaf in LEAVES}
    best = min(losses, key=losses.__getitem__)
    print(f"forests: leaves of {best} galaxies or more are the best of {LEAVES}")
    return grown(labelled, others, best)


def grown(labelled: Galaxies, others: Galaxies, leaf: int) -> np.ndarray:
    """Quantiles of a forest with leaves of this size, [N, 29]."""
    trees = RandomForestRegressor(TREES, min_samples_leaf=leaf, n_jobs=-1, random_state=1)
    order = np.argsort(labelled.residuals, kind="stable")
    r, inputs = labelled.residuals[order], labelled.inputs[order]
    trees.fit(inputs, r)
    # The leaves of all trees, one after another.
    firsts = np.cumsum([0] + [tree.tree_.node_count for tree in trees.estimators_])
    ours, theirs = trees.apply(inputs) + firsts[:-1], trees.apply(others.inputs) + firsts[:-1]
    shares = 1 / np.bincount(ours.ravel())[ours] / TREES
    known = in_leaves(ours, shares, firsts[-1]).T.tocsr()
    inner = np.empty((len(theirs), len(LEVELS) - 2))
    for start in range(0, len(theirs), CHUNK):
        leaves = theirs[start : start + CHUNK]
        weights = (in_leaves(leaves, np.ones(leaves.shape), firsts[-1]) @ known).tocsr()
        weights.sort_indices()
        for row, (first, end) in enumerate(pairwise(weights.indptr), start):
            inner[row] = weighted_quantiles(r[weights.indices[first:end]], weights.data[first:end])
    return with_ends(others.predicted[:, None] + inner * (1 + others.predicted[:, None]))


def in_leaves(leaves: np.ndarray, values: np.ndarray, count: int) -> sparse.csr_array:
    """[N, count] with values [N, trees] at the leaves [N, trees] that galaxies are in."""
    bounds = np.arange(0, leaves.size + 1, leaves.shape[1])
    return sparse.csr_array((values.ravel(), leaves.ravel(), bounds), shape=(len(leaves), count))


def weighted_quantiles(ordered: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Quantiles of a weighted sample at all levels but 0 and 1, between the middles of its steps."""
    middles = np.cumsum(weights) - weights / 2
    return np.interp(LEVELS[1:-1], middles, ordered)


def with_ends(inner: np.ndarray) -> np.ndarray:
    """All 29 quantiles of the inner 27: the outer stretches are as dense as those beside them."""
    before = (LEVELS[1] - LEVELS[0]) / (LEVELS[2] - LEVELS[1]) * (inner[:, 1] - inner[:, 0])
    behind = (LEVELS[-1] - LEVELS[-2]) / (LEVELS[-2] - LEVELS[-3]) * (inner[:, -1] - inner[:, -2])
    whole = np.column_stack([inner[:, 0] - before, inner, inner[:, -1] + behind])
    steps = np.maximum(np.diff(whole, axis=1), LEAST_STEP)
    return whole[:, :1] + np.column_stack([np.zeros(len(whole)), np.cumsum(steps, axis=1)])


# Judging ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scores:
    """Of each galaxy, [N]: the probability below its redshift, and two scores, lower when they are better.

    Attributes:
        cde: Integral of p(z)^2 less 2 p(z_spec).
        crps: Integral of (F(z) - [z >= z_spec])^2, redshift.
    """

    pit: np.ndarray
    cde: np.ndarray
    crps: np.ndarray


def scores(quantiles: np.ndarray, known: np.ndarray) -> Scores:
    """Exact for distributions whose probability rises evenly between their quantiles [N, 29]."""
    steps, rises = np.diff(quantiles, axis=1), np.diff(LEVELS)
    z = known[:, None]
    inside = np.clip((z - quantiles[:, :-1]) / steps, 0, 1)
    pit = (rises * inside).sum(axis=1)
    holds = (quantiles[:, :-1] <= z) & (z < quantiles[:, 1:])
    cde = (rises**2 / steps).sum(axis=1) - 2 * (holds * rises / steps).sum(axis=1)
    low, at, high = LEVELS[:-1], LEVELS[:-1] + rises * inside, LEVELS[1:]
    # The mean of F^2 over a stretch in which F rises evenly from a to b is (a^2 + ab + b^2) / 3.
    below = steps * inside * (low**2 + low * at + at**2) / 3
    above = steps * (1 - inside) * ((1 - at) ** 2 + (1 - at) * (1 - high) + (1 - high) ** 2) / 3
    outside = np.maximum(quantiles[:, 0] - known, 0) + np.maximum(known - quantiles[:, -1], 0)
    return Scores(pit, cde, (below + above).sum(axis=1) + outside)


def coverage(pit: np.ndarray, level: float) -> float:
    """The fraction of galaxies in their central interval of this probability."""
    return float(((pit >= (1 - level) / 2) & (pit <= (1 + level) / 2)).mean())


def far_bins(pit: np.ndarray, values: np.ndarray) -> list[dict[str, float]]:
    """Bins of equal counts, and levels, in which the coverage is off by more than three binomial errors."""
    found = []
    for bin_ in np.array_split(np.argsort(values, kind="stable"), BINS):
        for level in COVERAGES:
            off, error = coverage(pit[bin_], level) - level, np.sqrt(level * (1 - level) / len(bin_))
            if abs(off) > 3 * error:
                edges = {"from": float(values[bin_].min()), "to": float(values[bin_].max())}
                found.append({**edges, "level": level, "coverage": level + off, "errors": off / error})
    return found


def judged(found: Scores, others: Galaxies) -> dict[str, Any]:
    """What the table shows of a contestant."""
    ks = stats.kstest(found.pit, "uniform")
    middle = others.magnitudes[:, others.magnitudes.shape[1] // 2]
    by = {"redshift_predicted": others.predicted, "magnitude": middle}
    return {
        "cde_loss": float(found.cde.mean()),
        "crps": float(found.crps.mean()),
        "pit_ks": float(ks.statistic),
        "pit_ks_p": float(ks.pvalue),
        "coverage": {str(level): coverage(found.pit, level) for level in COVERAGES},
        "beyond_three_errors": {name: far_bins(found.pit, values) for name, values in by.items()},
    }


def table(rows: dict[str, dict[str, Any]], count: int) -> str:
    """The table, in Markdown."""
    cells = BINS * len(COVERAGES)
    head = ["", "CDE loss", "CRPS", "KS p", *(f"{100 * level:g} %" for level in COVERAGES)]
    head += [f"far in z_phot (of {cells})", f"far in magnitude (of {cells})"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for name, row in rows.items():
        parts = [name, f"{row['cde_loss']:.3f}", f"{row['crps']:.6f}", f"{row['pit_ks_p']:.3g}"]
        for level in COVERAGES:
            off = row["coverage"][str(level)] - level
            parts.append(f"{100 * (level + off):.2f} ({off / np.sqrt(level * (1 - level) / count):+.1f})")
        parts += [str(len(bins)) for bins in row["beyond_three_errors"].values()]
        lines.append("| " + " | ".join(parts) + " |")
    return "\n".join(lines)


def beside(name: str, ours: Scores, other: Scores) -> str:
    """How much better photoz is than another, with the standard error of the mean over the same galaxies."""
    words = []
    for what, own, its in (("CDE loss", ours.cde, other.cde), ("CRPS", ours.crps, other.crps)):
        gain = its - own
        error = gain.std() / np.sqrt(len(gain))
        share = 100 / abs(its.mean())
        words.append(f"{what} lower by {share * gain.mean():.2f} ± {share * error:.2f} %")
    return f"photoz beside {name}: {', '.join(words)}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "labelled", type=Path, help="results of the galaxies that the calibration was made of"
    )
    parser.add_argument("others", type=Path, help="results of other galaxies, with distributions")
    parser.add_argument("--json", type=Path, help="all that was found, with the bins that are far off")
    parser.add_argument("--no-forest", action="store_true", help="without forests, which take minutes")
    options = parser.parse_args()
    labelled, others = read(options.labelled), read(options.others)
    contestants: dict[str, Callable[[], np.ndarray]] = {
        "photoz": lambda: calibrated(options.others, others),
        "one Gaussian": lambda: one_gaussian(labelled, others),
    }
    if not options.no_forest:
        contestants["quantile regression forest"] = lambda: forest(labelled, others)
    found = {name: scores(make(), others.known) for name, make in contestants.items()}
    rows = {name: judged(each, others) for name, each in found.items()}
    print(f"{len(labelled.rows)} labelled galaxies, {len(others.rows)} others")
    print(table(rows, len(others.rows)))
    for name in list(found)[1:]:
        print(beside(name, found["photoz"], found[name]))
    if options.json:
        said = {"labelled": len(labelled.rows), "others": len(others.rows), "contestants": rows}
        options.json.write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main()
