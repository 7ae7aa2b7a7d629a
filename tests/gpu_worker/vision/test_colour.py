import numpy as np
import pytest

from gpu_worker.vision import colour
from gpu_worker.vision.geometry import Image


def _picture(means: tuple[int, int, int]) -> Image:
    """A picture of light and dark stripes whose channels have these means."""
    stripes = np.where(np.arange(64) // 4 % 2, 1.4, 0.6)[np.newaxis, :, np.newaxis]
    return np.asarray(np.broadcast_to(stripes * np.array(means), (48, 64, 3)), np.uint8)


@pytest.mark.parametrize("means", [(100, 100, 100), (90, 100, 110), (0, 0, 0)])
def test_a_neutral_picture_is_given_back_untouched(means: tuple[int, int, int]) -> None:
    picture = _picture(means)
    assert colour.without_cast(picture) is picture


def test_a_picture_under_one_colour_becomes_grey_and_keeps_its_contrast() -> None:
    pink = _picture((110, 60, 170))
    grey = colour.without_cast(pink)
    assert (grey == grey[:, :, :1]).all()
    light, dark = grey[0, 4, 0], grey[0, 0, 0]
    assert light / dark == pytest.approx(1.4 / 0.6, rel=0.05)
    assert (pink[0, 0] == (66, 36, 102)).all()  # the caller's picture is not changed


def test_a_cast_is_measured_as_a_share_of_the_brightness() -> None:
    assert colour.cast(_picture((50, 100, 150))) == pytest.approx(0.5, abs=0.02)
