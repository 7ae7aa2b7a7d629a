"""The default detector: a one-class YOLO plate model on ONNX Runtime."""

from collections import defaultdict
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
        """See `Detector.detect`. Images of one size are one batch: the caller bounds it by how many it gives."""
        by_shape: dict[tuple[int, int], list[int]] = defaultdict(list)
        for i, image in enumerate(images):
            by_shape[image.shape[0], image.shape[1]].append(i)
        found: dict[int, list[Detection]] = {}
        for (height, width), places in by_shape.items():
            plan = letterbox.fit(height, width, self._side)
            tensor = np.stack([letterbox.apply(images[i], plan) for i in places])
            for i, output in zip(places, self._session.run(None, {self._input: tensor})[0], strict=True):
                found[i] = self._boxes(output, plan, images[i])
        return [found[i] for i in range(len(images))]

    def _boxes(self, output: yolo.Array, plan: letterbox.Letterbox, image: Image) -> list[Detection]:
        boxes, scores = yolo.decode(output, self._threshold)
        kept = yolo.suppress(boxes, scores, max_iou=0.5)
        return [
            Detection(BoundingBox(*map(float, box)).clipped(image.shape[1], image.shape[0]), float(score))
            for box, score in zip(plan.to_picture(boxes[kept]), scores[kept], strict=True)
        ]
