"""What is put on and around a plate besides its number: seals, emblems, screws, stickers, frames, dirt.

Every function draws into the picture that it is given.
"""

from collections.abc import Mapping

import cv2
import numpy as np

from gpu_worker.vision.geometry import Image
from lab.training.drawing import Colour, blend, text_mask
from lab.training.fonts import Mask
from lab.training.formats import Ink

_STICKER_COLOURS: tuple[Colour, ...] = (
    (60, 170, 235),
    (60, 60, 200),
    (70, 150, 60),
    (160, 90, 40),
    (60, 140, 245),
    (220, 220, 220),
)


def draw_seal(picture: Image, center: tuple[int, int], rng: np.random.Generator) -> None:
    """Stick a seal or registration sticker between groups."""
    colour = _STICKER_COLOURS[rng.integers(len(_STICKER_COLOURS))]
    size = int(rng.integers(6, 17))
    x, y = center[0], center[1] + int(rng.integers(-12, 13))
    kind = rng.integers(4)
    if kind == 0:
        cv2.circle(picture, (x, y), size, colour, -1, cv2.LINE_AA)
        cv2.circle(picture, (x, y), max(1, size // 2), (230, 230, 230), 1, cv2.LINE_AA)
    elif kind == 1:
        half = (max(3, size // 2 + 2), size)
        cv2.rectangle(picture, (x - half[0], y - half[1]), (x + half[0], y + half[1]), colour, -1)
        cv2.line(picture, (x - half[0] + 2, y), (x + half[0] - 2, y), (40, 40, 40), 2)
    elif kind == 2:
        for dy in (-size - 4, size + 4):
            cv2.circle(picture, (x, y + dy), max(3, size - 5), colour, -1, cv2.LINE_AA)
    else:
        outline = np.array([x, y]) + rng.integers(-size, size + 1, (6, 2))
        cv2.fillPoly(picture, [cv2.convexHull(outline.astype(np.int32))], colour, cv2.LINE_AA)


def draw_emblem(picture: Image, center: tuple[int, int], size: int, colour: Colour, rng: np.random.Generator) -> None:
    """Draw what special plates carry beside the number, as high as a character: a wheelchair, a mascot, a tree.

    Args:
        picture: drawn into.
        center: x and y of the middle, px.
        size: half the height, px.
        colour: of the characters; some emblems share it.
        rng: the source of randomness.
    """
    x, y = center
    kind = rng.integers(3)
    if kind == 0:
        cv2.rectangle(picture, (x - size, y - size), (x + size, y + size), (150, 70, 20), -1)
        cv2.circle(picture, (x + size // 6, y + size // 3), size // 2, (235, 235, 235), max(2, size // 6))
        cv2.line(picture, (x - size // 4, y - size * 2 // 3), (x, y + size // 4), (235, 235, 235), max(2, size // 5))
        return
    tint = colour if rng.random() < 0.4 else tuple(rng.uniform(20, 220, 3).tolist())
    if kind == 1:
        for _ in range(int(rng.integers(2, 5))):
            outline = np.array([x, y]) + rng.integers(-size, size + 1, (5, 2))
            cv2.fillPoly(picture, [cv2.convexHull(outline.astype(np.int32))], tint, cv2.LINE_AA)
            tint = tuple(np.clip(np.array(tint) + rng.normal(0, 50, 3), 0, 255).tolist())
        return
    for _ in range(int(rng.integers(2, 5))):
        path = (np.array([x, y]) + rng.integers(-size, size + 1, (4, 2))).astype(np.int32)
        cv2.polylines(picture, [path], False, tint, int(rng.integers(2, 7)), cv2.LINE_AA)


def draw_foreign_word(
    picture: Image, center: tuple[int, int], size: tuple[int, int], colour: Colour, rng: np.random.Generator
) -> None:
    """Write something that is no Latin text, as high as a character: a cursive word with dots, or a square sign.

    Args:
        picture: drawn into.
        center: x and y of the middle, px.
        size: width and height, px.
        colour: of the characters.
        rng: the source of randomness.
    """
    x, y = center
    half, rise = max(3, size[0] // 2), max(4, size[1] // 2)
    stroke = int(rng.integers(3, 7))
    if rng.random() < 0.6:
        points = int(rng.integers(6, 14))
        xs = np.linspace(x - half, x + half, points) + rng.normal(0, half / 12, points)
        ys = y + rise * (0.35 + rng.choice([0.0, -0.3, -0.9, 0.45], points, p=[0.45, 0.3, 0.15, 0.1]))
        cv2.polylines(picture, [np.column_stack([xs, ys]).astype(np.int32)], False, colour, stroke, cv2.LINE_AA)
        for _ in range(int(rng.integers(1, 6))):
            dot = (int(rng.integers(x - half, x + half)), int(y + rise * rng.choice([-0.6, -0.4, 0.75])))
            cv2.circle(picture, dot, max(2, stroke * 2 // 3), colour, -1, cv2.LINE_AA)
        return
    half = min(half, rise)
    for _ in range(int(rng.integers(4, 9))):
        start = np.array([x, y]) + rng.uniform(-1, 1, 2) * (half, rise)
        slope = rng.choice([0.0, 0.0, 0.5, 1.0]) * np.pi / 2 + rng.normal(0, 0.15)
        end = start + np.array([np.cos(slope), np.sin(slope)]) * rng.uniform(0.5, 1.6) * half
        end = np.clip(end, (x - half, y - rise), (x + half, y + rise))
        cv2.line(
            picture, tuple(start.astype(int).tolist()), tuple(end.astype(int).tolist()), colour, stroke, cv2.LINE_AA
        )


def draw_stack(
    picture: Image, center: tuple[int, int], size: int, face: Mapping[str, Mask], colour: Colour, letters: str
) -> None:
    """Print small letters one above the other, as plates do for a class of vehicle; they are no part of the number."""
    step = 2 * size // max(1, len(letters))
    for i, letter in enumerate(letters):
        mask = text_mask(face, letter, max(5, round(step * 0.75)))
        blend(picture, mask, (center[0] - mask.shape[1] // 2, center[1] - size + i * step), colour)


def draw_screws(picture: Image, rows: tuple[tuple[int, int, int, int], ...], rng: np.random.Generator) -> None:
    """Put screws or bolt holes in the corners, or beside the number where the plate is one line high."""
    if rng.random() < 0.5:
        return
    height, width = picture.shape[:2]
    tone = float(rng.choice([30, 90, 160, 225]))
    radius = int(rng.integers(2, 6))
    if height / width > 0.4:
        ys = (0.1, 0.9) if rng.random() < 0.5 else (0.1,)
        places = [(round(width * x), round(height * y)) for x in (0.2, 0.8) for y in ys]
    else:
        sides = ((rows[0][0] // 2, rows[0][0]), ((width + rows[0][2]) // 2, width - rows[0][2]))
        places = [(x, height // 2) for x, free in sides if free > 2 * radius]
    for place in places:
        cv2.circle(picture, place, radius, (tone, tone, tone), -1, cv2.LINE_AA)


def draw_stickers(picture: Image, face: Mapping[str, Mask], ink: Ink, rng: np.random.Generator) -> None:
    """Stick month and year stickers into the corners of plates that have room there."""
    height, width = picture.shape[:2]
    if height / width < 0.3:
        return
    for x, y in ((0.03, 0.03), (0.8, 0.03), (0.03, 0.8), (0.8, 0.8)):
        if rng.random() > 0.28:
            continue
        box = (round(width * rng.uniform(0.09, 0.16)), round(height * rng.uniform(0.1, 0.17)))
        at = (round(width * (x + rng.uniform(0, 0.04))), round(height * (y + rng.uniform(0, 0.03))))
        colour = _STICKER_COLOURS[rng.integers(len(_STICKER_COLOURS))]
        cv2.rectangle(picture, at, (at[0] + box[0], at[1] + box[1]), colour, -1)
        figures = text_mask(face, str(rng.integers(1, 2030)), max(4, box[1] // 2))
        light = ink.characters if rng.random() < 0.5 else (245.0, 245.0, 245.0)
        blend(picture, figures[:, : box[0]], (at[0] + 2, at[1] + box[1] // 4), light)


def draw_frame(
    picture: Image, face: Mapping[str, Mask], rows: tuple[tuple[int, int, int, int], ...], rng: np.random.Generator
) -> None:
    """Put a holder around the plate on some: it hides the rim, and carries a dealer's name, never the number."""
    if rng.random() > 0.35:
        return
    height, width = picture.shape[:2]
    tone = float(rng.choice([20, 30, 40, 120, 200]))
    colour = (tone, tone, tone)
    top_room, bottom_room = rows[0][1], height - rows[-1][3]
    top = int(rng.uniform(0.15, 0.85) * max(0, top_room - 2))
    bottom = int(rng.uniform(0.15, 0.85) * max(0, bottom_room - 2))
    side = max(0, min(int(rng.integers(1, 6)), rows[0][0] - 1, width - rows[0][2] - 1))
    if top:
        picture[:top] = colour
    if bottom:
        picture[height - bottom :] = colour
    if side:
        picture[:, :side] = colour
        picture[:, width - side :] = colour
    letters = "ABCDEFGHIKLMNOPRSTUVW"
    for thickness, y in ((top, 0), (bottom, height - bottom)):
        if thickness >= 8 and rng.random() < 0.7:
            name = "".join(letters[i] for i in rng.integers(0, len(letters), int(rng.integers(5, 14))))
            mask = text_mask(face, name, round(thickness * 0.6), rng.uniform(0, 0.3))
            light = (235.0, 235.0, 235.0) if tone < 100 else (30.0, 30.0, 30.0)
            blend(picture, mask, ((width - mask.shape[1]) // 2, y + thickness // 6), light, rng.uniform(0.5, 1.0))


def draw_dirt(picture: Image, rng: np.random.Generator) -> None:
    """Splash, rust and fade: low-frequency stains and a few spots."""
    height, width = picture.shape[:2]
    if rng.random() < 0.4:
        coarse = rng.uniform(0, 1, (max(2, height // 24), max(2, width // 24))).astype(np.float32)
        stain = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        amount = rng.uniform(0.1, 0.55) * np.clip(stain, 0, 1)[..., None] ** 2
        colour = np.array(rng.choice([[70, 90, 110], [120, 130, 140], [60, 60, 60], [200, 205, 210]]), np.float32)
        picture[:] = (picture * (1 - amount) + colour * amount).astype(np.uint8)
    for _ in range(int(rng.integers(0, 5)) if rng.random() < 0.25 else 0):
        center = (int(rng.integers(width)), int(rng.integers(height)))
        tone = rng.uniform(30, 140)
        cv2.circle(picture, center, int(rng.integers(1, 5)), (tone * 0.8, tone * 0.9, tone), -1, cv2.LINE_AA)
