"""AdamW as transformers are trained with, and its rate as a function of the step alone."""

import math
from collections.abc import Iterable

import torch
from torch import nn

LARGEST_GRADIENT = 1.0


def adamw(modules: Iterable[nn.Module], rate: float, decay: float) -> torch.optim.AdamW:
    """AdamW over what may change in the modules; matrices decay, vectors do not."""
    parameters = [each for module in modules for each in module.parameters() if each.requires_grad]
    matrices = [each for each in parameters if each.dim() > 1]
    vectors = [each for each in parameters if each.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=rate, betas=(0.9, 0.98))


def factor(step: int, steps: int, warm_up: float) -> float:
    """By what the highest rate is multiplied: a linear rise from a hundredth, then a cosine to zero."""
    warm = max(int(steps * warm_up), 1)
    if step < warm:
        return 0.01 + 0.99 * step / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(steps - warm, 1)))


def update(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """One step along the gradients that are there, clipped together."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    nn.utils.clip_grad_norm_([each for group in optimiser.param_groups for each in group["params"]], LARGEST_GRADIENT)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
