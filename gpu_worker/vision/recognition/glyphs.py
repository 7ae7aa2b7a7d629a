"""Finding a plate's characters by their shape, before they are read.

The characters of a row are equally high, stand on one line and have one colour; seals, stickers, shields, country
bands, dates and legends differ in one of the three. Pure functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.geometry import BoundingBox, Image

Boxes = NDArray[np.float64]
"""Characters of one row, from left to right: (count, 4) xmin, ymin, xmax, ymax in px of the crop."""

_HEIGHT = 96
_HEIGHT_OF_ONE = 64
"""Crops of two rows and of one are looked at in these heights, px: their strokes are four to eight wide."""
_LEVELS = (0.2, 0.38, 0.57, 0.75)
"""Thresholds between the darkest and the brightest: no single one parts all characters from their ground."""
_BLOCK, _OFFSET = 31, 6  # of the threshold that follows the light: px, grey levels
_LEAST_CONTRAST = 12  # grey levels

_HEIGHTS = (0.16, 0.75)
_HEIGHTS_OF_ONE = (0.3, 0.97)
"""Of a character, as fractions of the crop's height; the highest are those that a screw or a rim has grown onto."""
_THINNEST = 0.07  # of its height: the bar of a 1; none is wider than high
_LEAST_FILL, _SOLID = 0.13, 0.8
"""Of its box, what a character covers at least, and what only a bar does; a wider thing that does is a patch."""
_WIDEST_BAR = 0.4

_TOLERANCE = 0.13  # of the height
_GROWN = 1.5  # times as high as the others, where one edge is in line
_OVERLAP = 0.25  # of the narrower of two: more, and they are one
_SEEDS = 24

_OTHER_HUE, _OTHER_LIGHT = 18.0, 70.0
"""In 8-bit CIELAB, how far a character's colour may be from the others': either chroma, and lightness."""

_LEAST_CHARACTERS = 4
_RATIO = 0.5  # of the lower row's height to the higher's, or the other way round
_LAP, _GAP = 0.1, 1.0  # of a character's height: what rows may overlap, and how far apart they may be
_SHARED = 0.5  # of the narrower row's width, what must stand over the other

_LOW = 0.72  # of a character's height: what is lower is none
_BESIDE, _OVER = 0.22, 0.35  # of it: how far from its middle, and over and under the row, a thing is looked for
_THRESHOLDS = (0.35, 0.5, 0.65)
_LEAST_STROKE = 25  # grey levels

_WIDE_GAP = 0.5
_ROOM = (0.3, 0.2)
_MORE_ROOM = (0.35, 0.25)
"""Of a character's height: gaps that are wider are narrowed to this; what is left around a row, at the sides and above
and below, of each character's place and of all together."""


def find_rows(crop: Image) -> tuple[Boxes, Boxes] | None:
    """Find the characters of a plate of two rows.

    Args:
        crop: BGR uint8 (height, width, 3), a level plate with a little of what is around it.

    Returns:
        The upper and the lower row's characters, some of which may be missed; None unless there are plainly two rows.
    """
    picture, scale = _scaled(crop, _HEIGHT)
    grey = _grey(picture)
    dark, bright = _two_rows(grey), _two_rows(255 - grey)
    is_dark = sum(map(len, dark)) >= sum(map(len, bright))
    rows = _of_one_colour(picture, dark if is_dark else bright, is_dark)
    if not _are_rows(*rows):
        return None
    upper, lower = rows
    return upper / scale, lower / scale


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """The characters of a plate of one row.

    Attributes:
        boxes: where they are.
        is_dark: they are darker than their ground.
    """

    boxes: Boxes
    is_dark: bool

    @property
    def height(self) -> float:
        """Of a character, px."""
        return float(np.median(self.boxes[:, 3] - self.boxes[:, 1]))


def find_row(crop: Image) -> Row | None:
    """Find the characters of a plate of one row.

    Args:
        crop: BGR uint8 (height, width, 3), a level plate with a little of what is around it.

    Returns:
        The row, some characters of which may be missed; None if there are too few.
    """
    picture, scale = _scaled(crop, _HEIGHT_OF_ONE)
    grey = _grey(picture)
    dark, bright = (_line(_shapes(shade, _HEIGHTS_OF_ONE)) for shade in (grey, 255 - grey))
    is_dark = len(dark) >= len(bright)
    (row,) = _of_one_colour(picture, [dark if is_dark else bright], is_dark)
    return Row(row / scale, is_dark) if len(row) >= _LEAST_CHARACTERS else None


def is_lower(crop: Image, row: Row, x: float) -> bool:
    """Tell whether what stands at a place beside a row is plainly less high than its characters.

    Args:
        crop: the crop that the row was found in.
        row: the row.
        x: the middle of the thing, px.
    """
    height = row.height
    top, bottom = float(np.median(row.boxes[:, 1])), float(np.median(row.boxes[:, 3]))
    above, under = max(0, int(top - _OVER * height)), int(bottom + _OVER * height) + 1
    around = _grey(crop[above:under, max(0, int(x - _BESIDE * height)) : int(x + _BESIDE * height) + 1])
    if not around.size or int(np.ptp(around)) < _LEAST_STROKE:
        return False
    shades = np.asarray(around if row.is_dark else 255 - around, np.float32)
    low, high = shades.min(), shades.max()
    strokes = shades.min(axis=1)
    longest = [_longest_run(strokes < low + (high - low) * level) for level in _THRESHOLDS]
    return float(np.median(longest)) <= _LOW * height


def _longest_run(marks: NDArray[np.bool_]) -> int:
    ends = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]]).astype(np.int8)))
    return int((ends[1::2] - ends[::2]).max(initial=0))


def around(row: Row) -> BoundingBox:
    """Return the box of a row with a little room, px of its crop; it may reach beyond that."""
    beside, over = (part * row.height for part in _MORE_ROOM)
    left, top, right, bottom = row.boxes[0, 0], row.boxes[:, 1].min(), row.boxes[-1, 2], row.boxes[:, 3].max()
    return BoundingBox(left - beside, top - over, right + beside, bottom + over)


def typeset(crop: Image, row: Boxes) -> Image:
    """Cut a row out as if it had been set without gaps: wide ones are narrowed, whatever stands in them.

    Args:
        crop: BGR uint8 (height, width, 3), level.
        row: its characters.

    Returns:
        BGR uint8, as high as the row with a little room.
    """
    height = float(np.median(row[:, 3] - row[:, 1]))
    beside, above = _ROOM[0] * height, _ROOM[1] * height
    top = max(0, round(float(np.median(row[:, 1])) - above))
    bottom = max(top + 1, round(float(np.median(row[:, 3])) + above))
    half = _WIDE_GAP * height / 2
    edges = [float(row[0, 0]) - beside]
    for left, right in zip(row[:-1, 2], row[1:, 0], strict=True):
        if right - left > 2 * half:
            edges += [left + half, right - half]
    edges.append(float(row[-1, 2]) + beside)
    places = [min(max(0, round(edge)), int(crop.shape[1]) - 1) for edge in edges]
    parts = [crop[top:bottom, a : max(a + 1, b)] for a, b in zip(places[::2], places[1::2], strict=True)]
    return np.concatenate(parts, axis=1)


def _scaled(crop: Image, height: int) -> tuple[Image, float]:
    scale = height / crop.shape[0]
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    size = (max(8, round(crop.shape[1] * scale)), height)
    return np.asarray(cv2.resize(crop, size, interpolation=how), np.uint8), scale


def _grey(picture: Image) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def _two_rows(grey: NDArray[np.uint8]) -> list[Boxes]:
    """Find the best line of dark shapes in the upper part, and in the lower."""
    shapes = _shapes(grey, _HEIGHTS)
    return [_line(shapes[shapes[:, 3] < 0.62 * _HEIGHT]), _line(shapes[shapes[:, 1] > 0.38 * _HEIGHT])]


def _shapes(grey: NDArray[np.uint8], heights: tuple[float, float]) -> Boxes:
    """List what is dark and shaped like a character, at any of several thresholds: the same one may be there often."""
    low, high = np.percentile(grey, (2, 98))
    if high - low < _LEAST_CONTRAST:
        return np.zeros((0, 4))
    masks = [np.where(grey < low + (high - low) * level, np.uint8(1), np.uint8(0)) for level in _LEVELS]
    masks.append(cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _BLOCK, _OFFSET))
    found = []
    for mask in masks:
        x, y, width, height, area = cv2.connectedComponentsWithStats(mask, connectivity=8)[2][1:].T
        box = width * height
        like = (height >= heights[0] * len(grey)) & (height <= heights[1] * len(grey))
        like &= (width <= height) & (width >= _THINNEST * height)
        like &= (area >= _LEAST_FILL * box) & ((area <= _SOLID * box) | (width <= _WIDEST_BAR * height))
        found.append(np.stack([x, y, x + width, y + height], axis=1)[like])
    return np.concatenate(found).astype(np.float64)


def _line(shapes: Boxes) -> Boxes:
    """Choose the most shapes that are equally high and in line, none over another; higher ones count a little more."""
    if not len(shapes):
        return shapes
    left, top, right, bottom = shapes.T
    height, width = bottom - top, right - left
    off_top, off_bottom = np.abs(top[:, None] - top), np.abs(bottom[:, None] - bottom)
    bound = _TOLERANCE * height[:, None]
    alike = (off_top <= bound) & (off_bottom <= bound)
    grown = (height >= height[:, None]) & (height <= _GROWN * height[:, None])
    members = alike | (grown & ((off_top <= bound) | (off_bottom <= bound)))
    shared = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    clash = shared > _OVERLAP * np.minimum(width[:, None], width)
    off = off_top + off_bottom
    best: tuple[float, list[int]] = (0.0, [])
    for seed in np.argsort(-alike.sum(axis=1), kind="stable")[:_SEEDS]:
        candidates = np.flatnonzero(members[seed])
        free, kept = np.ones(len(shapes), bool), []
        for i in candidates[np.argsort(off[seed, candidates], kind="stable")].tolist():
            if free[i]:
                kept.append(i)
                free &= ~clash[i]
        value = len(kept) * float(np.sqrt(height[seed])) - 0.02 * float(off[seed, kept].sum())
        if value > best[0]:
            best = (value, kept)
    chosen = shapes[best[1]]
    return np.asarray(chosen[np.argsort(chosen[:, 0])])


def _of_one_colour(picture: Image, rows: Sequence[Boxes], is_dark: bool) -> list[Boxes]:
    """Leave out what is of another colour than most."""
    if sum(map(len, rows)) < _LEAST_CHARACTERS:
        return list(rows)
    lab = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2LAB), np.float32)
    inks = [np.array([_ink(lab, box, is_dark) for box in row]).reshape(-1, 3) for row in rows]
    usual = np.median(np.concatenate(inks), axis=0)
    bounds = np.array([_OTHER_LIGHT, _OTHER_HUE, _OTHER_HUE])
    return [row[(np.abs(ink - usual) <= bounds).all(axis=1)] for row, ink in zip(rows, inks, strict=True)]


def _ink(lab: NDArray[np.float32], box: NDArray[np.float64], is_dark: bool) -> NDArray[np.float32]:
    """Measure the colour of the strokes in a box: of its darkest, or brightest, third."""
    left, top, right, bottom = box.astype(int)
    pixels = lab[top:bottom, left:right].reshape(-1, 3)
    light = pixels[:, 0] if is_dark else -pixels[:, 0]
    return np.asarray(np.median(pixels[light <= np.percentile(light, 30)], axis=0))


def _are_rows(upper: Boxes, lower: Boxes) -> bool:
    """Tell whether two lines are the rows of one plate: enough characters, of like height, close over each other."""
    if not len(upper) or not len(lower) or len(upper) + len(lower) < _LEAST_CHARACTERS:
        return False
    heights = [float(np.median(row[:, 3] - row[:, 1])) for row in (upper, lower)]
    gap = float(np.median(lower[:, 1]) - np.median(upper[:, 3]))
    shared = min(upper[-1, 2], lower[-1, 2]) - max(upper[0, 0], lower[0, 0])
    narrower = min(upper[-1, 2] - upper[0, 0], lower[-1, 2] - lower[0, 0])
    return bool(
        min(heights) >= _RATIO * max(heights)
        and -_LAP * min(heights) <= gap <= _GAP * max(heights)
        and shared > _SHARED * narrower
    )
