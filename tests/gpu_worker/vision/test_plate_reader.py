from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from gpu_worker.vision.consensus import vote
from gpu_worker.vision.engines import PLATENET
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.plate_reader import Witness, has_plate_shape, read_plates
from gpu_worker.vision.recognition import PlateText, ctc
from gpu_worker.vision.recognition.platenet import PlateNetRecognizer
from tests.gpu_worker.scenes import plate, road, two_row_plate

WITNESS = Witness(weight=6.0, frame=7)


@dataclass
class ScriptedReader:
    """Says the same of every crop, or of each crop the next line, and that it is in the middle; counts crops a call."""

    lines: list[tuple[str, float]]
    calls: list[int] = field(default_factory=list)

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        start = sum(self.calls)
        self.calls.append(len(crops))
        return [self._say(*self.lines[min(start + i, len(self.lines) - 1)]) for i in range(len(crops))]

    def _say(self, text: str, confidence: float) -> PlateText:
        confidences = (confidence,) * len(text)
        beside = np.eye(1, 37, dtype=np.float32).repeat(3, axis=0)  # steps of which nothing is said
        steps = np.concatenate([beside, ctc.from_text(text, confidences), beside])
        return PlateText(text, text, confidences, steps)


def _road(*places: tuple[int, int]) -> tuple[Image, list[BoundingBox]]:
    return road([("AB12CDE", x, y) for x, y in places])


@pytest.mark.parametrize("line", [("AB12CDE", 0.99), ("", 0.0)], ids=["sure", "nothing there"])
def test_one_cut_is_enough_where_more_cannot_change_it(line: tuple[str, float]) -> None:
    reader = ScriptedReader([line])
    (ballots,) = read_plates(reader, *_road((80, 260)), WITNESS)
    assert reader.calls == [1]
    assert [(b.read.text, b.weight, b.frame) for b in ballots] == [(line[0], 6.0, 7)]


@pytest.mark.parametrize(
    "line",
    [("AB12CDE", 0.7), ("QWRTZPS", 0.99), ("HO72345", 0.99)],
    ids=["unsure", "like no plate", "as likely another"],
)
def test_more_cuts_are_read_and_share_the_weight_where_the_first_is_unsure(line: tuple[str, float]) -> None:
    reader = ScriptedReader([line])
    (ballots,) = read_plates(reader, *_road((80, 260)), WITNESS)
    assert reader.calls == [1, 2, 1]  # the last is the row of characters
    assert len(ballots) == 3
    assert sum(b.weight for b in ballots) == pytest.approx(6.0)


def test_the_widest_cut_keeps_an_end_that_narrower_ones_lose() -> None:
    reader = ScriptedReader([("L1930KF", 0.8), ("1930KF", 0.9), ("1930KF", 0.9)])
    (ballots,) = read_plates(reader, *_road((80, 260)), WITNESS)
    assert vote(ballots).text == "L1930KF"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (("L1930KF", 0.97), "L1930KF"),
        (("L1930KF", 0.5), "1930KF"),
        (("L1980KF", 0.97), "1930KF"),
        (("930KF", 0.97), "1930KF"),
    ],
    ids=["more", "more, unsure", "another text", "less"],
)
def test_the_row_of_characters_counts_where_it_surely_says_more_at_its_ends(row: tuple[str, float], text: str) -> None:
    reader = ScriptedReader([("1930KF", 0.7)] * 3 + [row])
    (ballots,) = read_plates(reader, *_road((80, 260)), WITNESS)
    assert vote(ballots).text == text


def test_all_plates_of_a_picture_are_read_together_and_keep_their_order() -> None:
    reader = ScriptedReader([("AB12CDE", 0.99), ("XY98ZTR", 0.6), ("KL34MNP", 0.99), ("XY98ZTR", 0.9)])
    found = read_plates(reader, *_road((20, 260), (240, 230), (440, 260)), WITNESS)
    assert reader.calls == [3, 2, 1]
    assert [vote(ballots).text for ballots in found] == ["AB12CDE", "XY98ZTR", "KL34MNP"]


def test_a_sure_read_as_one_row_is_no_reason_against_two() -> None:
    picture, _ = road()
    picture[150:300, 200:400] = two_row_plate("59X1", "23456")
    reader = ScriptedReader([("AB12CDE", 0.99), ("KL", 0.99), ("1234567", 0.99), ("KL", 0.99), ("1234567", 0.99)])
    (ballots,) = read_plates(reader, picture, [BoundingBox(200, 150, 400, 300)], WITNESS)
    assert vote(ballots).text == "KL1234567"


def test_no_plate_is_no_work() -> None:
    reader = ScriptedReader([("AB12CDE", 0.99)])
    assert read_plates(reader, plate("AB12CDE"), [], WITNESS) == []
    assert sum(reader.calls) == 0


@pytest.mark.parametrize(
    ("width", "height", "shape"), [(100, 25, True), (60, 50, True), (20, 60, False), (300, 20, False)]
)
def test_plates_are_wider_than_high_but_no_lines(width: int, height: int, shape: bool) -> None:
    assert has_plate_shape(BoundingBox(0, 0, width, height)) is shape


def test_the_callers_picture_stays_as_it_was() -> None:
    picture, boxes = _road((80, 260))
    before = picture.copy()
    read_plates(ScriptedReader([("AB12CDE", 0.7)]), picture, boxes, WITNESS)
    assert np.array_equal(picture, before)


RED, BLUE = (0, 0, 250), (250, 0, 0)


@dataclass
class RowReader:
    """Sees the lower row alone where both are shown; each row's text goes by its colour."""

    upper: tuple[str, float]
    lower: tuple[str, float]

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        return [self._say(*(self.upper if self._is_upper(crop) else self.lower)) for crop in crops]

    def _is_upper(self, crop: Image) -> bool:
        red, blue = (int((np.abs(crop.astype(int) - shade) < 40).all(axis=2).sum()) for shade in (RED, BLUE))
        return red > 4 * blue

    def _say(self, text: str, confidence: float) -> PlateText:
        confidences = (confidence,) * len(text)
        return PlateText(text, text, confidences, ctc.from_text(text, confidences))


@pytest.mark.parametrize(
    ("upper", "text"),
    [
        pytest.param(("KX19", 0.95), "KX19DMV5", id="two rows"),
        pytest.param(("KX19", 0.2), "DMV5", id="nothing sure above"),
        pytest.param(("", 0.0), "DMV5", id="nothing above"),
    ],
)
def test_a_high_plate_without_a_clear_gap_is_read_as_two_rows_where_that_says_more(
    upper: tuple[str, float], text: str
) -> None:
    picture = np.full((200, 300, 3), 120, np.uint8)
    picture[50:100, 100:200], picture[100:150, 100:200] = RED, BLUE
    (ballots,) = read_plates(RowReader(upper, ("DMV5", 0.99)), picture, [BoundingBox(100, 50, 200, 150)], WITNESS)
    assert vote(ballots).text == text
    assert sum(b.weight for b in ballots) == pytest.approx(6.0)


@pytest.fixture(scope="module")
def platenet() -> PlateNetRecognizer:
    return PlateNetRecognizer(PLATENET.path, threads=1)


def _write(picture: Image, text: str, at: tuple[int, int], size: float) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_DUPLEX, size, (15, 15, 15), round(2.3 * size), cv2.LINE_AA)


def _of_two_rows(upper: Sequence[tuple[str, int]], lower: str) -> Image:
    """A white plate, 200 x 150 px; the upper row's characters at their places."""
    picture = np.full((150, 200, 3), 235, np.uint8)
    for character, x in upper:
        _write(picture, character, (x, 64), 2.2)
    (width, _), _ = cv2.getTextSize(lower, cv2.FONT_HERSHEY_DUPLEX, 2.2, 5)
    _write(picture, lower, ((200 - width) // 2, 130), 2.2)
    return picture


def _with_band(picture: Image) -> Image:
    picture[4:75, 2:34] = (160, 60, 10)
    cv2.putText(picture, "PL", (4, 66), cv2.FONT_HERSHEY_DUPLEX, 0.6, (235, 235, 235), 2, cv2.LINE_AA)
    return picture


def _with_shield(picture: Image) -> Image:
    cv2.fillPoly(picture, [np.array([[84, 22], [116, 22], [116, 45], [100, 66], [84, 45]])], (40, 30, 190))
    picture[34:39, 86:115] = picture[24:60, 98:103] = 235
    return picture


@pytest.mark.parametrize(
    ("drawn", "text"),
    [
        (two_row_plate("59X1", "23456"), "59X123456"),
        (_with_shield(_of_two_rows([("K", 30), ("3", 120)], "706L")), "K3706L"),
        (_with_band(_of_two_rows([("K", 60), ("D", 110)], "7592")), "KD7592"),
    ],
    ids=["bare", "shield", "band"],
)
def test_two_rows_are_read_without_what_is_no_character(platenet: PlateNetRecognizer, drawn: Image, text: str) -> None:
    picture, _ = road()
    picture[150:300, 200:400] = drawn
    (ballots,) = read_plates(platenet, picture, [BoundingBox(200, 150, 400, 300)], WITNESS)
    assert vote(ballots).text == text


def test_a_plate_of_two_rows_wider_than_two_to_one_is_read_as_such(platenet: PlateNetRecognizer) -> None:
    picture = np.full((200, 400, 3), 105, np.uint8)
    picture[45:155, 80:320] = 235
    _write(picture, "DL7S", (153, 90), 1.25)
    _write(picture, "BS6930", (123, 143), 1.3)
    (ballots,) = read_plates(platenet, picture, [BoundingBox(80, 45, 320, 155)], WITNESS)
    assert vote(ballots).text == "DL7SBS6930"


def _beside(sticker: str, size: float, *, left: bool = False) -> tuple[Image, BoundingBox]:
    """A plate, and right beside it an oval with letters; the box holds both."""
    picture, _ = road()
    picture[150:200, 200:410] = cv2.resize(plate("VU253H", 420), (210, 50), interpolation=cv2.INTER_AREA)
    x = 178 if left else 432
    cv2.ellipse(picture, (x, 175), (21, 20), 0, 0, 360, (235, 235, 235), -1, cv2.LINE_AA)
    (width, height), _ = cv2.getTextSize(sticker, cv2.FONT_HERSHEY_DUPLEX, size, 2)
    at = (x - width // 2, 175 + height // 2)
    cv2.putText(picture, sticker, at, cv2.FONT_HERSHEY_DUPLEX, size, (15, 15, 15), 2, cv2.LINE_AA)
    return picture, BoundingBox(155 if left else 200, 150, 410 if left else 455, 200)


@pytest.mark.parametrize("left", [False, True], ids=["after", "before"])
@pytest.mark.parametrize(("sticker", "size"), [("HR", 0.65), ("D", 0.7)])
def test_a_sticker_beside_the_plate_is_no_part_of_the_number(
    platenet: PlateNetRecognizer, sticker: str, size: float, left: bool
) -> None:
    picture, box = _beside(sticker, size, left=left)
    (ballots,) = read_plates(platenet, picture, [box], WITNESS)
    assert vote(ballots).text == "VU253H"
