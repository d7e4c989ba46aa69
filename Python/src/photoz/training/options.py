"""What `python -m photoz train` can be told, and what it takes when it is not. Needs no PyTorch."""

import argparse
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from photoz.errors import Code, PhotozError

NETWORKS = ("published", "small", "tiny")
LOSSES = ("redshift", "relative")
BALANCES = ("none", "redshift")
CRITERIA = ("auto", "sigma_mad", "loss")
MANY = 2000  # galaxies validated on, from which sigma_mad is a better judge than the loss

DESCRIPTION = """Trains weights for `photoz run` on partitions whose redshifts are known.

  from random weights:     python -m photoz train --data labelled/ --output weights.h5 --minutes 60
  on top of others:        python -m photoz train --data labelled/ --output weights.h5 --start theirs.h5
  with unlabelled images:  python -m photoz train --data labelled/ --pretrain unlabelled/ --output weights.h5

`--output weights.h5` also makes the folder `weights-training` with checkpoints, training.json and training.html.
Several GPUs or nodes: start the same command with torchrun or mpirun.
"""


@dataclass(frozen=True)
class Options:
    """One training: the options of the command by their names."""

    data: tuple[Path, ...]
    output: Path
    start: Path | None = None
    only: str | None = None
    pretrain: tuple[Path, ...] = ()
    network: str = "published"
    patch: int | None = None
    image_size: int | None = None
    bands: str | None = None
    images: str = "images"
    magnitudes: str = "magnitudes"
    redshift: str = "redshift"
    object_id: str = "object_id"
    magnitude_errors: str | None = None
    galaxy_weights: str | None = None
    missing: tuple[float, ...] = ()
    magnitude_range: tuple[float, float] = (0.0, 90.0)
    redshift_range: tuple[float, float] = (0.0, 20.0)
    on_error: str = "stop"
    minutes: float | None = None
    epochs: float = 30.0
    steps: int | None = None
    magnitude_steps: int | None = None
    pretrain_steps: int | None = None
    mask_ratio: float = 0.75
    batch_size: int = 128
    learning_rate: float = 3e-4
    weight_decay: float = 0.05
    warm_up: float = 1 / 7
    loss: str = "redshift"
    balance: str = "none"
    jitter: float = 0.01
    no_views: bool = False
    validation: float = 0.1
    validation_limit: int = 20_000
    validations: int = 20
    best_by: str = "auto"
    patience: int = 12
    seed: int = 1
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    checkpoint_minutes: float = 5.0
    description: str | None = None
    license: str | None = None
    demonstration: str | None = None
    resume: bool = False
    overwrite: bool = False
    quiet: bool = False

    def criterion(self, validated: int) -> str:
        """What the best weights are the best in: sigma_mad of few galaxies is mostly chance."""
        return self.best_by if self.best_by != "auto" else "sigma_mad" if validated >= MANY else "loss"

    @property
    def folder(self) -> Path:
        """Where checkpoints and reports lie: beside the weights."""
        return self.output.with_name(f"{self.output.stem}-training")

    @staticmethod
    def of(told: dict[str, Any]) -> "Options":
        """Options from what a parser found, checked.

        Raises:
            PhotozError: 64, with what cannot be.
        """
        known = {each.name for each in fields(Options)}
        given = {name: value for name, value in told.items() if name in known and value is not None}
        given = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
        options = Options(**given)
        options._check()
        return options

    def _check(self) -> None:
        faults = []
        for name in ("batch_size", "validation_limit", "validations"):
            if getattr(self, name) < 1:
                faults.append(f"--{name.replace('_', '-')} must be at least 1")
        for name in ("minutes", "epochs", "learning_rate", "checkpoint_minutes"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                faults.append(f"--{name.replace('_', '-')} must be larger than 0")
        for name in ("magnitude_steps", "pretrain_steps", "patience", "jitter", "weight_decay"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                faults.append(f"--{name.replace('_', '-')} must not be negative")
        if self.steps is not None and self.steps < 1:
            faults.append("--steps must be at least 1")
        for name in ("validation", "mask_ratio"):
            if not 0 < getattr(self, name) < 1:
                faults.append(f"--{name.replace('_', '-')} must lie between 0 and 1")
        if not 0 <= self.warm_up < 1:
            faults.append("--warm-up must be at least 0 and below 1")
        if self.only and self.start is None:
            faults.append("--only heads needs --start, whose other layers it leaves alone")
        if self.start is not None and self.network != "published":
            faults.append("--start brings its own network; leave --network out")
        if self.minutes is not None and self.steps is not None:
            faults.append("--minutes plans the steps; leave --steps out")
        if self.output.suffix not in (".h5", ".hdf5"):
            faults.append(f"--output {self.output} must end with .h5")
        if faults:
            raise PhotozError("; ".join(faults), Code.USAGE)

    def stored(self) -> dict[str, Any]:
        """What must be the same for a training to go on, as JSON has it; the data are compared by their hash."""
        free = ["resume", "overwrite", "quiet", "checkpoint_minutes", "threads", "device", "data", "pretrain", "output"]
        return {each.name: _plain(getattr(self, each.name)) for each in fields(self) if each.name not in free}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Path) else value


def numbers(text: str) -> tuple[float, ...]:
    """Numbers with commas between them."""
    return tuple(float(word) for word in text.split(","))


def pair(text: str) -> tuple[float, float]:
    """Two numbers, the lower one first."""
    low, high = numbers(text)
    if not low < high:
        raise ValueError(text)
    return low, high


def add_arguments(train: argparse.ArgumentParser) -> None:
    """All options of the command; what is not given has the value of `Options`."""
    train.description, train.formatter_class = DESCRIPTION, argparse.RawDescriptionHelpFormatter
    _add_data(train)
    _add_training(train)
    _add_running(train)


def _add_data(train: argparse.ArgumentParser) -> None:
    add = train.add_argument_group("what it reads and writes").add_argument
    add("--data", type=Path, nargs="+", required=True, metavar="PATH", help="folders of labelled partitions, or files")
    add("--output", type=Path, required=True, metavar="FILE", help="the weights, .h5")
    add("--start", type=Path, metavar="FILE", help="weights to go on from, where shapes allow")
    add("--only", choices=["heads"], help="leave the layers that look at the image as they are; needs --start")
    add(
        "--pretrain", type=Path, nargs="+", metavar="PATH", help="partitions without redshifts: masked-autoencoder step"
    )
    add("--bands", metavar="B", help="names of the bands, when no partition says: ugriz or u,g,r,i,z")
    add("--image-size", type=int, metavar="PIXELS", help="the centre of the images that is taken (all)")
    add("--on-error", choices=["stop", "skip"], help="galaxies with pixels that are not finite (stop)")
    add = train.add_argument_group("names in the partitions").add_argument
    add("--images", metavar="NAME", help="data set of images [N, bands, y, x] (images)")
    add("--magnitudes", metavar="NAME,...", help="data set of magnitudes [N, bands], or one for each band (magnitudes)")
    add("--redshift", metavar="NAME", help="data set of spectroscopic redshifts (redshift)")
    add("--object-id", metavar="NAME", help="data set of identifiers (object_id, when it is there)")
    add("--magnitude-errors", metavar="NAME,...", help="errors of the magnitudes, from which the jitter is drawn")
    add("--galaxy-weights", metavar="NAME", help="data set of weights of the galaxies in the loss")
    add("--missing", type=numbers, metavar="X,...", help="numbers that stand for none, besides the usual ones")
    add("--magnitude-range", type=pair, metavar="LOW,HIGH", help="between which magnitudes lie (0,90)")
    add("--redshift-range", type=pair, metavar="LOW,HIGH", help="between which redshifts lie (0,20)")


def _add_training(train: argparse.ArgumentParser) -> None:
    add = train.add_argument_group("how long").add_argument
    add("--minutes", type=float, metavar="M", help="end after so long: steps are planned from the measured speed")
    add("--epochs", type=float, metavar="E", help="how often each galaxy is seen (30)")
    add("--steps", type=int, metavar="N", help="steps of the whole network, instead of epochs")
    add(
        "--magnitude-steps",
        type=int,
        metavar="N",
        help="steps of the magnitude branch alone, before (6000; with --start 0)",
    )
    add("--pretrain-steps", type=int, metavar="N", help="steps of the masked autoencoder (2000)")
    add("--patience", type=int, metavar="N", help="stop after so many validations without a better one; 0: never (12)")
    add("--validations", type=int, metavar="N", help="how often it validates at most (20)")
    add = train.add_argument_group("how").add_argument
    add("--network", choices=NETWORKS, help="sizes of a new network (published)")
    add("--patch", type=int, metavar="PIXELS", help="side of a patch of a new network (8, or what divides the image)")
    add("--batch-size", type=int, metavar="N", help="galaxies a step, of all processes together (128)")
    add("--learning-rate", type=float, metavar="R", help="of AdamW, at its highest (3e-4)")
    add("--weight-decay", type=float, metavar="D", help="of matrices (0.05)")
    add("--warm-up", type=float, metavar="F", help="fraction of the steps in which the rate rises (1/7)")
    add("--loss", choices=LOSSES, help="smooth L1 of the redshift, or of dz/(1+z) (redshift)")
    add("--balance", choices=BALANCES, help="weigh galaxies by how rare their redshift is (none)")
    add(
        "--jitter",
        type=float,
        metavar="MAG",
        help="noise on the magnitudes of a step without --magnitude-errors (0.01)",
    )
    add("--no-views", action="store_true", help="show images as they are, not mirrored and rotated")
    add("--mask-ratio", type=float, metavar="F", help="patches that the masked autoencoder does not see (0.75)")
    add("--validation", type=float, metavar="F", help="fraction of the galaxies kept to validate on (0.1)")
    add("--validation-limit", type=int, metavar="N", help="galaxies validated on at most (20000)")
    add(
        "--best-by",
        choices=CRITERIA,
        help="what the best weights are best in; auto: below 2000 galaxies the loss (auto)",
    )
    add("--seed", type=int, metavar="S", help="of weights, order, jitter and views (1)")


def _add_running(train: argparse.ArgumentParser) -> None:
    add = train.add_argument_group("where").add_argument
    add("--device", choices=["auto", "cpu", "cuda"], help="a GPU when there is one (auto)")
    add("--precision", choices=["auto", "bfloat16", "float32"], help="bfloat16 where the processor has it (auto)")
    add("--threads", type=int, metavar="T", help="threads of a process (as many as cores)")
    add("--checkpoint-minutes", type=float, metavar="M", help="between checkpoints (5)")
    add("--resume", action="store_true", help="go on from the last checkpoint, to the same losses; start without one")
    add("--overwrite", action="store_true", help="replace weights and a training of this command")
    add("--quiet", action="store_true", help="no progress")
    add = train.add_argument_group("what the weights say of themselves").add_argument
    add("--description", metavar="TEXT")
    add("--license", metavar="TEXT")
    add("--demonstration", metavar="TEXT", help="why they are a demonstration and not for science")
