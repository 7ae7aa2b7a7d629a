from pathlib import Path

import pytest

from gpu_worker.geometry import BoundingBox
from gpu_worker.pipeline import PlateRead
from gpu_worker.scoring import Score, TruePlate, load_truth, wilson

BOX = BoundingBox(0, 0, 100, 25)


def _read(plate: str) -> PlateRead:
    return PlateRead(plate, plate, 0.9, 0.9, BOX, None, ())


def test_the_best_read_counts_for_exact_and_all_for_any() -> None:
    score = Score()
    score.add([TruePlate("AB12CDE", BOX)], [_read("AB12CDF"), _read("AB12CDE")], [BOX])
    assert (score.exact, score.any, score.edits, score.characters) == (0, 1, 1, 7)
    assert (score.found, score.boxes) == (1, 1)


def test_twins_count_for_fold_only() -> None:
    score = Score()
    score.add([TruePlate("LS15EBC", None)], [_read("LSI5EBC")], [])
    assert (score.exact, score.fold, score.boxes) == (0, 1, 0)


def test_with_several_plates_the_nearest_read_counts() -> None:
    score = Score()
    score.add([TruePlate("AAA111", None), TruePlate("BBB222", None)], [_read("BBB222"), _read("AAA111")], [])
    assert score.exact == 2


def test_nothing_read_costs_the_whole_plate() -> None:
    score = Score()
    score.add([TruePlate("AB12CDE", BOX)], [], [BoundingBox(500, 0, 600, 25)])
    assert (score.exact, score.edits, score.found) == (0, 7, 0)


@pytest.mark.parametrize(("k", "n", "low", "high"), [(0, 0, 0.0, 1.0), (8, 10, 0.490, 0.943), (0, 10, 0.0, 0.278)])
def test_wilson_intervals(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=1e-3)


def test_truth_leaves_unreadable_rows_out(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(
        "file,plate,region,x1,y1,x2,y2\na.jpg,B-172 WAW,ro,1,2,3,4\na.jpg,,ro,1,2,3,4\nb.jpg,KSF762,se,,,,\n"
    )
    assert load_truth(path) == {
        "a.jpg": [TruePlate("B172WAW", BoundingBox(1, 2, 3, 4))],
        "b.jpg": [TruePlate("KSF762", None)],
    }
