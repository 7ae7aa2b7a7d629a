"""What is written on plates and how they look, read from the reader's own `formats.toml`; and random plates of them."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from gpu_worker.vision.recognition.formats import FORMATS_FILE, is_drawn, tables
from gpu_worker.vision.recognition.layouts import Layout, Part, parse

_VOWELS, _CONSONANTS = "AEIOUY", "BCDFGHJKLMNPRSTVWXZ"
_VANITY_SHARE, _SCRAMBLED_SHARE = 0.08, 0.14
_EMBLEM_SHARE, _STACK_SHARE = 0.1, 0.05
_WIDEST_DECORATED = 2.5


@dataclass(frozen=True, slots=True)
class Shape:
    """Proportions of a plate.

    Attributes:
        aspect: width over height.
        cap: height of the characters over height of the plate.
        room: share of the width that the number may fill.
    """

    aspect: float
    cap: float
    room: float


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours of a plate: characters and background, each BGR 0 to 255."""

    characters: tuple[int, int, int]
    background: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Region:
    """One country's or state's plates.

    Attributes:
        code: ISO 3166-1 alpha-2 in lower case, with the subdivision after a hyphen where plates differ by it.
        rows: layouts.
        letters: the letters in use.
        shape: proportions.
        inks: colour pairs.
        fonts: faces (`family weight`) that come near the die.
        band: text of the band at the left, empty for none.
        band_share: share of plates that carry the band.
        top: legends above the number, empty for none.
        bottom: legends below it.
        weight: how often the region is drawn, relative to others.
    """

    code: str
    rows: tuple[Layout, ...]
    letters: str
    shape: Shape
    inks: tuple[Ink, ...]
    fonts: tuple[str, ...]
    band: str
    band_share: float
    top: tuple[str, ...]
    bottom: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Token:
    """One thing in a row of a plate.

    Attributes:
        kind: `character`; `separator`, printed but not part of the number; `gap`, `thin` gap, `seal`, `emblem`, or
            `stack`, small letters one above the other that are not part of the number either.
        text: of a character, separator or stack; empty for the others.
    """

    kind: str
    text: str = ""

    @property
    def printed(self) -> bool:
        """Whether it is pressed by the same die as the number."""
        return self.kind in {"character", "separator"}


Row = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that `formats.toml` holds.

    Attributes:
        regions: those whose look the file describes, in its order, which is also the order of the region classes of a
            trained network.
        legend_fonts: faces for legends, stickers and frames.
        faces: all faces that any region or legend uses, sorted.
        font_versions: package version by font family, with `default` for the rest.
    """

    regions: tuple[Region, ...]
    legend_fonts: tuple[str, ...]
    faces: tuple[str, ...]
    font_versions: dict[str, str]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(region.code for region in self.regions)


def _faces(families: list[str]) -> tuple[str, ...]:
    """Expand `family 500 600` to `family 500`, `family 600`."""
    return tuple(f"{family} {weight}" for family, *weights in map(str.split, families) for weight in weights)


def _region(code: str, entry: Mapping[str, Any], look: Mapping[str, Any]) -> Region:
    state = code.startswith("us-")
    letters = entry.get("letters", string.ascii_uppercase)
    codes = {name: tuple(text.split()) for name, text in look["codes"].items()}
    return Region(
        code=code,
        rows=tuple(parse(row, letters, codes) for row in entry["rows"]),
        letters=letters,
        shape=Shape(**look["shapes"][entry.get("shape", "us") if state else entry["shape"]]),
        inks=tuple(
            Ink(tuple(look["inks"][name][0]), tuple(look["inks"][name][1]))
            for name in entry.get("inks", ["black_white"])
        ),
        fonts=_faces(look["fonts"][entry.get("fonts", "us") if state else entry["fonts"]]),
        band=entry.get("band", ""),
        band_share=entry.get("band_share", 0.75),
        top=tuple(entry.get("top", ())),
        bottom=tuple(entry.get("bottom", ())),
        weight=entry.get("weight", 1.0),
    )


@cache
def load_catalogue(path: Path = FORMATS_FILE) -> Catalogue:
    """Read the formats.

    Raises:
        KeyError: if a region names a shape, ink or font class that the file does not define.
        LayoutError: if a layout is none.
    """
    look = tables(path)
    regions = tuple(_region(code, entry, look) for code, entry in look["regions"].items() if is_drawn(code, entry))
    legend = _faces(look["fonts"]["legend"])
    faces = sorted({*legend, *(face for region in regions for face in region.fonts)})
    return Catalogue(regions, legend, tuple(faces), look["font_versions"])


_MARKS = {" ": "gap", "_": "thin", "*": "seal", "-": "separator", ".": "separator"}


def expand(layout: Layout, rng: np.random.Generator) -> tuple[Row, ...]:
    """Draw a random number of a layout.

    Args:
        layout: what is written.
        rng: the source of randomness.

    Returns:
        One tuple of tokens a row.
    """
    rows: list[list[Token]] = [[]]
    for part in layout.parts:
        if part.kind != "mark":
            rows[-1] += [Token("character", c) for c in part.choices[rng.integers(len(part.choices))]]
        elif part.choices == ("/",):
            rows.append([])
        else:
            rows[-1].append(_mark(part))
    return tuple(tuple(row) for row in rows)


def _mark(part: Part) -> Token:
    kind = _MARKS[part.choices[0]]
    return Token(kind, part.choices[0] if kind == "separator" else "")


def vanity(rng: np.random.Generator) -> Row:
    """Draw a personalised number: something like a word, or words, of two to eight characters."""
    length = int(rng.integers(2, 9))
    text = ""
    vowel = rng.random() < 0.3
    while len(text) < length:
        draw = rng.random()
        source = string.digits if draw < 0.12 else string.ascii_uppercase if draw < 0.22 else ""
        source = source or (_VOWELS if vowel else _CONSONANTS)
        text += source[rng.integers(len(source))]
        vowel = not vowel
    tokens = [Token("character", character) for character in text]
    if length > 3 and rng.random() < 0.4:
        tokens.insert(int(rng.integers(1, length)), Token("gap"))
    return tuple(tokens)


def draw_number(region: Region, rng: np.random.Generator) -> tuple[Row, ...]:
    """Draw the number of one plate of `region`.

    Most follow a layout; some are personalised; in some every place is redrawn from all letters and digits, so that
    a network cannot learn to guess by format what it should read.
    """
    draw = rng.random()
    if draw < _VANITY_SHARE:
        return (_decorated(vanity(rng), region, rng),)
    rows = expand(_layout(region, rng), rng)
    if draw < _VANITY_SHARE + _SCRAMBLED_SHARE:
        rows = tuple(_scrambled(row, rng) for row in rows)
    return (_decorated(rows[0], region, rng),) if len(rows) == 1 else rows


def _layout(region: Region, rng: np.random.Generator) -> Layout:
    weights = np.array([row.weight for row in region.rows], np.float64)
    return region.rows[rng.choice(len(weights), p=weights / weights.sum())]


def _scrambled(row: Row, rng: np.random.Generator) -> Row:
    anything = string.ascii_uppercase + string.digits
    return tuple(Token(t.kind, anything[rng.integers(36)]) if t.kind == "character" else t for t in row)


def _decorated(row: Row, region: Region, rng: np.random.Generator) -> Row:
    """Add an emblem or stacked letters to some plates of regions that issue special ones: those of American shape."""
    if region.shape.aspect > _WIDEST_DECORATED:
        return row
    tokens = list(row)
    if rng.random() < _EMBLEM_SHARE:
        tokens.insert(int(rng.choice([0, 0, len(tokens) // 2, len(tokens)])), Token("emblem"))
    if rng.random() < _STACK_SHARE:
        letters = "".join(string.ascii_uppercase[i] for i in rng.integers(0, 26, int(rng.integers(2, 4))))
        tokens.insert(int(rng.choice([0, len(tokens)])), Token("stack", letters))
    return tuple(tokens)


def number_text(row: Row) -> str:
    """Return the characters of a row, without separators."""
    return "".join(token.text for token in row if token.kind == "character")
