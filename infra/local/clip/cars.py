"""Cars as seen from the front, each with its number plate, drawn flat at a fixed scale."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from infra.local.clip.glyphs import line_of_text

Picture: TypeAlias = NDArray[np.uint8]
Colour: TypeAlias = tuple[int, int, int]

PX_PER_MM: Final = 0.5
CAR_WIDTH_MM: Final = 1800
_CAR_HEIGHT_MM: Final = 1480
_PLATE_BOTTOM_MM: Final = 380
_BLACK: Final[Colour] = (24, 22, 22)


@dataclass(frozen=True, slots=True)
class PlateDesign:
    """A country's plate.

    Attributes:
        width_mm: of the plate.
        height_mm: of the plate.
        text_mm: height of the characters.
        ground: background colour, BGR.
        ink: the characters' colour, BGR.
        band: whether a blue band stands on the left.
    """

    width_mm: int
    height_mm: int
    text_mm: int
    ground: Colour
    ink: Colour
    band: bool


EUROPE: Final = PlateDesign(520, 110, 78, ground=(238, 240, 240), ink=_BLACK, band=True)
BRITAIN: Final = PlateDesign(520, 111, 79, ground=(236, 240, 240), ink=_BLACK, band=False)
CALIFORNIA: Final = PlateDesign(305, 152, 70, ground=(236, 238, 236), ink=(92, 38, 30), band=False)


@dataclass(frozen=True, slots=True)
class Car:
    """A car of the clip.

    Attributes:
        plate: as printed, with its spaces.
        design: of the plate.
        paint: the body's colour, BGR.
    """

    plate: str
    design: PlateDesign
    paint: Colour


def draw_plate(text: str, design: PlateDesign) -> Picture:
    """Draw a number plate at `PX_PER_MM`; returns height x width x 3, BGR."""
    width, height = _px(design.width_mm), _px(design.height_mm)
    plate = np.full((height, width, 3), design.ground, np.uint8)
    left = 0
    if design.band:
        left = _px(45)
        plate[:, :left] = (150, 60, 10)
    ink = line_of_text(text, _px(design.text_mm))
    room = width - left - 2 * _px(14)
    if ink.shape[1] > room:
        ink = cv2.resize(ink, (room, ink.shape[0]), interpolation=cv2.INTER_AREA).astype(np.float32)
    x = left + (width - left - ink.shape[1]) // 2
    y = (height - ink.shape[0]) // 2
    covered = ink[..., None]
    area = plate[y : y + ink.shape[0], x : x + ink.shape[1]]
    area[:] = (area * (1 - covered) + np.asarray(design.ink) * covered).astype(np.uint8)
    cv2.rectangle(plate, (0, 0), (width - 1, height - 1), (70, 70, 70), thickness=1)
    return plate


def draw_car(car: Car) -> tuple[Picture, NDArray[np.float32]]:
    """Draw a car from the front at `PX_PER_MM`.

    Returns:
        The picture (height x width x 3, BGR), and how much of each pixel the car covers (height x width, 0 to 1).
    """
    width, height = _px(CAR_WIDTH_MM), _px(_CAR_HEIGHT_MM)
    body = np.zeros((height, width, 3), np.uint8)
    mask = np.zeros((height, width), np.uint8)
    outline = _polygon([(230, 60), (1570, 60), (1720, 620), (1800, 700), (1800, 1280), (0, 1280), (0, 700), (80, 620)])
    wheels = [_polygon([(x, 1150), (x + 260, 1150), (x + 260, 1480), (x, 1480)]) for x in (70, 1470)]
    cv2.fillPoly(mask, [outline, *wheels], 255)
    cv2.fillPoly(body, wheels, (20, 20, 20))
    cv2.fillPoly(body, [outline], car.paint)
    _shade(body, outline)
    windscreen = _polygon([(300, 120), (1500, 120), (1630, 590), (170, 590)])
    cv2.fillPoly(body, [windscreen], (72, 58, 46))
    cv2.fillPoly(body, [_polygon([(420, 140), (760, 140), (560, 570), (250, 570)])], (98, 84, 70))
    # Slanted, or a plate detector takes them for plates.
    for inner, outer in ((430, 60), (1370, 1740)):
        cv2.fillPoly(body, [_polygon([(outer, 700), (inner, 790), (inner, 850), (outer, 880)])], (206, 204, 200))
    cv2.fillPoly(body, [_polygon([(460, 740), (1340, 740), (1300, 900), (500, 900)])], (34, 32, 30))
    for y in range(770, 900, 40):
        cv2.line(body, (_px(480), _px(y)), (_px(1320), _px(y)), (86, 84, 82), thickness=2)
    cv2.fillPoly(body, [_polygon([(60, 1120), (1740, 1120), (1700, 1260), (100, 1260)])], (40, 38, 36))
    plate = draw_plate(car.plate, car.design)
    x = (width - plate.shape[1]) // 2
    y = height - _px(_PLATE_BOTTOM_MM) - plate.shape[0]
    body[y : y + plate.shape[0], x : x + plate.shape[1]] = plate
    return body, (mask / np.float32(255)).astype(np.float32)


def _shade(body: Picture, outline: NDArray[np.int32]) -> None:
    """Make the paint lighter above than below, within the outline."""
    light = np.linspace(1.15, 0.75, body.shape[0], dtype=np.float32)[:, None, None]
    inside = np.zeros(body.shape[:2], np.uint8)
    cv2.fillPoly(inside, [outline], 1)
    shaded = np.clip(body * light, 0, 255).astype(np.uint8)
    np.copyto(body, shaded, where=inside[..., None].astype(bool))


def _px(millimetres: float) -> int:
    return round(millimetres * PX_PER_MM)


def _polygon(corners: list[tuple[float, float]]) -> NDArray[np.int32]:
    return np.round(np.asarray(corners) * PX_PER_MM).astype(np.int32)
