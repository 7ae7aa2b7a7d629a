"""The network: the recogniser of PP-OCRv6 (small) as a torch module, with a plate alphabet and a region head.

The layout follows the published ONNX graph node by node (RepVGG-like blocks already folded into plain convolutions,
batch normalisation folded here), so its weights load without a converter and training can freeze it by stages.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name that every torch project uses

from gpu_worker.vision.recognition.ctc import SYMBOLS

NECK = 120
"""Channels between the backbone and the heads."""
_HEADS = 8
_EPSILON = 1e-5


class _Squeeze(nn.Module):
    """Squeeze and excitation (Hu et al., 2018) with a hard sigmoid."""

    def __init__(self, channels: int, slope: float) -> None:
        super().__init__()
        self.down = nn.Conv2d(channels, channels // 4, 1)
        self.up = nn.Conv2d(channels // 4, channels, 1)
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        weight = self.up(F.relu(self.down(x.mean((2, 3), keepdim=True))))
        return x * (weight * self.slope + 0.5).clamp(0, 1)


class _Block(nn.Module):
    """Depthwise mixing of places, then a two-layer mixing of channels; residual where the size stays."""

    def __init__(self, channels: tuple[int, int, int], *, stride: int = 1, squeeze: bool = False) -> None:
        super().__init__()
        inner, hidden, outer = channels
        self.places = nn.Conv2d(inner, inner, 3, (stride, 1), 1, groups=inner)
        self.squeeze = _Squeeze(inner, 1 / 6) if squeeze else None
        self.grow = nn.Conv2d(inner, hidden, 1)
        self.shrink = nn.Conv2d(hidden, outer, 1)
        self.residual = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        x = self.places(x)
        if self.squeeze is not None:
            x = self.squeeze(x)
        mixed: Tensor = self.shrink(F.gelu(self.grow(x)))
        return x + mixed if self.residual else mixed


class _Stem(nn.Module):
    """From (3, 48, w) to (96, 12, w / 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 48, 3, 2, 1)
        self.left = nn.Conv2d(48, 24, 2)
        self.right = nn.Conv2d(24, 48, 2)
        self.merge = nn.Conv2d(96, 48, 3, 2, 1)
        self.last = nn.Conv2d(48, 96, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x))
        side = F.relu(self.left(F.pad(x, (0, 1, 0, 1))))
        side = F.relu(self.right(F.pad(side, (0, 1, 0, 1))))
        pooled = F.max_pool2d(F.pad(x, (0, 1, 0, 1)), 2, 1)  # what is padded is never negative: zero loses nothing
        x = F.relu(self.merge(torch.cat((pooled, side), 1)))
        y: Tensor = self.last(x)
        return F.relu(y)


class _Mixer(nn.Module):
    """One layer of global attention over the columns, normalised before each half."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(NECK, eps=_EPSILON)
        self.qkv = nn.Linear(NECK, 3 * NECK)
        self.out = nn.Linear(NECK, NECK)
        self.norm2 = nn.LayerNorm(NECK, eps=_EPSILON)
        self.grow = nn.Linear(NECK, 2 * NECK)
        self.shrink = nn.Linear(2 * NECK, NECK)

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        split = self.qkv(self.norm1(x)).reshape(batch, steps, 3, _HEADS, NECK // _HEADS)
        q, k, v = split.permute(2, 0, 3, 1, 4).unbind(0)
        attention = ((q * (NECK // _HEADS) ** -0.5) @ k.transpose(-1, -2)).softmax(-1)
        x = x + self.out((attention @ v).transpose(1, 2).reshape(batch, steps, NECK))
        mixed: Tensor = self.shrink(F.silu(self.grow(self.norm2(x))))
        return x + mixed


class PlateNet(nn.Module):
    """Characters by CTC, and the region.

    Args:
        regions: number of region classes.
    """

    def __init__(self, regions: int) -> None:
        super().__init__()
        self.stem = _Stem()
        self.low = nn.Sequential(_Block((96, 192, 96), squeeze=True), _Block((96, 192, 96)), _Block((96, 192, 96)))
        self.middle = nn.Sequential(
            _Block((96, 192, 192), stride=2),
            *(_Block((192, 384, 192), squeeze=i % 2 == 0) for i in range(6)),
        )
        self.high = nn.Sequential(
            _Block((192, 384, 384), stride=2), _Block((384, 768, 384), squeeze=True), _Block((384, 768, 384))
        )
        self.skip = nn.Conv2d(384, NECK, 1)
        self.enter = nn.Conv2d(384, NECK, 1)
        self.along = nn.Conv2d(NECK, NECK, (1, 7), padding=(0, 3), groups=NECK)
        self.mixers = nn.ModuleList(_Mixer() for _ in range(2))
        self.norm = nn.LayerNorm(NECK, eps=_EPSILON)
        self.characters = nn.Linear(NECK, 1 + len(SYMBOLS))
        self.region = nn.Sequential(nn.Linear(192 + 384 + NECK, 160), nn.ReLU(), nn.Linear(160, regions))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute logits.

        Args:
            x: (n, 3, 48, w) float, BGR, -1 to 1, `w` a multiple of 8.

        Returns:
            Characters (n, w / 8, 37), the CTC blank first, then `SYMBOLS`; regions (n, regions).
        """
        columns, pooled = self.features(x)
        return self.characters(columns), self.region(pooled)

    def features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute what the heads see: columns (n, w / 8, 120), and the whole crop pooled (n, 696)."""
        middle = self.middle(self.low(self.stem(x)))
        high = self.high(middle)
        columns = F.avg_pool2d(high, (3, 2))
        skip = F.silu(self.skip(columns))
        y = F.silu(self.enter(columns))
        y = (y + F.silu(self.along(y))).flatten(2).transpose(1, 2)
        for mixer in self.mixers:
            y = mixer(y)
        y = self.norm(y) + skip.flatten(2).transpose(1, 2)
        return y, torch.cat((middle.mean((2, 3)), high.mean((2, 3)), y.mean(1)), 1)


def parameters_by_depth(net: PlateNet, rate: float, decay: float, frozen: int) -> list[dict[str, Any]]:
    """Group parameters so that early stages learn slower: `rate` at the heads, times `decay` a stage towards the input.

    The stem is frozen always: edges of plates are edges of text, and its large maps cost a quarter of a step's time.

    Args:
        net: whose.
        rate: of the heads.
        decay: factor a stage.
        frozen: blocks of the middle stage that are frozen too, with all before them; 0 to train all but the stem.
    """
    net.stem.requires_grad_(requires_grad=False)
    if frozen:
        net.low.requires_grad_(requires_grad=False)
        net.middle[:frozen].requires_grad_(requires_grad=False)
    stages: list[list[nn.Module]] = [
        [net.characters, net.region],
        [net.skip, net.enter, net.along, net.mixers, net.norm],
        [net.high],
        [net.middle[frozen:]],
        [] if frozen else [net.low],
    ]
    return [
        {"params": [p for module in modules for p in module.parameters()], "lr": rate * math.pow(decay, depth)}
        for depth, modules in enumerate(stages)
        if modules
    ]
