import pytest

from anpr.review.exports.labels import cell, data_yaml, yolo
from anpr.review.exports.rows import Box


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_defused(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "written"), [(None, ""), ("AB12", "AB12"), ("a=b", "a=b"), (-1.5, "-1.5"), (0, "0"), ("", "")]
)
def test_everything_else_is_written_as_it_is(value: object, written: str) -> None:
    assert cell(value) == written


def test_yolo_labels_are_shares_of_the_image_and_stay_within_it() -> None:
    boxes = [Box(0, 0, 50, 50), Box(-10, 90, 30, 120)]

    assert yolo(boxes, 100, 100) == ("0 0.250000 0.250000 0.500000 0.500000\n0 0.150000 0.950000 0.300000 0.100000\n")


def test_a_dataset_without_a_validation_set_names_one_all_the_same() -> None:
    assert "val: images/train" in data_yaml(has_val=False)
    assert "val: images/val" in data_yaml(has_val=True)
