"""Write the 8-bit plate detector from the exported one: half the time on a CPU, a quarter of the size.

Run in the throw-away environment of `export_detector.py`, never in the product's. The ranges of the activations are
measured on pictures of road traffic; any few dozen will do, the published file used train_ro (427 dashcam frames, MIT):

    /tmp/export/bin/python lab/export/quantize_detector.py plate_yolov8n.onnx FOLDER \
        gpu_worker/models/plate_yolov8n_int8.onnx
"""

import hashlib
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnx.utils
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

PICTURES = 48
SIDES = (512, 640)
STRIDE = 32
GREY = 114

OPERATORS = ["Conv", "Sigmoid", "Mul", "Add", "Concat", "MaxPool", "Resize", "Split"]
"""All that lies between convolutions too: each change back to floats would cost what the convolution saves."""

HEAD = re.compile(r"/model\.22/(?!cv[23])|/model\.22/cv[23]\.\d/cv[23]\.\d\.2/")
"""The last convolutions and the decoding of boxes: coordinates up to 960 do not fit 8 bits."""

OUTPUTS = {
    f"/model.22/{branch}.{level}/{branch}.{level}.2/Conv_output_0": f"{name}_{stride}"
    for level, stride in enumerate((8, 16, 32))
    for branch, name in (("cv2", "distances"), ("cv3", "logits"))
}
"""Where the graph ends. What follows turns the distributions of 10,000 cells into boxes, a sixth of a run's time, to
throw nearly all of them away; `gpu_worker.vision.detection.yolo.decode_levels` does it for the few that count."""


def letterboxed(image: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Fit a BGR uint8 picture as the detector does: (1, 3, height, width) float32, RGB, 0 to 1."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    size = (round(width * scale), round(height * scale))
    canvas = np.full((-(-size[1] // STRIDE) * STRIDE, -(-size[0] // STRIDE) * STRIDE, 3), GREY, np.uint8)
    top, left = (canvas.shape[0] - size[1]) // 2, (canvas.shape[1] - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    planes = np.ascontiguousarray(canvas[:, :, ::-1].transpose(2, 0, 1))
    return planes[np.newaxis].astype(np.float32) / np.float32(255)


class Pictures(CalibrationDataReader):  # type: ignore[misc]  # the package has no types
    """Calibration input: every n-th picture of a folder under other colours and exposures, always the same ones."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
        if not paths:
            raise SystemExit(f"{folder} has no pictures")
        self._inputs = self._read(paths[:: max(1, len(paths) // PICTURES)][:PICTURES])

    def _read(self, paths: list[Path]) -> Iterator[dict[str, NDArray[np.float32]]]:
        rng = np.random.default_rng(0)
        for path in paths:
            image = cv2.imread(str(path))
            if image is None:
                raise SystemExit(f"{path} cannot be decoded")
            # Wider than the pictures themselves, so that other cameras stay inside the measured ranges.
            exposed = image.astype(np.float32) * rng.uniform(0.7, 1.4, (1, 1, 3)) * rng.uniform(0.6, 1.5)
            side = int(rng.choice(SIDES))
            yield {"images": letterboxed(np.clip(exposed, 0, 255).astype(np.uint8), side)}

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._inputs, None)


def quantize(source: Path, pictures: Path, target: Path) -> None:
    """Write `source` with 8-bit weights (by channel) and activations, its head left in floats."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        nodes = [node.name for node in onnx.load(prepared).graph.node]
        quantize_static(
            str(prepared),
            str(target),
            Pictures(pictures),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=OPERATORS,
            nodes_to_exclude=[name for name in nodes if HEAD.search(name)],
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            extra_options={"CalibMovingAverage": True},
        )
    target.write_bytes(without_decoding(onnx.load(target)).SerializeToString(deterministic=True))


def without_decoding(model: onnx.ModelProto) -> onnx.ModelProto:
    """End the graph at its last convolutions, named as `OUTPUTS` says."""
    inferred = onnx.shape_inference.infer_shapes(model)
    cut = onnx.utils.Extractor(inferred).extract_model(["images"], list(OUTPUTS))
    for node in cut.graph.node:
        node.output[:] = [OUTPUTS.get(name, name) for name in node.output]
    for output in cut.graph.output:
        output.name = OUTPUTS[output.name]
    del cut.graph.value_info[:]
    cut.metadata_props.extend(model.metadata_props)
    return cut


if __name__ == "__main__":
    destination = Path(sys.argv[3])
    quantize(Path(sys.argv[1]), Path(sys.argv[2]), destination)
    sys.stdout.write(f"{hashlib.sha256(destination.read_bytes()).hexdigest()}  {destination}\n")
