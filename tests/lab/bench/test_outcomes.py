from collections.abc import Sequence

import numpy as np
import pytest

from gpu_worker.vision.geometry import BoundingBox
from gpu_worker.vision.passages import Passage
from lab.bench.arms import Reading
from lab.bench.outcomes import ClipOutcome, PlateOutcome, clip_outcome, confusions, plate_outcomes
from lab.bench.truth import TruePassage, TruePlate

BOX = BoundingBox(0, 0, 100, 25)


def _one(truth: TruePlate, texts: Sequence[str], boxes: Sequence[BoundingBox] = ()) -> PlateOutcome:
    (outcome,) = plate_outcomes([truth], [Reading(text, 0.9) for text in texts], boxes)
    return outcome


def test_the_best_read_counts_for_exact_and_all_for_any() -> None:
    outcome = _one(TruePlate("AB12CDE", BOX), ["AB12CDF", "AB12CDE"], [BOX])
    assert (outcome.exact, outcome.listed, outcome.edits) == (False, True, 1)
    assert (outcome.found, outcome.width) == (True, 100)


def test_twins_count_for_folded_only() -> None:
    outcome = _one(TruePlate("LS15EBC", None), ["LSI5EBC"])
    assert (outcome.exact, outcome.folded, outcome.found) == (False, True, None)


def test_with_several_plates_the_nearest_read_counts() -> None:
    truth = [TruePlate("AAA111", None, "gb"), TruePlate("BBB222", None)]
    readings = [Reading("BBB222", 0.9), Reading("AAA111", 0.8, "gb")]
    assert [o.exact for o in plate_outcomes(truth, readings, [])] == [True, True]
    assert [(o.country, o.named) for o in plate_outcomes(truth, readings, [])] == [("gb", "gb"), (None, None)]


def test_nothing_read_costs_the_whole_plate_and_a_far_box_finds_none() -> None:
    outcome = _one(TruePlate("AB12CDE", BOX), [], [BoundingBox(500, 0, 600, 25)])
    assert (outcome.exact, outcome.found, outcome.edits) == (False, False, 7)


def test_confusions_name_what_was_changed_left_out_and_added() -> None:
    reads = [("AB12CDE", "A812CDE"), ("IF99STK", "F99STK"), ("WTC249", "WTC2490"), ("AB12CDE", "ZZZZZZZ"), ("X1", "")]
    counts = confusions(_one(TruePlate(true, None), [read] if read else []) for true, read in reads)
    assert counts == {("B", "8"): 1, ("I", ""): 1, ("", "0"): 1}


def _passage(plate: str, first: int, last: int, *, readable: bool = True) -> Passage:
    picture = np.zeros((1, 1, 3), np.uint8)
    return Passage(
        passage_no=0,
        plate=plate,
        raw_plate=plate,
        readable=readable,
        score=0.9,
        dscore=0.9,
        region=None,
        box=BOX,
        first_frame=first,
        last_frame=last,
        best_frame=first,
        first_s=0.0,
        last_s=0.0,
        best_s=0.0,
        frames_seen=1,
        frames_agreeing=1,
        candidates=(),
        beyond_doubt=False,
        model=None,
        crop=picture,
        frame=picture,
    )


TRUTH = [TruePassage("34A36837", 0, 49), TruePassage("34A23126", 108, 130)]


@pytest.mark.parametrize(
    ("passages", "expected"),
    [
        ([_passage("34A36837", 0, 40), _passage("34A23126", 110, 130)], ClipOutcome(2, found=2)),
        ([_passage("34A36831", 0, 40)], ClipOutcome(2, misread=1)),
        ([_passage("34A36837", 0, 20), _passage("34A36837", 30, 49)], ClipOutcome(2, found=1, doubled=1)),
        ([_passage("34A36837", 60, 90)], ClipOutcome(2, invented=1)),
        ([_passage("XYZ999", 0, 40)], ClipOutcome(2, invented=1)),
        ([_passage("??A", 0, 40, readable=False)], ClipOutcome(2, unreadable=1)),
    ],
    ids=["found", "misread", "doubled", "at-another-time", "another-plate", "unreadable"],
)
def test_passages_are_judged_by_plate_and_time(passages: list[Passage], expected: ClipOutcome) -> None:
    assert clip_outcome(TRUTH, passages) == expected


def test_clips_add_up() -> None:
    assert ClipOutcome(1, 1, 0, 0, 2, 3) + ClipOutcome(3, 2, 1, 1, 0, 0) == ClipOutcome(4, 3, 1, 1, 2, 3)
