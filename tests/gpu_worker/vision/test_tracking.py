import numpy as np
import pytest

from gpu_worker.vision.detection import Detection
from gpu_worker.vision.geometry import BoundingBox
from gpu_worker.vision.tracking import Tracker, TrackingSettings, TrackUpdate


def _at(x: float, y: float = 100, width: float = 80, score: float = 0.8) -> Detection:
    return Detection(BoundingBox(x, y, x + width, y + width / 4), score)


def _run(tracker: Tracker, frames: list[list[Detection]], step_s: float = 0.1) -> list[TrackUpdate]:
    return [tracker.update(i, i * step_s, found) for i, found in enumerate(frames)]


def _numbers(update: TrackUpdate) -> list[int]:
    return [track.number for track, _ in update.seen]


def test_a_moving_plate_is_one_track() -> None:
    updates = _run(Tracker(TrackingSettings()), [[_at(100 + 60 * i)] for i in range(8)])
    assert [_numbers(u) for u in updates] == [[0]] * 8


def test_a_plate_that_moves_by_more_than_its_width_is_followed_by_its_motion() -> None:
    updates = _run(Tracker(TrackingSettings()), [[_at(100 + 110 * i)] for i in range(6)])
    assert [_numbers(u) for u in updates] == [[0]] * 6


def test_missed_frames_do_not_end_a_track() -> None:
    frames = [[_at(100 + 20 * i)] if i not in {3, 4, 5} else [] for i in range(10)]
    updates = _run(Tracker(TrackingSettings()), frames)
    assert _numbers(updates[6]) == [0]
    assert not any(u.ended for u in updates)


def test_a_plate_that_stays_away_ends_its_track_and_a_later_one_is_new() -> None:
    updates = _run(Tracker(TrackingSettings()), [[_at(100)], *[[]] * 12, [_at(100)]])
    assert [t.number for u in updates for t in u.ended] == [0]
    assert _numbers(updates[-1]) == [1]


def test_plates_that_cross_keep_their_tracks() -> None:
    frames = [[_at(100 + 40 * i, 100), _at(500 - 40 * i, 135)] for i in range(11)]
    tracker = Tracker(TrackingSettings())
    for i, found in enumerate(frames):
        seen = tracker.update(i, i * 0.1, found if i % 2 else found[::-1]).seen
        by_row = {sighting.detection.box.ymin: track.number for track, sighting in seen}
        if i == 0:
            first = by_row
        assert by_row == first


def test_faint_detections_continue_a_track_but_start_none() -> None:
    updates = _run(Tracker(TrackingSettings()), [[_at(100)], [_at(105, score=0.2), _at(400, score=0.2)], [_at(110)]])
    assert [_numbers(u) for u in updates] == [[0], [0], [0]]


def test_two_strong_detections_continue_two_tracks_and_start_no_third() -> None:
    updates = _run(Tracker(TrackingSettings()), [[_at(100), _at(400)]] * 5)
    assert [sorted(_numbers(u)) for u in updates] == [[0, 1]] * 5


def test_a_box_of_another_size_is_another_plate() -> None:
    updates = _run(Tracker(TrackingSettings()), [[_at(100, width=80)], [_at(60, width=200)]])
    assert _numbers(updates[1]) == [1]


def test_finishing_ends_all_tracks_once() -> None:
    tracker = Tracker(TrackingSettings())
    _run(tracker, [[_at(100), _at(400)]])
    assert [t.number for t in tracker.finish()] == [0, 1]
    assert tracker.finish() == []


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_detections_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plates = [[_at(100 + 15 * i), _at(300 - 10 * i, 200), _at(500, 300)] for i in range(10)]
    shuffled = [[found[j] for j in rng.permutation(3)] for found in plates]
    tracker = Tracker(TrackingSettings())
    rows: dict[int, set[float]] = {}
    for i, found in enumerate(shuffled):
        for track, sighting in tracker.update(i, i * 0.1, found).seen:
            rows.setdefault(track.number, set()).add(sighting.detection.box.ymin)
    assert sorted(map(len, rows.values())) == [1, 1, 1]
