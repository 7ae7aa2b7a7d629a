import json
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from gpu_worker.read import expand, run, table
from gpu_worker.vision.passages import ReadingSettings
from gpu_worker.vision.pipeline import Pipeline, PipelineSettings
from gpu_worker.vision.video import MediaLimits
from tests.gpu_worker.engines_by_hand import PatchDetector, PatchReader, marked
from tests.gpu_worker.scenes import road, write_clip


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(PatchDetector(), PatchReader())


def test_a_clip_becomes_one_json_line(tmp_path: Path, pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_clip(tmp_path / "clip.mp4", [marked([("AB12CDE", 40 * i, 200)]) for i in range(12)])
    assert run(pipeline, [path], MediaLimits(), as_json=True, everything=False) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["file"] == str(path)
    assert record["frames"] == 12
    assert record["ms"] > 0
    (passage,) = record["passages"]
    assert passage["plate"] == "AB12CDE"
    assert (passage["first_frame"], passage["last_frame"]) == (0, 11)
    assert {"score", "first_s", "last_s", "frames_agreeing", "candidates"} <= passage.keys()


def test_a_picture_becomes_one_json_line(
    tmp_path: Path, pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "picture.png"
    assert cv2.imwrite(str(path), marked([("XY98ZTR", 300, 100)]))
    assert run(pipeline, [path], MediaLimits(), as_json=True, everything=False) == 0
    record = json.loads(capsys.readouterr().out)
    (read,) = record["reads"]
    assert read["plate"] == "XY98ZTR"
    assert read["box"] == {"xmin": 300, "ymin": 100, "xmax": 380, "ymax": 120}
    assert read["candidates"][0]["plate"] == "XY98ZTR"


def test_unreadable_passages_are_counted_and_listed_only_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demanding = PipelineSettings(reading=ReadingSettings(readable_score=0.99))
    pipeline = Pipeline(PatchDetector(), PatchReader(), demanding)
    frames = [marked([])] * 4 + [marked([("AB12CDE", 300, 200)])] + [marked([])] * 15
    path = write_clip(tmp_path / "clip.mp4", frames)
    run(pipeline, [path], MediaLimits(), as_json=True, everything=False)
    run(pipeline, [path], MediaLimits(), as_json=True, everything=True)
    default, everything = map(json.loads, capsys.readouterr().out.splitlines())
    assert default["passages"] == []
    assert default["unreadable"] == everything["unreadable"] == 1
    assert [p["readable"] for p in everything["passages"]] == [False]


def test_a_bad_file_is_named_and_the_others_are_read(
    tmp_path: Path, pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, missing, good = tmp_path / "bad.mp4", tmp_path / "missing.mp4", tmp_path / "good.png"
    bad.write_bytes(b"no video" * 100)
    cv2.imwrite(str(good), marked([("XY98ZTR", 300, 100)]))
    assert run(pipeline, [bad, missing, good], MediaLimits(), as_json=True, everything=False) == 1
    printed = capsys.readouterr()
    assert [json.loads(line)["file"] for line in printed.out.splitlines()] == [str(good)]
    assert "bad.mp4: The file is not a video" in printed.err
    assert "missing.mp4: No such file" in printed.err


def test_the_table_shows_plates_and_times(
    tmp_path: Path, pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_clip(tmp_path / "clip.mp4", [marked([("AB12CDE", 40 * i, 200)]) for i in range(12)])
    run(pipeline, [path], MediaLimits(), as_json=False, everything=False)
    assert "AB12CDE" in capsys.readouterr().out


def test_a_folder_stands_for_its_media_in_order(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.mp4", "truth.csv", "c.PNG"):
        (tmp_path / name).touch()
    assert [p.name for p in expand([tmp_path])] == ["a.mp4", "b.jpg", "c.PNG"]


def test_the_command_reads_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "road.png"
    cv2.imwrite(str(path), road([("AB12CDE", 80, 260)])[0])
    command = [sys.executable, "-m", "gpu_worker", "read", "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert [read["plate"] for read in json.loads(done.stdout)["reads"][:1]] == ["AB12CDE"]


def test_a_folder_without_anything_to_read_says_so(
    tmp_path: Path, pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").touch()
    assert run(pipeline, [tmp_path], MediaLimits(), as_json=False, everything=False) == 1
    assert "no file that can be read" in capsys.readouterr().err


def test_a_guess_at_a_pictures_plate_is_marked_and_shown_only_on_request() -> None:
    box = {"xmin": 0.0, "ymin": 0.0, "xmax": 9.0, "ymax": 9.0}
    guess = {"plate": "GUE55", "score": 0.01, "readable": False, "box": box}
    record = {"file": "a.png", "ms": 1.0, "reads": [guess], "unreadable": 1}
    assert "GUE55" not in table(record)
    assert "1 plate that cannot be read" in table(record)
    assert "GUE55" in table(record, everything=True)


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "road.png"
    cv2.imwrite(str(path), road([("AB12CDE", 80, 260)])[0])
    command = [sys.executable, "-m", "gpu_worker", "read", "--json", str(path), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(timeout=120) == 141
    assert errors == b""


def test_a_country_without_layouts_is_refused_in_words(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "road.png"), road([])[0])
    for given, reason in (("xx", "No plate layouts are known for xx"), ("Narnia", "such as gb or us-ca")):
        command = [sys.executable, "-m", "gpu_worker", "read", "--region", given, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 1
        assert reason in done.stderr


def test_one_cameras_pictures_are_read_with_a_hint_and_learnt_from(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "road.png"), road([("KN56WXY", 80, 260)])[0])
    command = [sys.executable, "-m", "gpu_worker", "read", "--json", "--one-camera", "--region", "uk,ie", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    (read,) = json.loads(done.stdout)["reads"]
    assert read["plate"] == "KN56WXY"
    assert read["region"]["code"] == "gb"
