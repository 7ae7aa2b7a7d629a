"""Scoring the reads of pictures against truth. Pure functions."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from anpr.plates import edit_distance, normalize
from gpu_worker.geometry import BoundingBox
from gpu_worker.pipeline import PlateRead
from gpu_worker.recognition.lookalikes import fold_twins_text


@dataclass(frozen=True, slots=True)
class TruePlate:
    """One plate that a picture shows; `box` is None where the truth does not tell it."""

    plate: str
    box: BoundingBox | None


@dataclass(slots=True)
class Score:
    """Counts over any number of pictures.

    Attributes:
        plates: in truth.
        exact: the picture's best-scored read is the plate; with several plates in a picture, the nearest read counts.
        any: some read is the plate.
        fold: exact once O and 0, I and 1 are held equal.
        edits: character edits between those reads and the truth.
        characters: in truth.
        boxes: plates with a box in truth.
        found: those that a detection overlaps by half (IoU).
    """

    plates: int = 0
    exact: int = 0
    any: int = 0
    fold: int = 0
    edits: int = 0
    characters: int = 0
    boxes: int = 0
    found: int = 0

    def add(self, truth: Sequence[TruePlate], reads: Sequence[PlateRead], boxes: Sequence[BoundingBox]) -> None:
        """Count one picture.

        Args:
            truth: what it shows.
            reads: what was read, best first.
            boxes: all detections in it.
        """
        texts = [read.plate for read in reads]
        for true in truth:
            nearest = min(texts, key=lambda text: edit_distance(text, true.plate), default="")
            top = texts[0] if texts and len(truth) == 1 else nearest
            self.plates += 1
            self.exact += top == true.plate
            self.any += true.plate in texts
            self.fold += fold_twins_text(top) == fold_twins_text(true.plate)
            self.edits += min(edit_distance(top, true.plate), len(true.plate))
            self.characters += len(true.plate)
            if true.box is not None:
                self.boxes += 1
                self.found += any(box.iou(true.box) >= 0.5 for box in boxes)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a proportion; (0, 1) without trials."""
    if not trials:
        return 0.0, 1.0
    z = 1.96
    share = successes / trials
    centre = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return (centre - half) / scale, (centre + half) / scale


def load_truth(path: Path) -> dict[str, list[TruePlate]]:
    """Read a `truth.csv`: file, plate, x1, y1, x2, y2; rows without a plate are unreadable ones and left out.

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
            truth.setdefault(row["file"], []).append(TruePlate(normalize(row["plate"]), box))
    return truth
