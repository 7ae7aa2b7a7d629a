"""The letters and digits of the rendered number plates, drawn as thick strokes.

OpenCV's own fonts are single hairlines, which plate readers misread. Here each character is a set of polylines in a
box one unit wide and two high, stroked with the width that number plates use.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Point: TypeAlias = tuple[float, float]
Line: TypeAlias = list[Point]

_STROKE: Final = 0.27
# Drawn this much larger than asked for and then reduced, for smooth edges.
_OVERSAMPLING: Final = 4


def _arc(centre: Point, radii: Point, start: float, end: float) -> Line:
    """Points of an ellipse's arc, in degrees clockwise from three o'clock (y points down)."""
    angles = np.radians(np.linspace(start, end, 25))
    return [(centre[0] + radii[0] * float(np.cos(a)), centre[1] + radii[1] * float(np.sin(a))) for a in angles]


def _round(top: float, bottom: float) -> Line:
    """A closed, tall round: two half circles joined by straight sides."""
    upper, lower = _arc((0.5, top + 0.5), (0.5, 0.5), 180, 360), _arc((0.5, bottom - 0.5), (0.5, 0.5), 0, 180)
    return [*upper, *lower, upper[0]]


_GLYPHS: Final[dict[str, list[Line]]] = {
    "A": [[(0, 2), (0.5, 0), (1, 2)], [(0.17, 1.4), (0.83, 1.4)]],
    "B": [
        [(0.55, 0), (0, 0), (0, 2), (0.55, 2)],
        _arc((0.55, 0.48), (0.4, 0.48), -90, 90),
        [(0, 0.96), (0.55, 0.96)],
        _arc((0.55, 1.48), (0.45, 0.52), -90, 90),
    ],
    "C": [[*_arc((0.5, 0.5), (0.5, 0.5), -10, -180), *_arc((0.5, 1.5), (0.5, 0.5), 180, 10)]],
    "D": [
        [(0.45, 0), (0, 0), (0, 2), (0.45, 2)],
        [*_arc((0.45, 0.6), (0.55, 0.6), -90, 0), *_arc((0.45, 1.4), (0.55, 0.6), 0, 90)],
    ],
    "E": [[(1, 0), (0, 0), (0, 2), (1, 2)], [(0, 0.97), (0.85, 0.97)]],
    "F": [[(1, 0), (0, 0), (0, 2)], [(0, 0.97), (0.85, 0.97)]],
    "G": [[*_arc((0.5, 0.5), (0.5, 0.5), -10, -180), *_arc((0.5, 1.5), (0.5, 0.5), 180, 0), (1, 1.1), (0.55, 1.1)]],
    "H": [[(0, 0), (0, 2)], [(1, 0), (1, 2)], [(0, 0.97), (1, 0.97)]],
    "J": [[(1, 0), (1, 1.5), *_arc((0.5, 1.5), (0.5, 0.5), 0, 170)]],
    "K": [[(0, 0), (0, 2)], [(1, 0), (0, 1.15)], [(0.36, 0.78), (1, 2)]],
    "L": [[(0, 0), (0, 2), (1, 2)]],
    "M": [[(0, 2), (0, 0), (0.5, 1.1), (1, 0), (1, 2)]],
    "N": [[(0, 2), (0, 0), (1, 2), (1, 0)]],
    "P": [[(0, 2), (0, 0), (0.5, 0)], _arc((0.5, 0.53), (0.5, 0.53), -90, 90), [(0, 1.06), (0.5, 1.06)]],
    "R": [
        [(0, 2), (0, 0), (0.5, 0)],
        _arc((0.5, 0.53), (0.48, 0.53), -90, 90),
        [(0, 1.06), (0.5, 1.06)],
        [(0.45, 1.06), (1, 2)],
    ],
    "S": [
        [
            *_arc((0.5, 0.5), (0.48, 0.5), -15, -180),
            *_arc((0.5, 0.48), (0.48, 0.5), 180, 100),
            *_arc((0.5, 1.49), (0.5, 0.51), -80, 0),
            *_arc((0.5, 1.49), (0.5, 0.51), 0, 165),
        ]
    ],
    "T": [[(0, 0), (1, 0)], [(0.5, 0), (0.5, 2)]],
    "U": [[(0, 0), (0, 1.5), *_arc((0.5, 1.5), (0.5, 0.5), 180, 0), (1, 0)]],
    "V": [[(0, 0), (0.5, 2), (1, 0)]],
    "W": [[(0, 0), (0.22, 2), (0.5, 0.75), (0.78, 2), (1, 0)]],
    "X": [[(0, 0), (1, 2)], [(1, 0), (0, 2)]],
    "Y": [[(0, 0), (0.5, 1), (1, 0)], [(0.5, 1), (0.5, 2)]],
    "Z": [[(0, 0), (1, 0), (0, 2), (1, 2)]],
    "0": [_round(0, 2)],
    "1": [[(0.2, 0.42), (0.6, 0), (0.6, 2)]],
    "2": [[*_arc((0.5, 0.55), (0.5, 0.55), -170, 20), (0, 2), (1, 2)]],
    "3": [
        [*_arc((0.5, 0.49), (0.46, 0.49), -165, 85), *_arc((0.5, 1.47), (0.5, 0.53), -88, 165)],
        [(0.3, 0.96), (0.55, 0.96)],
    ],
    "4": [[(0.72, 2), (0.72, 0), (0, 1.42), (1, 1.42)]],
    "5": [[(0.92, 0), (0.1, 0), (0.04, 0.95), *_arc((0.5, 1.4), (0.5, 0.6), -130, 150)]],
    "6": [[(0.72, 0), (0.06, 1.15)], [*_arc((0.5, 1.45), (0.5, 0.55), 0, 360)]],
    "7": [[(0, 0), (1, 0), (0.38, 2)]],
    "8": [[*_arc((0.5, 0.5), (0.45, 0.5), 0, 360)], [*_arc((0.5, 1.49), (0.5, 0.51), 0, 360)]],
    "9": [[(0.28, 2), (0.94, 0.85)], [*_arc((0.5, 0.55), (0.5, 0.55), 0, 360)]],
}


@cache
def glyph(character: str, height: int) -> NDArray[np.float32]:
    """Draw a character.

    Args:
        character: a capital letter or a digit. I, O and Q are not drawn: the plates shown have none.
        height: height of the result in pixels.

    Returns:
        height x width, 1 where ink covers a pixel, 0 where none does.

    Raises:
        KeyError: there is no such glyph.
    """
    lines = _GLYPHS[character]
    scale = height * _OVERSAMPLING / (2 + _STROKE)
    canvas = np.zeros((height * _OVERSAMPLING, round((1 + _STROKE) * scale)), np.uint8)
    for line in lines:
        points = np.round((np.asarray(line) + _STROKE / 2) * scale).astype(np.int32)
        cv2.polylines(canvas, [points], isClosed=False, color=255, thickness=round(_STROKE * scale))
    width = round(canvas.shape[1] / _OVERSAMPLING)
    reduced = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    drawn: NDArray[np.float32] = (reduced / 255).astype(np.float32)
    drawn.setflags(write=False)
    return drawn


def line_of_text(text: str, height: int, *, gap: float = 0.16, space: float = 0.45) -> NDArray[np.float32]:
    """Set characters side by side.

    Args:
        text: characters and spaces.
        height: of the characters, in pixels.
        gap: between characters, as a part of the height.
        space: a space's width, as a part of the height.

    Returns:
        height x width, 1 for ink and 0 for none.
    """
    parts: list[NDArray[np.float32]] = []
    for word in text.split(" "):
        if parts:
            parts.append(np.zeros((height, round(space * height)), np.float32))
        parts.extend(_spaced([glyph(character, height) for character in word], round(gap * height)))
    return np.hstack(parts)


def _spaced(glyphs: Sequence[NDArray[np.float32]], gap: int) -> list[NDArray[np.float32]]:
    spaced: list[NDArray[np.float32]] = []
    for drawn in glyphs:
        if spaced:
            spaced.append(np.zeros((drawn.shape[0], gap), np.float32))
        spaced.append(drawn)
    return spaced
