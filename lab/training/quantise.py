"""8-bit weights and activations where they cost no accuracy: the pointwise convolutions, nine tenths of the arithmetic.

The stem and the depthwise layers stay in float: quantised too, they cost the reader up to five points of exact reads
for little time.
"""

import tempfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_static,
)

from gpu_worker.vision.recognition.platenet import to_tensor

_CHUNK = 16


class _Crops(CalibrationDataReader):  # type: ignore[misc] # ONNX Runtime has no type hints
    """Feeds fitted crops, a few at a time."""

    def __init__(self, pictures: NDArray[np.uint8]) -> None:
        chunks = range(0, len(pictures), _CHUNK)
        self._batches = iter([{"x": to_tensor(pictures[start : start + _CHUNK])} for start in chunks])

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._batches, None)


def _pointwise(node: onnx.NodeProto) -> bool:
    attributes = {attribute.name: attribute for attribute in node.attribute}
    return list(attributes["kernel_shape"].ints) == [1, 1] and attributes["group"].i == 1


def quantise(source: Path, target: Path, pictures: NDArray[np.uint8]) -> None:
    """Write an 8-bit version of an exported reader; inputs, outputs and metadata stay as they are.

    Args:
        source: a file written by `export.export`.
        target: the file to write.
        pictures: (count, 48, 192, 3) BGR uint8 fitted crops, from which the ranges of activations are taken.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        convolutions = [node for node in onnx.load(prepared).graph.node if node.op_type == "Conv"]
        quantize_static(
            str(prepared),
            str(target),
            _Crops(pictures),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=[node.name for node in convolutions if not _pointwise(node)],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
    model = onnx.load(target)
    del model.metadata_props[:]
    model.metadata_props.extend(onnx.load(source).metadata_props)
    target.write_bytes(model.SerializeToString(deterministic=True))
