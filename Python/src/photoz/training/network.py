"""The network that is trained: of what size, from which weights, and which of its tensors may change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MethodType

import h5py
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from photoz.errors import Code, PhotozError, from_os, some
from photoz.training.astromae import AstroMAE, Attention, Shape, load
from photoz.training.data.partitions import Array, Survey, band_names
from photoz.training.options import Options

_SMALL = Shape(
    width=96, depth=6, heads=6, mlp=384, local=384, groups=24, vit=512, inception=512, magnitude=512, output=512
)
_TINY = Shape(
    width=16, depth=2, heads=4, mlp=32, local=32, groups=4, vit=32, stem=8, branches=(4, 4, 4, 4, 4), inception=32,
    magnitude=64, output=64,
)  # fmt: skip
NETWORKS = {"published": Shape(), "small": _SMALL, "tiny": _TINY}
FIRST = "inception_model.magnitude_block.0"
# What --only heads lets change: all behind the features of the image, and the magnitudes.
HEADS = (
    "head",
    "vit_block",
    "inception_model.vis_inception.10",
    "inception_model.vis_inception.12",
    "inception_model.magnitude_block",
    "concat_block",
)


@dataclass(frozen=True)
class Start:
    """A network to train, and which of its tensors begin as random numbers."""

    network: AstroMAE
    anew: tuple[str, ...]
    is_fresh: bool
    """Whether the magnitude branch has yet to learn what these magnitudes say."""
    is_raw: bool
    """Whether its first layer takes magnitudes as they are, not whitened ones."""


def grouped_product(self: nn.Conv2d, x: Tensor) -> Tensor:
    """A grouped 1x1 convolution as one batched matrix product: PyTorch's own is several times slower."""
    batch, channels, height, width = x.shape
    groups = x.reshape(batch, self.groups, channels // self.groups, height * width)
    weight = self.weight.reshape(self.groups, -1, channels // self.groups)
    return torch.matmul(weight, groups).reshape(batch, -1, height, width) + self.bias[:, None, None]


def plain_mix(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention as two batched products: on processors the fused one takes half of a step on its way back."""
    if q.is_cuda:
        return functional.scaled_dot_product_attention(q, k, v)
    shares = torch.softmax(torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(-2, -1)), dim=-1)
    return torch.matmul(shares.to(v.dtype), v)


def _quick(network: AstroMAE) -> AstroMAE:
    """The same network, which takes half of the time on a processor to train."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups > 1:
            module.forward = MethodType(grouped_product, module)
        if isinstance(module, Attention):
            module.mix = plain_mix
    # Bands and channels beside each other: convolutions, pools and ReLU are 1.7 times as fast that way.
    network.inception_model.to(memory_format=torch.channels_last)
    return network


def shape_for(survey: Survey, options: Options) -> Shape:
    """The sizes of a new network for the images of a survey.

    Raises:
        PhotozError: 64, when no patch divides the image.
    """
    size, patch = survey.size, options.patch
    if patch is None:
        fitting = [each for each in range(4, 17) if size % each == 0]
        if not fitting:
            raise PhotozError(
                f"no patch of 4 to 16 pixels divides images of {size}; --image-size {size // 8 * 8} takes their centre",
                Code.USAGE,
            )
        patch = min(fitting, key=lambda each: (abs(each - 8), each))
    if patch < 1 or size % patch or size < 8:
        raise PhotozError(f"--patch {patch} does not divide images of {size} pixels, or they are below 8", Code.USAGE)
    return replace(NETWORKS[options.network], bands=survey.bands, patch=patch, side=size // patch)


def begin(survey: Survey, options: Options, bands: tuple[str, ...] | None) -> Start:
    """A network of random numbers, or of those of `--start` where shapes allow."""
    torch.manual_seed(options.seed)
    if options.start is None:
        start = Start(AstroMAE(shape_for(survey, options)), (), True, False)
    else:
        start = _started(survey, options, options.start, bands)
    _quick(start.network)
    if options.only == "heads":
        _only_heads(start)
    # The last module of the inception branch has a branch that the network leaves out.
    start.network.inception_model.vis_inception[8].branch3.requires_grad_(False)
    return start


def read(path: Path) -> tuple[AstroMAE, tuple[str, ...] | None]:
    """The network of a weights file, and its bands if it says them."""
    try:
        network = load(path)
        with h5py.File(path) as file:
            told = file.attrs.get("bands")
    except OSError as error:
        raise from_os(error, str(path)) from error
    except (KeyError, AssertionError, RuntimeError) as error:
        raise PhotozError(f"{path}: holds no AstroMAE weights ({error}); photoz inspect says more") from error
    return network, None if told is None else band_names(told, network.shape.bands, str(path))


def _started(survey: Survey, options: Options, path: Path, bands: tuple[str, ...] | None) -> Start:
    old, old_bands = read(path)
    patch = options.patch or old.shape.patch
    if survey.size % patch:
        patch = shape_for(survey, options).patch
    shape = replace(old.shape, bands=survey.bands, patch=patch, side=survey.size // patch)
    network = AstroMAE(shape)
    places = _places(old_bands, bands, old.shape.bands, survey.bands)
    state, anew = network.state_dict(), []
    for name, tensor in old.state_dict().items():
        found = _fitted(name, tensor, state[name], places)
        if found is None:
            anew.append(name)
        else:
            state[name] = found
    if places is not None:
        weight, bias = _first_layer(old, places, path)
        state[f"{FIRST}.weight"], state[f"{FIRST}.bias"] = weight, bias
    network.load_state_dict(state)
    is_known = places == list(range(old.shape.bands)) and len(places) == survey.bands
    return Start(network, tuple(anew), not is_known, places is not None)


def _places(
    old: tuple[str, ...] | None, new: tuple[str, ...] | None, old_count: int, new_count: int
) -> list[int | None] | None:
    """For each new band the place it had, None for one that was not there; None when nobody knows."""
    if old is None or new is None:
        return list(range(old_count)) if old_count == new_count else None
    if not set(old) & set(new):
        return None
    return [old.index(band) if band in old else None for band in new]


def _fitted(name: str, old: Tensor, new: Tensor, places: Sequence[int | None] | None) -> Tensor | None:
    """An old tensor as a new network takes it: bands by their names, positions between those known; None otherwise."""
    by_band = name in ("patch_embed.proj.weight", "inception_model.conv2d_init.weight") or name.endswith(
        "vis_inception.0.weight"
    )
    if by_band and places is not None and old.shape[2:] == new.shape[2:]:
        # A band that is new begins at zero: the network's answer does not depend on it before it has learnt.
        made = torch.zeros_like(new)
        for place, source in enumerate(places):
            if source is not None:
                made[:, place] = old[:, source]
        return made
    if by_band or (places is None and name.startswith(FIRST)):
        return None
    if name == f"{FIRST}.weight":
        return new  # `_first_layer` makes it
    if name == "pos_embed" and old.shape != new.shape:
        side, wanted = (int((each.shape[1] - 1) ** 0.5) for each in (old, new))
        grid = old[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
        grid = functional.interpolate(grid, size=(wanted, wanted), mode="bicubic", align_corners=False)
        return torch.cat([old[:, :1], grid.permute(0, 2, 3, 1).reshape(1, wanted * wanted, -1)], dim=1)
    return old if old.shape == new.shape else None


def _first_layer(old: AstroMAE, places: Sequence[int | None], path: Path) -> tuple[Tensor, Tensor]:
    """The first magnitude layer for other bands.

    A band that is no longer there is taken to be its neighbour plus the middle of the colour that the weights were
    trained on; one that was not there has no weight yet.
    """
    layer = old.inception_model.magnitude_block[0]
    weight, bias = layer.weight.double().numpy().copy(), layer.bias.double().numpy().copy()
    kept = [place for place in places if place is not None]
    colours = _middle_colours(path, old.shape.bands)
    for lost in [place for place in range(old.shape.bands) if place not in kept]:
        near = min(kept, key=lambda place: (abs(place - lost), place))
        # colours[i] is magnitude i less magnitude i + 1.
        offset = colours[lost:near].sum() if lost < near else -colours[near:lost].sum()
        weight[:, near] += weight[:, lost]
        bias += weight[:, lost] * offset
    made = np.zeros((len(bias), len(places)))
    for place, source in enumerate(places):
        if source is not None:
            made[:, place] = weight[:, source]
    return torch.from_numpy(made).float(), torch.from_numpy(bias).float()


def _middle_colours(path: Path, bands: int) -> Array:
    with h5py.File(path) as file:
        told = file.attrs.get("colour_range")
    return np.zeros(bands - 1) if told is None else np.asarray(told, "f8").reshape(-1, 2).mean(axis=1)


def _only_heads(start: Start) -> None:
    frozen = [name for name, _ in start.network.named_parameters() if not name.startswith(HEADS)]
    random = [name for name in start.anew if name in frozen]
    if random:
        raise PhotozError(
            f"--only heads would leave layers as they are that these images begin anew: {some(random)}; train all",
            Code.USAGE,
        )
    for name, parameter in start.network.named_parameters():
        parameter.requires_grad_(name.startswith(HEADS))


def to_training(network: AstroMAE) -> None:
    """Training mode, but for what is left as it is: its normalisation keeps the statistics that it knows."""
    network.train()
    for module in network.modules():
        own = list(module.parameters())
        if isinstance(module, nn.BatchNorm2d) and own and not any(each.requires_grad for each in own):
            module.eval()
