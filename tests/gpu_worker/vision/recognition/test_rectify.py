import math

import cv2
import numpy as np
import pytest

from gpu_worker.vision.geometry import BoundingBox
from gpu_worker.vision.recognition.rectify import cut, level_plate, tilt, trimmed
from tests.gpu_worker.scenes import plate


@pytest.mark.parametrize("degrees", [-12, -8, 0, 8, 12])
def test_the_tilt_of_a_line_of_text_is_found(degrees: int) -> None:
    drawn = cv2.copyMakeBorder(plate("AB12CDE", 240), 40, 40, 20, 20, cv2.BORDER_CONSTANT, value=(90, 90, 90))
    height, width = drawn.shape[:2]
    slope = math.tan(math.radians(degrees))
    sheared = cv2.warpAffine(drawn, np.array([[1, 0, 0], [slope, 1, -slope * width / 2]], np.float32), (width, height))
    grey = np.asarray(cv2.cvtColor(sheared, cv2.COLOR_BGR2GRAY), np.uint8)
    assert math.degrees(tilt(grey)) == pytest.approx(degrees, abs=2.1)


def test_a_level_plate_keeps_its_box() -> None:
    picture = np.full((200, 400, 3), 100, np.uint8)
    picture[80:118, 100:260] = plate("AB12CDE", 160)[:38]
    crop, inner = level_plate(picture, BoundingBox(100, 80, 260, 118))
    assert inner.height == pytest.approx(38)
    assert inner.width == pytest.approx(160, abs=2)
    assert crop.shape[0] >= 38


def test_a_cut_at_the_edge_is_clipped_and_never_empty() -> None:
    picture = np.zeros((50, 60, 3), np.uint8)
    assert cut(picture, BoundingBox(-10, -10, 20, 20)).shape == (20, 20, 3)
    assert cut(picture, BoundingBox(58, 49, 90, 90)).shape == (1, 2, 3)
    assert cut(picture, BoundingBox(200, 200, 210, 210)).size > 0


def test_trimming_takes_fractions_of_the_box() -> None:
    assert trimmed(BoundingBox(0, 0, 100, 50), 0.1, 0.05, 0.2) == BoundingBox(10, 10, 95, 40)
