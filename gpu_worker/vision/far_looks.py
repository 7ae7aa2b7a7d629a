"""Looking into the distance in very large frames: at some of them in a larger input.

A plate that is wide enough to be read in a 4K frame is a few pixels in the input that all frames are looked at in.
Looking at all of them in a larger one would cost many times as much. What is far away moves slowly in the picture, so
every few looks are enough to follow it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gpu_worker.vision.detection import Detection
from gpu_worker.vision.geometry import Image

_SAME = 0.3
"""Overlap (IoU) from which a far look's detection is one that was there already."""


@dataclass(frozen=True, slots=True)
class FarLookSettings:
    """When a frame is looked at in the larger input, and what that is for.

    Attributes:
        above: longer side of a frame, px, from which on plates get lost in the ordinary input.
        every: looks from one far look to the next. They must not be farther apart than a track bears.
        widest: fraction of the frame's width; wider plates are left to the ordinary look, which shows their halves less
            often.
    """

    above: int = 1920
    every: int = 5
    widest: float = 0.1


class FarLookSchedule:
    """Chooses the frames of one video; which ones depends on the file only."""

    def __init__(self, settings: FarLookSettings) -> None:
        self._settings = settings
        self._looks = 0
        self._is_known = False

    def is_due(self, image: Image, still: bool) -> bool:
        """Take in the next frame that may be looked at.

        Args:
            image: BGR uint8 frame.
            still: nothing has moved in it. Such a frame has what the last look had, so that should be a far look.

        Returns:
            Whether it gets a far look.
        """
        if max(image.shape[:2]) <= self._settings.above:
            return False
        if still:
            due = not self._is_known
        else:
            due = self._looks % self._settings.every == 0
            self._looks += 1
        self._is_known = due or (still and self._is_known)
        return due


def only_far(
    image: Image, found: Sequence[Detection], ordinary: Sequence[Detection], settings: FarLookSettings
) -> list[Detection]:
    """Keep the detections of a far look that are narrow enough, and none of those of the ordinary look."""
    limit = settings.widest * image.shape[1]
    return [
        detection
        for detection in found
        if detection.box.width <= limit and all(detection.box.iou(other.box) < _SAME for other in ordinary)
    ]
