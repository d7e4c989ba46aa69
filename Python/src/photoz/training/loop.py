"""Takes the steps of a phase: checkpoints, signals, validations, early stopping, and a line that says how far it is."""

import shlex
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch

from photoz.errors import Code, PhotozError
from photoz.training import checkpoints, optimisers
from photoz.training.astromae import AstroMAE
from photoz.training.checkpoints import State
from photoz.training.phases import Phase, Setting

_LINES_EACH = 30.0  # seconds between lines where there is no terminal


class Signals:
    """Remembers SIGTERM and SIGINT, so that a training ends between two steps; a second one ends it at once."""

    def __init__(self) -> None:
        self.came = 0
        self._former: dict[int, Any] = {}

    def __enter__(self) -> "Signals":
        for number in (signal.SIGTERM, signal.SIGINT):
            self._former[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.came:
            raise KeyboardInterrupt
        self.came = number


class Loop:
    """Everything that phases of one training share while they run.

    Args:
        setting: Data, options, processes.
        network: What is trained.
        state: Where the training stands; changed as it goes on.
        identity: What must be the same for the training to go on.
        signals: Told by the system to stop.
        says: Gets lines for the user.
    """

    def __init__(
        self,
        setting: Setting,
        network: AstroMAE,
        state: State,
        identity: dict[str, Any],
        signals: Signals,
        says: Callable[[str], None],
    ) -> None:
        self._setting, self._network, self.state = setting, network, state
        self._identity, self._signals, self._says = identity, signals, says
        self._stored = self._began = time.monotonic()
        self._before = state.seconds
        self._line = 0.0

    @property
    def checkpoint(self) -> Path:
        """The file that the training goes on from."""
        return self._setting.options.folder / "checkpoint.pt"

    def run(self, phase: Phase, restored: dict[str, Any] | None) -> None:
        """Takes the steps of a phase that are left.

        Raises:
            PhotozError: 75, with the command that goes on, when a signal came; 65, when the loss is no number.
        """
        state, total = self.state, self.state.plan[phase.name]
        if restored is not None and restored["phase"] == phase.name:
            phase.optimiser.load_state_dict(restored["optimiser"])
            if phase.extra is not None:
                phase.extra.load_state_dict(restored["extra"])
        else:
            state.phase, state.step = phase.name, 0
        seen = state.losses.setdefault(phase.name, [])
        options = self._setting.options
        due = validations(total, phase.epoch, options.validations) if phase.validates else set()
        begun, first = time.monotonic(), state.step
        while state.step < total:
            value = phase.loss(state.step)
            value.backward()
            rate = phase.rate * optimisers.factor(state.step, total, options.warm_up)
            optimisers.update(phase.optimiser, rate)
            mean, stop = self._setting.world.mean(value.item(), float(self._signals.came != 0))
            self._require_number(mean, phase)
            seen.append(mean)
            state.step += 1
            if state.step in due and self._validated(phase):
                break
            speed = (state.step - first) / max(time.monotonic() - begun, 1e-9)
            self._progress(phase, total, speed)
            if stop > 0:
                self._stop(phase)
            if time.monotonic() - self._stored > 60 * options.checkpoint_minutes:
                self.store(phase)
        state.step = total
        best = state.best.get(phase.name)
        if best is not None:
            self._network.load_state_dict(best["network"])

    def _require_number(self, mean: float, phase: Phase) -> None:
        if not np.isfinite(mean):
            error = PhotozError(
                f"the loss of step {self.state.step + 1} ({phase.name}) is no finite number: lower --learning-rate, or "
                f"look for extreme pixels or magnitudes in the data; the last checkpoint is kept in {self.checkpoint}"
            )
            raise self._setting.world.once(error)

    def _validated(self, phase: Phase) -> bool:
        """Validates and keeps the best weights; whether no better ones are to be expected."""
        state, options = self.state, self._setting.options
        begun = time.monotonic()
        found = phase.validate()
        recent = float(np.mean(state.losses[phase.name][-phase.epoch :]))
        seen = {"phase": phase.name, "step": state.step, "train_loss": recent, "seconds": self.seconds()}
        state.validations.append(seen | found)
        criterion = options.criterion(len(self._setting.validation))
        value, best = found[criterion], state.best.get(phase.name)
        if best is None or value < best["value"]:
            tensors = {name: tensor.detach().cpu().clone() for name, tensor in self._network.state_dict().items()}
            best = state.best[phase.name] = {"value": value, "step": state.step, "network": tensors}
        took = time.monotonic() - begun
        self._says(
            f"{phase.name}: step {state.step} of {state.plan[phase.name]}, epoch {state.step / phase.epoch:.1f}: "
            f"loss {recent:.4f}, validation loss {found['loss']:.4f}, sigma_mad {found['sigma_mad']:.5f}, "
            f"Bias {found['Bias']:+.5f} (best {criterion} {best['value']:.5f} at step {best['step']}; {took:.0f} s)"
        )
        since = sum(each["phase"] == phase.name and each["step"] > best["step"] for each in state.validations)
        if options.patience and since >= options.patience and state.step < state.plan[phase.name]:
            self._says(f"{phase.name}: none of the last {since} validations was better: it ends early")
            return True
        return False

    def _progress(self, phase: Phase, total: int, speed: float) -> None:
        now, is_terminal = time.monotonic(), sys.stderr.isatty()
        if not self._setting.world.is_first or self._setting.options.quiet:
            return
        if now - self._line < (0.5 if is_terminal else _LINES_EACH):
            return
        self._line = now
        recent = np.mean(self.state.losses[phase.name][-50:])
        text = (
            f"{phase.name}: step {self.state.step} of {total}, loss {recent:.4f}, "
            f"{speed * phase.batch:.0f} galaxies/s, {_time((total - self.state.step) / speed)} left"
        )
        print(f"\r\033[K{text}" if is_terminal else text, end="" if is_terminal else "\n", file=sys.stderr, flush=True)

    def seconds(self) -> float:
        """How long the training took so far, over all attempts."""
        return self._before + time.monotonic() - self._began

    def store(self, phase: Phase) -> None:
        """Writes a checkpoint, when this is the process that does."""
        self._stored = time.monotonic()
        self.state.seconds = self.seconds()
        if self._setting.world.is_first:
            tensors = {
                "phase": phase.name,
                "network": self._network.state_dict(),
                "optimiser": phase.optimiser.state_dict(),
                "extra": {} if phase.extra is None else phase.extra.state_dict(),
                "threads": torch.get_num_threads(),
                "processes": self._setting.world.size,
            }
            checkpoints.store(self.checkpoint, self.state, self._identity, tensors)

    def _stop(self, phase: Phase) -> None:
        self.store(phase)
        words = [word for word in sys.argv[1:] if word not in ("--resume", "--overwrite")]
        command = shlex.join([*self._setting.world.launcher, "-m", "photoz", *words, "--resume"])
        error = PhotozError(
            f"stopped after step {self.state.step} of {self.state.plan[phase.name]} ({phase.name}); go on with\n"
            f"  {command}",
            Code.STOPPED,
        )
        raise self._setting.world.once(error)


def validations(steps: int, epoch: int, most: int) -> set[int]:
    """After which steps there is a validation: each epoch, `most` of them at most, and always the last."""
    each = max(epoch, -(-steps // most))
    return set(range(each, steps + 1, each)) | {steps}


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
