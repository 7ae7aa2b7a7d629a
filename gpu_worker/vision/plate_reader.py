"""From a plate's box in a picture to ballots: which cuts of the box are read, and how much each picture counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from gpu_worker.vision.consensus import Ballot, Consensus, vote
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.recognition import PlateText, Recognizer, ctc, formats
from gpu_worker.vision.recognition.base import joined
from gpu_worker.vision.recognition.glyphs import Row, around, find_row, find_rows, is_lower, typeset
from gpu_worker.vision.recognition.layout import divide, may_have_two_rows
from gpu_worker.vision.recognition.prior import WORLD, CameraPrior
from gpu_worker.vision.recognition.rectify import cut, level_plate, trimmed

_TRIMS = ((-0.03, -0.03, 0.10), (0.04, 0.04, 0.12), (0.02, 0.02, 0.05))
"""Fractions taken off at the left, at the right, and at top and bottom each; less than 0 adds what lies beside the box.
Some boxes cut off the first or last character, some plates carry small print above and below the number or a band at
the left: no single cut suits all, and the vote picks. The first is the one that is right most often alone."""

_LOSS = 0.05
"""Probability, for either end, that a cut which takes something off there ends within a character."""

_SURE_CHARACTER = 0.9
_SURE_SHARE = 0.9
_UNLIKE = 0.5
_SHORT = 5  # so few characters are often a part of a plate whose other row or end was cut off
_HOPELESS = 0.02

_SURE_ROW = 0.8  # least score of a row that is read alone and says more than the cuts
_STICKER_GAP = 0.1
"""Of a character's height: what begins farther from the row's end is no part of its last character."""

_WIDEST_ROWS = 2.7
"""Width over height of the widest plates in which two rows are looked for; boxes may be wider than their plates."""

_ROWS_SCORE = 0.6
"""Of the score as one row, what two rows with more characters must reach; anything from 0.4 to 0.6 reads the same."""

_SHAPE = (0.8, 9.0)


def has_plate_shape(box: BoundingBox) -> bool:
    """Tell whether a box can be a plate's: wider than high, or nearly so when seen from the side; at most 9 to 1."""
    return _SHAPE[0] * box.height <= box.width <= _SHAPE[1] * box.height


def sharpness(crop: Image) -> float:
    """Measure how crisp a crop is.

    Returns:
        Mean gradient magnitude over contrast: 0 for a flat or smeared picture, independent of exposure.
    """
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), np.float32)
    gradient = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3)).mean() / 4
    return float(gradient / (grey.std() + 8))


def plate_cuts(image: Image, box: BoundingBox) -> list[Image]:
    """Cut a plate out in the ways that are worth reading.

    Args:
        image: BGR uint8 picture.
        box: of the plate in it, px.

    Returns:
        BGR uint8 crops of the whole plate, level.
    """
    return _cuts(*level_plate(image, box))


def _cuts(levelled: Image, inner: BoundingBox) -> list[Image]:
    return [cut(levelled, trimmed(inner, *trim)) for trim in _TRIMS]


@dataclass(frozen=True, slots=True)
class Witness:
    """Where ballots come from.

    Attributes:
        weight: of the picture among those of the plate, positive; shared by its cuts.
        frame: index of the picture.
    """

    weight: float
    frame: int


def read_plates(
    recognizer: Recognizer,
    image: Image,
    boxes: Sequence[BoundingBox],
    witness: Witness,
    camera: CameraPrior = WORLD,
) -> list[list[Ballot]]:
    """Read the plates in one picture, all of them together: first one cut of each, then more of those still unsure.

    Args:
        recognizer: the engine.
        image: BGR uint8 picture.
        boxes: of the plates in it, px.
        witness: whose ballots these are.
        camera: what plates are expected before it.

    Returns:
        For each plate a ballot or one a cut. Where it may have two rows it is read both ways.
    """
    plates = [_Plate(witness, camera, *level_plate(image, box)) for box in boxes]
    _read(recognizer, [(plate, 0) for plate in plates])
    unsure = [plate for plate in plates if not plate.settled]
    _read(recognizer, [(plate, cut) for plate in unsure for cut in range(1, len(plate.cuts))])
    return [_best(recognizer, plate) for plate in plates]


@dataclass(slots=True)
class _Plate:
    """One plate on its way to be read: levelled, in a picture with a little of what is around it, and where there."""

    witness: Witness
    camera: CameraPrior
    levelled: Image
    inner: BoundingBox
    cuts: list[Image] = field(init=False)
    reads: list[PlateText] = field(default_factory=list)
    ballots: list[Ballot] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cuts = _cuts(self.levelled, self.inner)

    def add(self, read: PlateText) -> None:
        """Take in the next cut's read; the ballots share the picture's weight."""
        self.reads.append(read)
        weight = self.witness.weight / len(self.reads)
        self.ballots = [
            Ballot(read, weight, self.witness.frame, _LOSS if left > 0 or right > 0 else 0.0)
            for read, (left, right, _) in zip(self.reads, _TRIMS, strict=False)
        ]

    @property
    def settled(self) -> bool:
        """Whether the first cut's read is so good, or so bad, that others cannot change it."""
        (read,) = self.reads
        consensus = vote(self.ballots, self.camera)
        if consensus.score < _HOPELESS:
            return True
        return is_settled(consensus, read)


def is_settled(consensus: Consensus, read: PlateText) -> bool:
    """Tell whether one cut's read is beyond doubt: every character is sure, and plates of some country say such."""
    sure = min(read.confidences, default=0.0) >= _SURE_CHARACTER and consensus.text == read.text
    whole = len(read.text) > _SHORT and consensus.countries[formats.ELSEWHERE] < _UNLIKE
    return sure and whole and consensus.candidates[0].score >= _SURE_SHARE


def _read(recognizer: Recognizer, wanted: Sequence[tuple[_Plate, int]]) -> None:
    reads = recognizer.read([plate.cuts[cut] for plate, cut in wanted]) if wanted else []
    for (plate, _), read in zip(wanted, reads, strict=True):
        plate.add(read)


def _best(recognizer: Recognizer, plate: _Plate) -> list[Ballot]:
    return _as_two_rows(recognizer, plate) or _along_the_row(recognizer, plate) or plate.ballots


def _as_two_rows(recognizer: Recognizer, plate: _Plate) -> list[Ballot]:
    """Read a plate that may have two rows in that way too; no ballots where that is no better.

    Read as one row, the upper one of two is often not seen at all, and the lower one read for sure: a sure read is no
    reason against the other way. Halves of a single row say little, and nothing for sure.
    """
    found = find_rows(plate.levelled) if plate.inner.width <= _WIDEST_ROWS * plate.inner.height else None
    if found is not None:
        upper, lower = (typeset(plate.levelled, row) for row in found)
        rows = [divide(plate.cuts[-1]), (upper, lower)]
    # By the flattest of its cuts: with all that is around it a plate of one row, 2 to 1, is high enough for two.
    elif all(map(may_have_two_rows, plate.cuts)):
        rows = [divide(crop) for crop in plate.cuts]
    else:
        return []
    two_rows = _read_rows(recognizer, rows, plate.witness)
    one, two = vote(plate.ballots, plate.camera), vote(two_rows, plate.camera)
    says_more = len(two.text) > len(one.text) and two.score >= _ROWS_SCORE * one.score
    is_surer = found is not None and two.score > one.score
    return two_rows if says_more or is_surer else []


def _along_the_row(recognizer: Recognizer, plate: _Plate) -> list[Ballot]:
    """Read the row of characters where it is not what the cuts make of it; no ballots otherwise."""
    row = find_row(plate.levelled) if len(plate.reads[0].text) > _SHORT else None
    if row is None:
        return []
    return _between_stickers(recognizer, plate, row) or _to_its_ends(recognizer, plate, row)


def _to_its_ends(recognizer: Recognizer, plate: _Plate, row: Row) -> list[Ballot]:
    """Read the row where the cuts leave doubt; no ballots unless it surely says the same, and more at its ends.

    Behind a wide gap a single letter is often not seen, or a cut off.
    """
    if len(plate.reads) == 1:
        return []
    (alone,) = recognizer.read([cut(plate.levelled, around(row))])
    ballot = Ballot(alone, plate.witness.weight, plate.witness.frame)
    cuts, whole = vote(plate.ballots, plate.camera), vote([ballot], plate.camera)
    says_more = cuts.text in whole.text and cuts.text != whole.text
    return [ballot] if says_more and whole.score >= _SURE_ROW else []


def _between_stickers(recognizer: Recognizer, plate: _Plate, row: Row) -> list[Ballot]:
    """Read the row of characters alone where the plate's read goes on at either end of it; no ballots otherwise.

    A sticker, an oval or a date beside the number is read along with it, and for sure. It is left out where it is less
    high than the characters, and what is left is beyond doubt by itself.
    """
    read, cut_out = plate.reads[0], trimmed(plate.inner, *_TRIMS[0])
    left, right = max(0.0, cut_out.xmin), min(float(plate.levelled.shape[1]), cut_out.xmax)
    places = [left + centre * (right - left) for centre in ctc.centres(read.posteriors)]
    room = _STICKER_GAP * row.height
    within = [row.boxes[0, 0] - room <= x <= row.boxes[-1, 2] + room for x in places]
    if all(within) or not any(within):
        return []
    first, last = within.index(True), len(within) - within[::-1].index(True)
    ends = [places[:first], places[last:]]
    if any(end and not any(is_lower(plate.levelled, row, x) for x in end) for end in ends):
        return []
    (alone,) = recognizer.read([typeset(plate.levelled, row.boxes)])
    ballot = Ballot(alone, plate.witness.weight, plate.witness.frame)
    is_same = alone.text == read.text[first:last]
    return [ballot] if is_same and is_settled(vote([ballot], plate.camera), alone) else []


def _read_rows(recognizer: Recognizer, rows: Sequence[tuple[Image, Image]], witness: Witness) -> list[Ballot]:
    reads = recognizer.read([row for pair in rows for row in pair])
    pairs = [(upper, lower) for upper, lower in zip(reads[::2], reads[1::2], strict=True) if upper.text and lower.text]
    return [Ballot(joined(upper, lower), witness.weight / len(pairs), witness.frame) for upper, lower in pairs]
