"""What a plate detector is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gpu_worker.vision.geometry import BoundingBox, Image


@dataclass(frozen=True, slots=True)
class Detection:
    """One plate found in one picture.

    Attributes:
        box: where, in pixels of the picture that was given.
        score: the detector's confidence, 0 to 1.
    """

    box: BoundingBox
    score: float


class Detector(Protocol):
    """Finds plates. Implementations hold weights and a session, and keep no state between calls."""

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """Find the plates in each of `images`.

        Args:
            images: BGR uint8 arrays (height, width, 3); sizes may differ.

        Returns:
            One list an image, in the same order; best score first.
        """
        ...
