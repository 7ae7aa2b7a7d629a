"""From a plate's box in a picture to ballots: which cuts of the box are read, and how much each picture counts."""

import cv2
import numpy as np

from gpu_worker.consensus import Ballot, vote
from gpu_worker.geometry import BoundingBox, Image
from gpu_worker.recognition import PlateText, Recognizer
from gpu_worker.recognition.base import joined
from gpu_worker.recognition.layout import split_rows
from gpu_worker.recognition.rectify import cut, level_plate, trimmed

_TRIMS = ((0.02, 0.02, 0.05), (0.04, 0.04, 0.12), (0.10, 0.02, 0.10))
"""Fractions taken off at the left, at the right, and at top and bottom each. Plates of some regions carry small print
above and below the number, some a band or an emblem at the left: no single cut suits all, and the vote picks."""

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
    levelled, inner = level_plate(image, box)
    return [cut(levelled, trimmed(inner, *trim)) for trim in _TRIMS]


def read_plate(recognizer: Recognizer, image: Image, box: BoundingBox, *, weight: float, frame: int) -> list[Ballot]:
    """Read one plate in one picture.

    Args:
        recognizer: the engine.
        image: BGR uint8 picture.
        box: of the plate in it, px.
        weight: of this picture among those of the plate, positive; shared by its cuts.
        frame: index of the picture.

    Returns:
        One ballot a cut. Where the plate looks like two rows it is read both ways, and the surer one is returned.
    """
    cuts = plate_cuts(image, box)
    one_row = _ballots(recognizer.read(cuts), weight, frame)
    rows = [pair for pair in map(split_rows, cuts) if pair is not None]
    if not rows:
        return one_row
    reads = recognizer.read([row for pair in rows for row in pair])
    pairs = zip(reads[::2], reads[1::2], strict=True)
    two_rows = _ballots([joined(upper, lower) for upper, lower in pairs], weight, frame)
    return max(one_row, two_rows, key=lambda ballots: vote(ballots).score)


def _ballots(reads: list[PlateText], weight: float, frame: int) -> list[Ballot]:
    return [Ballot(read, weight / len(reads), frame) for read in reads]
