"""The weights file: tensors as the program reads them, and all that guards a run."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import h5py
import numpy as np
import torch

import photoz
from photoz.training.astromae import AstroMAE
from photoz.training.data import ranges
from photoz.training.data.labels import Labels
from photoz.training.data.membership import TrainedSample
from photoz.training.data.partitions import Array, Statement
from photoz.training.network import FIRST


def stored(network: AstroMAE) -> dict[str, Array]:
    """Tensors as files have them: large matrices in float16 where it holds them, all else in float32.

    The first magnitude layer, whose terms cancel, stays in float32.
    """
    found = {}
    for name, tensor in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        values = tensor.detach().float().cpu().numpy()
        is_exact = values.ndim < 2 or name.startswith(FIRST) or np.abs(values).max(initial=0) > 6e4
        found[name] = values if is_exact else values.astype("f2")
    return found


def rounded(network: AstroMAE, tensors: dict[str, Array]) -> AstroMAE:
    """A network with the numbers of a file, ready for inference in float32."""
    made = AstroMAE(network.shape)
    state = {name: torch.from_numpy(values.astype("f4")) for name, values in tensors.items()}
    made.load_state_dict(state, strict=False)
    return made.eval().requires_grad_(False)


def record(trained: Labels, said: Statement) -> dict[str, Any]:
    """Attributes that say what the network was trained on: Documentation.docc/Input-Files.md names them."""
    faintest, brightest = trained.extremes[:, :, 0], trained.extremes[:, :, 1]
    columns = ranges.quantities(trained.magnitudes, trained.redshift, faintest, brightest)
    limits = ranges.ranges(columns)
    found: dict[str, Any] = {**limits, "outside_fraction": ranges.outside_fraction(columns, limits)}
    found["range_source"] = (
        f"percentiles {ranges.PERCENTILES[0]} and {ranges.PERCENTILES[1]} of the {len(trained)} galaxies trained on"
    )
    if said.bands is not None:
        found["bands"] = ("" if all(len(band) == 1 for band in said.bands) else ",").join(said.bands)
    if said.units is not None:
        found["image_units"] = said.units
    if said.softening is not None:
        found["image_softening"] = np.array(said.softening)
    if said.pixel_scale is not None:
        found["pixel_scale"] = said.pixel_scale
    return found


def sample(trained: Labels, start: TrainedSample | None) -> TrainedSample:
    """Which galaxies the network has seen: those trained on, and those of the weights that it began with."""
    parts = np.unique(trained.partition)
    found = TrainedSample.of(trained.magnitudes[trained.partition == part] for part in parts)
    return found if start is None else found.joined(start)


def content(
    network: AstroMAE, tensors: dict[str, Array], attributes: dict[str, Any], seen: TrainedSample | None = None
) -> bytes:
    """A weights file, in memory: some 30 to 60 MB."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, values in tensors.items():
            file[name] = values
        if seen is not None:
            seen.write(file)
        file.attrs["format"] = "astromae"
        file.attrs["format_version"] = 1
        file.attrs["num_heads"] = network.shape.heads
        file.attrs["layer_norm_eps"] = network.shape.layer_norm_eps
        file.attrs["batch_norm_eps"] = network.shape.batch_norm_eps
        for name, value in attributes.items():
            file.attrs[name] = json.dumps(value) if isinstance(value, dict) else value
        file.attrs["created"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        file.attrs["created_by"] = f"photoz {photoz.__version__}, PyTorch {torch.__version__}"
    return buffer.getvalue()
