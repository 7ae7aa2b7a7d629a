"""The default detector: a one-class YOLO plate model on ONNX Runtime."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gpu_worker.vision.detection import letterbox, yolo
from gpu_worker.vision.detection.base import Detection
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.weights import EngineUnavailable, open_session

_WHOLE = [5]
_LEVEL = [64, 1]


class OnnxDetector:
    """A one-class YOLOv8 plate detector. Thread-safe: ONNX Runtime sessions are.

    Its head is either whole, as ultralytics exports it, (batch, 5, anchors); or ends at the last convolutions: of each
    level of the pyramid distances (batch, 64, height, width) and logits (batch, 1, height, width), in this order.
    """

    def __init__(
        self, weights: Path, *, side: int = 640, threshold: float = 0.25, device: str = "cpu", threads: int = 2
    ):
        """Open the model.

        Args:
            weights: an ONNX file with input (batch, 3, height, width), dynamic sizes and such a head.
            side: longer side of the network's input in pixels, a multiple of 32.
            threshold: least score of a detection.
            device: `cpu`, `cuda` or `tensorrt`.
            threads: CPU threads of one inference.

        Raises:
            EngineUnavailable: if the device cannot be used, or the file has another head.
        """
        self._session = open_session(weights, device, threads)
        self._input = self._session.get_inputs()[0].name
        channels = [output.shape[1] for output in self._session.get_outputs()]
        if channels != _WHOLE and channels != _LEVEL * (len(channels) // 2):
            raise EngineUnavailable(f"{weights} is no one-class YOLOv8 detector: its outputs have {channels} channels.")
        self._side = side
        self._threshold = threshold

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """See `Detector.detect`. Images of one size are one batch: the caller bounds it by how many it gives."""
        by_shape: dict[tuple[int, int], list[int]] = defaultdict(list)
        for i, image in enumerate(images):
            by_shape[image.shape[0], image.shape[1]].append(i)
        found: dict[int, list[Detection]] = {}
        for (height, width), places in by_shape.items():
            plan = letterbox.fit(height, width, self._side)
            tensor = np.stack([letterbox.apply(images[i], plan) for i in places])
            outputs = self._session.run(None, {self._input: tensor})
            for i, *output in zip(places, *outputs, strict=True):
                found[i] = self._boxes(output, plan, images[i])
        return [found[i] for i in range(len(images))]

    def _boxes(self, output: list[yolo.Array], plan: letterbox.Letterbox, image: Image) -> list[Detection]:
        if len(output) == 1:
            boxes, scores = yolo.decode(output[0], self._threshold)
        else:
            levels = zip(output[::2], output[1::2], strict=True)
            boxes, scores = yolo.decode_levels(levels, plan.width, self._threshold)
        kept = yolo.suppress(boxes, scores, max_iou=0.5)
        return [
            Detection(BoundingBox(*map(float, box)).clipped(image.shape[1], image.shape[0]), float(score))
            for box, score in zip(plan.to_picture(boxes[kept]), scores[kept], strict=True)
        ]
