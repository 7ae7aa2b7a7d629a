"""Glyphs that need no fonts: the stroke letters that OpenCV carries."""

import cv2
import numpy as np
import pytest

from lab.training.fonts import BASELINE, CAP_TOP, CHARACTERS, GLYPH_HEIGHT, GlyphSet, Mask
from lab.training.formats import Catalogue, load_catalogue


def _stroke_glyph(character: str) -> Mask:
    scale = (BASELINE - CAP_TOP) / 21  # OpenCV's capitals are 21 px high at scale 1
    (width, _), _ = cv2.getTextSize(character, cv2.FONT_HERSHEY_SIMPLEX, scale, 6)
    picture = np.zeros((GLYPH_HEIGHT, max(4, width)), np.uint8)
    cv2.putText(picture, character, (0, BASELINE), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 6, cv2.LINE_AA)
    return picture


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def glyphs(catalogue: Catalogue) -> GlyphSet:
    masks = {character: _stroke_glyph(character) for character in CHARACTERS if character.isascii()}
    return dict.fromkeys(catalogue.faces, masks)
