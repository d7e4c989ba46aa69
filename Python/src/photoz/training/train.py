"""Trains the AstroMAE network from random weights on a survey made by `photoz simulate`, and writes the weights
file that photoz reads.

    python -m photoz.training.train --catalog CATALOG.csv --output weights.h5

The catalogue (columns redshift, u, g, r, i, z) is a real one: its last rows are kept for the evaluation, the
others train the network beside galaxies of the simulator's own population. Python/TRAINING.md is the model card of the
weights that come with the project.
"""

import argparse
import csv
import hashlib
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MethodType

import h5py
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from photoz.program import find_program
from photoz.training.astromae import AstroMAE, Shape
from photoz.training.record_range import record

LICENSE = "Apache-2.0"
REDSHIFT_UNIT = 0.05  # the loss sees redshifts in units of this
SOFT = 0.2  # of those units: below it the loss is quadratic
JITTER = 0.01  # magnitudes; catalogue rows come many times, and never twice the same
TEST_GALAXIES = 20_000


# Data ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Survey:
    """Galaxies in memory: images [N, 5, 32, 32] in float16, magnitudes [N, 5] in float64, redshifts [N]."""

    images: np.ndarray
    magnitudes: np.ndarray
    redshifts: np.ndarray

    @staticmethod
    def read(folder: Path) -> "Survey":
        partitions = sorted(folder.glob("*.h5"), key=lambda path: int(path.stem))
        columns: dict[str, list[np.ndarray]] = {"images": [], "magnitudes": [], "redshift": []}
        for partition in partitions:
            with h5py.File(partition) as file:
                for name, arrays in columns.items():
                    arrays.append(file[name][:].astype("f2" if name == "images" else "f8"))
        return Survey(*(np.concatenate(arrays) for arrays in columns.values()))

    def joined(self, other: "Survey") -> "Survey":
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Survey(*(np.concatenate(pair) for pair in pairs))


def simulate(folder: Path, galaxies: int, seed: int, catalog: Path | None = None) -> Path:
    """Galaxies of the simulator's population, or with the redshifts and magnitudes of a catalogue."""
    rows = ["--catalog", catalog] if catalog else []
    size = ["--galaxies", galaxies, "--partitions", 1 + galaxies // 4096, "--seed", seed]
    subprocess.run([find_program(), "simulate", *map(str, [*size, *rows, "--output", folder])], check=True)
    return folder


def split(catalog: Path, held_out: int, folder: Path) -> tuple[Path, Path]:
    """The catalogue's first rows, to train on, and its last, to evaluate on."""
    header, *rows = catalog.read_text().splitlines()
    parts = (folder / "train.csv", folder / "held-out.csv")
    for path, part in zip(parts, (rows[:-held_out], rows[-held_out:]), strict=True):
        path.write_text("\n".join([header, *part]) + "\n")
    return parts


def views(images: Tensor, generator: torch.Generator) -> Tensor:
    """One of the eight mirror and rotation views of each batch."""
    flip, mirror, transpose = torch.randint(2, (3,), generator=generator).tolist()
    images = images.flip(2) if flip else images
    images = images.flip(3) if mirror else images
    return images.transpose(2, 3).contiguous() if transpose else images


def batches(survey: Survey, size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """The survey in another order each time, in batches of one view, forever."""
    while True:
        order = torch.randperm(len(survey.redshifts), generator=generator).numpy()
        for start in range(0, len(order) - size + 1, size):
            rows = np.sort(order[start : start + size])
            images = torch.from_numpy(survey.images[rows]).float()
            noise = JITTER * torch.randn(size, 5, generator=generator, dtype=torch.float64)
            yield (
                views(images, generator),
                torch.from_numpy(survey.magnitudes[rows]) + noise,
                torch.from_numpy(survey.redshifts[rows]).float(),
            )


# Network ------------------------------------------------------------------------------------------------------------


class Whitening:
    """Magnitudes along their principal axes, each with variance one.

    A galaxy's magnitudes are alike to a tenth and tell its redshift in their hundredths, which no optimiser sees
    before they are decorrelated. `folded_into` undoes it in the first layer, once training is over.
    """

    def __init__(self, magnitudes: np.ndarray) -> None:
        self.mean = magnitudes.mean(axis=0)
        variances, axes = np.linalg.eigh(np.cov(magnitudes.T))
        self.matrix = axes.T / np.sqrt(variances)[:, None]

    def __call__(self, magnitudes: Tensor) -> Tensor:
        return ((magnitudes - torch.from_numpy(self.mean)) @ torch.from_numpy(self.matrix).T).float()

    def folded_into(self, layer: nn.Linear) -> None:
        weight = layer.weight.detach().double().numpy() @ self.matrix
        bias = layer.bias.detach().double().numpy() - weight @ self.mean
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.copy_(torch.from_numpy(bias))


def grouped_product(self: nn.Conv2d, x: Tensor) -> Tensor:
    """A grouped 1x1 convolution as one batched matrix product: PyTorch's own is several times slower."""
    batch, channels, height, width = x.shape
    groups = x.reshape(batch, self.groups, channels // self.groups, height * width)
    weight = self.weight.reshape(self.groups, -1, channels // self.groups)
    return torch.matmul(weight, groups).reshape(batch, -1, height, width) + self.bias[:, None, None]


def trainable_network() -> AstroMAE:
    network = AstroMAE(Shape())
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups > 1:
            module.forward = MethodType(grouped_product, module)
    return network


def loss(predicted: Tensor, redshift: Tensor) -> Tensor:
    scaled = (predicted[:, 0].float() / REDSHIFT_UNIT, redshift / REDSHIFT_UNIT)
    return functional.smooth_l1_loss(*scaled, beta=SOFT)


# Training -----------------------------------------------------------------------------------------------------------


def optimiser(modules: list[nn.Module], rate: float) -> torch.optim.AdamW:
    """AdamW that decays matrices only."""
    parameters = [parameter for module in modules for parameter in module.parameters()]
    matrices = [parameter for parameter in parameters if parameter.dim() > 1]
    vectors = [parameter for parameter in parameters if parameter.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))


def schedule(optimiser: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """A linear warm-up over a seventh of the steps, then a cosine to zero."""
    warm = max(steps // 7, 1)
    rise = torch.optim.lr_scheduler.LinearLR(optimiser, 0.01, 1.0, warm)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps - warm, 1))
    return torch.optim.lr_scheduler.SequentialLR(optimiser, [rise, fall], [warm])


def train_magnitudes(
    network: AstroMAE, survey: Survey, whitening: Whitening, steps: int, generator: torch.Generator
) -> None:
    """The magnitude branch and the output alone, on the other branches' zeros: it learns most, and cheaply."""
    magnitude_block, output = network.inception_model.magnitude_block, network.concat_block
    adam = optimiser([magnitude_block, output], rate=1e-3)
    rates = schedule(adam, steps)
    zeros = torch.zeros(512, network.shape.vit + network.shape.inception)
    magnitudes, redshifts = torch.from_numpy(survey.magnitudes), torch.from_numpy(survey.redshifts).float()
    for _ in range(steps):
        rows = torch.randint(len(redshifts), (512,), generator=generator)
        noise = JITTER * torch.randn(512, 5, generator=generator, dtype=torch.float64)
        hidden = magnitude_block(whitening(magnitudes[rows] + noise))
        step(loss(output(torch.cat([zeros, hidden], dim=1)), redshifts[rows]), adam, rates)


def train(
    network: AstroMAE,
    survey: Survey,
    whitening: Whitening,
    steps: int,
    batch: int,
    generator: torch.Generator,
) -> None:
    """The whole network, in bfloat16 but for the first magnitude layer."""
    adam = optimiser([network], rate=3e-4)
    rates = schedule(adam, steps)
    network.train()
    start, recent = time.monotonic(), []
    for number, (images, magnitudes, redshifts) in zip(
        range(1, steps + 1), batches(survey, batch, generator), strict=False
    ):
        hidden = network.inception_model.magnitude_block[0](whitening(magnitudes))
        with torch.autocast("cpu", torch.bfloat16):
            predicted = network.after_first(images, hidden)
        recent.append(step(loss(predicted, redshifts), adam, rates))
        if number % 100 == 0:
            speed = number * batch / (time.monotonic() - start)
            print(f"step {number}: loss {np.mean(recent):.4f}, {speed:.0f} galaxies/s", flush=True)
            recent = []
    network.eval()


def step(value: Tensor, adam: torch.optim.Optimizer, rates: torch.optim.lr_scheduler.LRScheduler) -> float:
    adam.zero_grad()
    value.backward()
    nn.utils.clip_grad_norm_([p for group in adam.param_groups for p in group["params"]], 1.0)
    adam.step()
    rates.step()
    return value.item()


# Weights file and evaluation ----------------------------------------------------------------------------------------


def export(network: AstroMAE, path: Path) -> None:
    """Large matrices in float16; vectors, and the first magnitude layer, whose terms cancel, in float32."""
    shape = network.shape
    with h5py.File(path, "w") as file:
        for name, tensor in network.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            exact = tensor.dim() < 2 or name.startswith("inception_model.magnitude_block.0.")
            file[name] = tensor.numpy().astype("f4" if exact else "f2")
        file.attrs["format"] = "astromae"
        file.attrs["format_version"] = 1
        file.attrs["num_heads"] = shape.heads
        file.attrs["layer_norm_eps"] = shape.layer_norm_eps
        file.attrs["batch_norm_eps"] = shape.batch_norm_eps


def evaluate(weights: Path, survey: Path, folder: Path) -> dict[str, float]:
    """The metrics of `photoz run` itself."""
    command = [find_program(), "run", "--weights", weights, "--data", survey, "--output", folder, "--quiet"]
    subprocess.run([*map(str, command), "--overwrite"], check=True)
    metrics = json.loads((folder / "Results.json").read_text())["metrics"]
    return {name: metrics[name] for name in ("N", "MAE", "Bias", "sigma_mad", "outlier_fraction_0.15", "R2")}


def describe(weights: Path, options: argparse.Namespace, metrics: dict[str, dict[str, float]]) -> None:
    """Where the weights come from, beside them."""
    with options.catalog.open() as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    sha256 = hashlib.sha256(options.catalog.read_bytes()).hexdigest()
    with h5py.File(weights, "r+") as file:
        attributes = file.attrs
        attributes["description"] = (
            "AstroMAE trained on a mock SDSS survey (images simulated from the SDSS main galaxy sample); "
            "demonstration weights"
        )
        attributes["training_data"] = (
            f"photoz simulate: {options.galaxies} galaxies of its population (seed {options.seed}) and "
            f"{options.catalog_galaxies} (seed {options.seed + 1}) with redshifts and magnitudes of the first "
            f"{rows - options.held_out} of {rows} rows of a catalogue, SHA-256 {sha256}"
        )
        attributes["training"] = (
            f"train.py: {options.magnitude_steps} steps of 512 for the magnitude branch, then {options.steps} steps "
            f"of {options.batch}; PyTorch {torch.__version__}"
        )
        attributes["metrics"] = json.dumps(metrics)
        attributes["license"] = LICENSE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalog", type=Path, required=True, help="CSV with redshift, u, g, r, i, z")
    parser.add_argument("--held-out", type=int, default=500, help="last rows, kept for the evaluation (500)")
    parser.add_argument("--output", type=Path, required=True, help="the weights file")
    parser.add_argument("--galaxies", type=int, default=80_640, help="of the population (80640)")
    parser.add_argument("--catalog-galaxies", type=int, default=53_760, help="from the catalogue (53760)")
    parser.add_argument("--seed", type=int, default=1, help="of data and network (1)")
    parser.add_argument("--magnitude-steps", type=int, default=6000, help="of 512, magnitudes alone (6000)")
    parser.add_argument("--steps", type=int, default=2100, help="of the whole network (2100)")
    parser.add_argument("--batch", type=int, default=128, help="galaxies a step (128)")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        known, unseen = split(options.catalog, options.held_out, folder)
        drawn = simulate(folder / "population", options.galaxies, options.seed)
        real = simulate(folder / "catalog", options.catalog_galaxies, options.seed + 1, known)
        survey = Survey.read(drawn).joined(Survey.read(real))
        whitening = Whitening(survey.magnitudes)
        network = trainable_network()
        train_magnitudes(network, survey, whitening, options.magnitude_steps, generator)
        train(network, survey, whitening, options.steps, options.batch, generator)
        whitening.folded_into(network.inception_model.magnitude_block[0])
        export(network, options.output)
        record(options.output, [drawn, real])

        test = {
            "simulated": simulate(folder / "test", TEST_GALAXIES, options.seed + 2),
            "held-out rows": simulate(folder / "held-out", options.held_out, options.seed + 3, unseen),
        }
        metrics = {name: evaluate(options.output, data, folder / f"results {name}") for name, data in test.items()}
    describe(options.output, options, metrics)
    print(json.dumps(metrics, indent=2))


if __name__ == "__main__":
    main()
