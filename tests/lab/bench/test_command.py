"""The whole benchmark over a small drawn folder and clip, with the real engines."""

from pathlib import Path

import cv2
import pytest

from gpu_worker.vision.settings import VisionSettings
from gpu_worker.vision.weights import EngineUnavailable
from lab.bench.command import Request, run
from tests.gpu_worker.scenes import road, write_clip

SETTINGS = VisionSettings(threads=1)


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    folder = tmp_path / "drawn"
    folder.mkdir()
    rows = ["file,plate,region,x1,y1,x2,y2"]
    for name, plates in (("a.png", [("AB12CDE", 80, 260)]), ("b.png", [("XY98ZTR", 400, 230)]), ("c.png", [])):
        picture, boxes = road(plates)
        cv2.imwrite(str(folder / name), picture)
        for (text, _, _), box in zip(plates, boxes, strict=True):
            rows.append(f"{name},{text},gb,{box.xmin:.0f},{box.ymin:.0f},{box.xmax:.0f},{box.ymax:.0f}")
    (folder / "truth.csv").write_text("\n".join(rows) + "\n")
    write_clip(tmp_path / "clip.mp4", [road([("AB12CDE", 40 + 30 * i, 200)])[0] for i in range(12)])
    (tmp_path / "clip.csv").write_text("plate,first_frame,last_frame\nAB12CDE,0,11\n")
    return tmp_path


def _cells(text: str, *start: str) -> list[str]:
    """The cells of the table row that begins with these."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    (row,) = [row for row in rows if row[: len(start)] == list(start)]
    return row


def test_readers_are_compared_and_everything_is_reported(footage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = Request([footage / "clip.mp4", footage / "drawn"], ["default", "ppocr"], footage / "out")
    assert run(SETTINGS, request) == 0
    printed = capsys.readouterr().out
    assert (footage / "out" / "report.md").read_text() == printed
    assert _cells(printed, "drawn", "default")[2:4] == ["2", "1.000 (0.342-1.000)"]
    assert _cells(printed, "drawn", "ppocr alone")[2] == "2"
    assert _cells(printed, "drawn", "all") == ["drawn", "all", "2", "1.000 (0.342-1.000)"]
    assert _cells(printed, "clip.mp4", "1")[:6] == ["clip.mp4", "1", "1", "0", "0", "0"]
    assert _cells(printed, "clip.mp4", "12")[4] == "12"  # frames looked at
    for plot in ("accuracy.png", "confusion.png", "recall.png"):
        assert cv2.imread(str(footage / "out" / plot)) is not None


def test_without_truth_there_are_times_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), road()[0])
    assert run(SETTINGS, Request([tmp_path], ["default"], tmp_path / "out")) == 0
    assert "exact" not in capsys.readouterr().out
    assert not (tmp_path / "out" / "accuracy.png").exists()


def test_a_bad_file_is_named_and_the_rest_is_measured(footage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (footage / "bad.mp4").write_bytes(b"no video" * 100)
    assert run(SETTINGS, Request([footage / "bad.mp4", footage / "drawn"], ["default"])) == 1
    printed = capsys.readouterr()
    assert "bad.mp4" in printed.err
    assert _cells(printed.out, "drawn", "default")[2] == "2"


def test_usual_readers_that_are_not_installed_are_left_out(footage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SETTINGS, Request([footage / "drawn"])) == 0
    assert "Without easyocr" in capsys.readouterr().err


@pytest.mark.parametrize("spec", ["tesseract", "mine=", "mine=ppocr", "mine=ppocr:/nowhere/a.onnx", "easyocr"])
def test_a_reader_that_was_asked_for_must_be_there(footage: Path, spec: str) -> None:
    with pytest.raises(EngineUnavailable):
        run(SETTINGS, Request([footage / "drawn"], ["default", spec]))
