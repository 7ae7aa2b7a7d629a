from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from gpu_worker.vision.detection import Detection
from gpu_worker.vision.far_looks import FarLookSchedule, FarLookSettings, only_far
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.pipeline import Pipeline, PipelineSettings
from tests.gpu_worker.engines_by_hand import PatchDetector, PatchReader, marked
from tests.gpu_worker.scenes import write_clip

SETTINGS = FarLookSettings(above=1000, every=3)
LARGE, SMALL = np.zeros((600, 1200, 3), np.uint8), np.zeros((500, 1000, 3), np.uint8)


@pytest.mark.parametrize(
    ("frames", "due"),
    [
        pytest.param("mmmmmmm", "x..x..x", id="every third of those that move"),
        pytest.param("mssss", "x....", id="what stands still is known from the first"),
        pytest.param("mmsss", "x.x..", id="what stands still after an ordinary look is not"),
        pytest.param("mmssmsm", "x.x..xx", id="nor after the next one"),
    ],
)
def test_a_large_frame_is_due_every_few_looks_and_once_where_it_stands_still(frames: str, due: str) -> None:
    schedule = FarLookSchedule(SETTINGS)
    assert "".join("x" if schedule.is_due(LARGE, frame == "s") else "." for frame in frames) == due


def test_an_ordinary_frame_is_never_due() -> None:
    schedule = FarLookSchedule(SETTINGS)
    assert [schedule.is_due(SMALL, still) for still in (False, True, False, False)] == [False] * 4


def test_what_is_wide_or_known_is_left_to_the_ordinary_look() -> None:
    near = Detection(BoundingBox(300, 300, 380, 320), 0.6)
    same, wide = Detection(BoundingBox(302, 300, 384, 320), 0.9), Detection(BoundingBox(500, 100, 700, 150), 0.9)
    far = Detection(BoundingBox(800, 100, 860, 115), 0.4)
    assert only_far(LARGE, [same, wide, far], [near], SETTINGS) == [far]


class ShortSighted(PatchDetector):
    """Finds the patches in the left half alone."""

    def _patches(self, image: Image) -> list[Detection]:
        return [d for d in super()._patches(image) if d.box.xmax < image.shape[1] / 2]


class Counting(PatchDetector):
    """Keeps how many pictures each call had."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        self.calls.append(len(images))
        return super().detect(images)


@pytest.mark.parametrize(("above", "plates"), [(600, ["AB12CDE", "XY98ZTR"]), (640, ["AB12CDE"])])
def test_a_parked_car_far_away_in_a_large_frame_is_one_passage_beside_the_others(
    tmp_path: Path, above: int, plates: list[str]
) -> None:
    frames = [marked([("AB12CDE", 6 * i, 200), ("XY98ZTR", 500, 60)]) for i in range(20)]
    for i, frame in enumerate(frames):
        cv2.rectangle(frame, (20 * i, 300), (20 * i + 60, 350), (40, 40, 40), -1)
    path = write_clip(tmp_path / "clip.mp4", frames)
    settings = PipelineSettings(far_looks=FarLookSettings(above=above, widest=0.2))
    far, near = Counting(), ShortSighted()
    found = list(Pipeline(near, PatchReader(), settings, far_detector=far).passages(path))
    assert sorted(p.plate for p in found if p.readable) == plates
    assert sum(far.calls) == (4 if above == 600 else 0)
    # What only some frames show is not fleeting: no frames between are looked at for it.
    assert near.looked_at == 20
