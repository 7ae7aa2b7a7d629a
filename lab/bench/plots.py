"""The benchmark's results as pictures, drawn with OpenCV.

Two bar charts and a matrix do not earn matplotlib: it and what it needs are 60 MB that a worker's image would carry,
and OpenCV is there already.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from gpu_worker.vision.geometry import Image

_INK, _PAPER, _LINE = (40, 40, 40), 255, (215, 215, 215)
_COLOURS = ((176, 114, 31), (44, 160, 90), (40, 100, 225), (150, 80, 150), (120, 120, 120), (60, 170, 190))
_LEFT, _TOP, _BOTTOM, _PLOT, _BAR, _GAP = 60, 60, 60, 320, 46, 40


@dataclass(frozen=True, slots=True)
class Bar:
    """A share and its interval, 0 to 1, with a name for the legend."""

    name: str
    share: float
    low: float
    high: float


def _text(image: Image, text: str, at: tuple[int, int], scale: float = 0.42) -> None:
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, 1, cv2.LINE_AA)


def bars(title: str, groups: Mapping[str, Sequence[Bar]]) -> Image:
    """Draw groups of bars with their intervals.

    Args:
        title: stands above.
        groups: by what stands below each; bars of one name have one colour.

    Returns:
        BGR uint8 picture.
    """
    names = list(dict.fromkeys(bar.name for group in groups.values() for bar in group))
    width = _LEFT + sum(len(group) * _BAR + _GAP for group in groups.values()) + 170
    image: Image = np.full((_TOP + _PLOT + _BOTTOM, max(width, 480), 3), _PAPER, np.uint8)
    _text(image, title, (_LEFT, 28), 0.6)
    for tenth in range(0, 11, 2):
        y = _TOP + round(_PLOT * (1 - tenth / 10))
        cv2.line(image, (_LEFT, y), (width - 160, y), _LINE, 1)
        _text(image, f"{tenth / 10:.1f}", (_LEFT - 34, y + 4))
    x = _LEFT + _GAP // 2
    for label, group in groups.items():
        _text(image, label, (x, _TOP + _PLOT + 22))
        for bar in group:
            _draw_bar(image, bar, x, _COLOURS[names.index(bar.name) % len(_COLOURS)])
            x += _BAR
        x += _GAP
    for i, name in enumerate(names):
        y = _TOP + 14 + 22 * i
        cv2.rectangle(image, (width - 150, y - 10), (width - 138, y + 2), _COLOURS[i % len(_COLOURS)], cv2.FILLED)
        _text(image, name, (width - 132, y + 1))
    return image


def _draw_bar(image: Image, bar: Bar, x: int, colour: tuple[int, int, int]) -> None:
    top, low, high = (_TOP + round(_PLOT * (1 - value)) for value in (bar.share, bar.low, bar.high))
    cv2.rectangle(image, (x + 4, top), (x + _BAR - 4, _TOP + _PLOT), colour, cv2.FILLED)
    middle = x + _BAR // 2
    cv2.line(image, (middle, low), (middle, high), _INK, 1, cv2.LINE_AA)
    for y in (low, high):
        cv2.line(image, (middle - 5, y), (middle + 5, y), _INK, 1, cv2.LINE_AA)
    _text(image, f"{bar.share:.2f}", (x + 8, max(high - 5, 12)), 0.38)


def confusion_matrix(title: str, counts: Counter[tuple[str, str]]) -> Image:
    """Draw how often each printed character (rows) was read as another (columns); `-` is left out, or added.

    Returns:
        BGR uint8 picture; darker is more often.
    """
    rows = sorted({true or "-" for true, _ in counts}) or ["-"]
    columns = sorted({read or "-" for _, read in counts}) or ["-"]
    cell, left, top = 26, 90, 90
    image: Image = np.full(
        (top + cell * len(rows) + 30, max(left + cell * len(columns) + 30, 420), 3), _PAPER, np.uint8
    )
    _text(image, title, (20, 28), 0.6)
    _text(image, "printed (down), read as (across)", (20, 50))
    most = max(counts.values(), default=1)
    for j, column in enumerate(columns):
        _text(image, column, (left + cell * j + 8, top - 8))
    for i, row in enumerate(rows):
        _text(image, row, (left - 22, top + cell * i + 18))
        for j, column in enumerate(columns):
            count = counts[row.replace("-", ""), column.replace("-", "")]
            corner = (left + cell * j, top + cell * i)
            opposite = (corner[0] + cell, corner[1] + cell)
            if count:
                pale = round(235 - 150 * count / most)
                cv2.rectangle(image, corner, opposite, (pale, pale, 255), cv2.FILLED)
                _text(image, str(count), (corner[0] + 8, corner[1] + 18))
            cv2.rectangle(image, corner, opposite, _LINE, 1)
    return image
