import numpy as np

from gpu_worker.vision.recognition.layout import split_rows
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
