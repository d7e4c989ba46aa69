"""training.html: loss curves, drawn here, and the program's own report of the validation set, in one file."""

import html
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from photoz import program
from photoz.training import checkpoints
from photoz.training.checkpoints import State
from photoz.training.results.curves import Curve, figure

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; } td { padding: .15em 1.2em .15em 0; vertical-align: top; }
svg { max-width: 100%; height: auto; } figure { margin: 1.5em 0; } iframe { width: 100%; height: 90vh; border: 0; }
"""


def write(folder: Path, said: dict[str, Any], state: State) -> None:
    """Writes the page.

    Args:
        folder: Of the training; `validation` in it has the results of the program.
        said: What training.json says.
        state: Losses and validations.

    Raises:
        PhotozError: When the program cannot draw its part, or the disk is full.
    """
    page = folder / "validation" / "report.html"
    program.report(folder / "validation", output=page)
    inner = html.escape(page.read_text(), quote=True)
    figures = "\n".join(f"<figure>{text}</figure>" for text in _figures(said, state))
    rows = "\n".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(text)}</td></tr>" for name, text in _facts(said)
    )
    title = html.escape(f"Training of {Path(said['output']).name}")
    checkpoints.write_whole(
        folder / "training.html",
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{_STYLE}</style></head><body>
<h1>{title}</h1>
<table>{rows}</table>
<h2>Losses</h2>
{figures}
<h2>Validation set, by photoz run</h2>
<iframe title="photoz report of the validation set" srcdoc="{inner}"></iframe>
</body></html>
""".encode(),
    )


def _facts(said: dict[str, Any]) -> list[tuple[str, str]]:
    metrics, galaxies = said["metrics"], said["galaxies"]
    taken = {name: len(said["losses"].get(name, [])) for name in said["plan"]}
    steps = ", ".join(f"{taken[name]} of {count} {name}" for name, count in said["plan"].items() if count)
    found = [
        ("galaxies", f"{galaxies['trained']} trained on, {galaxies['validated']} validated on"),
        ("data", f"SHA-256 {said['setting']['data_sha256']}"),
        ("steps", steps),
        ("time", f"{said['seconds'] / 60:.1f} minutes, {said['device']}, {said['arithmetic']}"),
    ]
    names = {"sigma_mad": "sigma_mad", "Bias": "Bias", "MAE": "MAE", "outlier_fraction_0.15": "outliers", "R2": "R2"}
    return found + [(text, f"{metrics[name]:.5f}") for name, text in names.items() if metrics.get(name) is not None]


def _figures(said: dict[str, Any], state: State) -> list[str]:
    found = []
    for name, values in state.losses.items():
        if len(values) < 2:
            continue
        steps, means = smoothed(np.asarray(values))
        curves = [Curve("training", steps, means)]
        seen = [each for each in state.validations if each["phase"] == name]
        at = np.array([each["step"] for each in seen], "f8")
        if seen:
            curves.append(Curve("validation", at, np.array([each["loss"] for each in seen])))
        found.append(figure(f"Loss, {name}", "step", "loss", curves))
        if len(seen) > 1:
            sigma = np.array([each["sigma_mad"] for each in seen])
            title = f"sigma_mad of the validation set, {name}"
            found.append(figure(title, "step", "sigma_mad", [Curve("validation", at, sigma)]))
    return found


def smoothed(values: np.ndarray, most: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Means over as many equal parts of the steps, at the middle of each."""
    bounds = np.linspace(0, len(values), min(most, len(values)) + 1).round().astype(int)
    parts = list(pairwise(bounds))
    return np.array([(a + b + 1) / 2 for a, b in parts]), np.array([values[a:b].mean() for a, b in parts])
