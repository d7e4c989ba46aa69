"""How many steps each phase has: as the options say, or as many as fit into `--minutes`."""

import copy
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from photoz.errors import Code, PhotozError
from photoz.training import optimisers
from photoz.training.astromae import AstroMAE
from photoz.training.options import Options
from photoz.training.phases import Magnitudes, Phase, Setting, Whole, validate

MAGNITUDE_STEPS = 6000
PRETRAIN_STEPS = 2000
# Of the time there is: at most so much for the phases before the last one, and so much is kept back.
_OF_MAGNITUDES, _OF_PRETRAINING, _KEPT_BACK = 0.15, 0.25, 0.03
# Steps that are measured: at least so many, and no more than take so much of the time there is.
_WARM, _LEAST_MEASURED, _MOST_MEASURED, _OF_MEASURING = 2, 4, 40, 0.015

Maker = Callable[[AstroMAE], Phase]


def plan(
    setting: Setting, network: AstroMAE, is_fresh: bool, pretraining: Maker | None, seconds_gone: float
) -> dict[str, int]:
    """Steps of each phase, in their order.

    Args:
        setting: Data and options.
        network: What will be trained; speeds are measured on copies of it.
        is_fresh: Whether the magnitude branch begins with random numbers.
        pretraining: Makes the first phase; None without one.
        seconds_gone: Of the time there is.
    """
    options = setting.options
    given = {"magnitudes": options.magnitude_steps, "pretraining": options.pretrain_steps}
    usual = {"magnitudes": MAGNITUDE_STEPS if is_fresh else 0, "pretraining": PRETRAIN_STEPS}
    names = (["pretraining"] if pretraining else []) + ["magnitudes"]
    found = {name: usual[name] if given[name] is None else int(given[name] or 0) for name in names}
    if options.minutes is None:
        whole = _probe(setting, lambda model: Whole(setting, model), network, timed=False)[1]
        return found | {"network": options.steps or max(1, round(options.epochs * whole))}
    # All processes must come to the same steps: whatever they measure, the slowest one's number holds for all.
    left = _time_left(setting, network, options, max(setting.world.gathered(seconds_gone)))
    makers: dict[str, tuple[Maker, float]] = {"magnitudes": (lambda model: Magnitudes(setting, model), _OF_MAGNITUDES)}
    if pretraining:
        makers["pretraining"] = (pretraining, _OF_PRETRAINING)
    spent = 0.0
    for name in names:
        maker, share = makers[name]
        each = _probe(setting, maker, network)[0] if found[name] else 0.0
        if given[name] is None and each:
            found[name] = min(found[name], int(share * left / each))
        spent += found[name] * each
    each = _probe(setting, lambda model: Whole(setting, model), network)[0]
    steps = int((left - spent) / each)
    if steps < 1:
        error = PhotozError(
            f"--minutes {options.minutes:g} is not enough: {left:.0f} s are left for training, and a step takes "
            f"{each:.2f} s",
            Code.USAGE,
        )
        raise setting.world.once(error)
    return found | {"network": steps}


def _probe(setting: Setting, maker: Maker, network: AstroMAE, timed: bool = True) -> tuple[float, int]:
    """Seconds of a step on the slowest process, measured on a copy of the network, and the steps of an epoch."""
    phase = maker(copy.deepcopy(network))
    took: list[float] = []
    most = _OF_MEASURING * 60 * (setting.options.minutes or 0)
    try:
        for step in range(_WARM + _MOST_MEASURED if timed else 0):
            begun = time.monotonic()
            phase.loss(step).backward()
            optimisers.update(phase.optimiser, 0.0)
            took.append(time.monotonic() - begun)
            if setting.world.mean(float(sum(took) > most))[0] > 0 and step + 1 >= _WARM + _LEAST_MEASURED:
                break
    finally:
        phase.close()
    each = float(np.mean(took[_WARM:])) if took else 0.0
    return max(setting.world.gathered(each)), phase.epoch


def _time_left(setting: Setting, network: AstroMAE, options: Options, gone: float) -> float:
    """Seconds for steps: without validations, the proof at the end, and some for what nobody has thought of."""
    some = np.arange(min(len(setting.validation), 512))
    part = replace(setting, validation=setting.validation.take(some))
    copied = copy.deepcopy(network)
    begun = time.monotonic()
    validate(part, copied)
    took = (time.monotonic() - begun) * len(setting.validation) / len(some)
    took = max(setting.world.gathered(took))
    total = 60 * (options.minutes or 0)
    # The proof is PyTorch's in float32 and the program's.
    return total * (1 - _KEPT_BACK) - gone - took * (options.validations + 3) - 5
