"""The AstroMAE redshift network in PyTorch, for inference, from the HDF5 weights that photoz reads.

Written the way PyTorch users write networks, with nothing folded or fused by hand: what an inference
engine makes of it is that engine's own work. `python astromae.py --check` compares it with the golden
redshifts of Tests/Fixtures.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "Data/astromae-mock-sdss.h5"
FIXTURES = ROOT / "Tests/Fixtures"
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Weights:
    """The tensors of a weights file, and layers of their sizes: no size is written down here."""

    state: dict[str, Tensor]
    heads: int
    layer_norm_eps: float
    batch_norm_eps: float
    prefix: str = ""

    def __getitem__(self, name: str) -> Tensor:
        return self.state[self.prefix + name]

    def under(self, name: str) -> "Weights":
        return replace(self, prefix=f"{self.prefix}{name}.")

    def count(self, name: str) -> int:
        start = f"{self.prefix}{name}."
        return 1 + max(int(key[len(start) :].split(".")[0]) for key in self.state if key.startswith(start))

    def linear(self, name: str, bias: bool = True) -> nn.Linear:
        outputs, inputs = self[f"{name}.weight"].shape
        return nn.Linear(inputs, outputs, bias)

    def convolution(self, name: str, stride: int = 1, groups: int = 1) -> nn.Conv2d:
        outputs, inputs, kernel, _ = self[f"{name}.weight"].shape
        padding = kernel // 2 if stride == 1 else 0
        return nn.Conv2d(inputs * groups, outputs, kernel, stride, padding, groups=groups)

    def batch_norm(self, name: str) -> nn.BatchNorm2d:
        return nn.BatchNorm2d(len(self[f"{name}.weight"]), self.batch_norm_eps)

    def layer_norm(self, name: str) -> nn.LayerNorm:
        return nn.LayerNorm(len(self[f"{name}.weight"]), self.layer_norm_eps)


class Attention(nn.Module):
    """Self-attention whose keys have no bias: it would cancel in the softmax."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.heads = weights.heads
        self.qkv = weights.linear("qkv", bias=False)
        self.q_bias = nn.Parameter(weights["q_bias"])
        self.v_bias = nn.Parameter(weights["v_bias"])
        self.proj = weights.linear("proj")

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        qkv = functional.linear(x, self.qkv.weight, bias).reshape(
            batch, tokens, 3, self.heads, width // self.heads
        )
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))


class MLP(nn.Module):
    """Two linear layers with the exact GELU between them."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.fc1 = weights.linear("fc1")
        self.fc2 = weights.linear("fc2")

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(x)))


class Block(nn.Module):
    """A transformer block with a path of convolutions over the patch tokens, beside the attention."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        groups = len(weights["PCM.3.weight"]) // weights["PCM.0.weight"].shape[1]
        self.norm1 = weights.layer_norm("norm1")
        self.attn = Attention(weights.under("attn"))
        self.norm2 = weights.layer_norm("norm2")
        self.mlp = MLP(weights.under("mlp"))
        self.PCM = nn.Sequential(
            weights.convolution("PCM.0", groups=groups),
            weights.batch_norm("PCM.1"),
            nn.SiLU(),
            weights.convolution("PCM.3", groups=groups),
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

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.conv = weights.convolution("conv")
        self.bn = weights.batch_norm("bn")

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    """Four branches side by side; the network's last one leaves branch3 out, though it has its tensors."""

    def __init__(self, weights: Weights, is_last: bool) -> None:
        super().__init__()
        self.is_last = is_last
        self.branch1 = Unit(weights.under("branch1"))
        self.branch2 = nn.Sequential(Unit(weights.under("branch2.0")), Unit(weights.under("branch2.1")))
        self.branch3 = nn.Sequential(Unit(weights.under("branch3.0")), Unit(weights.under("branch3.1")))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), Unit(weights.under("branch4.1")))

    def forward(self, x: Tensor) -> Tensor:
        third = [] if self.is_last else [self.branch3(x)]
        return torch.cat([self.branch1(x), self.branch2(x), *third, self.branch4(x)], dim=1)


class Heads(nn.Module):
    """What the network makes of the image in convolutions, and of the magnitudes in linear layers."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        vis = weights.under("vis_inception")
        self.conv2d_init = weights.convolution("conv2d_init")
        self.vis_inception = nn.Sequential(
            self.conv2d_init,
            nn.AvgPool2d(2),
            Inception(vis.under("2"), is_last=False),
            Inception(vis.under("3"), is_last=False),
            nn.AvgPool2d(2),
            Inception(vis.under("5"), is_last=False),
            Inception(vis.under("6"), is_last=False),
            nn.AvgPool2d(2),
            Inception(vis.under("8"), is_last=True),
            nn.Flatten(),
            vis.linear("10"),
            nn.ReLU(),
            vis.linear("12"),
        )
        self.magnitude_block = nn.Sequential(
            *(
                nn.ReLU() if index % 2 else weights.linear(f"magnitude_block.{index}")
                for index in range(weights.count("magnitude_block"))
            )
        )


class PatchEmbedding(nn.Module):
    """One token for each square of the image."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.proj = weights.convolution("proj", stride=weights["proj.weight"].shape[-1])

    def forward(self, image: Tensor) -> Tensor:
        return self.proj(image).flatten(2).transpose(1, 2)


class AstroMAE(nn.Module):
    """The whole network, from images and magnitudes to redshifts."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.patch_embed = PatchEmbedding(weights.under("patch_embed"))
        self.cls_token = nn.Parameter(weights["cls_token"])
        self.pos_embed = nn.Parameter(weights["pos_embed"])
        self.blocks = nn.Sequential(
            *(Block(weights.under(f"blocks.{i}")) for i in range(weights.count("blocks")))
        )
        self.fc_norm = weights.layer_norm("fc_norm")
        self.head = weights.linear("head")
        self.vit_block = nn.Sequential(
            weights.linear("vit_block.0"), nn.ReLU(), weights.linear("vit_block.2")
        )
        self.inception_model = Heads(weights.under("inception_model"))
        self.concat_block = nn.Sequential(
            weights.linear("concat_block.0"), nn.ReLU(), weights.linear("concat_block.2")
        )
        self.load_state_dict(weights.state)

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
    state = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: state.update({name: np.asarray(item)}) if hasattr(item, "shape") else None
        )
        weights = Weights(
            {name: torch.from_numpy(array.astype("f4")) for name, array in state.items()},
            int(file.attrs["num_heads"]),
            float(file.attrs.get("layer_norm_eps", 1e-6)),
            float(file.attrs.get("batch_norm_eps", 1e-5)),
        )
    return AstroMAE(weights).eval().requires_grad_(False)


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
    """Compares with the published modules in float64: what is measured must be their network."""
    with h5py.File(FIXTURES / "expected.h5") as file:
        expected = {
            WEIGHTS: file["redshift_float64"][:],
            FIXTURES / "small-weights.h5": file["small_redshift_float64"][:],
        }
    for weights, golden in expected.items():
        for kind, limit in ((torch.float32, TOLERANCE), (torch.float64, TOLERANCE / 1e6)):
            error = np.abs(redshifts(load(weights), FIXTURES / "partition.h5", kind) - golden).max()
            print(f"{weights.name} in {kind}: largest error {error:.1e} (limit {limit:.0e})")
            if not error <= limit:
                raise SystemExit("This is not the published network.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", required=True, help="compare with the golden redshifts"
    )
    parser.parse_args()
    check()
