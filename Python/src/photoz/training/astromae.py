"""The AstroMAE redshift network in PyTorch, with the state-dict names of the published one.

Written the way PyTorch users write networks, with nothing folded or fused by hand; `train.py` trains it and the
Benchmarks run it in other engines. `python -m photoz.training.astromae --check` compares it with the golden redshifts
of Tests/Fixtures; `--selftest` does so and makes `Data/selftest.h5` of them.
"""

import argparse
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import h5py
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from photoz.training.data import membership

ROOT = Path(__file__).resolve().parents[4]  # the checkout: training needs its fixtures and its program
WEIGHTS = ROOT / "Data/astromae-mock-sdss.h5"
FIXTURES = ROOT / "Tests/Fixtures"
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Shape:
    """All sizes of the network; as they stand, those of the published one."""

    bands: int = 5
    patch: int = 8
    side: int = 4  # patches across an image
    width: int = 192  # of a token
    depth: int = 12
    heads: int = 12
    mlp: int = 768
    local: int = 768  # hidden channels of the convolution path beside the attention
    groups: int = 48
    vit: int = 1096
    stem: int = 32  # channels of the inception branch's first convolution
    branches: tuple[int, int, int, int, int] = (16, 16, 8, 8, 4)  # channels a branch, by inception module
    inception: int = 1096
    magnitude: int = 1024
    output: int = 1024
    layer_norm_eps: float = 1e-6
    batch_norm_eps: float = 1e-5

    @staticmethod
    def of(state: dict[str, Tensor], heads: int, layer_norm_eps: float, batch_norm_eps: float) -> "Shape":
        """The sizes of a state dict, in which only the heads and the eps cannot be seen."""
        vis = "inception_model.vis_inception"
        width = state["cls_token"].shape[-1]
        return Shape(
            bands=state["patch_embed.proj.weight"].shape[1],
            patch=state["patch_embed.proj.weight"].shape[-1],
            side=int((state["pos_embed"].shape[1] - 1) ** 0.5),
            width=width,
            depth=sum(name.endswith("norm1.weight") for name in state),
            heads=heads,
            mlp=len(state["blocks.0.mlp.fc1.bias"]),
            local=len(state["blocks.0.PCM.0.bias"]),
            groups=width // state["blocks.0.PCM.0.weight"].shape[1],
            vit=len(state["vit_block.0.bias"]),
            stem=len(state[f"{vis}.0.bias"]),
            branches=cast(
                tuple[int, int, int, int, int],
                tuple(len(state[f"{vis}.{i}.branch1.conv.bias"]) for i in (2, 3, 5, 6, 8)),
            ),
            inception=len(state[f"{vis}.10.bias"]),
            magnitude=len(state["inception_model.magnitude_block.0.bias"]),
            output=len(state["concat_block.0.bias"]),
            layer_norm_eps=layer_norm_eps,
            batch_norm_eps=batch_norm_eps,
        )


class Attention(nn.Module):
    """Self-attention whose keys have no bias: it would cancel in the softmax."""

    mix: Callable[..., Tensor] = staticmethod(functional.scaled_dot_product_attention)
    """Values of all tokens by the softmax of queries and keys, [B, heads, tokens, features] each."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.num_heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(shape.width))
        self.v_bias = nn.Parameter(torch.zeros(shape.width))
        self.proj = nn.Linear(shape.width, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        qkv = functional.linear(x, self.qkv.weight, bias).reshape(
            batch, tokens, 3, self.num_heads, width // self.num_heads
        )
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = self.mix(q, k, v)
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))


class MLP(nn.Module):
    """Two linear layers with the exact GELU between them."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.fc1 = nn.Linear(shape.width, shape.mlp)
        self.fc2 = nn.Linear(shape.mlp, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(x)))


class Block(nn.Module):
    """A transformer block with a path of convolutions over the patch tokens, beside the attention."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(shape.width, shape.layer_norm_eps)
        self.attn = Attention(shape)
        self.norm2 = nn.LayerNorm(shape.width, shape.layer_norm_eps)
        self.mlp = MLP(shape)
        self.PCM = nn.Sequential(
            nn.Conv2d(shape.width, shape.local, 1, groups=shape.groups),
            nn.BatchNorm2d(shape.local, shape.batch_norm_eps),
            nn.SiLU(),
            nn.Conv2d(shape.local, shape.width, 1, groups=shape.groups),
        )

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        side = int((tokens - 1) ** 0.5)
        grid = x[:, 1:].transpose(1, 2).reshape(batch, width, side, side)
        local = self.PCM(grid).flatten(2).transpose(1, 2)
        x = x + self.attn(self.norm1(x))
        x = torch.cat([x[:, :1], x[:, 1:] + local], dim=1)
        return x + self.mlp(self.norm2(x))


class Unit(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, eps: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
        self.bn = nn.BatchNorm2d(outputs, eps)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    """Four branches side by side; the network's last one leaves branch3 out, though it has its tensors."""

    def __init__(self, inputs: int, outputs: int, eps: float, is_last: bool = False) -> None:
        super().__init__()
        self.is_last = is_last
        self.branch1 = Unit(inputs, outputs, 1, eps)
        self.branch2 = nn.Sequential(Unit(inputs, outputs, 1, eps), Unit(outputs, outputs, 3, eps))
        self.branch3 = nn.Sequential(Unit(inputs, outputs, 1, eps), Unit(outputs, outputs, 5, eps))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), Unit(inputs, outputs, 1, eps))

    def forward(self, x: Tensor) -> Tensor:
        third = [] if self.is_last else [self.branch3(x)]
        return torch.cat([self.branch1(x), self.branch2(x), *third, self.branch4(x)], dim=1)


class Heads(nn.Module):
    """What the network makes of the image in convolutions, and of the magnitudes in linear layers."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        a, b, c, d, e = shape.branches
        eps = shape.batch_norm_eps
        self.conv2d_init = nn.Conv2d(shape.bands, shape.stem, 1)
        self.vis_inception = nn.Sequential(
            self.conv2d_init,
            nn.AvgPool2d(2),
            Inception(shape.stem, a, eps),
            Inception(4 * a, b, eps),
            nn.AvgPool2d(2),
            Inception(4 * b, c, eps),
            Inception(4 * c, d, eps),
            nn.AvgPool2d(2),
            Inception(4 * d, e, eps, is_last=True),
            nn.Flatten(),
            nn.Linear(3 * e * (shape.side * shape.patch // 8) ** 2, shape.inception),
            nn.ReLU(),
            nn.Linear(shape.inception, shape.inception),
        )
        self.magnitude_block = nn.Sequential(nn.Linear(shape.bands, shape.magnitude))
        for _ in range(4):
            self.magnitude_block.extend([nn.ReLU(), nn.Linear(shape.magnitude, shape.magnitude)])


class PatchEmbedding(nn.Module):
    """One token for each square of the image."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.proj = nn.Conv2d(shape.bands, shape.width, shape.patch, stride=shape.patch)

    def forward(self, image: Tensor) -> Tensor:
        return self.proj(image).flatten(2).transpose(1, 2)


class AstroMAE(nn.Module):
    """The whole network, from images [B, 5, 32, 32] and magnitudes [B, 5] to redshifts [B, 1]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.patch_embed = PatchEmbedding(shape)
        self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, shape.width))
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, 1 + shape.side**2, shape.width))
        self.blocks = nn.Sequential(*(Block(shape) for _ in range(shape.depth)))
        self.fc_norm = nn.LayerNorm(shape.width, shape.layer_norm_eps)
        self.head = nn.Linear(shape.width, shape.width)
        self.vit_block = nn.Sequential(nn.Linear(shape.width, shape.vit), nn.ReLU(), nn.Linear(shape.vit, shape.vit))
        self.inception_model = Heads(shape)
        self.concat_block = nn.Sequential(
            nn.Linear(shape.vit + shape.inception + shape.magnitude, shape.output),
            nn.ReLU(),
            nn.Linear(shape.output, 1),
        )

    def forward(self, image: Tensor, magnitude: Tensor) -> Tensor:
        return self.after_first(image, self.inception_model.magnitude_block[0](magnitude))

    def after_first(self, image: Tensor, hidden: Tensor) -> Tensor:
        """All but the first magnitude layer, whose terms cancel too much for less than float32."""
        patches = self.patch_embed(image)
        tokens = torch.cat([self.cls_token.expand(patches.shape[0], -1, -1), patches], dim=1)
        tokens = self.blocks(tokens + self.pos_embed)
        vit = self.vit_block(self.head(self.fc_norm(tokens[:, 1:].mean(dim=1))))
        inception = self.inception_model.vis_inception(image)
        magnitudes = self.inception_model.magnitude_block[1:](hidden)
        return self.concat_block(torch.cat([vit, inception, magnitudes], dim=1))


def load(path: Path = WEIGHTS) -> AstroMAE:
    """The network of a weights file, in float32 and ready for inference."""
    with h5py.File(path) as file:
        tensors = [name for name, item in file.items() if hasattr(item, "shape") and name != membership.NAME]
        state = {name: np.asarray(file[name]) for name in tensors}
        heads = int(file.attrs["num_heads"])
        layer_norm_eps = float(file.attrs.get("layer_norm_eps", 1e-6))
        batch_norm_eps = float(file.attrs.get("batch_norm_eps", 1e-5))
    state = {name: torch.from_numpy(array.astype("f4")) for name, array in state.items()}
    model = AstroMAE(Shape.of(state, heads, layer_norm_eps, batch_norm_eps))
    # Files may leave out what counts batches in training.
    missing, unknown = model.load_state_dict(state, strict=False)
    assert not unknown and all(name.endswith("num_batches_tracked") for name in missing), (missing, unknown)
    return model.eval().requires_grad_(False)


def galaxies(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images and magnitudes of a partition, in float32, which the network is defined on."""
    with h5py.File(path) as file:
        return file["images"][:].astype("f4"), file["magnitudes"][:].astype("f4")


@torch.inference_mode()
def redshifts(model: AstroMAE, path: Path, kind: torch.dtype) -> np.ndarray:
    """The redshifts of a partition, with all arithmetic in `kind`."""
    images, magnitudes = (torch.from_numpy(array).to(kind) for array in galaxies(path))
    return model.to(kind)(images, magnitudes)[:, 0].double().numpy()


def check() -> None:
    """Compares with golden redshifts in float64: what is measured must be the published network.

    Those of the small weights are the published modules' own; those of the weights of the project were made by this
    network, after it had given the same as the published modules to 1e-12 with these and with weights of full size.
    """
    for weights, name in ((FIXTURES / "small-weights.h5", "small_redshift_float64"), (WEIGHTS, "redshift_float64")):
        check_one(weights, name)


def check_one(weights: Path, name: str) -> None:
    """Compares the redshifts of the golden galaxies with those of a name in `expected.h5`."""
    with h5py.File(FIXTURES / "expected.h5") as file:
        golden = file[name][:]
    for kind, limit in ((torch.float32, TOLERANCE), (torch.float64, TOLERANCE / 1e6)):
        error = np.abs(redshifts(load(weights), FIXTURES / "partition.h5", kind) - golden).max()
        print(f"{weights.name} in {kind}: largest error {error:.1e} (limit {limit:.0e})")
        if not error <= limit:
            raise SystemExit("This is not the published network.")


def write_selftest() -> None:
    """Writes what `photoz selftest` compares with: golden galaxies and redshifts, and the weights' hash."""
    count = 32
    with (
        h5py.File(FIXTURES / "partition.h5") as galaxies,
        h5py.File(FIXTURES / "expected.h5") as expected,
        h5py.File(ROOT / "Data/selftest.h5", "w", track_order=False) as file,
    ):
        images = file.create_dataset(
            "images", data=galaxies["images"][:count], chunks=(8, 5, 32, 32), compression="gzip", shuffle=True
        )
        images.attrs.update(galaxies["images"].attrs)
        for name in ("magnitudes", "redshift"):
            file[name] = galaxies[name][:count]
        file["redshift_float64"] = expected["redshift_float64"][:count]
        file["redshift_float64"].attrs["description"] = (
            "what PyTorch makes of these galaxies in float64, with astromae-mock-sdss.h5"
        )
        file.attrs["weights_sha256"] = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    print("Written: Data/selftest.h5")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the golden redshifts")
    parser.add_argument("--selftest", action="store_true", help="compare, then write Data/selftest.h5")
    arguments = parser.parse_args()
    if not arguments.check and not arguments.selftest:
        parser.error("say --check or --selftest")
    check()
    if arguments.selftest:
        write_selftest()
