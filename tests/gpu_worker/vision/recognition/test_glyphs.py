from collections.abc import Callable

import cv2
import numpy as np
import pytest

from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.recognition.glyphs import Boxes, Row, around, find_row, find_rows, is_lower, typeset
from tests.gpu_worker.scenes import plate, two_row_plate

BLACK, BLUE, GREY, RED, WHITE = (15, 15, 15), (160, 60, 10), (150, 150, 150), (40, 30, 190), (235, 235, 235)


def _write(picture: Image, text: str, at: tuple[int, int], size: float, colour: tuple[int, int, int]) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_DUPLEX, size, colour, max(1, round(2.5 * size)), cv2.LINE_AA)


def _counts(rows: tuple[Boxes, Boxes] | None) -> tuple[int, int]:
    assert rows is not None
    return len(rows[0]), len(rows[1])


@pytest.mark.parametrize("height", [50, 150, 400])
@pytest.mark.parametrize("is_dark", [True, False], ids=["black on white", "white on black"])
def test_the_characters_of_two_rows_are_found(height: int, is_dark: bool) -> None:
    drawn = two_row_plate("59X1", "23456")
    picture = np.asarray(cv2.resize(drawn if is_dark else 255 - drawn, (height * 4 // 3, height)), np.uint8)
    rows = find_rows(picture)
    assert _counts(rows) == (4, 5)
    assert rows is not None
    scale = height / 150
    assert np.median(rows[0][:, 3]) == pytest.approx(62 * scale, abs=4 * scale)
    assert np.median(rows[1][:, 3]) == pytest.approx(130 * scale, abs=4 * scale)
    assert all((np.diff(row[:, 0]) > 0).all() for row in rows)


def test_one_row_is_no_two() -> None:
    tall = np.full((110, 200, 3), 235, np.uint8)
    drawn = plate("ABC1234", 200)
    tall[30 : 30 + drawn.shape[0]] = drawn
    assert find_rows(tall) is None


def test_small_print_over_a_number_is_no_row() -> None:
    picture = np.full((150, 300, 3), 235, np.uint8)
    _write(picture, "NEW JERSEY", (60, 25), 0.8, BLACK)
    _write(picture, "ABC123", (20, 120), 2.4, BLACK)
    assert find_rows(picture) is None


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_blank_plate_has_no_rows(shade: int) -> None:
    assert find_rows(np.full((100, 150, 3), shade, np.uint8)) is None


def _with_band(picture: Image) -> None:
    picture[4:75, 2:40] = BLUE
    _write(picture, "PL", (6, 66), 0.7, WHITE)


def _with_shield(picture: Image) -> None:
    cv2.fillPoly(picture, [np.array([[88, 24], [114, 24], [114, 45], [101, 64], [88, 45]])], RED)


def _with_sticker(picture: Image) -> None:
    cv2.rectangle(picture, (150, 30), (175, 60), (90, 170, 90), -1)
    _write(picture, "6", (156, 54), 0.8, BLACK)


def _with_ring(picture: Image) -> None:
    cv2.circle(picture, (160, 44), 12, GREY, 2)


@pytest.mark.parametrize("put", [_with_band, _with_shield, _with_sticker, _with_ring], ids=lambda f: f.__name__[6:])
def test_what_is_of_another_height_or_colour_is_no_character(put: Callable[[Image], None]) -> None:
    picture = np.full((150, 200, 3), 235, np.uint8)
    _write(picture, "K", (45, 62), 1.7, BLACK)
    _write(picture, "1", (118, 62), 1.7, BLACK)
    _write(picture, "518B", (45, 130), 1.7, BLACK)
    bare = find_rows(picture)
    put(picture)
    rows = find_rows(picture)
    assert _counts(bare) == _counts(rows) == (2, 4)


def test_a_character_that_a_screw_has_grown_onto_is_one() -> None:
    picture = two_row_plate("59X1", "23456")
    cv2.circle(picture, (48, 18), 8, BLACK, -1)
    assert _counts(find_rows(picture)) == (4, 5)


def test_a_wide_gap_is_narrowed_with_what_stands_in_it() -> None:
    picture = np.full((100, 400, 3), 235, np.uint8)
    picture[30:70, 40:60] = picture[30:70, 340:360] = BLACK
    picture[35:65, 180:220] = RED
    row = np.array([[40.0, 30, 60, 70], [340, 30, 360, 70]])
    line = typeset(picture, row)
    assert line.shape == (40 + 2 * 8, 20 + 20 + 2 * 12 + 20, 3)
    assert not (line == RED).all(axis=2).any()
    assert int((line == BLACK).all(axis=2).sum()) == 2 * 20 * 40


def test_gaps_between_characters_stay() -> None:
    picture = np.full((100, 200, 3), 235, np.uint8)
    row = np.array([[40.0, 30, 60, 70], [75, 30, 95, 70]])
    assert typeset(picture, row).shape[1] == 55 + 2 * 12


def test_a_row_at_the_edge_is_cut_at_the_edge() -> None:
    picture = np.full((40, 60, 3), 235, np.uint8)
    row = np.array([[0.0, 0, 20, 40], [30, 0, 60, 40]])
    assert typeset(picture, row).shape == (40, 59, 3)


@pytest.mark.parametrize("is_dark", [True, False], ids=["black on white", "white on black"])
def test_the_characters_of_one_row_are_found(is_dark: bool) -> None:
    drawn = plate("AB12CDE", 200)
    row = find_row(drawn if is_dark else 255 - drawn)
    assert row is not None
    assert len(row.boxes) == 7
    assert row.is_dark is is_dark
    assert 0.35 < row.height / len(drawn) < 0.6


def test_the_box_around_a_row_holds_all_its_characters_and_a_little_more() -> None:
    row = Row(np.array([[40.0, 30, 60, 70], [75, 28, 95, 70]]), is_dark=True)
    assert around(row) == BoundingBox(40 - 0.35 * 41, 28 - 0.25 * 41, 95 + 0.35 * 41, 70 + 0.25 * 41)


def test_a_blank_plate_has_no_row() -> None:
    assert find_row(np.full((50, 200, 3), 128, np.uint8)) is None


def test_what_is_less_high_than_the_row_is_told() -> None:
    picture = np.full((60, 320, 3), 235, np.uint8)
    _write(picture, "AB12CDE", (40, 45), 1.5, BLACK)
    bare = find_row(picture)
    assert bare is not None
    _write(picture, "HR", (265, 40), 0.8, BLACK)
    row = find_row(picture)
    assert row is not None
    np.testing.assert_array_equal(row.boxes, bare.boxes)
    assert is_lower(picture, row, 273)
    assert not is_lower(picture, row, float(row.boxes[0, :3:2].mean()))
    assert not is_lower(picture, row, 15)  # nothing stands there
