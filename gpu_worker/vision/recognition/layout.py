"""Telling a plate of two rows from one of one row. Pure functions."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.geometry import Image

_WIDEST = 2.0
"""Wider plates (width over height) have one row; two rows of characters need a plate nearly as high as it is wide."""
_CENTRE = (0.35, 0.65)
"""Where the gap between two rows lies, as fractions of the height; small print leaves its gap nearer the rim."""
_MAX_GAP_INK = 0.45
_MIN_BALANCE = 0.4
_MIN_INK = 4.0  # grey levels a pixel, times the Sobel kernel's weight: less is noise on a blank


def _ink(crop: Image) -> NDArray[np.float32]:
    """Measure strokes by rows: the mean horizontal gradient of each row, smoothed over a twentieth of the height."""
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), np.float32)
    core = grey[:, grey.shape[1] // 10 : max(grey.shape[1] // 10 + 2, grey.shape[1] - grey.shape[1] // 10)]
    rows = np.abs(cv2.Sobel(core, cv2.CV_32F, 1, 0, ksize=3)).mean(axis=1)
    width = max(1, len(rows) // 20)
    return np.asarray(np.convolve(rows, np.ones(width) / width, mode="same"), np.float32)


def split_rows(crop: Image) -> tuple[Image, Image] | None:
    """Cut a plate of two rows between them.

    Args:
        crop: BGR uint8 (height, width, 3), a level plate without its surroundings.

    Returns:
        The upper and the lower row, or None if the plate has one row: it is wide, has no clear gap near its middle, or
        one side of the gap has much less ink than the other.
    """
    height, width = crop.shape[:2]
    if height < 20 or width / height > _WIDEST:
        return None
    ink = _ink(crop)
    first, last = int(_CENTRE[0] * height), int(_CENTRE[1] * height)
    gap = first + int(np.argmin(ink[first:last]))
    edge = max(1, height // 12)  # the rim of the plate is a stroke too
    upper, lower = float(ink[edge:gap].max(initial=0)), float(ink[gap : height - edge].max(initial=0))
    stronger, weaker = max(upper, lower), min(upper, lower)
    if weaker < max(_MIN_INK, _MIN_BALANCE * stronger) or float(ink[gap]) > _MAX_GAP_INK * weaker:
        return None
    return crop[:gap], crop[gap:]
