"""What became of each true plate and passage. Pure functions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from anpr.plates import edit_distance
from gpu_worker.vision.geometry import BoundingBox
from gpu_worker.vision.passages import Passage
from gpu_worker.vision.recognition.lookalikes import fold_twins_text
from lab.bench.arms import Reading
from lab.bench.truth import TruePassage, TruePlate

_MIN_IOU = 0.5
_NOTHING = Reading("", 0.0)
_NEAR = 2
"""A passage within so many edits of a vehicle's plate is that vehicle, misread; farther ones are invented."""


@dataclass(frozen=True, slots=True)
class PlateOutcome:
    """What became of one plate of a picture.

    Attributes:
        plate: the truth.
        top: the picture's best-scored read; with several plates in a picture, the nearest read; empty if none.
        listed: whether some read is the plate.
        width: of the plate, px; None where the truth has no box.
        found: whether a detection overlaps its box by half (IoU); None where the truth has no box.
        country: the truth; None where it is not told.
        named: the country that the read names, if any.
    """

    plate: str
    top: str
    listed: bool
    width: float | None
    found: bool | None
    country: str | None = None
    named: str | None = None

    @property
    def exact(self) -> bool:
        return self.top == self.plate

    @property
    def folded(self) -> bool:
        """Exact once O and 0, I and 1 are held equal."""
        return fold_twins_text(self.top) == fold_twins_text(self.plate)

    @property
    def edits(self) -> int:
        """Character edits between read and truth, at most the truth's length."""
        return min(edit_distance(self.top, self.plate), len(self.plate))


def plate_outcomes(
    truth: Sequence[TruePlate], readings: Sequence[Reading], boxes: Sequence[BoundingBox]
) -> list[PlateOutcome]:
    """Judge one picture.

    Args:
        truth: what it shows.
        readings: what was read, best first.
        boxes: all detections in it.
    """
    outcomes = []
    for true in truth:
        nearest = min(readings, key=lambda reading: edit_distance(reading.text, true.plate), default=_NOTHING)
        top = readings[0] if readings and len(truth) == 1 else nearest
        outcomes.append(
            PlateOutcome(
                plate=true.plate,
                top=top.text,
                listed=any(reading.text == true.plate for reading in readings),
                width=true.box.width if true.box else None,
                found=any(box.iou(true.box) >= _MIN_IOU for box in boxes) if true.box else None,
                country=true.country,
                named=top.country,
            )
        )
    return outcomes


def confusions(outcomes: Iterable[PlateOutcome]) -> Counter[tuple[str, str]]:
    """Count which character was read as which; an empty side is one left out or added.

    Plates that were not read, or read as something else altogether (edits of more than half the length), say nothing
    about characters and are left out.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        if not outcome.top or 2 * outcome.edits > len(outcome.plate):
            continue
        matcher = SequenceMatcher(None, outcome.plate, outcome.top, autojunk=False)
        for kind, a0, a1, b0, b1 in matcher.get_opcodes():
            if kind == "equal":
                continue
            true, read = outcome.plate[a0:a1], outcome.top[b0:b1]
            for i in range(max(len(true), len(read))):
                counts[true[i : i + 1], read[i : i + 1]] += 1
    return counts


@dataclass(frozen=True, slots=True)
class ClipOutcome:
    """What became of the vehicles of one clip, or of several.

    Attributes:
        passages: in truth.
        found: with exactly their plate.
        misread: with a plate within two edits only.
        doubled: further passages of a vehicle that has one.
        invented: readable passages that are no vehicle of the truth.
        unreadable: passages without a readable plate; they are counted apart and are no errors.
    """

    passages: int = 0
    found: int = 0
    misread: int = 0
    doubled: int = 0
    invented: int = 0
    unreadable: int = 0

    def __add__(self, other: "ClipOutcome") -> "ClipOutcome":
        return ClipOutcome(
            self.passages + other.passages,
            self.found + other.found,
            self.misread + other.misread,
            self.doubled + other.doubled,
            self.invented + other.invented,
            self.unreadable + other.unreadable,
        )


def clip_outcome(truth: Sequence[TruePassage], passages: Sequence[Passage]) -> ClipOutcome:
    """Judge one clip: each readable passage belongs to the nearest true vehicle that is there at the time."""
    readable = [passage for passage in passages if passage.readable]
    edits: list[list[int]] = [[] for _ in truth]
    invented = 0
    for passage in readable:
        near = [
            (edit_distance(passage.plate, true.plate), i)
            for i, true in enumerate(truth)
            if passage.first_frame <= true.last_frame and passage.last_frame >= true.first_frame
        ]
        distance, i = min(near, default=(_NEAR + 1, -1))
        if distance > _NEAR:
            invented += 1
        else:
            edits[i].append(distance)
    return ClipOutcome(
        passages=len(truth),
        found=sum(0 in distances for distances in edits),
        misread=sum(bool(distances) and 0 not in distances for distances in edits),
        doubled=sum(max(0, len(distances) - 1) for distances in edits),
        invented=invented,
        unreadable=len(passages) - len(readable),
    )
