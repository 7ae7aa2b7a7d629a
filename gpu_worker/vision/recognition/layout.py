"""Dividing a plate that may have two rows. Pure functions."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.geometry import Image

_WIDEST = 2.0
"""Wider plates (width over height) have one row; two rows of characters need a plate nearly as high as it is wide."""
_LEAST_HEIGHT = 20
_AROUND_CENTRE = (0.3, 0.65)
"""Where the gap between two rows lies, as fractions of the height; the upper one is often the lower in height."""
_LAP = 0.02  # of the height: rows that are cut at a guess keep this much of each other


def _ink(crop: Image) -> NDArray[np.float32]:
    """Measure strokes by rows: the mean horizontal gradient of each row, smoothed over a twentieth of the height."""
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), np.float32)
    core = grey[:, grey.shape[1] // 10 : max(grey.shape[1] // 10 + 2, grey.shape[1] - grey.shape[1] // 10)]
    rows = np.abs(cv2.Sobel(core, cv2.CV_32F, 1, 0, ksize=3)).mean(axis=1)
    width = max(1, len(rows) // 20)
    return np.asarray(np.convolve(rows, np.ones(width) / width, mode="same"), np.float32)


def may_have_two_rows(crop: Image) -> bool:
    """Tell by its shape whether a level plate, BGR uint8 (height, width, 3), is high enough for two rows of text."""
    height, width = int(crop.shape[0]), int(crop.shape[1])
    return height >= _LEAST_HEIGHT and width <= _WIDEST * height


def divide(crop: Image) -> tuple[Image, Image]:
    """Cut a plate in two where the fewest strokes are near its middle, be there a gap or not.

    Rows that touch, a frame, a hyphen or a seal between them leave no clear gap; what both parts say tells whether
    they are rows.

    Args:
        crop: BGR uint8 (height, width, 3), a level plate that may have two rows.

    Returns:
        The upper and the lower part; they overlap a little.
    """
    height = crop.shape[0]
    first, last = (int(part * height) for part in _AROUND_CENTRE)
    at, lap = first + int(np.argmin(_ink(crop)[first:last])), int(_LAP * height)
    return crop[: at + lap], crop[at - lap :]
