"""Cutting a plate out of its picture so that its line of text is level. Pure functions."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.geometry import BoundingBox, Image

_ANALYSIS_HEIGHT = 64
_ANALYSIS_MAX_WIDTH = 320
_TILTS = np.deg2rad(np.arange(-16, 17, 2))
_MIN_GAIN = 1.3
"""How much sharper the level text's profile must be; small gains are noise, and a wrong tilt costs more than none."""

_MARGIN = 0.12


def cut(image: Image, box: BoundingBox) -> Image:
    """Return the part of `image` under `box`, at least 1 px a side, clipped to the picture (a view, not a copy)."""
    height, width = image.shape[:2]
    left, top = min(max(0, round(box.xmin)), width - 1), min(max(0, round(box.ymin)), height - 1)
    right, bottom = max(left + 1, min(width, round(box.xmax))), max(top + 1, min(height, round(box.ymax)))
    return image[top:bottom, left:right]


def tilt(grey: NDArray[np.uint8]) -> float:
    """Estimate how far a line of text runs downhill.

    The rows' total of vertical gradients is most uneven when the edges of the letters lie in the same rows; the shear
    that makes it so is the tilt.

    Args:
        grey: (height, width) uint8 picture of a plate with a little margin.

    Returns:
        The angle in radians, positive if the right end is lower, within ±16°; 0 if no tilt is clearly better.
    """
    width = min(_ANALYSIS_MAX_WIDTH, max(48, round(grey.shape[1] * _ANALYSIS_HEIGHT / grey.shape[0])))
    small = cv2.resize(grey, (width, _ANALYSIS_HEIGHT))
    edges = np.abs(cv2.Sobel(small, cv2.CV_32F, 0, 1, ksize=3))
    core = slice(width // 10, width - width // 10)
    unevenness = []
    for angle in _TILTS:
        level = cv2.warpAffine(
            edges, _vertical_shear(float(angle), width), (width, _ANALYSIS_HEIGHT), borderMode=cv2.BORDER_REPLICATE
        )
        unevenness.append(float(level[:, core].sum(axis=1).var()))
    best = int(np.argmax(unevenness))
    return float(_TILTS[best]) if unevenness[best] > _MIN_GAIN * unevenness[len(_TILTS) // 2] else 0.0


def _vertical_shear(angle: float, width: int) -> NDArray[np.float32]:
    slope = math.tan(angle)
    return np.array([[1, 0, 0], [-slope, 1, slope * width / 2]], np.float32)


def level_plate(image: Image, box: BoundingBox) -> tuple[Image, BoundingBox]:
    """Cut a plate out and shear it so that its text runs level.

    Args:
        image: BGR uint8 picture.
        box: the plate's detection in it, px.

    Returns:
        The levelled cut with a margin, and the plate's box inside it. The box of a tilted plate is higher than the
        plate by the rise of the tilt, so the returned box is as much lower.
    """
    margin_x, margin_y = _MARGIN * 0.3 * box.width, _MARGIN * box.height
    outer = BoundingBox(box.xmin - margin_x, box.ymin - margin_y, box.xmax + margin_x, box.ymax + margin_y)
    crop = cut(image, outer)
    height, width = crop.shape[:2]
    angle = tilt(np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), np.uint8))
    inner_height = box.height
    if angle:
        warped = cv2.warpAffine(
            crop,
            _vertical_shear(angle, width),
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        crop = np.asarray(warped, np.uint8)
        inner_height = max(0.4 * box.height, box.height - 0.9 * box.width * abs(math.tan(angle)))
    middle = height / 2
    return crop, BoundingBox(margin_x, middle - inner_height / 2, width - margin_x, middle + inner_height / 2)


def trimmed(box: BoundingBox, left: float, right: float, vertical: float) -> BoundingBox:
    """Return `box` less fractions of its width at the left and right, and of its height at top and bottom each."""
    dy = vertical * box.height
    return BoundingBox(box.xmin + left * box.width, box.ymin + dy, box.xmax - right * box.width, box.ymax - dy)
