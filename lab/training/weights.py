"""Weights for the network: of PP-OCRv6's published graph, or of an exported reader; and means of both."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn

from gpu_worker.vision.recognition.ctc import SYMBOLS
from lab.training.network import NECK, PlateNet

_FUSED = "ConvMulFusion_W_"
_SLOPE = 1 / 6
"""Of the hard sigmoid, which the exporter multiplies into the layer before it."""


def _convolutions(net: PlateNet) -> Iterator[nn.Conv2d]:
    """Yield the backbone's convolutions in the order of the published graph."""
    for part in (net.stem, net.low, net.middle, net.high):
        yield from (module for module in part.modules() if isinstance(module, nn.Conv2d))


def _set(layer: nn.Module, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    if not isinstance(layer, nn.Conv2d | nn.Linear | nn.LayerNorm):
        raise ValueError(f"The network has no such layer for weights of {weight.shape}")  # noqa: TRY004 - the file is at fault
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
        if n.op_type == "Mul" and any(constants.get(i, np.empty(0)).shape == (NECK,) for i in n.input)
    ]
    for norm, node in zip(norms, vectors, strict=True):
        gain = next(constants[i] for i in node.input if i in constants)
        _set(norm, gain, _following(graph, node.output[0], constants))
    columns = [0, *(1 + alphabet.index(symbol) for symbol in SYMBOLS)]
    _set(net.characters, head[0].T[columns], head[1][columns])


def load_weights(net: PlateNet, path: Path) -> None:
    """Copy weights into a network, from either kind of file.

    Args:
        net: changed in place. Its region head stays as it was: the file's may be for other regions.
        path: the plate cut of PP-OCRv6, or a reader that this project exported, in 8 bits.

    Raises:
        ValueError: if the file is neither.
    """
    model = onnx.load(path)
    if any(p.key == "regions" for p in model.metadata_props):
        _load_exported(net, model.graph)
    else:
        load_pretrained(net, path)


def _load_exported(net: PlateNet, graph: onnx.GraphProto) -> None:
    """Copy the weights of an exported reader; what is in 8 bits there is off by up to half a step."""
    stored = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    made = {output: node for node in graph.node for output in node.output}
    values = {name: value for name, value in stored.items() if value.dtype == np.float32}
    layers = dict(net.named_modules())
    for node in graph.node:
        if node.op_type == "Conv":
            weight, bias = (_whole(name, stored, made) for name in node.input[1:3])
            name = _stored_name(node.input[1], made)
            fused = name.startswith(_FUSED)
            layer = layers[name.removeprefix(_FUSED).removeprefix("net.").partition(".weight")[0]]
            _set(layer, weight / (_SLOPE if fused else 1), bias / (_SLOPE if fused else 1))
    linears = [layer for mixer in net.mixers for layer in mixer.modules() if isinstance(layer, nn.Linear)]
    products = [node for node in graph.node if node.op_type == "MatMul" and node.input[1] in values]
    for layer, node in zip([*linears, net.characters], products, strict=True):
        _set(layer, values[node.input[1]].T, _following(graph, node.output[0], values))
    for name, layer in layers.items():
        if isinstance(layer, nn.LayerNorm):
            _set(layer, values[f"net.{name}.weight"], values[f"net.{name}.bias"])


def _stored_name(name: str, made: dict[str, onnx.NodeProto]) -> str:
    """Follow a layer's input to the stored array that it is made of."""
    return made[name].input[0] if name in made else name


def _whole(name: str, stored: dict[str, NDArray[np.generic]], made: dict[str, onnx.NodeProto]) -> NDArray[np.float32]:
    """Return a stored array in floats, whether it is stored so or in integers with a scale for each first index."""
    if name not in made:
        return np.asarray(stored[name], np.float32)
    integers, scale = (np.asarray(stored[i], np.float32) for i in made[name].input[:2])
    return np.asarray(integers * scale.reshape(-1, *[1] * (integers.ndim - 1)), np.float32)


def mix(tuned: PlateNet, start: Path, share: float) -> PlateNet:
    """Average a fine-tuned network with the weights it was tuned from (Wortsman et al., 2022, "Robust fine-tuning").

    What was learnt from generated pictures and what the published weights know of real ones add up: between the two
    lie weights that read real plates better than either end.

    Args:
        tuned: trained from `start`.
        start: what `load_weights` takes.
        share: of the tuned weights, 0 to 1.

    Returns:
        A new network in evaluation mode. Its region head is the tuned one.
    """
    mixed = deepcopy(tuned)
    load_weights(mixed, start)
    weights = dict(tuned.named_parameters())
    with torch.no_grad():
        for name, value in mixed.named_parameters():
            value.lerp_(weights[name], share)
    mixed.eval()
    return mixed
