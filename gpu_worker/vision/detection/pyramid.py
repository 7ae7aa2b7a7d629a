"""Looking at a picture in several sizes: small plates need a large input, plates that fill the picture a small one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpu_worker.vision.detection import yolo
from gpu_worker.vision.detection.base import Detection, Detector
from gpu_worker.vision.geometry import Image

_OVERLAP = 0.8
"""The glance begins at this fraction of the width where the fine look ends, so that no plate falls between."""


@dataclass(frozen=True, slots=True)
class PyramidDetector:
    """Joins detectors of three input sizes.

    Attributes:
        glance: of the smallest input, for plates too large for the others.
        fine: of the largest input, for all other plates.
        second: of the size between; it is asked only where the others are not sure of any plate.
        widest: fraction of the picture's width above which detections are the glance's: halves of a plate that fills
            the picture look like plates in a larger input, and textures look like plates in the smallest.
        sure: score from which a plate is sure.
    """

    glance: Detector
    fine: Detector
    second: Detector
    widest: float = 1 / 3
    sure: float = 0.35

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """See `Detector.detect`."""
        glances, fines = self.glance.detect(images), self.fine.detect(images)
        return [self._join(*looks) for looks in zip(images, glances, fines, strict=True)]

    def _join(self, image: Image, glance: list[Detection], fine: list[Detection]) -> list[Detection]:
        limit = self.widest * image.shape[1]
        found = [d for d in glance if d.box.width > _OVERLAP * limit] + [d for d in fine if d.box.width <= limit]
        if all(d.score < self.sure for d in found):
            found += self.second.detect([image])[0]
        boxes = np.array([d.box.as_array() for d in found], np.float32).reshape(-1, 4)
        scores = np.array([d.score for d in found], np.float32)
        return [found[i] for i in yolo.suppress(boxes, scores, max_iou=0.4, max_inside=0.7)]
