from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from gpu_worker.vision.detection import Detection
from gpu_worker.vision.detection.pyramid import GlancingDetector, PyramidDetector, may_be_cut_out
from gpu_worker.vision.geometry import BoundingBox, Image


@dataclass
class FixedDetector:
    found: list[Detection] = field(default_factory=list)
    asked: int = 0

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        self.asked += 1
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


CROP = np.zeros((50, 100, 3), np.uint8)
PHOTO = np.zeros((720, 1280, 3), np.uint8)
PLATE = Detection(BoundingBox(2, 2, 98, 48), 0.8)
STICKER = Detection(BoundingBox(2, 2, 15, 9), 0.9)


@pytest.mark.parametrize(
    ("width", "height", "may_be"),
    [(70, 50, True), (320, 160, True), (2047, 524, True), (640, 480, False), (1280, 720, False), (720, 1280, False)],
)
def test_small_wide_pictures_and_strips_may_be_cut_out_around_a_plate(width: int, height: int, may_be: bool) -> None:
    assert may_be_cut_out(np.zeros((height, width, 3), np.uint8)) is may_be


@pytest.mark.parametrize("at", [0, 1])
def test_a_plate_that_shows_only_in_a_frame_is_found_without_its_sticker(at: int) -> None:
    framed = [FixedDetector(), FixedDetector()]
    framed[at].found = [PLATE]
    pyramid = PyramidDetector(FixedDetector(), FixedDetector([STICKER]), FixedDetector(), framed)
    assert pyramid.detect([CROP]) == [[PLATE]]


def test_a_crop_is_not_framed_where_the_glance_shows_a_plate_that_fills_it() -> None:
    framed = FixedDetector([STICKER])
    assert PyramidDetector(FixedDetector([PLATE]), FixedDetector([STICKER]), FixedDetector(), [framed]).detect(
        [CROP]
    ) == [[PLATE]]
    assert framed.asked == 0


def test_a_photograph_is_framed_only_where_nothing_else_shows_a_plate() -> None:
    framed = FixedDetector([Detection(BoundingBox(100, 100, 1200, 500), 0.6)])
    fine = FixedDetector([Detection(BoundingBox(10, 10, 90, 40), 0.5)])
    pyramid = PyramidDetector(FixedDetector(), fine, FixedDetector(), [framed])
    assert (pyramid.detect([PHOTO]), framed.asked) == ([fine.found], 0)
    fine.found = []
    assert (pyramid.detect([PHOTO]), framed.asked) == ([framed.found], 1)


def test_a_small_picture_is_not_looked_at_twice_in_the_same_size() -> None:
    second = FixedDetector()
    pyramid = PyramidDetector(FixedDetector(), FixedDetector(), second, second_above=640)
    pyramid.detect([np.zeros((480, 640, 3), np.uint8)])
    assert second.asked == 0
    pyramid.detect([PHOTO])
    assert second.asked == 1


def test_a_very_large_picture_is_looked_at_for_small_plates_in_a_larger_size() -> None:
    small = Detection(BoundingBox(3000, 900, 3080, 920), 0.5)
    half = Detection(BoundingBox(500, 900, 1000, 1100), 0.9)
    plate = Detection(BoundingBox(500, 900, 1500, 1100), 0.7)
    far = FixedDetector([small, half])
    pyramid = PyramidDetector(FixedDetector(), FixedDetector([plate]), FixedDetector(), far=far)
    assert pyramid.detect([np.zeros((2160, 3840, 3), np.uint8)]) == [[plate, small]]
    pyramid.detect([PHOTO])
    assert far.asked == 1


NARROW = Detection(BoundingBox(10, 10, 90, 40), 0.5)
CLOSE_UP = Detection(BoundingBox(50, 100, 1250, 500), 0.6)
HALF = Detection(BoundingBox(50, 100, 600, 500), 0.9)


@pytest.mark.parametrize(
    ("fine", "found", "glances"),
    [
        pytest.param([], [CLOSE_UP], 1, id="nothing is seen"),
        pytest.param([HALF], [CLOSE_UP], 1, id="a half is seen"),
        pytest.param([NARROW], [NARROW], 0, id="an ordinary plate is seen"),
    ],
)
def test_a_frame_is_glanced_at_where_a_plate_may_be_too_large(
    fine: list[Detection], found: list[Detection], glances: int
) -> None:
    glance = FixedDetector([CLOSE_UP])
    assert GlancingDetector(FixedDetector(fine), glance).detect([PHOTO]) == [found]
    assert glance.asked == glances


def test_only_the_frames_of_a_batch_that_need_it_are_glanced_at() -> None:
    shown: list[Image] = []

    class Fine:
        def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
            return [[NARROW] if image.any() else [] for image in images]

    class Glance:
        def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
            shown.extend(images)
            return [[CLOSE_UP] for _ in images]

    bright = np.full_like(PHOTO, 200)
    assert GlancingDetector(Fine(), Glance()).detect([bright, PHOTO, bright]) == [[NARROW], [CLOSE_UP], [NARROW]]
    assert len(shown) == 1
    assert shown[0] is PHOTO
