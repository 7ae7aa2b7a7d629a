"""Looking at a picture as if it hung on a wall: a plate cut out tightly has no surroundings to stand out from."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from gpu_worker.vision.detection.base import Detection, Detector
from gpu_worker.vision.geometry import BoundingBox, Image

_WALL = (114, 114, 114)
_DARKEST, _BRIGHTEST = 2, 98
"""Percentiles that become black and white: a lamp or a black rim does not decide the contrast of all between."""


def stretched(image: Image) -> Image:
    """Return a BGR uint8 picture in full contrast, its hues kept; one of a single brightness becomes black."""
    low, high = np.percentile(image, (_DARKEST, _BRIGHTEST))
    wide = (image.astype(np.float32) - np.float32(low)) * np.float32(255 / max(1.0, high - low))
    return np.asarray(np.clip(wide, 0, 255), np.uint8)


@dataclass(frozen=True, slots=True)
class FramedDetector:
    """Shows a picture to a detector in full contrast, with a grey border around it.

    Attributes:
        detector: of an input that holds the picture and its border.
        side: longer side of the picture inside the border, px; smaller pictures are enlarged: a network trained on
            photographs knows no plate of 50 px that has no surroundings.
        border: its width as a fraction of `side`.
        negative: bright is shown dark: most plates that a detector learns from are dark on bright.
    """

    detector: Detector
    side: int = 192
    border: float = 0.15
    negative: bool = False

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """See `Detector.detect`."""
        found = self.detector.detect([self._framed(image) for image in images])
        return [self._unframed(image, detections) for image, detections in zip(images, found, strict=True)]

    def _framed(self, image: Image) -> Image:
        height, width = image.shape[:2]
        scale = self._scale(image)
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        shown = stretched(np.asarray(cv2.resize(image, size, interpolation=how), np.uint8))
        edge = self._edge
        on_wall = cv2.copyMakeBorder(
            255 - shown if self.negative else shown, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=_WALL
        )
        return np.asarray(on_wall, np.uint8)

    def _unframed(self, image: Image, detections: list[Detection]) -> list[Detection]:
        height, width = image.shape[:2]
        scale, edge = self._scale(image), self._edge
        boxes = [(d.box.as_array() - edge) / scale for d in detections]
        return [
            Detection(BoundingBox(*map(float, box)).clipped(width, height), detection.score)
            for box, detection in zip(boxes, detections, strict=True)
        ]

    def _scale(self, image: Image) -> float:
        return self.side / max(int(image.shape[0]), int(image.shape[1]))

    @property
    def _edge(self) -> int:
        return round(self.side * self.border)
