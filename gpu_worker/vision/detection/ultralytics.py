"""A detector for weights that a customer trained with ultralytics (the `torch` extra; AGPL-3.0 code)."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpu_worker.vision.detection.base import Detection
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.torch_device import torch_device
from gpu_worker.vision.weights import EngineUnavailable


class UltralyticsDetector:
    """Runs a `.pt` file. All its classes count as plates: a customer's weights are trained for them."""

    def __init__(self, weights: Path, *, side: int = 640, threshold: float = 0.25, device: str = "cpu") -> None:
        """Load the model.

        Args:
            weights: a `.pt` file that ultralytics can load.
            side: longer side of the network's input, px.
            threshold: least score of a detection.
            device: `cpu` or `cuda`.

        Raises:
            EngineUnavailable: if ultralytics is not installed or the device cannot be used.
        """
        self._device = torch_device(device)
        try:
            ultralytics = importlib.import_module("ultralytics")
        except ImportError as error:
            raise EngineUnavailable("The ultralytics engine needs the 'torch' extra to be installed.") from error
        self._model: Any = ultralytics.YOLO(str(weights))
        self._side = side
        self._threshold = threshold

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """See `Detector.detect`."""
        if not images:
            return []
        results = self._model.predict(
            list(images), imgsz=self._side, conf=self._threshold, device=self._device, verbose=False
        )
        return [
            [
                Detection(BoundingBox(*map(float, box)), float(score))
                for box, score in zip(result.boxes.xyxy.tolist(), result.boxes.conf.tolist(), strict=True)
            ]
            for result in results
        ]
