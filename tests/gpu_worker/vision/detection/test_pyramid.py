from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpu_worker.vision.detection import Detection
from gpu_worker.vision.detection.pyramid import PyramidDetector
from gpu_worker.vision.geometry import BoundingBox, Image


@dataclass
class FixedDetector:
    found: list[Detection]

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        return [self.found for _ in images]


PICTURE = np.zeros((400, 1000, 3), np.uint8)


def _detect(glance: list[Detection], fine: list[Detection], second: Sequence[Detection] = ()) -> list[Detection]:
    return PyramidDetector(FixedDetector(glance), FixedDetector(fine), FixedDetector(list(second))).detect([PICTURE])[0]


def test_a_plate_seen_in_both_sizes_is_one() -> None:
    glance = Detection(BoundingBox(100, 100, 420, 230), 0.5)
    fine = Detection(BoundingBox(102, 100, 421, 231), 0.9)
    assert _detect([glance], [fine]) == [fine]


def test_what_looks_like_a_small_plate_at_a_glance_is_none() -> None:
    assert _detect([Detection(BoundingBox(100, 100, 200, 130), 0.9)], []) == []


def test_where_no_plate_is_sure_the_size_between_is_asked() -> None:
    faint, plain = Detection(BoundingBox(10, 10, 40, 20), 0.2), Detection(BoundingBox(500, 10, 700, 60), 0.7)
    assert _detect([], [], [plain]) == [plain]
    assert _detect([], [faint], [plain]) == [plain, faint]


def test_where_a_plate_is_sure_it_is_not() -> None:
    sure, plain = Detection(BoundingBox(10, 10, 40, 20), 0.5), Detection(BoundingBox(500, 10, 700, 60), 0.7)
    assert _detect([], [sure], [plain]) == [sure]


def test_a_small_plate_that_only_the_fine_size_shows_is_kept() -> None:
    fine = Detection(BoundingBox(10, 10, 40, 20), 0.4)
    assert _detect([], [fine]) == [fine]


def test_half_of_a_plate_that_fills_the_picture_is_left_out() -> None:
    whole = Detection(BoundingBox(20, 20, 980, 380), 0.6)
    half = Detection(BoundingBox(20, 20, 600, 380), 0.97)
    assert _detect([whole], [half]) == [whole]
