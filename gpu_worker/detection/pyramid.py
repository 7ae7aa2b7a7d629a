"""Looking at a picture in two sizes: small plates need the larger one, plates that fill the picture the smaller."""

from collections.abc import Sequence

import numpy as np

from gpu_worker.detection import yolo
from gpu_worker.detection.base import Detection, Detector
from gpu_worker.geometry import Image


class PyramidDetector:
    """Joins a coarse and a fine detector."""

    def __init__(self, coarse: Detector, fine: Detector, *, widest: float = 1 / 3) -> None:
        """Join two detectors.

        Args:
            coarse: of the smaller input.
            fine: of the larger input.
            widest: fraction of the picture's width above which a fine detection is left to the coarse one: halves of a
                plate that fills the picture look like plates in the larger input.
        """
        self._coarse = coarse
        self._fine = fine
        self._widest = widest

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """See `Detector.detect`."""
        results = []
        for image, coarse, fine in zip(images, self._coarse.detect(images), self._fine.detect(images), strict=True):
            limit = self._widest * image.shape[1]
            found = coarse + [d for d in fine if d.box.width <= limit]
            boxes = np.array([d.box.as_array() for d in found], np.float32).reshape(-1, 4)
            scores = np.array([d.score for d in found], np.float32)
            results.append([found[i] for i in yolo.suppress(boxes, scores, max_iou=0.4, max_inside=0.7)])
        return results
