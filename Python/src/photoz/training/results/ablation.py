"""`python -m photoz ablate`: what a network looks at, by what its redshifts lose when part of the input is spoilt."""

import argparse
import json as json_text
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from photoz.errors import Code, PhotozError, from_os
from photoz.predictor import Predictor
from photoz.program import PhotozWarning
from photoz.training.data.augment import turned
from photoz.training.data.labels import is_missing
from photoz.training.data.partitions import Array, Names, Survey, open_survey
from photoz.training.results.metrics import sigma_mad

_BOOTSTRAPS = 200
_BLUR = 1.5  # pixels, the standard deviation
_SHIFT = 0.1  # magnitudes

DESCRIPTION = """Spoils images or magnitudes of labelled galaxies and has the program predict them:

    python -m photoz ablate --weights weights.h5 --data labelled/ --markdown ablation.md --figure ablation.svg

A network that looks at its images gets worse when they are permuted among galaxies; one that does not stays as it is.
"""


@dataclass(frozen=True)
class Row:
    """Metrics of one way to spoil the input, with d = (p - z) / (1 + z).

    Attributes:
        name: What was done.
        sigma_mad, bias, rms: Of d.
        sigma_mad_error: Standard deviation of sigma_mad over bootstrap samples of the galaxies.
        change: Of sigma_mad against the input as it is, in percent.
        moved: Median of the change of redshift, |p - p0| / (1 + z).
    """

    name: str
    sigma_mad: float
    sigma_mad_error: float
    bias: float
    rms: float
    change: float
    moved: float


@dataclass(frozen=True)
class Galaxies:
    """What is spoilt: images [N, bands, y, x] in float32, magnitudes [N, bands], redshifts [N]."""

    images: Array
    magnitudes: Array
    redshift: Array
    softening: Array | None


def add_arguments(ablate: argparse.ArgumentParser) -> None:
    """The options of the command."""
    ablate.description, ablate.formatter_class = DESCRIPTION, argparse.RawDescriptionHelpFormatter
    ablate.add_argument("--weights", type=Path, required=True, metavar="FILE", help="the network")
    ablate.add_argument("--data", type=Path, nargs="+", required=True, metavar="PATH", help="partitions with redshifts")
    ablate.add_argument("--limit", type=int, default=5000, metavar="N", help="galaxies at most (5000)")
    ablate.add_argument("--seed", type=int, default=1, metavar="S", help="of permutations and bootstrap samples (1)")
    ablate.add_argument("--json", type=Path, metavar="FILE", help="the table as JSON")
    ablate.add_argument("--markdown", type=Path, metavar="FILE", help="the table as Markdown")
    ablate.add_argument("--figure", type=Path, metavar="FILE", help="the table as a figure, .svg")
    ablate.add_argument("--overwrite", action="store_true", help="replace these files")
    ablate.add_argument("--quiet", action="store_true", help="print nothing")


def ablate(
    weights: Path,
    data: list[Path],
    *,
    limit: int = 5000,
    seed: int = 1,
    json: Path | None = None,
    markdown: Path | None = None,
    figure: Path | None = None,
    overwrite: bool = False,
    says: Callable[[str], None] = print,
) -> list[Row]:
    """Spoils the input in many ways.

    Args:
        weights: The network.
        data: Partitions with redshifts, in the weights' order of bands and units.
        limit: Galaxies at most, drawn at random.
        seed: Of what is drawn.
        json, markdown, figure: Files that receive the table.
        overwrite: Whether these may be replaced.
        says: Gets the table as text.

    Raises:
        PhotozError: 65 for data that cannot be used, 73 for files that exist; and the program's own.
    """
    for path in (json, markdown, figure):
        if path is not None and path.exists() and not overwrite:
            raise PhotozError(f"{path} exists: choose another name, or --overwrite", Code.OUTPUT_REFUSED)
    if limit < 2:
        raise PhotozError("--limit must be at least 2", Code.USAGE)
    galaxies = read(open_survey(data, Names()), limit, seed, weights)
    rows = table(galaxies, Predictor(weights), seed)
    says(as_text(rows, len(galaxies.redshift)))
    texts = {
        json: lambda: _as_json(rows, len(galaxies.redshift), weights, data),
        markdown: lambda: as_markdown(rows),
        figure: lambda: as_svg(rows),
    }
    for path, text in texts.items():
        if path is not None:
            try:
                path.write_text(text())
            except OSError as error:
                raise from_os(error, str(path)) from error
    return rows


def read(survey: Survey, limit: int, seed: int, weights: Path) -> Galaxies:
    """Galaxies that have all, drawn at random over all partitions."""
    drawn = np.random.default_rng(seed).permutation(survey.rows)[: 4 * limit]
    bounds = np.cumsum([0] + [part.rows for part in survey.partitions])
    images, magnitudes, redshift = [], [], []
    for number, part in enumerate(survey.partitions):
        rows = np.sort(drawn[(drawn >= bounds[number]) & (drawn < bounds[number + 1])]) - bounds[number]
        if not len(rows):
            continue
        try:
            with h5py.File(part.path, "r", locking=False) as file:
                own_magnitudes, own_redshift = file["magnitudes"][:][rows], file["redshift"][:][rows]
                usable = ~is_missing(own_magnitudes, 0, 90, (), closed=False).any(axis=1)
                usable &= ~is_missing(own_redshift, 0, 20, (), closed=True)
                images.append(survey.images(file, slice(None))[rows[usable]])
        except OSError as error:
            raise from_os(error, str(part.path)) from error
        magnitudes.append(own_magnitudes[usable].astype("f8"))
        redshift.append(own_redshift[usable].astype("f8"))
    count = sum(map(len, redshift))
    if count < 2:
        raise PhotozError(
            f"{survey.partitions[0].path}: {count} galaxies have all magnitudes and a redshift; 2 are needed"
        )
    chosen = np.sort(np.random.default_rng(seed).permutation(count)[:limit])
    softening = None if survey.said.softening is None else np.array(survey.said.softening)
    return Galaxies(
        np.concatenate(images)[chosen], np.concatenate(magnitudes)[chosen], np.concatenate(redshift)[chosen], softening
    )


def spoilt(galaxies: Galaxies, seed: int) -> Iterator[tuple[str, list[tuple[Array, Array]]]]:
    """Each way to spoil the input: its name, and images and magnitudes, several when they are averaged over."""
    images, magnitudes = galaxies.images, galaxies.magnitudes
    other = np.random.default_rng(seed).permutation(len(images))
    yield "images permuted among galaxies", [(images[other], magnitudes)]
    yield "images zero", [(np.zeros_like(images), magnitudes)]
    yield f"images blurred, {_BLUR:g} pixels", [(blurred(images, galaxies.softening), magnitudes)]
    yield (
        "images rotated and mirrored (mean of 7)",
        [(np.ascontiguousarray(turned(images, view)), magnitudes) for view in range(1, 8)],
    )
    if images.shape[1] > 1:
        yield "bands of images in reverse order", [(np.ascontiguousarray(images[:, ::-1]), magnitudes)]
    yield "magnitudes permuted among galaxies", [(images, magnitudes[other])]
    yield f"magnitudes {_SHIFT:+g}", [(images, magnitudes + _SHIFT)]
    yield f"magnitudes {-_SHIFT:+g}", [(images, magnitudes - _SHIFT)]


def blurred(images: Array, softening: Array | None) -> Array:
    """Images convolved with a Gaussian, as light is: before the asinh, where it is known."""
    from scipy.ndimage import gaussian_filter

    sigma = (0, 0, _BLUR, _BLUR)
    if softening is None:
        return np.asarray(gaussian_filter(images, sigma))
    scale = softening[:, None, None]
    light = np.sinh(images.astype("f8")) * scale
    return np.asarray(np.arcsinh(gaussian_filter(light, sigma) / scale), dtype="f4")


def table(galaxies: Galaxies, predictor: Callable[[Array, Array], Array], seed: int) -> list[Row]:
    """Metrics of the input as it is, and spoilt in each way."""
    plain = predictor(galaxies.images, galaxies.magnitudes)
    rows = [_row("as they are", [plain], plain, galaxies.redshift, None, seed)]
    for name, inputs in spoilt(galaxies, seed):
        with warnings.catch_warnings():
            # Of spoilt input it is no news that the network does not know such galaxies.
            warnings.simplefilter("ignore", PhotozWarning)
            found = [predictor(images, magnitudes) for images, magnitudes in inputs]
        rows.append(_row(name, found, plain, galaxies.redshift, rows[0].sigma_mad, seed))
    return rows


def _row(name: str, found: list[Array], plain: Array, redshift: Array, base: float | None, seed: int) -> Row:
    ds = [(each.astype("f8") - redshift) / (1 + redshift) for each in found]
    if not all(np.isfinite(d).all() for d in ds):
        raise PhotozError(f"{name}: a redshift is no finite number; photoz run --data says which galaxy's")
    chance = np.random.default_rng(seed)
    samples = chance.integers(len(redshift), size=(_BOOTSTRAPS, len(redshift)))
    spread = [float(np.std([sigma_mad(d[sample]) for sample in samples])) for d in ds[:1]]
    sigma = float(np.mean([sigma_mad(d) for d in ds]))
    moved = [np.median(np.abs(each.astype("f8") - plain) / (1 + redshift)) for each in found]
    return Row(
        name=name,
        sigma_mad=sigma,
        sigma_mad_error=spread[0],
        bias=float(np.mean([d.mean() for d in ds])),
        rms=float(np.mean([np.sqrt((d**2).mean()) for d in ds])),
        change=100 * (sigma / base - 1) if base else 0.0,
        moved=float(np.mean(moved)),
    )


# The table ----------------------------------------------------------------------------------------------------------


def _cells(rows: list[Row]) -> list[list[str]]:
    head = ["input", "sigma_mad", "change", "Bias", "rms", "median |dz|/(1+z)"]
    body = [
        [
            row.name,
            f"{row.sigma_mad:.5f} ± {row.sigma_mad_error:.5f}",
            f"{row.change:+.1f} %" if number else "",
            f"{row.bias:+.5f}",
            f"{row.rms:.5f}",
            f"{row.moved:.5f}" if number else "",
        ]
        for number, row in enumerate(rows)
    ]
    return [head, *body]


def as_text(rows: list[Row], count: int) -> str:
    """The table for a terminal."""
    cells = _cells(rows)
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = [
        "  ".join(cell.ljust(width) if not place else cell.rjust(width) for place, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(line, widths, strict=True)) for line in cells)
    ]
    return "\n".join([f"{count} galaxies; errors by bootstrap", *lines])


def as_markdown(rows: list[Row]) -> str:
    """The table for a model card."""
    cells = _cells(rows)
    rule = ["---", *["---:"] * (len(cells[0]) - 1)]
    return (
        "\n".join("| " + " | ".join(line).replace("|dz|", "\\|dz\\|") + " |" for line in [cells[0], rule, *cells[1:]])
        + "\n"
    )


def _as_json(rows: list[Row], count: int, weights: Path, data: list[Path]) -> str:
    said: dict[str, Any] = {
        "schema": "photoz.ablation/1",
        "weights": str(weights),
        "data": [str(path) for path in data],
    }
    return json_text.dumps(said | {"galaxies": count, "rows": [asdict(row) for row in rows]}, indent=1) + "\n"


def as_svg(rows: list[Row]) -> str:
    """sigma_mad as bars with their bootstrap errors."""
    width, left, height = 720, 290, 26
    most = max(row.sigma_mad for row in rows)
    # A network that magnitudes were taken from is worse by far than all others: bars end, and their numbers tell.
    end = min(most, 4 * rows[0].sigma_mad)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height * len(rows) + 44}" role="img" '
        'aria-label="sigma_mad by what was done to the input" font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height * len(rows) + 44}" fill="#fff"/>',
        '<text x="12" y="22" font-weight="600">sigma_mad by what was done to the input</text>',
    ]
    for number, row in enumerate(rows):
        y = 36 + number * height
        length = (width - left - 90) * min(row.sigma_mad, end) / end
        colour = "#777" if number == 0 else "#3b76c4"
        mark = " ▸" if row.sigma_mad > end else ""
        parts.append(f'<text x="{left - 8}" y="{y + 16}" text-anchor="end">{row.name}</text>')
        parts.append(f'<rect x="{left}" y="{y + 3}" width="{length:.1f}" height="{height - 8}" fill="{colour}"/>')
        parts.append(f'<text x="{left + length + 6:.1f}" y="{y + 16}">{row.sigma_mad:.4f}{mark}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
