"""What a camera and a detector make of a plate: perspective, light, blur, noise, compression, and a crop.

All lengths that matter to legibility (blur, noise grain, cut) are drawn relative to the height of the characters in the
picture, so that a small plate is not made hopeless by what a large one bears.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.geometry import Image
from lab.training.plate import FlatPlate

_CAP_MEDIAN_PX, _CAP_SPREAD = 15.0, 0.5
_CAP_LIMITS_PX = (5.8, 44.0)


@dataclass(frozen=True, slots=True)
class Shot:
    """A plate in a scene.

    Attributes:
        image: BGR uint8, the plate with something of the car around it.
        plate: (4, 2) float32, its corners: top left, top right, bottom right, bottom left, px.
        rows: one such quadrilateral a row of the number.
        cap: height of the characters, px.
    """

    image: Image
    plate: NDArray[np.float32]
    rows: tuple[NDArray[np.float32], ...]
    cap: float


def photograph(flat: FlatPlate, rng: np.random.Generator) -> Shot:
    """Take one picture of a plate.

    Args:
        flat: the plate seen straight on.
        rng: the source of randomness.
    """
    cap = float(np.clip(_CAP_MEDIAN_PX * np.exp(rng.normal(0, _CAP_SPREAD)), *_CAP_LIMITS_PX))
    shot = _project(flat, cap, rng)
    image = _light(shot.image, rng)
    image = _blur(image, cap, rng)
    image = _sensor(image, cap, rng)
    return Shot(image, shot.plate, shot.rows, cap)


def exposed(crop: Image, rng: np.random.Generator) -> Image:
    """Vary the light of a real crop and soften or sharpen it: much less than `photograph` does, it is a photograph."""
    if rng.random() < 0.5:
        crop = _light(crop, rng)
    if rng.random() < 0.3:
        crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.3, 0.025 * crop.shape[0] + 0.4)), np.uint8)
    if rng.random() < 0.25:
        crop = np.asarray(cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    if rng.random() < 0.2:  # a plate that is white on black where this one is black on white
        crop = np.asarray(255 - crop, np.uint8)
    return crop


def _project(flat: FlatPlate, cap: float, rng: np.random.Generator) -> Shot:
    """Place the plate in a scene by a homography whose scale makes the characters `cap` px high."""
    height, width = flat.image.shape[:2]
    scale = cap / (flat.rows[0][3] - flat.rows[0][1])
    target_w, target_h = width * scale, height * scale
    # Tilt is mild as a rule: pipelines rectify, and a car's plate is level when the camera is.
    strong = rng.random() < 0.3
    angle = np.deg2rad(rng.normal(0, 6.0 if strong else 2.0))
    shear = rng.normal(0, 0.12 if strong else 0.04)
    narrow = rng.uniform(0.6, 1.0) if rng.random() < 0.35 else rng.uniform(0.9, 1.05)
    x, y = target_w * narrow / 2, target_h / 2
    corners = np.array([[-x, -y], [x, -y], [x, y], [-x, y]])
    corners[:, 0] += shear * corners[:, 1]
    corners[:, 1] *= 1 + rng.normal(0, 0.05 if strong else 0.02) * np.sign(corners[:, 0])
    corners[:, 0] *= 1 + rng.normal(0, 0.02) * np.sign(corners[:, 1])
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = corners @ rotation.T
    margin = np.array([0.25 * target_w * narrow + 3, 0.45 * target_h + 3])
    low = corners.min(axis=0) - margin
    size = np.ceil(corners.max(axis=0) + margin - low).astype(int)
    quad = (corners - low + rng.uniform(0, 1, 2)).astype(np.float32)
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    homography = cv2.getPerspectiveTransform(frame, quad)
    source = flat.image
    if scale < 0.8:  # warping samples four pixels only: what is finer than the target must go first
        sigma = 0.45 * np.sqrt(1 / scale**2 - 1)
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), sigma), np.uint8)
    scene = _scene((int(size[0]), int(size[1])), rng)
    cv2.warpPerspective(
        source,
        homography,
        (int(size[0]), int(size[1])),
        dst=scene,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    rows = tuple(
        cv2.perspectiveTransform(np.array([[[x1, y1], [x2, y1], [x2, y2], [x1, y2]]], np.float32), homography)[0]
        for x1, y1, x2, y2 in flat.rows
    )
    return Shot(scene, quad, rows, cap)


def _scene(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """Paint what surrounds a plate: bodywork, a recess, edges, lamps."""
    width, height = size
    tone = rng.uniform(10, 230)
    colour = np.clip(tone + rng.normal(0, 30 if rng.random() < 0.4 else 6, 3), 0, 255)
    ramp = np.linspace(rng.uniform(0.6, 1.2), rng.uniform(0.6, 1.2), height, dtype=np.float32)
    scene = np.empty((height, width, 3), np.uint8)
    scene[:] = np.clip(ramp[:, None, None] * colour, 0, 255)
    for _ in range(int(rng.integers(0, 5))):
        edge = np.clip(tone + rng.normal(0, 60), 0, 255)
        shade = (float(edge), float(edge), float(edge))
        y = int(rng.integers(height))
        if rng.random() < 0.7:
            cv2.line(
                scene,
                (0, y),
                (width, y + int(rng.normal(0, height * 0.08))),
                shade,
                int(rng.integers(1, 2 + height // 10)),
            )
        else:
            center = (int(rng.integers(width)), y)
            cv2.ellipse(
                scene,
                center,
                (int(rng.integers(2, 3 + width // 4)), int(rng.integers(2, 3 + height // 4))),
                0,
                0,
                360,
                shade,
                -1,
            )
    return scene


def _light(image: Image, rng: np.random.Generator) -> Image:
    """Expose: gain, gamma, colour cast, shadow edge, glare, night."""
    height, width = image.shape[:2]
    light = image.astype(np.float32) / 255
    if rng.random() < 0.25:  # the shadow of the boot lid or of a lamp's edge
        x0, x1 = rng.uniform(-0.3, 1.3, 2) * width
        y0, y1 = rng.uniform(0, 0.8, 2) * height
        shape = np.array([(x0, y0), (x1, y1), (width * 1.5, -height), (-width * 0.5, -height)], np.int32)
        shadow = np.zeros((height, width), np.float32)
        cv2.fillPoly(shadow, [cv2.convexHull(shape)], 1.0)
        soft = np.asarray(cv2.GaussianBlur(shadow, (0, 0), max(0.5, rng.uniform(0.005, 0.05) * width)))
        light *= (1 - rng.uniform(0.2, 0.65) * soft)[..., None]
    if rng.random() < 0.15:
        center = rng.uniform(0, 1, 2) * (width, height)
        xs, ys = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
        reach = rng.uniform(0.08, 0.4) * width
        spot = np.exp(-((xs - center[0]) ** 2) / reach**2)[None] * np.exp(-((ys - center[1]) ** 2) / reach**2)[:, None]
        light += rng.uniform(0.2, 0.9) * spot[..., None]
    light = np.clip(light, 0, 1) ** rng.uniform(0.7, 1.4)
    contrast = rng.uniform(0.4, 1.0) if rng.random() < 0.5 else 1.0
    lift = rng.uniform(0, 1 - contrast)
    dark = rng.random() < 0.16
    gain = rng.uniform(0.1, 0.5) if dark else rng.uniform(0.5, 1.12)
    cast = np.exp(rng.normal(0, 0.33 if rng.random() < 0.25 else 0.06, 3))
    return np.clip((light * contrast + lift) * gain * cast * 255, 0, 255).astype(np.uint8)


def _blur(image: Image, cap: float, rng: np.random.Generator) -> Image:
    """Defocus and move, by at most about a stroke and a half."""
    if rng.random() < 0.75:
        sigma = abs(rng.normal(0, 0.05)) * cap
        if sigma > 0.2:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
    if rng.random() < 0.3:
        length = abs(rng.normal(0, 0.16)) * cap
        if length > 1:
            angle = rng.normal(0, 0.35) if rng.random() < 0.7 else rng.uniform(0, np.pi)
            size = 2 * int(np.ceil(length / 2)) + 1
            kernel = np.zeros((size, size), np.float32)
            step = np.array([np.cos(angle), np.sin(angle)]) * length / 2 * 16
            middle = (size // 2) * 16
            start, end = np.round(middle - step).astype(int), np.round(middle + step).astype(int)
            cv2.line(kernel, tuple(start.tolist()), tuple(end.tolist()), 1.0, 1, cv2.LINE_AA, 4)
            kernel /= kernel.sum()
            image = np.asarray(cv2.filter2D(image, -1, kernel), np.uint8)
    if rng.random() < 0.08:
        image = _rain(image, rng)
    return image


def _rain(image: Image, rng: np.random.Generator) -> Image:
    """Streaks of rain, thin and translucent."""
    layer = image.copy()
    height, width = image.shape[:2]
    slant = rng.normal(0, 0.2)
    for x, y in rng.uniform(0, 1, (int(rng.integers(3, 20)), 2)) * (width, height):
        length = rng.uniform(0.1, 0.5) * height
        cv2.line(layer, (int(x), int(y)), (int(x + slant * length), int(y + length)), (220, 220, 220), 1, cv2.LINE_AA)
    strength = rng.uniform(0.1, 0.5)
    return np.asarray(cv2.addWeighted(layer, strength, image, 1 - strength, 0), np.uint8)


def _sensor(image: Image, cap: float, rng: np.random.Generator) -> Image:
    """Add noise in proportion to what contrast there is, sharpen, compress, lose colour."""
    if rng.random() < 0.6:
        spread = float(image.std()) + 1.0
        sigma = abs(rng.normal(0, 0.12)) * spread * min(1.0, cap / 14)
        grain = rng.standard_normal((*image.shape[:2], 3 if rng.random() < 0.5 else 1), np.float32) * sigma
        if rng.random() < 0.4:
            grain = cv2.GaussianBlur(grain, (3, 3), 0).reshape(*image.shape[:2], -1) * 1.6
        image = np.clip(image + grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.7, 1.6))
        amount = rng.uniform(0.3, 1.5)
        image = np.asarray(cv2.addWeighted(image, 1 + amount, soft, -amount, 0), np.uint8)
    if rng.random() < 0.75:
        quality = int(np.clip(rng.normal(78, 18) - 20 * (rng.random() < 0.2), 28, 98))
        ok, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if ok:
            image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    if rng.random() < 0.12:  # many cameras see in infra-red at night
        image = np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    return image


def cut(shot: Shot, row: int | None, rng: np.random.Generator) -> Image:
    """Crop as a detector and a trimming pipeline do: a box about the plate, sometimes loose, sometimes tight.

    Args:
        shot: the picture.
        row: cut this row of a plate of several; None for the whole plate.
        rng: the source of randomness.

    Returns:
        BGR uint8. The characters are never cut into by more than a few per cent of their height.
    """
    number = np.vstack(shot.rows) if row is None else shot.rows[row]
    if row is None:
        low, high = shot.plate.min(axis=0), shot.plate.max(axis=0)
    else:
        pad = rng.uniform(0.08, 0.3) * shot.cap
        low, high = number.min(axis=0) - pad, number.max(axis=0) + pad
    span = high - low
    tight = rng.random()  # one draw for the style of the cut, then each side errs on its own
    inset = span * (np.array([0.045, 0.17]) * (1.5 * tight - 0.5) + rng.normal(0, 1, 2) * (0.015, 0.03))
    first = low + inset + rng.normal(0, 1, 2) * span * (0.012, 0.025)
    last = high - inset + rng.normal(0, 1, 2) * span * (0.012, 0.025)
    spare = np.array([0.04, 0.05]) * shot.cap
    first = np.minimum(first, number.min(axis=0) + spare)
    last = np.maximum(last, number.max(axis=0) - spare)
    height, width = shot.image.shape[:2]
    x1, y1 = np.clip(np.round(first), 0, (width - 4, height - 4)).astype(int)
    x2, y2 = np.clip(np.round(last), (x1 + 4, y1 + 4), (width, height)).astype(int)
    return shot.image[y1:y2, x1:x2]
