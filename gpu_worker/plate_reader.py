"""From a plate's box in a picture to ballots: which cuts of the box are read, and how much each picture counts."""

import cv2
import numpy as np

from gpu_worker.consensus import Ballot
from gpu_worker.geometry import BoundingBox, Image
from gpu_worker.recognition import Recognizer
from gpu_worker.recognition.rectify import cut, level_plate, trimmed

_TRIMS = ((0.02, 0.05), (0.04, 0.12), (0.02, 0.16))
"""Fractions of width and height taken off each side. Plates of some regions carry small print above and below the
number, others none: no single cut suits all, and the vote picks."""


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
        BGR uint8 crops, one line of text each.
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
        One ballot a cut.
    """
    reads = recognizer.read(plate_cuts(image, box))
    return [Ballot(read, weight / len(reads), frame) for read in reads]
