"""The network: the recogniser of PP-OCRv6 (small) as a torch module, with a plate alphabet and a region head.

The layout follows the published ONNX graph node by node (RepVGG-like blocks already folded into plain convolutions,
batch normalisation folded here), so its weights load without a converter and training can freeze it by stages.
"""

import math
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name that every torch project uses

from gpu_worker.vision.recognition.ctc import SYMBOLS

_NECK = 120
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
        self.norm1 = nn.LayerNorm(_NECK, eps=_EPSILON)
        self.qkv = nn.Linear(_NECK, 3 * _NECK)
        self.out = nn.Linear(_NECK, _NECK)
        self.norm2 = nn.LayerNorm(_NECK, eps=_EPSILON)
        self.grow = nn.Linear(_NECK, 2 * _NECK)
        self.shrink = nn.Linear(2 * _NECK, _NECK)

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        split = self.qkv(self.norm1(x)).reshape(batch, steps, 3, _HEADS, _NECK // _HEADS)
        q, k, v = split.permute(2, 0, 3, 1, 4).unbind(0)
        attention = ((q * (_NECK // _HEADS) ** -0.5) @ k.transpose(-1, -2)).softmax(-1)
        x = x + self.out((attention @ v).transpose(1, 2).reshape(batch, steps, _NECK))
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
        self.skip = nn.Conv2d(384, _NECK, 1)
        self.enter = nn.Conv2d(384, _NECK, 1)
        self.along = nn.Conv2d(_NECK, _NECK, (1, 7), padding=(0, 3), groups=_NECK)
        self.mixers = nn.ModuleList(_Mixer() for _ in range(2))
        self.norm = nn.LayerNorm(_NECK, eps=_EPSILON)
        self.characters = nn.Linear(_NECK, 1 + len(SYMBOLS))
        self.region = nn.Sequential(nn.Linear(192 + 384 + _NECK, 160), nn.ReLU(), nn.Linear(160, regions))

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


def _convolutions(net: PlateNet) -> Iterator[nn.Conv2d]:
    """Yield the backbone's convolutions in the order of the published graph."""
    for part in (net.stem, net.low, net.middle, net.high):
        yield from (module for module in part.modules() if isinstance(module, nn.Conv2d))


def _set(layer: nn.Conv2d | nn.Linear | nn.LayerNorm, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    if tuple(layer.weight.shape) != weight.shape or layer.bias is None or tuple(layer.bias.shape) != bias.shape:
        raise ValueError(f"The file's layer is {weight.shape}, the network's {tuple(layer.weight.shape)}")
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight.copy()))
        layer.bias.copy_(torch.from_numpy(bias.copy()))


def _following(graph: onnx.GraphProto, name: str, constants: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the constant that the node after `name` adds to it: the graph keeps biases apart."""
    node = next(node for node in graph.node if name in node.input)
    return next(constants[i] for i in node.input if i in constants)


def load_pretrained(net: PlateNet, path: Path) -> None:
    """Copy the weights of the plate cut of PP-OCRv6 (`models/export_recognizer.py`) into a network.

    The characters' columns are matched by the alphabet in the file's metadata; the region head stays as it was made.

    Raises:
        ValueError: if the file is not that graph.
    """
    model = onnx.load(path)
    graph = model.graph
    constants = {t.name: numpy_helper.to_array(t).astype(np.float32) for t in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = np.asarray(numpy_helper.to_array(node.attribute[0].t), np.float32)
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    backbone = list(_convolutions(net))
    if len(convolutions) != len(backbone) + 3:
        raise ValueError(f"{path} has {len(convolutions)} convolutions, expected {len(backbone) + 3}")
    for layer, node in zip(backbone, convolutions, strict=False):
        _set(layer, constants[node.input[1]], _following(graph, node.output[0], constants).reshape(-1))
    for layer, node in zip((net.skip, net.enter, net.along), convolutions[-3:], strict=True):
        norm = next(n for n in graph.node if n.op_type == "BatchNormalization" and n.input[0] == node.output[0])
        gain, shift, mean, variance = (constants[i] for i in norm.input[1:5])
        epsilon = next((a.f for a in norm.attribute if a.name == "epsilon"), 1e-5)
        factor = gain / np.sqrt(variance + epsilon)
        _set(layer, constants[node.input[1]] * factor[:, None, None, None], shift - mean * factor)
    _load_neck(net, graph, constants, next(p.value for p in model.metadata_props if p.key == "alphabet"))


def _load_neck(net: PlateNet, graph: onnx.GraphProto, constants: dict[str, NDArray[np.float32]], alphabet: str) -> None:
    """Copy layer norms and linear layers in the order of the graph."""
    norms: list[nn.LayerNorm] = []
    linears: list[nn.Linear] = []
    for mixer in net.mixers:
        norms += [m for m in mixer.modules() if isinstance(m, nn.LayerNorm)]
        linears += [m for m in mixer.modules() if isinstance(m, nn.Linear)]
    norms.append(net.norm)
    products = [n for n in graph.node if n.op_type == "MatMul" and n.input[1] in constants]
    *inner, head = [(constants[n.input[1]], _following(graph, n.output[0], constants)) for n in products]
    for layer, (weight, bias) in zip(linears, inner, strict=True):
        _set(layer, weight.T, bias)
    vectors = [
        n
        for n in graph.node
        if n.op_type == "Mul" and any(constants.get(i, np.empty(0)).shape == (_NECK,) for i in n.input)
    ]
    for norm, node in zip(norms, vectors, strict=True):
        gain = next(constants[i] for i in node.input if i in constants)
        _set(norm, gain, _following(graph, node.output[0], constants))
    columns = [0, *(1 + alphabet.index(symbol) for symbol in SYMBOLS)]
    _set(net.characters, head[0].T[columns], head[1][columns])


def mix(tuned: PlateNet, start: Path, share: float) -> PlateNet:
    """Average a fine-tuned network with the weights it was tuned from (Wortsman et al., 2022, "Robust fine-tuning").

    What was learnt from generated pictures and what the published weights know of real ones add up: between the two
    lie weights that read real plates better than either end.

    Args:
        tuned: trained from `start`.
        start: the plate cut of PP-OCRv6.
        share: of the tuned weights, 0 to 1.

    Returns:
        A new network in evaluation mode. Its region head is the tuned one.
    """
    mixed = deepcopy(tuned)
    load_pretrained(mixed, start)
    weights = dict(tuned.named_parameters())
    with torch.no_grad():
        for name, value in mixed.named_parameters():
            value.lerp_(weights[name], share)
    mixed.eval()
    return mixed


def parameters_by_depth(net: PlateNet, rate: float, decay: float) -> list[dict[str, Any]]:
    """Group parameters so that early stages learn slower: `rate` at the heads, times `decay` a stage towards the input.

    The stem is frozen: edges of plates are edges of text, and its large maps cost a quarter of a step's time.
    """
    net.stem.requires_grad_(requires_grad=False)
    stages: list[list[nn.Module]] = [
        [net.characters, net.region],
        [net.skip, net.enter, net.along, net.mixers, net.norm],
        [net.high],
        [net.middle],
        [net.low],
    ]
    return [
        {"params": [p for module in modules for p in module.parameters()], "lr": rate * math.pow(decay, depth)}
        for depth, modules in enumerate(stages)
    ]
