"""Looking at a picture in several sizes: small plates need a large input, plates that fill the picture a small one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from gpu_worker.vision.detection import yolo
from gpu_worker.vision.detection.base import Detection, Detector
from gpu_worker.vision.geometry import Image

_OVERLAP = 0.8
"""The glance begins at this fraction of the width where the fine look ends, so that no plate falls between."""

_FILLS = 0.4
"""A plate that covers this fraction of the picture is what the picture was taken of."""

_CROP_SIDE, _CROP_SHAPE, _STRIP_SHAPE = 640, 1.38, 1.85
"""A picture may be cut out around a plate if it is small and wider than photographs are (4 to 3), or wider than any
camera's (16 to 9)."""


def may_be_cut_out(image: Image) -> bool:
    """Tell by its size and shape whether a picture may be another system's crop of a plate."""
    height, width = int(image.shape[0]), int(image.shape[1])
    return width > _STRIP_SHAPE * height or (max(height, width) <= _CROP_SIDE and width >= _CROP_SHAPE * height)


@dataclass(frozen=True, slots=True)
class PyramidDetector:
    """Joins detectors of several input sizes.

    Attributes:
        glance: of the smallest input, for plates too large for the others.
        fine: of the largest input, for all other plates.
        second: of the size between; it is asked only where the others are not sure of any plate.
        framed: further glances, with a border around the picture, one after the other where nothing is sure yet; first
            of all where the picture may be a crop.
        far: of a still larger input, for plates that are small in large pictures; None for none.
        far_above: longer side of a picture, px, above which it is asked.
        far_widest: fraction of the picture's width above which its detections are the others'.
        second_above: longer side of a picture, px, up to which `second` sees the same as `fine`.
        widest: fraction of the picture's width above which detections are the glance's: halves of a plate that fills
            the picture look like plates in a larger input, and textures look like plates in the smallest.
        sure: score from which a plate is sure.
    """

    glance: Detector
    fine: Detector
    second: Detector
    framed: Sequence[Detector] = ()
    second_above: int = 0
    far: Detector | None = None
    far_above: int = 1920
    far_widest: float = 0.1
    widest: float = 1 / 3
    sure: float = 0.35

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """See `Detector.detect`."""
        return [self._look(image) for image in images]

    def _look(self, image: Image) -> list[Detection]:
        @cache
        def framed(number: int) -> list[Detection]:
            return self.framed[number].detect([image])[0]

        glance = self.glance.detect([image])[0]
        filling = self._filling(image, glance)
        if may_be_cut_out(image):
            for number in range(len(self.framed)):
                filling = filling or self._filling(image, framed(number))
        # Beside a plate that fills the picture there are only its stickers and legends, which look like plates, too.
        if filling:
            return _distinct(filling)
        found = _by_width(glance, self.fine.detect([image])[0], self.widest * image.shape[1])
        if self.far is not None and max(image.shape[:2]) > self.far_above:
            limit = self.far_widest * image.shape[1]
            found += [d for d in self.far.detect([image])[0] if d.box.width <= limit]
        if not self._is_sure(found) and max(image.shape[:2]) > self.second_above:
            found += self.second.detect([image])[0]
        for number in range(len(self.framed)):
            if not self._is_sure(found):
                found += framed(number)
        return _distinct(found)

    def _filling(self, image: Image, detections: list[Detection]) -> list[Detection]:
        least = _FILLS * image.shape[0] * image.shape[1]
        return [d for d in detections if d.score >= self.sure and d.box.area > least]

    def _is_sure(self, found: list[Detection]) -> bool:
        return any(d.score >= self.sure for d in found)


def _distinct(found: list[Detection]) -> list[Detection]:
    boxes = np.array([d.box.as_array() for d in found], np.float32).reshape(-1, 4)
    scores = np.array([d.score for d in found], np.float32)
    return [found[i] for i in yolo.suppress(boxes, scores, max_iou=0.4, max_inside=0.7)]


@dataclass(frozen=True, slots=True)
class GlancingDetector:
    """Looks at frames of a video in one size, and glances in a smaller one where a plate may be too large for that.

    A vehicle that stops before a camera is as large in all its frames, so no other frame makes up for it.

    Attributes:
        fine: for all plates up to `widest`.
        glance: asked where `fine` is sure of nothing, or of something so wide that it may be a part of a plate.
        widest: fraction of the frame's width above which detections are the glance's.
        sure: score from which a plate is sure.
    """

    fine: Detector
    glance: Detector
    widest: float = 0.4
    sure: float = 0.35

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """See `Detector.detect`."""
        found = self.fine.detect(images)
        doubtful = [i for i, image in enumerate(images) if not self._settles(image, found[i])]
        glances = self.glance.detect([images[i] for i in doubtful]) if doubtful else []
        for i, glance in zip(doubtful, glances, strict=True):
            found[i] = _distinct(_by_width(glance, found[i], self.widest * images[i].shape[1]))
        return found

    def _settles(self, image: Image, fine: list[Detection]) -> bool:
        widest = max((d.box.width for d in fine if d.score >= self.sure), default=0.0)
        return 0 < widest <= _OVERLAP * self.widest * int(image.shape[1])


def _by_width(glance: list[Detection], fine: list[Detection], limit: float) -> list[Detection]:
    return [d for d in glance if d.box.width > _OVERLAP * limit] + [d for d in fine if d.box.width <= limit]
