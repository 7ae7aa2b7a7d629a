"""Vehicles that cross the view within a few looks, in clips of 60 frames a second."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gpu_worker.vision.closer_looks import CloserLookSettings
from gpu_worker.vision.engines import build_pipeline
from gpu_worker.vision.geometry import Image
from gpu_worker.vision.passages import ReadingSettings
from gpu_worker.vision.pipeline import Pipeline, PipelineSettings
from gpu_worker.vision.recognition import PlateText, ctc
from gpu_worker.vision.settings import VisionSettings
from gpu_worker.vision.vehicles import Vehicles
from gpu_worker.vision.video import Video
from tests.gpu_worker.engines_by_hand import PatchDetector, PatchReader, marked
from tests.gpu_worker.scenes import road, write_clip


def _clip(folder: Path, frames: Sequence[Image], frame_ms: float = 1000 / 60) -> Path:
    return write_clip(folder / "clip.mp4", frames, [round(frame_ms * i) for i in range(len(frames))])


def _passing(step: int, count: int) -> list[Image]:
    return [marked([("AB12CDE", step * i, 200)]) for i in range(count)]


def test_between_two_given_frames_a_few_are_kept_in_order(tmp_path: Path) -> None:
    with Video(_clip(tmp_path, _passing(10, 30))) as video:
        frames = list(video.frames(interval_s=0.1))
    assert [frame.index for frame in frames] == [0, 6, 12, 18, 24]
    assert [[skipped.index for skipped in frame.skipped] for frame in frames] == [
        [],
        [2, 4],
        [8, 10],
        [14, 16],
        [20, 22],
    ]
    looked_at = frames[1].skipped[0].convert()
    assert (looked_at.index, looked_at.image.shape) == (2, (360, 640, 3))
    assert looked_at.image[210, 60] == pytest.approx([0, 0, 255], abs=60)


def test_a_fleeting_plate_is_looked_at_between_the_looks(tmp_path: Path) -> None:
    empty = [marked([])] * 12
    (passage,) = Pipeline(PatchDetector(), PatchReader()).passages(_clip(tmp_path, [*empty, *_passing(40, 14), *empty]))
    assert (passage.plate, passage.readable) == ("AB12CDE", True)
    assert (passage.first_frame, passage.last_frame) == (12, 24)
    assert passage.frames_seen == 7


@pytest.mark.parametrize("step", [0, 2, 8])
def test_a_plate_that_is_seen_often_enough_costs_no_further_look(tmp_path: Path, step: int) -> None:
    detector = PatchDetector()
    path = _clip(tmp_path, _passing(step, 60))
    list(Pipeline(detector, PatchReader()).passages(path))
    assert detector.looked_at <= 10


def test_closer_looks_are_bounded_however_much_flickers(tmp_path: Path) -> None:
    frames = [marked([("AB12CDE", 500 * (i // 6 % 2), 90 * (i // 12 % 3))]) for i in range(240)]
    path = _clip(tmp_path, frames)

    def looks(settings: CloserLookSettings) -> int:
        detector = PatchDetector()
        list(Pipeline(detector, PatchReader(), PipelineSettings(closer_looks=settings)).passages(path))
        return detector.looked_at

    assert looks(CloserLookSettings(allowance=0, earned=0)) == 40
    assert 40 + 6 <= looks(CloserLookSettings(allowance=6, earned=0.1)) <= 40 + 6 + 4


class _SureReader(PatchReader):
    """Reads what it reads with a certainty of the test's."""

    def __init__(self, certainty: float) -> None:
        self._certainty = certainty

    def _read(self, crop: Image) -> PlateText:
        confidences = (self._certainty,) * 7
        return PlateText("AB12CDE", "AB12CDE", confidences, ctc.from_text("AB12CDE", confidences))


@pytest.mark.parametrize(("certainty", "readable"), [(0.999, True), (0.9, False)])
def test_one_look_is_enough_where_it_is_very_sure_and_says_that_it_was_one(
    tmp_path: Path, certainty: float, readable: bool
) -> None:
    frames = [*[marked([])] * 4, marked([("AB12CDE", 200, 200)]), *[marked([])] * 4]
    path = _clip(tmp_path, frames, frame_ms=100)
    (passage,) = Pipeline(PatchDetector(), _SureReader(certainty)).passages(path)
    assert (passage.plate, passage.frames_seen, passage.frames_agreeing) == ("AB12CDE", 1, 1)
    assert passage.readable is readable


@pytest.mark.parametrize("hole_before", [4, 5])
def test_one_look_beside_a_hole_is_not_enough(tmp_path: Path, hole_before: int) -> None:
    frames = [*[marked([])] * 4, marked([("AB12CDE", 200, 200)]), *[marked([])] * 4]
    with Video(_clip(tmp_path, frames, frame_ms=100)) as video:
        seen = list(video.frames(0.1))
    settings = PipelineSettings()
    vehicles = Vehicles(_SureReader(0.999), settings.tracking, settings.stitching, settings.reading)
    given = [
        evidence
        for frame in seen
        for evidence in vehicles.update(
            frame, PatchDetector().detect([frame.image])[0], missing=frame.index == hole_before
        )
    ]
    (passage,) = [evidence.passage(0, _SureReader(0.999)) for evidence in [*given, *vehicles.finish()]]
    assert (passage.plate, passage.frames_agreeing, passage.readable) == ("AB12CDE", 1, False)


def test_far_crops_that_nobody_can_read_do_not_unmake_a_sure_read(tmp_path: Path) -> None:
    class NearOnly(PatchReader):
        def _read(self, crop: Image) -> PlateText:
            if crop.shape[1] > 60:
                return super()._read(crop)
            return PlateText("7", "7", (0.3,), ctc.from_text("7", (0.3,)))

    def look(width: int) -> Image:
        picture = np.full((360, 640, 3), 100, np.uint8)
        picture[200 : 200 + width // 4, 200 : 200 + width] = (0, 0, 255)
        return picture

    path = _clip(tmp_path, [look(width) for width in (42, 46, 50, 54, 76, 80)], frame_ms=100)
    (passage,) = Pipeline(PatchDetector(), NearOnly()).passages(path)
    assert (passage.plate, passage.readable, passage.frames_agreeing) == ("AB12CDE", True, 2)
    assert passage.score >= ReadingSettings().readable_score


@pytest.mark.parametrize("frames_per_second", [25, 30, 60, 120])
def test_the_real_engines_read_a_car_in_view_for_a_quarter_of_a_second(tmp_path: Path, frames_per_second: int) -> None:
    count = frames_per_second // 4
    coming = [
        road(
            [("AB12CDE", 120 + round(200 * i / count), 120 + round(200 * i / count))], width=60 + round(70 * i / count)
        )[0]
        for i in range(count)
    ]
    empty = [road()[0]] * (frames_per_second // 4)
    path = _clip(tmp_path, [*empty, *coming, *empty], 1000 / frames_per_second)
    passages = build_pipeline(VisionSettings(threads=1)).passages(path)
    assert [passage.plate for passage in passages if passage.readable] == ["AB12CDE"]
