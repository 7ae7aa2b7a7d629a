"""What pictures and clips really show: the CSV files beside them."""

import csv
from dataclasses import dataclass
from pathlib import Path

from anpr.plates import normalize
from gpu_worker.vision.geometry import BoundingBox
from gpu_worker.vision.recognition.regions import country


@dataclass(frozen=True, slots=True)
class TruePlate:
    """One plate that a picture shows; `box` and `country` are None where the truth does not tell them."""

    plate: str
    box: BoundingBox | None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class TruePassage:
    """One vehicle that a clip shows, with the first and last frame its plate can be read in."""

    plate: str
    first_frame: int
    last_frame: int


def load_plates(path: Path) -> dict[str, list[TruePlate]]:
    """Read a `truth.csv`: file, plate, and region, x1, y1, x2, y2 where they are known.

    Rows without a plate are unreadable ones and left out.

    Returns:
        The plates of each file name.
    """
    truth: dict[str, list[TruePlate]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if not row["plate"]:
                continue
            sides = [row.get(side) for side in ("x1", "y1", "x2", "y2")]
            box = BoundingBox(*(float(side or 0) for side in sides)) if all(sides) else None
            where = country(row.get("region") or "") or None
            truth.setdefault(row["file"], []).append(TruePlate(normalize(row["plate"]), box, where))
    return truth


def load_passages(path: Path) -> list[TruePassage]:
    """Read a clip's CSV: plate, first_frame, last_frame (0-based, in order of display)."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [TruePassage(normalize(row["plate"]), int(row["first_frame"]), int(row["last_frame"])) for row in rows]
