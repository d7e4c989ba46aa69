"""The end of a training: weights, the proof that the program reads them, and what is told of it all."""

import json
import os
import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from photoz.errors import PhotozError, from_os
from photoz.training import checkpoints
from photoz.training.astromae import AstroMAE
from photoz.training.checkpoints import State
from photoz.training.data.membership import TrainedSample
from photoz.training.options import Options
from photoz.training.phases import Setting
from photoz.training.results import export, report
from photoz.training.results.metrics import metrics
from photoz.training.results.verify import LIMIT, redshifts, verify, write_partitions

_FIRST_PROOF = 8  # galaxies


def is_finished(options: Options, identity: dict[str, Any]) -> bool:
    """Whether this very training came to its end, and its weights are there.

    Raises:
        PhotozError: 65, when training.json is none.
    """
    path = options.folder / "training.json"
    if not (path.exists() and options.output.exists()):
        return False
    try:
        said = json.loads(path.read_text())
        return bool(said["is_finished"]) and said["setting"] == json.loads(json.dumps(identity))
    except (OSError, ValueError, KeyError) as error:
        raise PhotozError(f"{path}: cannot be understood ({error}); start anew with --overwrite") from error


def prove_start(setting: Setting, network: AstroMAE) -> None:
    """Has the program read the untrained network: what it would refuse after hours, it refuses now."""
    galaxies = setting.validation.take(np.arange(_FIRST_PROOF))
    folder = setting.options.folder
    candidate = folder / "candidate.h5"
    try:
        folded, tensors = _folded(setting, network)
        checkpoints.write_whole(candidate, export.content(folded, tensors, {}))
        data = write_partitions(folder / "validation-data", setting.survey, galaxies)
        expected = redshifts(export.rounded(folded, tensors), setting.survey, galaxies)
        verify(candidate, data, folder / "validation", expected, 1, _run_options(setting))
    finally:
        candidate.unlink(missing_ok=True)
        for name in ("validation-data", "validation"):
            shutil.rmtree(folder / name, ignore_errors=True)


def finish(
    setting: Setting, network: AstroMAE, state: State, identity: dict[str, Any], says: Callable[[str], None]
) -> None:
    """Writes the weights and proves them; only then do they get their name."""
    options, folder = setting.options, setting.options.folder
    candidate, data = folder / "candidate.h5", folder / "validation-data"
    try:
        folded, tensors = _folded(setting, network)
        expected = redshifts(export.rounded(folded, tensors), setting.survey, setting.validation)
        found = metrics(expected, setting.validation.redshift)
        attributes = export.record(setting.train, setting.survey.said) | _texts(setting, state, identity, found)
        start = None if options.start is None else TrainedSample.read(options.start)
        seen = export.sample(setting.train, start)
        checkpoints.write_whole(candidate, export.content(folded, tensors, attributes, seen))
        says(f"checking {len(expected)} redshifts of photoz run against PyTorch's")
        write_partitions(data, setting.survey, setting.validation)
        threads = torch.get_num_threads()
        run = verify(candidate, data, folder / "validation", expected, threads, _run_options(setting))
        said = _summary(setting, state, identity, run.metrics or {})
        report.write(folder, said, state)
        os.replace(candidate, options.output)
        checkpoints.write_whole(folder / "training.json", json.dumps(said | {"is_finished": True}, indent=1).encode())
    except OSError as error:
        raise from_os(error, str(options.output)) from error
    finally:
        candidate.unlink(missing_ok=True)
        shutil.rmtree(data, ignore_errors=True)
    told = said["metrics"]
    says(
        f"{options.output}: photoz run agrees with PyTorch within {LIMIT:g} on {len(expected)} galaxies; "
        f"sigma_mad {told['sigma_mad']:.5f}, Bias {told['Bias']:+.5f}, "
        f"outliers {100 * told['outlier_fraction_0.15']:.2f} %; see {folder / 'training.html'}"
    )


def _folded(setting: Setting, network: AstroMAE) -> tuple[AstroMAE, dict[str, Any]]:
    """The network on magnitudes as they are, and its tensors as they are stored."""
    made = AstroMAE(network.shape)
    made.load_state_dict({name: tensor.detach().cpu() for name, tensor in network.state_dict().items()})
    setting.whitening.fold(made.inception_model.magnitude_block[0])
    return made.eval(), export.stored(made)


def _run_options(setting: Setting) -> dict[str, str]:
    options = setting.options
    found = {"magnitude_range": options.magnitude_range, "redshift_range": options.redshift_range}
    usual = {"magnitude_range": (0.0, 90.0), "redshift_range": (0.0, 20.0)}
    return {name: ",".join(map(repr, value)) for name, value in found.items() if value != usual[name]}


def _texts(setting: Setting, state: State, identity: dict[str, Any], metrics: dict[str, float]) -> dict[str, Any]:
    options, survey = setting.options, setting.survey
    by = "identifier" if setting.train.ids is not None else "file name and row"
    steps = ", ".join(f"{count} steps of {name}" for name, count in state.plan.items() if count)
    start = f", on top of {options.start.name}" if options.start else ""
    best, criterion = state.best.get("network", {}), options.criterion(len(setting.validation))
    texts = {
        "description": options.description or f"AstroMAE trained on {len(setting.train)} labelled galaxies{start}",
        "training_data": (
            f"{len(setting.train)} galaxies of {len(survey.partitions)} partitions, SHA-256 of their images, "
            f"magnitudes and redshifts {identity['data_sha256']}; {len(setting.validation)} others validated on, "
            f"by a hash of the {by}"
        ),
        "training": f"photoz train: {steps}, "
        f"of the last that with the best validation {criterion}, step {best.get('step', state.step)}",
        "metrics": {"validation": metrics},
        "license": options.license,
        "demonstration": options.demonstration,
    }
    return {name: text for name, text in texts.items() if text is not None}


def _summary(setting: Setting, state: State, identity: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    """What training.json says."""
    return {
        "schema": "photoz.training/1",
        "output": str(setting.options.output),
        "setting": identity,
        "data": [str(path) for path in setting.options.data],
        "pretrain": [str(path) for path in setting.options.pretrain],
        "plan": state.plan,
        "galaxies": {"trained": len(setting.train), "validated": len(setting.validation)},
        "processes": setting.world.size,
        "threads": torch.get_num_threads(),
        "device": str(setting.world.device),
        "arithmetic": str(setting.kind).removeprefix("torch."),
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "seconds": round(state.seconds, 1),
        "losses": state.losses,
        "validations": state.validations,
        "best": {phase: {"step": one["step"], "value": one["value"]} for phase, one in state.best.items()},
        "best_by": setting.options.criterion(len(setting.validation)),
        "metrics": metrics,
    }
