"""The rendered clip is the same every time, and holds what it says."""

import numpy as np
import pytest

from infra.local.clip.cars import EUROPE, draw_car, draw_plate
from infra.local.clip.glyphs import glyph, line_of_text
from infra.local.clip.scene import DURATION_S, FPS, HEIGHT, JOURNEYS, PLATES, WIDTH, Scene


def test_a_frame_is_the_same_every_time() -> None:
    first, second = Scene(), Scene()

    for index in (0, 60, 199):
        np.testing.assert_array_equal(first.frame(index), second.frame(index))
    assert first.frame(0).shape == (HEIGHT, WIDTH, 3)


def test_frames_differ() -> None:
    scene = Scene()

    assert not np.array_equal(scene.frame(0), scene.frame(1))


def test_every_moving_car_comes_near_and_leaves_within_the_clip() -> None:
    for journey in JOURNEYS:
        end = journey.start_m - journey.speed_m_s * DURATION_S
        assert end < 0 or journey.speed_m_s == 0
    assert [journey.speed_m_s for journey in JOURNEYS].count(0) == 1
    assert round(DURATION_S * FPS) == 200


@pytest.mark.parametrize("character", "ABCDEFGHJKLMNPRSTUVWXYZ0123456789")
def test_a_glyph_fills_its_height(character: str) -> None:
    drawn = glyph(character, 60)

    assert drawn.shape[0] == 60
    rows = np.flatnonzero(drawn.max(axis=1) > 0.5)
    assert rows[0] <= 2
    assert rows[-1] >= 57
    assert drawn.min() >= 0
    assert drawn.max() <= 1


def test_characters_of_a_line_stand_apart() -> None:
    line = line_of_text("HH H", 40)

    inked = (line.max(axis=0) > 0.5).astype(int)
    letters = np.count_nonzero(np.diff(np.concatenate(([0], inked))) == 1)
    assert letters == 3


def test_a_plate_has_ink_and_its_band() -> None:
    plate = draw_plate("KX19 DMV", EUROPE)

    assert plate.shape[1] / plate.shape[0] == pytest.approx(520 / 110, rel=0.02)
    blue, _, red = plate[plate.shape[0] // 2, 10]
    assert blue > red
    assert (plate[:, 40:].max(axis=2) < 60).mean() > 0.05


def test_a_car_carries_its_plate_within_its_outline() -> None:
    body, mask = draw_car(JOURNEYS[0].car)

    assert body.shape[:2] == mask.shape
    assert 0.5 < mask.mean() < 1
    assert len(set(PLATES)) == len(JOURNEYS)
