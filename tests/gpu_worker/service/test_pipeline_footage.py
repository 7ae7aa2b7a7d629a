from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.alerts.bolos.patterns import PlatePattern, Read, matched_by
from anpr.errors import UnreadableMedia
from anpr.models import BoloKind, Tolerance
from gpu_worker.service.footage import Advance, Finding, FootageSummary
from gpu_worker.service.pipeline_footage import PipelineFootage
from gpu_worker.vision.consensus import Ballot, vote
from gpu_worker.vision.detection import Detection
from gpu_worker.vision.engines import build_pipeline, media_limits, model_of
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.pipeline import Pipeline
from gpu_worker.vision.recognition import PlateText, ctc
from gpu_worker.vision.settings import VisionSettings
from gpu_worker.vision.video import MediaLimits
from infra.local.clip.scene import DURATION_S, FPS, Scene
from infra.local.clip.writer import write_clip


@pytest.fixture(scope="module")
def opener() -> PipelineFootage:
    settings = VisionSettings()
    return PipelineFootage(build_pipeline(settings), media_limits(settings), readable_score=settings.readable_score)


def read(opener: PipelineFootage, path: Path) -> tuple[list[Finding], list[Advance], FootageSummary]:
    advances: list[Advance] = []
    with opener(path) as footage:
        findings = list(footage.findings(advances.append))
        return findings, advances, footage.summary()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(path)
    return path


def test_a_video_becomes_numbered_passages(opener: PipelineFootage, clip: Path) -> None:
    findings, advances, summary = read(opener, clip)

    assert findings
    assert [finding.passage.passage_no for finding in findings] == list(range(len(findings)))
    for finding in findings:
        passage = finding.passage
        assert 0 <= passage.first_s <= passage.best_s <= passage.last_s <= DURATION_S
        assert finding.frame.shape == (720, 1280, 3)
        assert finding.crop.shape[0] < finding.crop.shape[1] < 1280
        assert passage.box is not None
        assert passage.model == model_of(VisionSettings())
        # What is stored must be the language's own numbers: a JSON document takes no others.
        assert {type(passage.score), type(passage.box.xmin), type(passage.candidates[0][1])} == {float}
    assert [advance.fraction for advance in advances] == sorted(advance.fraction for advance in advances)
    assert advances[-1] == Advance(1.0, round(DURATION_S * FPS))
    assert (summary.media, summary.frames, summary.warning) == ("video", round(DURATION_S * FPS), None)
    assert summary.duration_s == pytest.approx(DURATION_S, abs=0.1)


def test_a_video_that_breaks_off_counts_for_what_was_read(opener: PipelineFootage, clip: Path, tmp_path: Path) -> None:
    whole = clip.read_bytes()
    path = tmp_path / "broken.mp4"
    path.write_bytes(whole[: len(whole) // 2])

    _, _, summary = read(opener, path)

    assert summary.warning
    assert 0 < summary.duration_s < DURATION_S - 1


def test_each_plate_of_a_picture_is_a_passage_from_left_to_right(opener: PipelineFootage, tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    left, right = Scene().frame(50), Scene().frame(50)
    cv2.imwrite(str(path), np.hstack([left, right]))

    findings, advances, summary = read(opener, path)

    assert len(findings) >= 2
    edges = [finding.passage.box.xmin for finding in findings if finding.passage.box is not None]
    assert edges == sorted(edges)
    assert {(f.passage.first_frame, f.passage.last_frame, f.passage.frames_seen) for f in findings} == {(0, 0, 1)}
    assert len({f.passage.plate for f in findings if f.passage.readable}) < len(findings)
    assert (summary, advances) == (FootageSummary("image", 0.0, 1, None), [Advance(1.0, 1)])


def test_the_cameras_hint_decides_between_two_layouts(tmp_path: Path) -> None:
    class Reader:
        def read(self, crops: Sequence[Image]) -> list[PlateText]:
            confidences = (0.8,) * 7
            return [PlateText("HO72345", "HO72345", confidences, ctc.from_text("HO72345", confidences))] * len(crops)

    class OnePlate:
        def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
            return [[Detection(BoundingBox(40, 40, 160, 70), 0.9)] for _ in images]

    path = tmp_path / "picture.jpg"
    cv2.imwrite(str(path), np.full((120, 200, 3), 90, np.uint8))
    footage = PipelineFootage(Pipeline(OnePlate(), Reader()), MediaLimits(), readable_score=0.1)

    def plates(hint: str | None) -> list[tuple[str, tuple[str, float | None] | None]]:
        with footage(path, hint) as opened:
            return [(f.passage.plate, f.passage.region) for f in opened.findings(lambda _: None)]

    ((unhinted, _),), ((hinted, region),) = plates(None), plates("do-32")
    assert (unhinted, hinted) == ("HO72345", "H072345")  # as in many countries, and as in one
    assert region is None, "other countries have plates like either"


@pytest.mark.parametrize("meant", ["ABO234", "AB0234"])
@pytest.mark.parametrize("readable", [True, False])
def test_a_tie_of_look_alikes_raises_a_hit_for_either(meant: str, readable: bool) -> None:
    confidences = (0.98,) * 6
    said = PlateText("ABO234", "ABO234", confidences, ctc.from_text("ABO234", confidences))
    consensus = vote([Ballot(said, 1.0, 0)])
    read = Read(consensus.plate, readable=readable, candidates=tuple(c.plate for c in consensus.candidates))
    assert matched_by(PlatePattern(BoloKind.EXACT, meant, Tolerance.CONFUSABLES), read) is not None


@pytest.mark.parametrize("body", [b"", b"no footage at all", b"\xff\xd8\xff broken picture"])
def test_what_is_no_footage_is_unreadable(opener: PipelineFootage, body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(body)

    with pytest.raises(UnreadableMedia):
        read(opener, path)
