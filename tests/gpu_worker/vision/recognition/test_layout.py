import numpy as np
import pytest

from gpu_worker.vision.recognition.layout import divide, may_have_two_rows, split_rows
from tests.gpu_worker.scenes import plate, two_row_plate


def test_two_rows_are_cut_between_them() -> None:
    rows = split_rows(two_row_plate("59X1", "23456"))
    assert rows is not None
    upper, lower = rows
    assert 62 <= upper.shape[0] <= 95  # the upper row's baseline is at 62, the lower row's caps begin near 95
    assert upper.shape[0] + lower.shape[0] == 150


def test_a_wide_plate_has_one_row() -> None:
    assert split_rows(plate("AB12CDE", 200)) is None


def test_one_row_on_a_high_plate_is_not_cut() -> None:
    tall = np.full((110, 200, 3), 235, np.uint8)
    drawn = plate("ABC1234", 200)
    tall[30 : 30 + drawn.shape[0]] = drawn
    assert split_rows(tall) is None


def test_a_blank_plate_has_no_rows() -> None:
    assert split_rows(np.full((100, 150, 3), 128, np.uint8)) is None


@pytest.mark.parametrize(
    ("width", "height", "may"), [(100, 50, True), (100, 80, True), (101, 50, False), (30, 19, False)]
)
def test_only_a_high_plate_may_have_two_rows(width: int, height: int, may: bool) -> None:
    assert may_have_two_rows(np.zeros((height, width, 3), np.uint8)) is may


def test_rows_that_a_bar_joins_are_divided_between_them_all_the_same() -> None:
    joined = two_row_plate("59X1", "23456")
    joined[40:110, ::16] = 60  # bars across the gap, as of dirt or a frame, leave none that is clear
    assert split_rows(joined) is None
    upper, lower = divide(joined)
    assert 62 <= upper.shape[0] - 3 <= 95
    assert upper.shape[0] + lower.shape[0] == 150 + 2 * 3
