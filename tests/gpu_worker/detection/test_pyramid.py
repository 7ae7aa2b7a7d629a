from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpu_worker.detection import Detection
from gpu_worker.detection.pyramid import PyramidDetector
from gpu_worker.geometry import BoundingBox, Image


@dataclass
class FixedDetector:
    found: list[Detection]

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        return [self.found for _ in images]


PICTURE = np.zeros((400, 1000, 3), np.uint8)


def _detect(coarse: list[Detection], fine: list[Detection]) -> list[Detection]:
    return PyramidDetector(FixedDetector(coarse), FixedDetector(fine)).detect([PICTURE])[0]


def test_a_plate_seen_in_both_sizes_is_one() -> None:
    coarse = Detection(BoundingBox(100, 100, 200, 130), 0.5)
    fine = Detection(BoundingBox(102, 100, 201, 131), 0.9)
    assert _detect([coarse], [fine]) == [fine]


def test_a_small_plate_that_only_the_fine_size_shows_is_kept() -> None:
    fine = Detection(BoundingBox(10, 10, 40, 20), 0.4)
    assert _detect([], [fine]) == [fine]


def test_half_of_a_plate_that_fills_the_picture_is_left_out() -> None:
    whole = Detection(BoundingBox(20, 20, 980, 380), 0.6)
    half = Detection(BoundingBox(20, 20, 600, 380), 0.97)
    assert _detect([whole], [half]) == [whole]
