from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from gpu_worker.vision.detection import Detection
from gpu_worker.vision.detection.framed import FramedDetector, stretched
from gpu_worker.vision.geometry import BoundingBox, Image


@dataclass
class Onlooker:
    """Finds what it is told to, and keeps what it was shown."""

    found: list[Detection] = field(default_factory=list)
    shown: list[Image] = field(default_factory=list)

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        self.shown += images
        return [self.found for _ in images]


def _halves(left: int, right: int) -> Image:
    picture = np.full((40, 100, 3), left, np.uint8)
    picture[:, 50:] = right
    return picture


def test_a_dull_picture_is_shown_in_full_contrast_amid_grey() -> None:
    onlooker = Onlooker()
    FramedDetector(onlooker, side=200, border=0.25).detect([_halves(60, 80)])
    (shown,) = onlooker.shown
    assert shown.shape == (80 + 2 * 50, 200 + 2 * 50, 3)
    assert np.unique(shown[:50]).tolist() == [114]
    assert (int(shown[90, 60, 0]), int(shown[90, 240, 0])) == (0, 255)


def test_a_negative_is_shown_with_bright_and_dark_exchanged() -> None:
    onlooker = Onlooker()
    FramedDetector(onlooker, side=200, border=0.25, negative=True).detect([_halves(60, 80)])
    assert (int(onlooker.shown[0][90, 60, 0]), int(onlooker.shown[0][90, 240, 0])) == (255, 0)


@pytest.mark.parametrize("width", [50, 400])
def test_boxes_are_of_the_picture_without_its_border(width: int) -> None:
    # The picture takes the columns 50 to 250 of what is shown, and the rows 50 to 150.
    onlooker = Onlooker([Detection(BoundingBox(100, 75, 150, 100), 0.7), Detection(BoundingBox(0, 0, 300, 200), 0.6)])
    picture = np.zeros((width // 2, width, 3), np.uint8)
    (found,) = FramedDetector(onlooker, side=200, border=0.25).detect([picture])
    assert found == [
        Detection(BoundingBox(width / 4, width / 8, width / 2, width / 4), 0.7),
        Detection(BoundingBox(0, 0, width, width / 2), 0.6),
    ]


def test_a_picture_of_one_brightness_has_no_contrast_to_stretch() -> None:
    assert not stretched(np.full((8, 8, 3), 93, np.uint8)).any()
