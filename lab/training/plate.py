"""A plate seen straight on and clean of the camera: number, legends, band, stickers, screws, frame, dirt."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from gpu_worker.vision.geometry import Image
from lab.training.dies import with_twins
from lab.training.drawing import Colour, blend, rounded_box, text_mask
from lab.training.fittings import (
    draw_dirt,
    draw_emblem,
    draw_foreign_word,
    draw_frame,
    draw_screws,
    draw_seal,
    draw_stack,
    draw_stickers,
)
from lab.training.fonts import BASELINE, CAP_TOP, GlyphSet, Mask
from lab.training.formats import Catalogue, Ink, Region, Row, Token

CAP_HEIGHT = 56
"""Height of the number's characters in a flat picture, px: above what any crop shows, so that nothing is upscaled."""

_MONOSPACED_SHARE = 0.45
_TWINS_SHARE = 0.3
_WIDE_GAP_SHARE = 0.15
_FOREIGN_SHARE = 0.2
_WHITE_ON_BLACK_SHARE = 0.06
_WHITE_ON_BLACK = Ink((235, 235, 235), (30, 28, 28))


@dataclass(frozen=True, slots=True)
class FlatPlate:
    """A plate before it meets a camera.

    Attributes:
        image: BGR uint8 (height, width, 3); its borders are the borders of the plate or of its frame.
        rows: one (xmin, ymin, xmax, ymax) a row of the number, px.
    """

    image: Image
    rows: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Die:
    """How this plate's characters are pressed: face, widths, stroke, colour."""

    glyphs: Mapping[str, Mask]
    stretch: float
    tracking: float
    monospaced: bool
    stroke: int
    colour: Colour


def render(
    region: Region, number: tuple[Row, ...], sources: tuple[Catalogue, GlyphSet], rng: np.random.Generator
) -> FlatPlate:
    """Draw one plate.

    Args:
        region: whose plate.
        number: one or two rows of tokens.
        sources: the catalogue (for legend faces) and the glyph masks.
        rng: the source of randomness.
    """
    catalogue, glyphs = sources
    two_rows = len(number) > 1
    shape = region.shape
    aspect = rng.uniform(1.25, 1.6) if two_rows else shape.aspect * rng.uniform(0.94, 1.06)
    cap = rng.uniform(0.34, 0.4) if two_rows else shape.cap * rng.uniform(0.92, 1.06)
    height = round(CAP_HEIGHT / cap)
    width = round(height * aspect)
    issued = region.inks[rng.integers(len(region.inks))]
    # Old, military and classic plates of most countries are white on black.
    ink = _vary(_WHITE_ON_BLACK if rng.random() < _WHITE_ON_BLACK_SHARE else issued, rng)
    picture = _ground((width, height), ink, rng)
    band = _draw_band(picture, region, glyphs, rng) if not two_rows else 0
    legend = glyphs[catalogue.legend_fonts[rng.integers(len(catalogue.legend_fonts))]]
    if not two_rows:
        _draw_legends(picture, region, legend, ink, rng)
    die = _die(region, glyphs, ink, rng)
    free = (band + 3, width - 3)
    lines = _line_places(height, len(number), shape.cap > 0.55, rng)
    rows = tuple(
        _draw_row(picture, row, die, (free, top), shape.room, rng) for row, top in zip(number, lines, strict=True)
    )
    draw_screws(picture, rows, rng)
    draw_stickers(picture, legend, ink, rng)
    draw_frame(picture, legend, rows, rng)
    draw_dirt(picture, rng)
    return FlatPlate(picture, rows)


def _vary(ink: Ink, rng: np.random.Generator) -> Ink:
    """Fade and tint a colour pair as age and makers do."""
    characters = np.clip(np.array(ink.characters) + rng.normal(0, 12, 3) + rng.uniform(0, 35), 0, 255)
    background = np.clip(np.array(ink.background) + rng.normal(0, 9, 3) - rng.uniform(0, 25), 0, 255)
    return Ink(tuple(characters.tolist()), tuple(background.tolist()))


def _ground(size: tuple[int, int], ink: Ink, rng: np.random.Generator) -> Image:
    """Paint the background, with scenery or colour bands on some plates, and the embossed rim."""
    width, height = size
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = np.array(ink.background, np.uint8)
    if height / width > 0.4 and rng.random() < 0.45:  # pictures are an American habit: plates of two to one
        _scenery(picture, rng)
    if rng.random() < 0.6:
        colour = ink.characters if rng.random() < 0.7 else tuple(rng.uniform(60, 200, 3).tolist())
        rim = rounded_box(size, int(rng.integers(2, 12)), int(rng.integers(1, 4)))
        blend(picture, rim, (0, 0), colour, rng.uniform(0.3, 1.0))
    return picture


def _scenery(picture: Image, rng: np.random.Generator) -> None:
    """Blend pale bands, hills or blobs into the ground."""
    height, width = picture.shape[:2]
    layer = picture.copy()
    for _ in range(int(rng.integers(1, 4))):
        colour = rng.uniform(40, 255, 3).tolist()
        kind = rng.integers(4)
        if kind == 0:
            top = int(rng.choice([0, height * 0.78]))
            cv2.rectangle(layer, (0, top), (width, top + round(height * 0.2)), colour, -1)
        elif kind == 1:
            xs = np.linspace(0, width, 7)
            ys = height * rng.uniform(0.55, 0.95, 7)
            outline = np.vstack([np.column_stack([xs, ys]), [(width, height), (0, height)]]).astype(np.int32)
            cv2.fillPoly(layer, [outline], colour)
        elif kind == 2:
            center = (int(rng.integers(width)), int(rng.integers(height)))
            cv2.ellipse(layer, center, (int(rng.integers(8, 40)), int(rng.integers(8, 30))), 0, 0, 360, colour, -1)
        else:
            ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
            layer[:] = (layer * (1 - 0.7 * ramp) + np.array(colour, np.float32) * 0.7 * ramp).astype(np.uint8)
    strength = rng.uniform(0.15, 0.55)
    picture[:] = cv2.addWeighted(layer, strength, picture, 1 - strength, 0)


def _draw_band(picture: Image, region: Region, glyphs: GlyphSet, rng: np.random.Generator) -> int:
    """Draw the blue band with its code and return its width in pixels."""
    if not region.band or rng.random() > region.band_share:
        return 0
    height = int(picture.shape[0])
    width = round(height * rng.uniform(0.36, 0.5))
    picture[:, :width] = np.clip(np.array([165, 60, 15]) + rng.normal(0, 20, 3), 0, 255)
    stars = (rng.uniform(30, 120), 200, 235)
    cv2.circle(picture, (width // 2, round(height * 0.3)), round(width * 0.28), stars, 2, cv2.LINE_AA)
    code = text_mask(glyphs[region.fonts[0]], region.band, round(height * 0.22))
    if code.shape[1] > width - 4:
        code = _to_width(code, width - 4)
    blend(picture, code, ((width - code.shape[1]) // 2, round(height * 0.66)), (240, 240, 240))
    return width


def _draw_legends(picture: Image, region: Region, face: Mapping[str, Mask], ink: Ink, rng: np.random.Generator) -> None:
    """Print the names above and below the number where the layout leaves room for them."""
    height, width = picture.shape[:2]
    for texts, place in ((region.top, 0.04), (region.bottom, 0.83)):
        if not texts or rng.random() < 0.15:
            continue
        mask = text_mask(
            face, texts[rng.integers(len(texts))], round(height * rng.uniform(0.08, 0.14)), rng.uniform(0, 0.25)
        )
        if mask.shape[1] > width * 0.9:
            mask = _to_width(mask, round(width * 0.9))
        colour = ink.characters if rng.random() < 0.6 else tuple(rng.uniform(20, 190, 3).tolist())
        x = round((width - mask.shape[1]) / 2 + rng.normal(0, width * 0.03))
        blend(picture, mask, (x, round(height * (place + rng.uniform(-0.01, 0.03)))), colour, rng.uniform(0.6, 1.0))


def _die(region: Region, glyphs: GlyphSet, ink: Ink, rng: np.random.Generator) -> _Die:
    face = glyphs[region.fonts[rng.integers(len(region.fonts))]]
    return _Die(
        glyphs=with_twins(face, rng) if rng.random() < _TWINS_SHARE else face,
        stretch=rng.uniform(0.86, 1.18),
        tracking=rng.uniform(0.02, 0.16) * CAP_HEIGHT,
        monospaced=rng.random() < _MONOSPACED_SHARE,
        stroke=int(rng.choice([-1, 0, 0, 0, 1, 1])),
        colour=ink.characters,
    )


def _line_places(height: int, rows: int, one_line_shape: bool, rng: np.random.Generator) -> list[int]:
    """Choose the tops of the rows: centred, a little low on plates with a legend above."""
    if rows == 1:
        middle = 0.5 if one_line_shape else rng.uniform(0.48, 0.55)
        return [round(height * middle + rng.normal(0, 0.01 * height)) - CAP_HEIGHT // 2]
    free = height - rows * CAP_HEIGHT
    gap = free / (rows + 1)
    return [round(gap + i * (CAP_HEIGHT + gap)) for i in range(rows)]


def _pressed(die: _Die, character: str) -> Mask:
    """Return one character's mask at its final size, stroke thickened or thinned."""
    mask = die.glyphs[character][CAP_TOP - 2 : BASELINE + 2]
    size = (max(2, round(mask.shape[1] * die.stretch * CAP_HEIGHT / (BASELINE - CAP_TOP))), CAP_HEIGHT + 4)
    scaled = cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR)
    if die.stroke:
        kernel = np.ones((2, 2), np.uint8)
        scaled = cv2.dilate(scaled, kernel) if die.stroke > 0 else cv2.erode(scaled, kernel)
    return np.asarray(scaled, np.uint8)


def _draw_row(
    picture: Image, row: Row, die: _Die, place: tuple[tuple[int, int], int], room: float, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Set one row of the number and return its box.

    Args:
        picture: drawn into.
        row: what to set.
        die: how.
        place: (left, right) limits and the top of the capitals, px.
        room: share of the limits that the row may fill.
        rng: the source of randomness.
    """
    (left, right), top = place
    masks = [_pressed(die, token.text) if token.printed else None for token in row]
    cell = max(
        (m.shape[1] for m, t in zip(masks, row, strict=True) if m is not None and t.text not in "MW-."), default=0
    )
    foreign = rng.random() < _FOREIGN_SHARE
    space = {
        "gap": rng.uniform(0.8, 1.8) if rng.random() < _WIDE_GAP_SHARE else rng.uniform(0.25, 0.6),
        "thin": 0.12,
        "seal": rng.uniform(1.0, 1.7) if foreign else rng.uniform(0.4, 0.7),
        "emblem": rng.uniform(0.7, 1.1),
        "stack": rng.uniform(0.3, 0.45),
    }
    widths = []
    for i, token in enumerate(row):
        mask = masks[i]
        if mask is None:
            widths.append(space[token.kind] * CAP_HEIGHT)
            continue
        if die.monospaced and token.kind == "character" and mask.shape[1] > cell > 0:
            masks[i] = mask = _to_width(mask, cell)  # such dies press M and W as narrow as the rest
        fixed = die.monospaced and token.kind == "character"
        widths.append((max(cell, mask.shape[1]) if fixed else mask.shape[1]) + die.tracking)
    total = sum(widths)
    # Some dies fill the plate with broad characters, some set them apart.
    wanted = rng.uniform(1.0, 1.4) if rng.random() < 0.5 else 1.0
    broad = rng.random() < 0.5
    squeeze = min(wanted, (right - left) * room / total)
    x = left + ((right - left) - total * squeeze) * float(np.clip(rng.normal(0.5, 0.06), 0.2, 0.8))
    first, last = right, left
    for token, mask, width in zip(row, masks, widths, strict=True):
        middle = x + width * squeeze / 2
        if mask is None and token.kind == "seal" and foreign:
            size = (round(width * squeeze * rng.uniform(0.5, 0.8)), round(CAP_HEIGHT * rng.uniform(0.5, 1.0)))
            draw_foreign_word(picture, (round(middle), top + CAP_HEIGHT // 2), size, die.colour, rng)
        elif mask is None:
            _draw_token(picture, token, (round(middle), top + CAP_HEIGHT // 2), die, rng)
        else:
            sized = _to_width(mask, max(2, round(mask.shape[1] * squeeze))) if broad or squeeze < 1 else mask
            at = (round(middle - sized.shape[1] / 2), top - 2)
            blend(picture, sized, (at[0] + 1, at[1] + 2), (60, 60, 60), 0.25)  # the pressed edge throws a shadow
            blend(picture, sized, at, die.colour)
            first, last = min(first, at[0]), max(last, at[0] + sized.shape[1])
        x += width * squeeze
    return first, top, last, top + CAP_HEIGHT


def _to_width(mask: Mask, width: int) -> Mask:
    return np.asarray(cv2.resize(mask, (width, mask.shape[0]), interpolation=cv2.INTER_AREA), np.uint8)


def _draw_token(picture: Image, token: Token, center: tuple[int, int], die: _Die, rng: np.random.Generator) -> None:
    """Draw what stands in a row and is not printed like the number; gaps draw nothing."""
    if token.kind == "seal":
        draw_seal(picture, center, rng)
    elif token.kind == "emblem":
        draw_emblem(picture, center, round(CAP_HEIGHT * rng.uniform(0.3, 0.5)), die.colour, rng)
    elif token.kind == "stack":
        draw_stack(picture, center, CAP_HEIGHT // 2, die.glyphs, die.colour, token.text)
