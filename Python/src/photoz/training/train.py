"""`python -m photoz train`: from labelled partitions to weights that `photoz run` has been proved to read."""

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from photoz.errors import Code, PhotozError, from_os
from photoz.program import find_program
from photoz.training import checkpoints, losses
from photoz.training.astromae import AstroMAE
from photoz.training.checkpoints import State
from photoz.training.data.labels import digest_of, names_of, read_labels, require_ids
from photoz.training.data.membership import TrainedSample
from photoz.training.data.partitions import Array, Names, Survey, open_survey
from photoz.training.data.scan import Scan, scan
from photoz.training.distributed import World
from photoz.training.finish import finish, is_finished, prove_start
from photoz.training.loop import Loop, Signals
from photoz.training.network import Start, begin
from photoz.training.options import Options
from photoz.training.phases import Magnitudes, Phase, Setting, Whole
from photoz.training.planning import plan
from photoz.training.pretraining import Pretraining
from photoz.training.whitening import Whitening

_LEAST_TRAINED, _LEAST_VALIDATED = 100, 20
_OURS = ("checkpoint.pt", "training.json", "training.html", "candidate.h5", "validation", "validation-data", ".lock")
Says = Callable[[str], None]


def train(told: dict[str, Any]) -> None:
    """Trains; all processes of a launcher call it.

    Args:
        told: Options of the command by their names.

    Raises:
        PhotozError: With an exit code as the program's.
    """
    begun = time.monotonic()
    options = Options.of(told)
    world = World(options.device)
    try:
        torch.set_num_threads(options.threads or max(1, len(os.sched_getaffinity(0)) // world.here))
        is_quiet = options.quiet or not world.is_first
        says: Says = (lambda text: None) if is_quiet else _say
        with _folder(options, world), Signals() as signals:
            _train(options, world, signals, says, begun)
    except (RuntimeError, MemoryError) as error:
        raise _understood(error, world) from error
    finally:
        world.leave()


def _say(text: str) -> None:
    # On a terminal the line that says how far it is stands there.
    print(f"\r\033[K{text}" if sys.stderr.isatty() else text, file=sys.stderr, flush=True)


def _understood(error: Exception, world: World) -> PhotozError:
    """An error of PyTorch in words for whoever started it."""
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return PhotozError(f"there is not enough memory: take a smaller --batch-size ({text})", Code.UNEXPECTED)
    if world.size > 1:
        return PhotozError(
            f"rank {world.rank}: another process has ended, or cannot be reached: {text}", Code.UNEXPECTED
        )
    return PhotozError(f"PyTorch: {text}", Code.UNEXPECTED)


def _train(options: Options, world: World, signals: Signals, says: Says, begun: float) -> None:
    survey = _opened(world, options.data, names_of(options), options)
    require_ids(survey, options)
    extremes, digest = _looked_at(world, survey, options, says)
    setting = _setting(options, world, survey, extremes, says)
    unlabelled = _unlabelled(world, options, survey, says)
    start = begin(survey, options, survey.said.bands)
    _tell_start(start, options, says)
    network = start.network.to(world.device)
    if start.is_raw:
        setting.whitening.unfold(network.inception_model.magnitude_block[0])
    # What the training file and the checkpoint say of the data.
    identity = options.stored() | {"data_sha256": digest, "pretrain_sha256": unlabelled[2] if unlabelled else None}
    if options.resume and world.agreed(is_finished(options, identity) if world.is_first else None):
        says(f"{options.output}: this training is finished; nothing to do")
        return
    restored = _restored(options, world, identity, says)
    makers = _makers(setting, unlabelled)
    if restored is None:
        world.agreed(_failure(lambda: prove_start(setting, network)) if world.is_first else None)
        steps = plan(setting, network, start.is_fresh, makers.get("pretraining"), time.monotonic() - begun)
        state = State(plan=steps, phase=next(iter(steps)))
    else:
        network.load_state_dict(restored["network"])
        state = restored["state"]
    says("steps: " + ", ".join(f"{count} {name}" for name, count in state.plan.items() if count))
    loop = Loop(setting, network, state, identity, signals, says)
    _run(loop, network, makers, restored)
    world.agreed(_failure(lambda: finish(setting, network, state, identity, says)) if world.is_first else None)


def _failure(work: Callable[[], None]) -> PhotozError | None:
    """The error of what the first process alone does, for all to hear of; None when there is none."""
    try:
        work()
    except PhotozError as error:
        return error
    except OSError as error:
        return from_os(error, "the training's folder")
    return None


def _run(loop: Loop, network: AstroMAE, makers: dict[str, Any], restored: dict[str, Any] | None) -> None:
    names = list(loop.state.plan)
    for name in names[names.index(loop.state.phase) :]:
        if loop.state.plan[name] == 0:
            continue
        phase: Phase = makers[name](network)
        try:
            loop.run(phase, restored)
            loop.store(phase)
        finally:
            phase.close()


def _makers(setting: Setting, unlabelled: tuple[Survey, Array, str] | None) -> dict[str, Callable[[AstroMAE], Phase]]:
    made: dict[str, Callable[[AstroMAE], Phase]] = {}
    if unlabelled is not None:
        survey, finite, _ = unlabelled
        made["pretraining"] = lambda network: Pretraining(setting, network, survey, finite)
    made["magnitudes"] = lambda network: Magnitudes(setting, network)
    made["network"] = lambda network: Whole(setting, network)
    return made


# Data ---------------------------------------------------------------------------------------------------------------


def _opened(world: World, paths: Iterable[Path], names: Names, options: Options, size: int | None = None) -> Survey:
    found: Survey | PhotozError | None = None
    if world.is_first:
        try:
            found = open_survey(paths, names, size=size or options.image_size, bands=options.bands)
        except PhotozError as error:
            found = error
    survey: Survey = world.agreed(found)
    return survey


def _looked_at(world: World, survey: Survey, options: Options, says: Says) -> tuple[Array, str]:
    """Extremes of all images [N, bands, 2], and the hash of the data: each process reads its share of partitions."""
    says(f"{survey.rows} galaxies in {len(survey.partitions)} partitions, images {survey.bands} x {survey.size}²")
    own: dict[int, Scan] = {}
    error = None
    try:
        for number in range(world.rank, len(survey.partitions), world.size):
            own[number] = scan(survey, survey.partitions[number], options.on_error == "skip")
    except PhotozError as failed:
        error = failed
    world.raise_any(error)
    found = {number: one for part in world.gathered(own) for number, one in part.items()}
    scans = [found[number] for number in range(len(survey.partitions))]
    return np.concatenate([one.extremes for one in scans]), digest_of(survey, [one.digest for one in scans])


def _setting(options: Options, world: World, survey: Survey, extremes: Array, says: Says) -> Setting:
    usable = read_labels(survey, options, extremes)
    for reason, count in usable.left_out.items():
        says(f"{count} galaxies {reason} are left out")
    trained, validated = usable.labels.parts(options.validation, options.validation_limit)
    least = max(_LEAST_TRAINED, 4 * world.size)
    if len(trained) < least or len(validated) < _LEAST_VALIDATED:
        raise PhotozError(
            f"{survey.partitions[0].path}: too few galaxies: {len(trained)} to train on and "
            f"{len(validated)} to validate on, and at least {least} and {_LEAST_VALIDATED} are needed; "
            "give more, or another --validation fraction"
        )
    if survey.said.bands is None:
        says("warning: no partition says its bands, so that the weights will not either; --bands names them")
    if usable.labels.ids is None:
        says("galaxies have no identifiers: they are split by file name and row")
    says(f"{len(trained)} galaxies to train on, {len(validated)} to validate on (by a hash of the identifier)")
    weight = losses.weights(trained.redshift, trained.weight, options.balance)
    whitening = Whitening(trained.magnitudes)
    return Setting(options, world, survey, trained, validated, whitening, weight, _kind(options, world))


def _unlabelled(world: World, options: Options, survey: Survey, says: Says) -> tuple[Survey, Array, str] | None:
    """Partitions to pre-train on, which of their rows can be used, and their hash; None without any."""
    if not options.pretrain:
        return None
    names = Names(images=options.images, magnitudes=(), redshift=None, object_id=None)
    found = _opened(world, options.pretrain, names, options, survey.size)
    first, other = survey.partitions[0].path, found.partitions[0].path
    if found.bands != survey.bands:
        raise PhotozError(f"{first} has images of {survey.bands} bands and {other} of {found.bands}")
    for what in ("bands", "units", "softening", "pixel_scale"):
        one, two = getattr(survey.said, what), getattr(found.said, what)
        alike = one == two if what in ("bands", "units") else np.allclose(one or 0, two or 0, rtol=1e-2)
        if one is not None and two is not None and not alike:
            raise PhotozError(f"{first} says {what} {one} and {other} {two}; pre-train on images that are alike")
    extremes, digest = _looked_at(world, found, options, says)
    return found, np.asarray(~np.isnan(extremes).any(axis=(1, 2))), digest


def _kind(options: Options, world: World) -> torch.dtype:
    if options.precision != "auto":
        return {"bfloat16": torch.bfloat16, "float32": torch.float32}[options.precision]
    if world.device.type == "cuda":
        return torch.bfloat16
    try:
        has_it = "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        has_it = False
    return torch.bfloat16 if has_it else torch.float32


def _tell_start(start: Start, options: Options, says: Says) -> None:
    if options.start is not None and start.anew:
        says(f"of {options.start} these do not fit and begin anew: {', '.join(start.anew)}")
    if options.start is not None and TrainedSample.read(options.start) is None:
        says(
            f"{options.start} does not say which galaxies it was trained on, so that the weights will tell of those "
            "of this training alone: calibrate with galaxies that neither has seen"
        )
    if options.start is not None and start.is_fresh:
        says("the bands are not those of the start: the magnitude branch is trained alone first")


# Checkpoints and the folder -----------------------------------------------------------------------------------------


def _restored(options: Options, world: World, identity: dict[str, Any], says: Says) -> dict[str, Any] | None:
    path = options.folder / "checkpoint.pt"
    if not (options.resume and world.agreed(path.exists() if world.is_first else None)):
        return None
    error, found = None, None
    try:
        found = checkpoints.restore(path, identity)
    except PhotozError as failed:
        error = failed
    world.raise_any(error)
    assert found is not None
    for what, now in (("threads", torch.get_num_threads()), ("processes", world.size)):
        if found[what] != now:
            says(f"warning: the training had {found[what]} {what} and now has {now}: its losses will differ in digits")
    state: State = found["state"]
    says(f"going on after step {state.step} of {state.plan[state.phase]} ({state.phase})")
    return found


@contextmanager
def _folder(options: Options, world: World) -> Iterator[None]:
    """The folder of the training, which no other process writes to meanwhile."""
    lock = None
    error = None
    if world.is_first:
        try:
            find_program()
            lock = _locked(options)
        except PhotozError as failed:
            error = failed
        except OSError as failed:
            error = from_os(failed, str(options.folder))
    world.agreed(error)
    try:
        yield
    finally:
        if lock is not None:
            (options.folder / ".lock").unlink(missing_ok=True)
            lock.close()
            if not any(options.folder.iterdir()):
                options.folder.rmdir()


def _locked(options: Options) -> Any:
    folder, output = options.folder, options.output
    if not output.parent.is_dir():
        raise PhotozError(f"{output}: there is no folder {output.parent}", Code.OUTPUT_REFUSED)
    if output.exists() and not (options.overwrite or options.resume):
        raise PhotozError(f"{output} exists: choose another name, or --overwrite", Code.OUTPUT_REFUSED)
    if output.exists() and not _is_weights(output):
        raise PhotozError(f"{output} is no weights file, and is not replaced", Code.OUTPUT_REFUSED)
    if folder.exists() and not folder.is_dir():
        raise PhotozError(f"{folder} is a file, and the training needs a folder of this name", Code.OUTPUT_REFUSED)
    held = sorted(each.name for each in folder.iterdir()) if folder.exists() else []
    foreign = [name for name in held if name not in _OURS and not name.endswith(".in-progress")]
    if foreign:
        raise PhotozError(f"{folder} holds {foreign[0]}, which is not of a training", Code.OUTPUT_REFUSED)
    if "checkpoint.pt" in held and not (options.overwrite or options.resume):
        raise PhotozError(f"{folder} holds a training: --resume goes on, --overwrite starts anew", Code.OUTPUT_REFUSED)
    folder.mkdir(exist_ok=True)
    lock = open(folder / ".lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise PhotozError(f"another job trains in {folder}", Code.OUTPUT_REFUSED) from error
    if not options.resume:
        for name in held:
            path = folder / name
            if path.is_dir():
                shutil.rmtree(path)
            elif name != ".lock":
                path.unlink()
    return lock


def _is_weights(path: Path) -> bool:
    if not path.is_file() or not h5py.is_hdf5(path):
        return False
    with h5py.File(path) as file:
        return str(file.attrs.get("format", "")) == "astromae"
