"""Small drawing operations on plate pictures: text from glyph masks, blending, rounded boxes.

`blend` draws into the picture that it is given, which is always one that the generator has just made.
"""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.geometry import Image
from lab.training.fonts import BASELINE, CAP_TOP, Mask

Colour = tuple[float, float, float]


def blend(
    picture: Image, mask: NDArray[np.uint8], origin: tuple[int, int], colour: Colour, opacity: float = 1.0
) -> None:
    """Paint `colour` through a mask.

    Args:
        picture: BGR uint8, drawn into.
        mask: uint8 coverage; parts outside the picture are ignored.
        origin: x and y of the mask's top left corner.
        colour: BGR, 0 to 255.
        opacity: 0 to 1.
    """
    x, y = origin
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(mask.shape[1], picture.shape[1] - x), min(mask.shape[0], picture.shape[0] - y)
    if left >= right or top >= bottom:
        return
    part = picture[y + top : y + bottom, x + left : x + right]
    alpha = (mask[top:bottom, left:right, None].astype(np.float32)) * (opacity / 255)
    part[...] = (part + alpha * (np.asarray(colour, np.float32) - part)).astype(np.uint8)


def text_mask(glyphs: Mapping[str, Mask], text: str, height: int, spacing: float = 0.0) -> Mask:
    """Set a line of small text.

    Args:
        glyphs: masks of one face; characters it lacks are skipped.
        text: what to write.
        height: of the capitals in pixels.
        spacing: extra space between characters, in capital heights.

    Returns:
        uint8 mask from the top of the capitals to a little below the base line.
    """
    scale = height / (BASELINE - CAP_TOP)
    gap = np.zeros((BASELINE - CAP_TOP + 20, max(0, round(spacing * (BASELINE - CAP_TOP)))), np.uint8)
    parts = [part for c in text if c in glyphs for part in (glyphs[c][CAP_TOP - 4 : BASELINE + 16], gap)]
    if not parts:
        return np.zeros((max(1, height), 1), np.uint8)
    line = np.hstack(parts)
    size = (max(1, round(line.shape[1] * scale)), max(1, round(line.shape[0] * scale)))
    return np.asarray(cv2.resize(line, size, interpolation=cv2.INTER_AREA))


def rounded_box(size: tuple[int, int], radius: int, thickness: int) -> NDArray[np.uint8]:
    """Draw a box with round corners as a mask.

    Args:
        size: width and height in pixels.
        radius: of the corners.
        thickness: of the line; negative fills the box.
    """
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    inset = max(0, thickness) // 2
    radius = min(radius, (min(size) - 1) // 2 - inset)
    first, last_x, last_y = inset, width - 1 - inset, height - 1 - inset
    if thickness < 0:
        cv2.rectangle(mask, (radius, 0), (last_x - radius, last_y), 255, -1)
        cv2.rectangle(mask, (0, radius), (last_x, last_y - radius), 255, -1)
    else:
        for y in (first, last_y):
            cv2.line(mask, (first + radius, y), (last_x - radius, y), 255, thickness)
        for x in (first, last_x):
            cv2.line(mask, (x, first + radius), (x, last_y - radius), 255, thickness)
    corners = ((first, first, 180), (last_x, first, 270), (last_x, last_y, 0), (first, last_y, 90))
    for x, y, angle in corners:
        center = (x + radius if x == first else x - radius, y + radius if y == first else y - radius)
        cv2.ellipse(mask, center, (radius, radius), angle, 0, 90, 255, thickness, cv2.LINE_AA)
    return mask
