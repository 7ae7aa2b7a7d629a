"""The default detector: a one-class YOLO plate model on ONNX Runtime."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gpu_worker.detection import letterbox, yolo
from gpu_worker.detection.base import Detection
from gpu_worker.geometry import BoundingBox, Image
from gpu_worker.weights import open_session


class OnnxDetector:
    """A YOLOv8 plate detector with a (batch, 5, anchors) head. Thread-safe: ONNX Runtime sessions are."""

    def __init__(
        self, weights: Path, *, side: int = 640, threshold: float = 0.25, device: str = "cpu", threads: int = 2
    ):
        """Open the model.

        Args:
            weights: an ONNX file with input (batch, 3, height, width) and dynamic sizes.
            side: longer side of the network's input in pixels, a multiple of 32.
            threshold: least score of a detection.
            device: `cpu`, `cuda` or `tensorrt`.
            threads: CPU threads of one inference.

        Raises:
            EngineUnavailable: if the device cannot be used.
        """
        self._session = open_session(weights, device, threads)
        self._input = self._session.get_inputs()[0].name
        self._side = side
        self._threshold = threshold

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """See `Detector.detect`."""
        return [self._detect_one(image) for image in images]

    def _detect_one(self, image: Image) -> list[Detection]:
        height, width = image.shape[:2]
        plan = letterbox.fit(height, width, self._side)
        tensor = letterbox.apply(image, plan)[np.newaxis]
        output = self._session.run(None, {self._input: tensor})[0][0]
        boxes, scores = yolo.decode(output, self._threshold)
        kept = yolo.suppress(boxes, scores, max_iou=0.5)
        return [
            Detection(BoundingBox(*map(float, box)).clipped(width, height), float(score))
            for box, score in zip(plan.to_picture(boxes[kept]), scores[kept], strict=True)
        ]
