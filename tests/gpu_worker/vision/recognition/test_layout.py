import numpy as np
import pytest

from gpu_worker.vision.recognition.layout import divide, may_have_two_rows
from tests.gpu_worker.scenes import two_row_plate


@pytest.mark.parametrize(
    ("width", "height", "may"), [(100, 50, True), (100, 80, True), (101, 50, False), (30, 19, False)]
)
def test_only_a_high_plate_may_have_two_rows(width: int, height: int, may: bool) -> None:
    assert may_have_two_rows(np.zeros((height, width, 3), np.uint8)) is may


@pytest.mark.parametrize("bars", [False, True], ids=["a clear gap", "bars across the gap"])
def test_rows_are_divided_between_them(bars: bool) -> None:
    picture = two_row_plate("59X1", "23456")
    if bars:
        picture[40:110, ::16] = 60  # as of dirt or a frame
    upper, lower = divide(picture)
    assert 62 <= upper.shape[0] - 3 <= 95  # the upper row's baseline is at 62, the lower row's caps begin near 95
    assert upper.shape[0] + lower.shape[0] == 150 + 2 * 3
