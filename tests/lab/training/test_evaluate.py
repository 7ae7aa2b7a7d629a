from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from gpu_worker.vision.geometry import Image
from gpu_worker.vision.recognition import PlateText
from gpu_worker.vision.recognition.ctc import from_text
from lab.training.evaluate import (
    Arm,
    arms,
    calibration_error,
    edit_distance,
    load_cases,
    paired_p,
    read_all,
    table,
    wilson,
)


def read(text: str, confidence: float = 0.9) -> PlateText:
    confidences = (confidence,) * len(text)
    return PlateText(text, text, confidences, from_text(text, confidences))


class BrightnessReader:
    """Reads `BRIGHT1` from bright crops and `DARK0` from others: enough to see that crops arrive."""

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        return [read("BRIGHT1" if crop.mean() > 127 else "DARK0") for crop in crops]


def test_wilson_interval_of_half_of_a_hundred() -> None:
    low, high = wilson(50, 100)
    assert low == pytest.approx(0.4038, abs=1e-3)
    assert high == pytest.approx(0.5962, abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("wins", "losses", "p"), [(0, 0, 1.0), (5, 5, 1.0), (5, 0, 0.0625), (9, 1, 0.0215)])
def test_paired_p_is_the_exact_sign_test(wins: int, losses: int, p: float) -> None:
    assert paired_p(wins, losses) == pytest.approx(p, abs=1e-4)
    assert paired_p(losses, wins) == pytest.approx(p, abs=1e-4)


@pytest.mark.parametrize(("a", "b", "edits"), [("", "AB", 2), ("KITTEN", "SITTING", 3), ("AB12", "AB12", 0)])
def test_edit_distance(a: str, b: str, edits: int) -> None:
    assert edit_distance(a, b) == edits


def test_the_table_pairs_every_arm_with_the_reference() -> None:
    plates = ["AB12", "CD34", "EF50", "GH78"]
    base = Arm("base", ("AB12", "CD34", "XXXX", "XXXX"))
    better = Arm("better", ("AB12", "XX34", "EF50", "GH78"))
    twins = Arm("twins", ("AB12", "CD34", "EF5O", "GH"))
    lines = table([base, better, twins], plates, "base").splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [row[1] for row in cells] == ["0.500", "0.750", "0.500"]
    assert [row[3] for row in cells] == ["0.500", "0.750", "0.750"]
    assert cells[1][4] == f"{2 / 16:.3f}"
    assert [row[5] for row in cells] == ["", "2 / 1", "0 / 0"]


def test_confidences_that_keep_their_word_have_no_calibration_error() -> None:
    plates = ["ABCD"] * 10
    honest = [[read("ABCX", 0.75)]] * 10
    boastful = [[read("ABCX", 0.95)]] * 10
    other_length = [[read("ABC", 0.1)]] * 10
    assert calibration_error(honest, plates) == pytest.approx(0.0, abs=1e-6)
    assert calibration_error(boastful, plates) == pytest.approx(0.2, abs=1e-6)
    assert calibration_error(other_length, plates) == 0.0


def test_engines_are_compared_by_cut_voted_and_together() -> None:
    good, bad = [[read("AB12"), read("AB12")]], [[read("AB12", 0.5), read("XB12", 0.5)]]
    found = {arm.name: arm.texts for arm in arms({"good": good, "bad": bad})}
    assert found["bad, cut 1"] == ("XB12",)
    assert found["good, voted"] == ("AB12",)
    assert found["all, voted"] == ("AB12",)


def test_cases_are_cut_from_the_boxes_of_the_truth(tmp_path: Path) -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[40:60, 50:110] = 255
    cv2.imwrite(str(tmp_path / "street.png"), picture)
    (tmp_path / "truth.csv").write_text(
        "file,plate,region,x1,y1,x2,y2\n"
        "street.png,BRIGHT1,us,50,40,110,60\n"
        "street.png,,us,1,1,30,10\n"
        "street.png,DARK0,us,120,70,180,90\n"
        "street.png,NOBOX1,us,,,,\n"
    )
    cases = load_cases(tmp_path)
    assert [case.plate for case in cases] == ["BRIGHT1", "DARK0"]
    texts = [{result.text for result in results} for results in read_all(BrightnessReader(), cases)]
    assert texts == [{"BRIGHT1"}, {"DARK0"}]


def test_a_missing_picture_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("file,plate,region,x1,y1,x2,y2\nnone.png,AB1,us,1,1,9,9\n")
    with pytest.raises(FileNotFoundError, match=r"none\.png"):
        load_cases(tmp_path)
