import numpy as np

from lab.training.dies import with_twins
from lab.training.fonts import BASELINE, CAP_TOP, GLYPH_HEIGHT, GlyphSet, Mask

SEEDS = range(60)


def pairs_alike(face: dict[str, Mask]) -> set[str]:
    return {a + b for a, b in ("1I", "0O") if np.array_equal(face[a], face[b])}


def test_some_dies_have_one_punch_for_two_characters_and_some_have_not(glyphs: GlyphSet) -> None:
    face = next(iter(glyphs.values()))
    assert not pairs_alike(dict(face))
    found = [pairs_alike(dict(with_twins(face, np.random.default_rng(seed)))) for seed in SEEDS]
    for pair in ("1I", "0O"):
        assert 10 < sum(pair in alike for alike in found) < 50


def test_a_bar_has_no_foot_and_no_flag(glyphs: GlyphSet) -> None:
    face = next(iter(glyphs.values()))
    bars = [
        changed["I"] for s in SEEDS if (changed := with_twins(face, np.random.default_rng(s)))["I"] is not face["I"]
    ]
    assert bars
    for bar in bars:
        assert bar.shape[0] == GLYPH_HEIGHT
        inked = bar[CAP_TOP:BASELINE] > 0
        assert (inked == inked[0]).all()
        assert 6 <= inked[0].sum() <= 14


def test_a_q_differs_from_an_o_at_its_lower_right_only(glyphs: GlyphSet) -> None:
    face = next(iter(glyphs.values()))
    nicked = 0
    for seed in SEEDS:
        changed = with_twins(face, np.random.default_rng(seed))
        if changed["Q"] is face["Q"]:
            continue
        nicked += 1
        rows, columns = np.nonzero(changed["Q"] != changed["O"])
        assert len(rows) > 0
        assert rows.min() > (CAP_TOP + BASELINE) / 2
        assert columns.min() > changed["O"].shape[1] / 4
    assert nicked > 5


def test_the_face_itself_stays_as_it_was(glyphs: GlyphSet) -> None:
    face = next(iter(glyphs.values()))
    before = {character: mask.copy() for character, mask in face.items()}
    for seed in SEEDS:
        with_twins(face, np.random.default_rng(seed))
    for character, mask in before.items():
        np.testing.assert_array_equal(face[character], mask)
