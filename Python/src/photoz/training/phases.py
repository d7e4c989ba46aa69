"""What is trained, one phase after another: the magnitude branch alone, then the whole network."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from photoz.training import losses, optimisers
from photoz.training.astromae import AstroMAE
from photoz.training.data import augment
from photoz.training.data.labels import Labels
from photoz.training.data.partitions import Array, OpenFiles, Survey
from photoz.training.data.stream import Stream, read_images
from photoz.training.distributed import World
from photoz.training.network import to_training
from photoz.training.options import Options
from photoz.training.results.metrics import metrics
from photoz.training.whitening import Whitening

MAGNITUDE_BATCH = 512
MAGNITUDE_RATE = 1e-3
_VALIDATION_BATCH = 256
_MAGNITUDES_VALIDATED = 4096


@dataclass(frozen=True)
class Setting:
    """What all phases share.

    Attributes:
        train, validation: Galaxies by what they are for.
        whitening: Fitted to those trained on.
        weight: [N], how much each galaxy trained on counts.
        kind: Of the arithmetic, but for what needs float32.
    """

    options: Options
    world: World
    survey: Survey
    train: Labels
    validation: Labels
    whitening: Whitening
    weight: Array
    kind: torch.dtype

    def chance(self, purpose: int, step: int) -> np.random.Generator:
        """Random numbers of a step, the same whenever it is taken."""
        return np.random.default_rng([self.options.seed, purpose, step, self.world.rank])

    def on_device(self, values: Array) -> Tensor:
        """Numbers in float32 where the network is."""
        return torch.from_numpy(np.ascontiguousarray(values, dtype="f4")).to(self.world.device)

    def autocast(self) -> torch.autocast:
        """Matrix products in the training's arithmetic."""
        return torch.autocast(self.world.device.type, self.kind, enabled=self.kind != torch.float32)


class Phase(Protocol):
    """A part of a training with an optimiser of its own."""

    name: str
    rate: float
    validates: bool
    optimiser: torch.optim.Optimizer
    epoch: int
    """Steps of an epoch."""
    batch: int
    """Galaxies of a step, of all processes."""
    extra: nn.Module | None
    """What is trained beside the network, and thrown away."""

    def loss(self, step: int) -> Tensor:
        """The loss of a step, with its graph."""

    def validate(self) -> dict[str, float]:
        """Metrics and loss on the validation set, the same on each process."""

    def close(self) -> None:
        """Ends what the phase has opened."""


class Magnitudes:
    """The magnitude branch and the output alone, on zeros of the other branches: it learns most, and cheaply.

    Every process takes the same steps; the whole network begins with those of the first.
    """

    name = "magnitudes"
    rate = MAGNITUDE_RATE
    validates = True
    batch = MAGNITUDE_BATCH
    extra = None

    def __init__(self, setting: Setting, network: AstroMAE) -> None:
        self._setting = setting
        self._branch, self._output = network.inception_model.magnitude_block, network.concat_block
        self.optimiser = optimisers.adamw([self._branch, self._output], self.rate, setting.options.weight_decay)
        self._others = network.shape.vit + network.shape.inception
        self.epoch = max(1, len(setting.train) // self.batch)

    def loss(self, step: int) -> Tensor:
        setting, options = self._setting, self._setting.options
        chance = np.random.default_rng([options.seed, 3, step])
        rows = chance.integers(len(setting.train), size=self.batch)
        errors = None if setting.train.errors is None else setting.train.errors[rows]
        magnitudes = augment.jittered(setting.train.magnitudes[rows], errors, options.jitter, chance)
        predicted = self._predicted(magnitudes)
        redshift, weight = setting.on_device(setting.train.redshift[rows]), setting.on_device(setting.weight[rows])
        return losses.loss(predicted, redshift, weight, options.loss)

    def _predicted(self, magnitudes: Array) -> Tensor:
        hidden = self._branch(self._setting.on_device(self._setting.whitening(magnitudes)))
        zeros = torch.zeros(len(hidden), self._others, device=hidden.device)
        return self._output(torch.cat([zeros, hidden], dim=1))[:, 0]

    @torch.inference_mode()
    def validate(self) -> dict[str, float]:
        some = self._setting.validation.take(np.arange(min(len(self._setting.validation), _MAGNITUDES_VALIDATED)))
        return judged(self._predicted(some.magnitudes).cpu().numpy(), some, self._setting.options)

    def close(self) -> None:
        pass


class Step(nn.Module):
    """The network as it is trained: bfloat16 but for the first magnitude layer, whose terms cancel."""

    def __init__(self, network: AstroMAE, setting: Setting) -> None:
        super().__init__()
        self.network = network
        self._setting = setting

    def forward(self, images: Tensor, whitened: Tensor) -> Tensor:
        """Redshifts [B] of images [B, bands, y, x] and whitened magnitudes [B, bands]."""
        hidden = self.network.inception_model.magnitude_block[0](whitened)
        images = images.contiguous(memory_format=torch.channels_last)
        with self._setting.autocast():
            predicted = self.network.after_first(images, hidden)
        return predicted[:, 0].float()


class Whole:
    """The whole network, or what of it may change."""

    name = "network"
    validates = True
    extra = None

    def __init__(self, setting: Setting, network: AstroMAE, modules: Iterable[nn.Module] | None = None) -> None:
        options, world = setting.options, setting.world
        self._setting, self._network = setting, network
        to_training(network)
        self._step = world.shared(Step(network, setting))
        self.rate = options.learning_rate
        self.optimiser = optimisers.adamw(modules or [network], self.rate, options.weight_decay)
        train = setting.train
        self._stream = Stream(
            setting.survey,
            train.partition,
            train.row,
            seed=options.seed,
            batch=options.batch_size,
            rank=world.rank,
            world=world.size,
        )
        self.epoch, self.batch = self._stream.steps, min(options.batch_size, len(train))

    def loss(self, step: int) -> Tensor:
        setting, options, train = self._setting, self._setting.options, self._setting.train
        rows, images = self._stream.batch(step)
        chance = setting.chance(4, step)
        if not options.no_views:
            images = augment.views(images, chance)
        errors = None if train.errors is None else train.errors[rows]
        magnitudes = augment.jittered(train.magnitudes[rows], errors, options.jitter, chance)
        predicted = self._step(setting.on_device(images), setting.on_device(setting.whitening(magnitudes)))
        redshift, weight = setting.on_device(train.redshift[rows]), setting.on_device(setting.weight[rows])
        return losses.loss(predicted, redshift, weight, options.loss)

    def validate(self) -> dict[str, float]:
        return validate(self._setting, self._network)

    def close(self) -> None:
        self._stream.close()


@torch.inference_mode()
def validate(setting: Setting, network: AstroMAE) -> dict[str, float]:
    """Metrics and loss on the validation set, shared among the processes, the same on each."""
    world, galaxies = setting.world, setting.validation
    own = np.arange(world.rank, len(galaxies), world.size)
    network.eval()
    step, files, found = Step(network, setting), OpenFiles(setting.survey), []
    for start in range(0, len(own), _VALIDATION_BATCH):
        rows = own[start : start + _VALIDATION_BATCH]
        images = read_images(setting.survey, files, galaxies.partition[rows], galaxies.row[rows])
        whitened = setting.on_device(setting.whitening(galaxies.magnitudes[rows]))
        found.append(step(setting.on_device(images), whitened).cpu().numpy())
    files.close()
    to_training(network)
    predicted = np.empty(len(galaxies), "f4")
    for rank, part in enumerate(world.gathered(np.concatenate([*found, np.empty(0, "f4")]))):
        predicted[rank :: world.size] = part
    return judged(predicted, galaxies, setting.options)


def judged(predicted: Array, galaxies: Labels, options: Options) -> dict[str, float]:
    """Metrics and loss of redshifts [N]."""
    redshift = torch.from_numpy(galaxies.redshift)
    value = losses.loss(torch.from_numpy(predicted), redshift, torch.ones_like(redshift), options.loss)
    return metrics(predicted, galaxies.redshift) | {"loss": float(value)}
