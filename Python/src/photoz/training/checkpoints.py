"""How far a training is, in a file that is whole or not there."""

import io
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from photoz.errors import Code, PhotozError, from_os

FORMAT = "photoz training 1"


@dataclass
class State:
    """Where a training stands, and what it has seen.

    Attributes:
        plan: Steps of each phase, in their order; fixed before the first step.
        phase, step: What comes next.
        losses: Of each step, by phase.
        validations: Metrics on the validation set, with `phase`, `step`, `loss` and `seconds`.
        best: By phase, the weights of the best validation so far, with its `step` and `value`.
        seconds: How long it took so far.
    """

    plan: dict[str, int]
    phase: str
    step: int = 0
    losses: dict[str, list[float]] = field(default_factory=dict)
    validations: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file under another name first; what stood under this name stays until the new one is stored.

    Raises:
        PhotozError: 74, when the disk does not take it; nothing is left of it then.
    """
    part = path.with_name(f".{path.name}.in-progress")
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise from_os(error, str(path)) from error


def store(path: Path, state: State, setting: dict[str, Any], tensors: dict[str, Any]) -> None:
    """Writes a checkpoint: the state, what must be the same to go on, network and optimiser."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, "state": asdict(state), "setting": setting, **tensors}, buffer)
    write_whole(path, buffer.getvalue())


def restore(path: Path, setting: dict[str, Any]) -> dict[str, Any]:
    """Reads a checkpoint, with `state` as it was.

    Raises:
        PhotozError: 65 for a file that is none, 73 with what differs from the training that wrote it.
    """
    try:
        found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise from_os(error, str(path)) from error
    except Exception as error:
        raise PhotozError(f"{path}: is no checkpoint that can be read; start anew with --overwrite") from error
    if found.get("format") != FORMAT:
        raise PhotozError(f"{path}: is no checkpoint of this version; start anew with --overwrite")
    stored = found["setting"]
    differs = [
        f"{name} was {stored.get(name)} and is {value}" for name, value in setting.items() if stored.get(name) != value
    ]
    if differs:
        text = "; ".join(differs)
        raise PhotozError(
            f"{path}: belongs to another training: {text}; give the same command, or --overwrite", Code.OUTPUT_REFUSED
        )
    found["state"] = State(**found["state"])
    return found
