"""From a trained network to what the worker runs: temperature, ONNX, 8-bit weights, digest."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gpu_worker.vision.recognition.ctc import SYMBOLS
from gpu_worker.vision.recognition.platenet import INPUT_HEIGHT, INPUT_WIDTH, to_tensor
from lab.training.formats import load_catalogue
from lab.training.network import PlateNet
from lab.training.samples import PlateGenerator

_OPSET = 20
"""The first whose GELU is one operation and not five: a fifth of the time of a run on a CPU."""
_CHUNK = 32


class Reader(nn.Module):
    """The network as it is shipped: calibrated probabilities instead of logits.

    Args:
        net: trained.
        character_temperature: what character logits are divided by.
        region_temperature: what region logits are divided by.
    """

    def __init__(self, net: PlateNet, character_temperature: float, region_temperature: float) -> None:
        super().__init__()
        self.net = net
        self.temperatures = (character_temperature, region_temperature)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return character probabilities (n, steps, 37) and region probabilities (n, regions)."""
        characters, region = self.net(x)
        return (characters / self.temperatures[0]).softmax(-1), (region / self.temperatures[1]).softmax(-1)


def logits(net: PlateNet, pictures: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """Run a network over fitted crops (count, 48, 192, 3), a few at a time."""
    with torch.inference_mode():
        chunks = [net(torch.from_numpy(to_tensor(pictures[i : i + _CHUNK]))) for i in range(0, len(pictures), _CHUNK)]
    return torch.cat([c for c, _ in chunks]), torch.cat([r for _, r in chunks])


def best_temperature(scores: Tensor, truth: Tensor) -> float:
    """Find the temperature under which the classes' log likelihood is best (Guo et al., 2017), by a fine grid.

    Args:
        scores: (n, classes) logits.
        truth: (n,) class numbers.
    """
    grid = [float(t) for t in np.exp(np.linspace(np.log(0.4), np.log(4.0), 93))]
    losses = [float(nn.functional.cross_entropy(scores / t, truth)) for t in grid]
    return grid[int(np.argmin(losses))]


def peaks_of(characters: Tensor, texts: list[str]) -> tuple[Tensor, Tensor]:
    """Collect the logits at the steps where characters are emitted, for reads of the right length.

    Args:
        characters: (n, steps, 37) logits.
        texts: the truth.

    Returns:
        Logits (m, 37) and what each should have said (m,).
    """
    rows, truth = [], []
    for scores, text in zip(characters, texts, strict=True):
        path = scores.argmax(-1).tolist()
        strengths = scores.softmax(-1).max(-1).values.tolist()
        peaks: list[int] = []
        for step, symbol in enumerate(path):
            if not symbol:
                continue
            if step and path[step - 1] == symbol:
                if strengths[step] > strengths[peaks[-1]]:
                    peaks[-1] = step
            else:
                peaks.append(step)
        if len(peaks) == len(text):
            rows += [scores[step] for step in peaks]
            truth += [1 + SYMBOLS.index(symbol) for symbol in text]
    return torch.stack(rows), torch.tensor(truth)


def calibrated(net: PlateNet, generator: PlateGenerator, count: int) -> Reader:
    """Fit both temperatures on crops that the network was not trained on.

    Args:
        net: trained.
        generator: with another seed than the training's.
        count: crops to draw.
    """
    pictures, texts, regions = generator.batch(0, count)
    characters, region = logits(net, pictures)
    reader = Reader(
        net,
        best_temperature(*peaks_of(characters, texts)),
        best_temperature(region, torch.from_numpy(regions)),
    )
    reader.eval()
    return reader


def export(reader: Reader, path: Path) -> None:
    """Write the ONNX file; batch size and width stay free, alphabet and region codes go into its metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        reader,
        (torch.zeros(2, 3, INPUT_HEIGHT, INPUT_WIDTH),),
        str(path),
        input_names=["x"],
        output_names=["characters", "regions"],
        dynamic_axes={"x": {0: "n", 3: "width"}, "characters": {0: "n", 1: "steps"}, "regions": {0: "n"}},
        opset_version=_OPSET,
        dynamo=False,
    )
    model = onnx.load(path)
    onnx.helper.set_model_props(model, {"alphabet": SYMBOLS, "regions": json.dumps(load_catalogue().codes)})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def sha256_of(path: Path) -> str:
    """Return a file's digest in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
