from pathlib import Path

import numpy as np
import pytest

from lab.training.fonts import (
    BASELINE,
    CAP_TOP,
    GLYPH_HEIGHT,
    GlyphSet,
    build_glyphs,
    fetch_package,
    load_glyphs,
    save_glyphs,
)


def two_faces() -> GlyphSet:
    rng = np.random.default_rng(0)
    return {
        face: {
            c: rng.integers(0, 256, (GLYPH_HEIGHT, width), np.uint8)
            for c, width in zip("A1é", (30, 12, 25), strict=True)
        }
        for face in ("barlow 500", "rubik 600")
    }


def test_glyphs_survive_their_file(tmp_path: Path) -> None:
    glyphs = two_faces()
    save_glyphs(glyphs, tmp_path / "cache" / "glyphs.npz")
    again = load_glyphs(tmp_path / "cache" / "glyphs.npz")
    assert list(again) == list(glyphs)
    for face, masks in glyphs.items():
        assert list(again[face]) == list(masks)
        for character, mask in masks.items():
            np.testing.assert_array_equal(again[face][character], mask)


def test_stored_glyphs_are_used_without_any_package(tmp_path: Path) -> None:
    save_glyphs(two_faces(), tmp_path / "glyphs.npz")
    glyphs = build_glyphs(["rubik 600", "barlow 500"], {"default": "0.0.0"}, tmp_path)
    assert sorted(glyphs) == ["barlow 500", "rubik 600"]


def test_a_package_that_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    archive = tmp_path / "fontsource-barlow-1.2.3.tgz"
    archive.write_bytes(b"kept")
    assert fetch_package("barlow", "1.2.3", tmp_path) == archive
    assert archive.read_bytes() == b"kept"


def test_capitals_fit_between_cap_line_and_base_line(glyphs: GlyphSet) -> None:
    mask = next(iter(glyphs.values()))["H"]
    inked = np.flatnonzero(mask.max(axis=1) > 127)
    assert inked[0] == pytest.approx(CAP_TOP, abs=4)
    assert inked[-1] == pytest.approx(BASELINE, abs=4)
