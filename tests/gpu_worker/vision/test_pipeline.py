from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from anpr.errors import UnreadableMedia
from gpu_worker.vision.detection import Detection
from gpu_worker.vision.engines import build_pipeline
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.passages import Passage
from gpu_worker.vision.pipeline import Pipeline, PipelineSettings, Progress
from gpu_worker.vision.settings import VisionSettings
from tests.gpu_worker.engines_by_hand import PatchDetector, PatchReader, marked
from tests.gpu_worker.scenes import plate as drawn_plate
from tests.gpu_worker.scenes import road, two_row_plate, write_clip

Clip = Callable[[Sequence[Image]], Path]


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return lambda frames: write_clip(tmp_path / "clip.mp4", frames)


def _pipeline() -> Pipeline:
    return Pipeline(PatchDetector(), PatchReader())


def _plates(passages: Sequence[Passage]) -> list[str]:
    return [passage.plate for passage in passages]


def test_a_passing_car_is_one_passage_with_its_frames_and_times(clip: Clip) -> None:
    frames = [marked([])] * 5 + [marked([("AB12CDE", 40 * i, 200)]) for i in range(12)] + [marked([])] * 5
    (passage,) = _pipeline().passages(clip(frames))
    assert passage.plate == "AB12CDE"
    assert passage.readable
    assert (passage.first_frame, passage.last_frame) == (5, 16)
    assert passage.first_s == pytest.approx(0.5, abs=0.01)
    assert passage.last_s == pytest.approx(1.6, abs=0.01)
    assert passage.frames_seen == 12
    assert passage.frames_agreeing >= 2


def test_the_evidence_is_of_the_best_frame(clip: Clip) -> None:
    frames = [marked([("AB12CDE", 40 * i, 200)]) for i in range(12)]
    (passage,) = _pipeline().passages(clip(frames))
    middle_x, middle_y = map(round, passage.box.center)
    assert passage.frame.shape == (360, 640, 3)
    assert passage.frame[middle_y, middle_x] == pytest.approx([0, 0, 255], abs=60)
    assert passage.box.center[0] == pytest.approx(40 * passage.best_frame + 40, abs=6)
    assert passage.best_s == pytest.approx(passage.best_frame / 10, abs=0.01)
    assert passage.crop[passage.crop.shape[0] // 2, passage.crop.shape[1] // 2] == pytest.approx([0, 0, 255], abs=60)


def test_a_parked_car_is_one_passage(clip: Clip) -> None:
    frames = [marked([("AB12CDE", 300, 200), ("XY98ZTR", (20 * i) % 560, 60)]) for i in range(28)]
    assert sorted(_plates(list(_pipeline().passages(clip(frames))))) == ["AB12CDE", "XY98ZTR"]


def test_a_still_picture_is_looked_at_once(clip: Clip) -> None:
    detector = PatchDetector()
    (passage,) = Pipeline(detector, PatchReader()).passages(clip([marked([("AB12CDE", 300, 200)])] * 30))
    assert detector.looked_at < 5
    assert passage.frames_seen == 30


@pytest.mark.parametrize("hidden", [3, 12, 25])
def test_a_car_that_is_hidden_for_a_while_is_one_passage(clip: Clip, hidden: int) -> None:
    path = [marked([("AB12CDE", 20 * i, 200)]) for i in range(10)]
    after = [marked([("AB12CDE", 300 + 20 * i, 200)]) for i in range(10)]
    (passage,) = _pipeline().passages(clip([*path, *[marked([])] * hidden, *after]))
    assert (passage.first_frame, passage.last_frame) == (0, 19 + hidden)
    assert passage.frames_seen == 20


def test_a_car_that_comes_back_later_is_a_second_passage(clip: Clip) -> None:
    path = [marked([("AB12CDE", 40 * i, 200)]) for i in range(10)]
    assert _plates(list(_pipeline().passages(clip([*path, *[marked([])] * 45, *path])))) == ["AB12CDE", "AB12CDE"]


def test_a_car_with_the_next_number_is_another_car(clip: Clip) -> None:
    first = [marked([("KLM4567", 40 * i, 200)]) for i in range(10)]
    second = [marked([("KLM4568", 40 * i, 200)]) for i in range(10)]
    assert _plates(list(_pipeline().passages(clip([*first, *[marked([])] * 5, *second])))) == ["KLM4567", "KLM4568"]


def test_a_splice_ends_a_passage_even_where_the_next_plate_is_in_the_same_place(clip: Clip) -> None:
    rng = np.random.default_rng(0)
    scenery = np.kron(rng.integers(0, 60, (9, 16, 1), dtype=np.uint8), np.ones((40, 40, 3), np.uint8)).astype(int)

    def scene(text: str, sign: int, x: int) -> Image:
        picture = marked([(text, x, 200)], shade=140)
        shaded = np.asarray(np.clip(picture.astype(int) + sign * scenery, 0, 255), np.uint8)
        shaded[190:230] = picture[190:230]
        return shaded

    frames = [scene("AB12CDE", 1, 200 + 4 * i) for i in range(10)]
    frames += [scene("XY98ZTR", -1, 240 + 4 * i) for i in range(10)]
    passages = list(_pipeline().passages(clip(frames)))
    assert _plates(passages) == ["AB12CDE", "XY98ZTR"]
    assert passages[0].last_frame < passages[1].first_frame


def test_numbers_count_up_and_a_second_run_gives_the_same(clip: Clip) -> None:
    frames = [marked([("AB12CDE", 30 * i, 200), ("XY98ZTR", 560 - 30 * i, 60)]) for i in range(15)]
    frames += [marked([])] * 40 + [marked([("KLM4567", 30 * i, 120)]) for i in range(15)]
    path = clip(frames)

    def run() -> list[tuple[int, str, int, int, int, float]]:
        found = _pipeline().passages(path)
        return [(p.passage_no, p.plate, p.first_frame, p.last_frame, p.best_frame, p.score) for p in found]

    first = run()
    assert [row[0] for row in first] == [0, 1, 2]
    assert run() == first


@pytest.mark.parametrize(("batch", "detecting"), [(2, 1), (5, 2), (64, 1), (1, 4)])
def test_batches_of_any_size_and_any_number_give_the_same_passages(clip: Clip, batch: int, detecting: int) -> None:
    frames = [marked([("AB12CDE", 30 * i, 200), ("XY98ZTR", 560 - 30 * i, 60)]) for i in range(15)]
    frames += [marked([("KLM4567", 300, 120)])] * 12 + [marked([("KLM4567", 300 + 20 * i, 120)]) for i in range(6)]
    path = clip(frames)

    def run(settings: PipelineSettings) -> list[tuple[int, str, int, int, int, float]]:
        found = Pipeline(PatchDetector(), PatchReader(), settings).passages(path)
        return [(p.passage_no, p.plate, p.first_frame, p.last_frame, p.best_frame, p.score) for p in found]

    settings = PipelineSettings(batch=batch, detecting=detecting)
    assert run(settings) == run(PipelineSettings())
    assert run(settings) == run(settings)


def test_a_passage_is_given_before_the_video_ends(clip: Clip) -> None:
    progress: list[Progress] = []
    frames = [marked([("AB12CDE", 40 * i, 200)]) for i in range(10)]
    frames += [marked([("XY98ZTR", (13 * i) % 500, 60)]) for i in range(60)]
    first = next(_pipeline().passages(clip(frames), progress.append))
    assert first.plate == "AB12CDE"
    assert progress[-1].fraction < 0.8


def test_progress_rises_to_one_and_counts_all_frames(clip: Clip) -> None:
    progress: list[Progress] = []
    list(_pipeline().passages(clip([marked([("AB12CDE", 40 * i, 200)]) for i in range(12)]), progress.append))
    fractions = [p.fraction for p in progress]
    assert fractions == sorted(fractions)
    times = [p.time_s for p in progress]
    assert times == sorted(times)
    last = progress[-1]
    assert last == Progress(frames=12, fraction=1.0, passages=1, time_s=times[-1], looked_s=last.looked_s)
    assert last.looked_s == pytest.approx(1.2, abs=0.07)
    assert times[-1] > 0


def test_a_defect_is_reported_and_what_was_readable_is_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames = []
    for i in range(40):
        picture = np.asarray(rng.integers(60, 140, (360, 640, 3)), np.uint8)
        picture[200:220, 10 * i : 10 * i + 80] = (0, 0, 255)
        frames.append(picture)
    path = write_clip(tmp_path / "clip.mkv", frames)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    progress: list[Progress] = []
    passages = list(_pipeline().passages(path, progress.append))
    assert _plates(passages) == ["AB12CDE"]
    assert progress[-1].fraction == 1.0
    assert progress[-1].defect is not None


def test_plates_under_one_colour_are_shown_in_their_colours(clip: Clip) -> None:
    looked_at: list[Image] = []

    class Watching(PatchDetector):
        def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
            looked_at.extend(images)
            return [[Detection(BoundingBox(100, 200, 180, 220), 0.8)] for _ in images]

    pink = np.empty((360, 640, 3), np.uint8)
    pink[:] = (150, 60, 220)
    (passage,) = Pipeline(Watching(), PatchReader()).passages(clip([pink] * 3))
    assert all((picture[..., 0] == picture[..., 2]).all() for picture in looked_at)
    assert passage.frame[10, 10] == pytest.approx([150, 60, 220], abs=12)
    assert passage.crop[0, 0] == pytest.approx([150, 60, 220], abs=12)


def test_no_video_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "fake.mp4"
    path.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(UnreadableMedia):
        list(_pipeline().passages(path))


def test_a_picture_gives_its_plates_best_first() -> None:
    reads = _pipeline().image(marked([("AB12CDE", 100, 200), ("XY98ZTR", 400, 60)]))
    assert sorted(read.plate for read in reads) == ["AB12CDE", "XY98ZTR"]
    assert [r.score for r in reads] == sorted((r.score for r in reads), reverse=True)


@pytest.fixture(scope="module")
def real() -> Pipeline:
    return build_pipeline(VisionSettings(threads=1))


def test_the_real_engines_read_a_drawn_clip(real: Pipeline, clip: Clip) -> None:
    frames = [road([("AB12CDE", 40 + 30 * i, 200)])[0] for i in range(12)]
    passages = [p for p in real.passages(clip(frames)) if p.readable]
    assert _plates(passages) == ["AB12CDE"]


def test_the_real_engines_read_a_drawn_picture(real: Pipeline) -> None:
    reads = real.image(road([("AB12CDE", 80, 260), ("XY98ZTR", 400, 230)])[0])
    assert {"AB12CDE", "XY98ZTR"} <= {read.plate for read in reads}


def test_the_real_engines_read_two_rows(real: Pipeline) -> None:
    picture, _ = road()
    plate = two_row_plate("59X1", "23456")
    picture[150:300, 200:400] = plate
    assert [read.plate for read in real.image(picture) if read.score > 0.5] == ["59X123456"]


def test_an_empty_road_has_no_reads(real: Pipeline) -> None:
    assert real.image(road()[0]) == []


@pytest.mark.parametrize("width", [60, 90, 200, 320])
@pytest.mark.parametrize("shade", ["plain", "white on black", "in the dark"])
def test_a_picture_that_is_a_tight_cut_of_a_plate_is_read(real: Pipeline, width: int, shade: str) -> None:
    crop = drawn_plate("KX19DMV", width)[3:-3, 3:-3]
    if shade != "plain":
        crop = 255 - crop
    if shade == "in the dark":
        crop = crop // 4 + 10
    assert [(read.plate, read.score > 0.9) for read in real.image(crop)] == [("KX19DMV", True)]


def test_a_plate_that_nearly_fills_the_frames_of_a_clip_is_read(real: Pipeline, clip: Clip) -> None:
    frames = [road()[0] for _ in range(6)]
    drawn = drawn_plate("KX19DMV", 580)
    for i, frame in enumerate(frames):
        frame[110 : 110 + drawn.shape[0], 20 + 2 * i : 600 + 2 * i] = drawn
    assert _plates([p for p in real.passages(clip(frames)) if p.readable]) == ["KX19DMV"]
