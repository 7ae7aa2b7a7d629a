"""The road, and where each car is on it at any time."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from infra.local.clip.cars import BRITAIN, CALIFORNIA, CAR_WIDTH_MM, EUROPE, Car, Picture, draw_car

WIDTH: Final = 1280
HEIGHT: Final = 720
FPS: Final = 25
DURATION_S: Final = 8.0

# A camera on a bridge: focal length in pixels, height above the road in metres, and the horizon's line.
_FOCAL: Final = 2600
_CAMERA_M: Final = 3.0
_HORIZON: Final = 60
_CENTRE: Final = WIDTH // 2
# Nearer than this a car is below the picture; farther, it is a speck.
_NEAREST_M: Final = 4.5
_FARTHEST_M: Final = 75.0
_NOISE: Final = 2.0
_NOISE_MARGIN: Final = 64
_SEED: Final = 2026


@dataclass(frozen=True, slots=True)
class Journey:
    """A car's way along the road.

    Attributes:
        car: which.
        lane_m: metres to the right of the camera.
        start_m: how far away it is at the clip's beginning.
        speed_m_s: towards the camera; 0 for a parked car.
    """

    car: Car
    lane_m: float
    start_m: float
    speed_m_s: float


JOURNEYS: Final = (
    Journey(Car("KX19 DMV", BRITAIN, (150, 60, 40)), lane_m=-1.7, start_m=42, speed_m_s=13),
    Journey(Car("8TRK592", CALIFORNIA, (60, 60, 170)), lane_m=1.3, start_m=60, speed_m_s=12),
    Journey(Car("M AX 4827", EUROPE, (120, 120, 116)), lane_m=-1.7, start_m=88, speed_m_s=13),
    Journey(Car("B 77 ANP", EUROPE, (70, 110, 60)), lane_m=4.1, start_m=20, speed_m_s=0),
)
PLATES: Final = tuple(journey.car.plate.replace(" ", "") for journey in JOURNEYS)
"""The plates of the clip, as the backend normalises them; the last one belongs to a parked car."""


class Scene:
    """Renders the clip's frames; the same frame is the same picture every time."""

    def __init__(self) -> None:
        self._road = _road()
        # A sensor's noise: one sheet, of which each frame gets another cut-out.
        sheet = (HEIGHT + _NOISE_MARGIN, WIDTH + _NOISE_MARGIN)
        grey = np.random.default_rng(_SEED).normal(0, _NOISE, sheet).round().astype(np.int16)
        self._noise = np.repeat(grey[..., None], 3, axis=2)
        self._cars = [(journey, (journey.lane_m, *draw_car(journey.car))) for journey in JOURNEYS]

    def frame(self, index: int) -> Picture:
        """Render a frame: `HEIGHT` x `WIDTH` x 3, BGR."""
        time_s = index / FPS
        picture = self._road.copy()
        there = [(journey.start_m - journey.speed_m_s * time_s, *drawn) for journey, drawn in self._cars]
        for distance, lane, body, mask in sorted(there, key=lambda car: -car[0]):
            if _NEAREST_M < distance < _FARTHEST_M:
                _paste(picture, distance, lane, body, mask)
        x, y = np.random.default_rng((_SEED, index)).integers(0, _NOISE_MARGIN, 2)
        noise = self._noise[y : y + HEIGHT, x : x + WIDTH]
        noisy: Picture = cv2.add(picture, noise, dtype=cv2.CV_8U).astype(np.uint8, copy=False)
        return noisy


def _row(distance_m: float) -> float:
    return _HORIZON + _FOCAL * _CAMERA_M / distance_m


def _column(across_m: float, distance_m: float) -> float:
    return _CENTRE + _FOCAL * across_m / distance_m


def _strip(left_m: float, right_m: float, near_m: float, far_m: float) -> NDArray[np.int32]:
    corners = [(left_m, near_m), (left_m, far_m), (right_m, far_m), (right_m, near_m)]
    return np.round([(_column(across, away), _row(away)) for across, away in corners]).astype(np.int32)


def _road() -> Picture:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[:_HORIZON] = (225, 205, 185)
    picture[_HORIZON:] = (78, 118, 96)
    cv2.fillPoly(picture, [_strip(-4, 6, 3, 400)], (92, 90, 88))
    for edge in (-3.6, 3.0):
        cv2.fillPoly(picture, [_strip(edge, edge + 0.15, 3, 400)], (215, 215, 215))
    for start in range(4, 200, 9):
        cv2.fillPoly(picture, [_strip(-0.28, -0.13, start, start + 3)], (215, 215, 215))
    # Tarmac and grass have a grain, which a flat colour has not.
    grain = np.random.default_rng(_SEED).normal(0, 7, (HEIGHT // 2, WIDTH // 2)).astype(np.float32)
    grained: Picture = np.clip(picture + cv2.resize(grain, (WIDTH, HEIGHT))[..., None], 0, 255).astype(np.uint8)
    return grained


def _paste(picture: Picture, distance: float, lane: float, body: Picture, mask: NDArray[np.float32]) -> None:
    """Draw a car into the picture, at the size and the place that its distance gives it."""
    width = _FOCAL * CAR_WIDTH_MM / 1000 / distance
    scale = width / body.shape[1]
    left, top = _column(lane, distance) - width / 2, _row(distance) - scale * body.shape[0]
    shadow = _strip(lane - 1.0, lane + 1.0, distance, distance + 1.5)
    cv2.fillPoly(picture, [shadow], (52, 50, 50))
    x0, y0 = max(0, int(left)), max(0, int(top))
    x1, y1 = min(WIDTH, int(left + width) + 2), min(HEIGHT, int(_row(distance)) + 2)
    if x0 >= x1 or y0 >= y1:
        return
    # Placed to a fraction of a pixel, or slow cars would jump.
    place = np.array([[scale, 0, left - x0], [0, scale, top - y0]], np.float32)
    softened = cv2.GaussianBlur(body, (0, 0), max(0.01, 0.45 / scale))
    drawn = cv2.warpAffine(softened, place, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
    covered = cv2.warpAffine(mask, place, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)[..., None]
    area = picture[y0:y1, x0:x1]
    area[:] = (area * (1 - covered) + drawn * covered).astype(np.uint8)
