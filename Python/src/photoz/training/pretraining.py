"""The masked autoencoder: the transformer learns what galaxies look like from images that nobody has redshifts of.

Of each image a quarter of the patches (`--mask-ratio` 0.75, as published) goes through the network's own transformer;
a small decoder (two blocks of 96 features, then one linear layer to pixels) guesses the others from them, and the
loss is the mean squared error over the masked patches. The decoder is thrown away.
"""

import numpy as np
import torch
from torch import Tensor, nn

from photoz.training import optimisers
from photoz.training.astromae import AstroMAE, Block
from photoz.training.data import augment
from photoz.training.data.partitions import Array, Survey
from photoz.training.data.stream import Stream
from photoz.training.phases import Setting

RATE = 1e-3
_WIDTH, _DEPTH, _HEADS = 96, 2, 4


class Autoencoder(nn.Module):
    """The encoder of a network and a decoder of its own.

    Args:
        network: Its patch embedding, tokens, positions, blocks and norm are trained.
        ratio: Of the patches, how many are masked.
    """

    def __init__(self, network: AstroMAE, ratio: float) -> None:
        super().__init__()
        shape = network.shape
        self.embed, self.blocks, self.norm = network.patch_embed, network.blocks, network.fc_norm
        self.cls_token, self.positions = network.cls_token, network.pos_embed
        self.patch, self.count = shape.patch, shape.side**2
        self.visible = int(np.clip(round(self.count * (1 - ratio)), 1, self.count - 1))
        self.inward = nn.Linear(shape.width, _WIDTH)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, _WIDTH))
        self.places = nn.Parameter(0.02 * torch.randn(1, self.count, _WIDTH))
        layer = nn.TransformerEncoderLayer(
            _WIDTH, _HEADS, 4 * _WIDTH, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.decoder = nn.TransformerEncoder(layer, _DEPTH, enable_nested_tensor=False)
        self.pixels = nn.Linear(_WIDTH, shape.bands * shape.patch**2)

    def forward(self, images: Tensor, order: Tensor) -> Tensor:
        """The loss of images [B, bands, y, x], of which the first patches in each `order` [B, patches] are seen."""
        seen, hidden = order[:, : self.visible], order[:, self.visible :]
        patches = self.embed(images)
        patches = patches + self.positions[:, 1:]
        first = (self.cls_token + self.positions[:, :1]).expand(len(images), -1, -1)
        tokens = torch.cat([first, _taken(patches, seen)], dim=1)
        for block in self.blocks:
            tokens = _through(block, tokens)
        known = self.inward(self.norm(tokens[:, 1:]))
        whole = self.mask_token.expand(len(images), self.count, -1).to(known.dtype).clone()
        whole = whole.scatter(1, seen[:, :, None].expand(-1, -1, _WIDTH), known)
        guessed = self.pixels(self.decoder(whole + self.places))
        return ((_taken(guessed, hidden) - _taken(self._cut(images), hidden)).float() ** 2).mean()

    def _cut(self, images: Tensor) -> Tensor:
        """Images as pixels of patches, [B, patches, bands * patch * patch]."""
        return nn.functional.unfold(images, self.patch, stride=self.patch).transpose(1, 2)


def _taken(tokens: Tensor, places: Tensor) -> Tensor:
    return torch.gather(tokens, 1, places[:, :, None].expand(-1, -1, tokens.shape[-1]))


def _through(block: Block, x: Tensor) -> Tensor:
    """A block for any number of patches: its convolutions see one token each, wherever it lies."""
    column = x[:, 1:].transpose(1, 2)[:, :, :, None]
    local = block.PCM(column)[:, :, :, 0].transpose(1, 2)
    x = x + block.attn(block.norm1(x))
    x = torch.cat([x[:, :1], x[:, 1:] + local], dim=1)
    return x + block.mlp(block.norm2(x))


class Pretraining:
    """The phase before all others.

    Args:
        setting: Options and processes.
        network: The encoder is its.
        survey: Partitions whose labels are not read.
        finite: [N], of all rows, whether the image can be used.
    """

    name = "pretraining"
    rate = RATE
    validates = False

    def __init__(self, setting: Setting, network: AstroMAE, survey: Survey, finite: Array) -> None:
        self._setting = setting
        torch.manual_seed(setting.options.seed + 1)
        model = Autoencoder(network, setting.options.mask_ratio).to(setting.world.device)
        network.train()
        # The encoder is the network's, and the decoder goes on with it.
        self.extra = model
        self._count = model.count
        self._step = setting.world.shared(model)
        self.optimiser = optimisers.adamw([model], self.rate, setting.options.weight_decay)
        rows = [part.rows for part in survey.partitions]
        partition = np.repeat(np.arange(len(rows)), rows)[finite]
        row = np.concatenate([np.arange(count) for count in rows])[finite]
        world, options = setting.world, setting.options
        self._stream = Stream(
            survey, partition, row, seed=options.seed + 1, batch=options.batch_size, rank=world.rank, world=world.size
        )
        self.epoch, self.batch = self._stream.steps, min(options.batch_size, len(row))

    def loss(self, step: int) -> Tensor:
        _, images = self._stream.batch(step)
        chance = self._setting.chance(5, step)
        if not self._setting.options.no_views:
            images = augment.views(images, chance)
        order = torch.from_numpy(np.argsort(chance.random((len(images), self._count)), axis=1))
        with self._setting.autocast():
            return self._step(self._setting.on_device(images), order.to(self._setting.world.device))

    def validate(self) -> dict[str, float]:
        raise NotImplementedError("a masked autoencoder knows no redshifts")

    def close(self) -> None:
        self._stream.close()
