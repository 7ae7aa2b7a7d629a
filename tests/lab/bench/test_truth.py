from pathlib import Path

from gpu_worker.vision.geometry import BoundingBox
from lab.bench.truth import TruePassage, TruePlate, load_passages, load_plates


def test_plates_leave_unreadable_rows_out(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(
        "file,plate,region,x1,y1,x2,y2\na.jpg,B-172 WAW,ro,1,2,3,4\na.jpg,,ro,1,2,3,4\nb.jpg,KSF762,us-tx,,,,\n"
    )
    assert load_plates(path) == {
        "a.jpg": [TruePlate("B172WAW", BoundingBox(1, 2, 3, 4), "ro")],
        "b.jpg": [TruePlate("KSF762", None, "us")],
    }


def test_passages_are_normalised(tmp_path: Path) -> None:
    path = tmp_path / "clip.csv"
    path.write_text("plate,first_frame,last_frame,sure,note\n34A-368.37,0,49,certain,\n")
    assert load_passages(path) == [TruePassage("34A36837", 0, 49)]
