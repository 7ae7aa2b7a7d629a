import cv2
import numpy as np
import pytest

from lab.training.camera import Shot, cut, photograph
from lab.training.plate import FlatPlate

SEEDS = range(40)


def white_number_on_black() -> FlatPlate:
    image = np.zeros((82, 390, 3), np.uint8)
    image[13:69, 40:350] = 255
    return FlatPlate(image, ((40, 13, 350, 69),))


def two_grey_rows() -> FlatPlate:
    image = np.zeros((150, 200, 3), np.uint8)
    image[14:70, 20:180] = 90
    image[82:138, 20:180] = 230
    return FlatPlate(image, ((20, 14, 180, 70), (20, 82, 180, 138)))


def mean_inside(image: np.ndarray, corners: np.ndarray) -> float:
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(corners).astype(np.int32), 1)
    return float(image[mask > 0].mean())


def area(corners: np.ndarray) -> float:
    return float(cv2.contourArea(corners.astype(np.float32)))


def test_the_number_is_where_the_shot_says() -> None:
    """The quadrilateral of the number is brighter than the plate about it, under any light and blur."""
    for seed in SEEDS:
        shot = photograph(white_number_on_black(), np.random.default_rng(seed))
        inside = mean_inside(shot.image, shot.rows[0])
        whole = mean_inside(shot.image, shot.plate)
        assert inside > whole + 0.5, seed


def test_the_plate_lies_inside_the_picture() -> None:
    for seed in SEEDS:
        shot = photograph(white_number_on_black(), np.random.default_rng(seed))
        height, width = shot.image.shape[:2]
        assert (shot.plate >= 0).all()
        assert (shot.plate <= (width, height)).all()
        assert area(shot.rows[0]) < area(shot.plate)


def test_characters_come_in_all_sizes_from_six_to_forty_pixels() -> None:
    caps = [photograph(white_number_on_black(), np.random.default_rng(seed)).cap for seed in range(150)]
    assert min(caps) < 7.5
    assert max(caps) > 25
    assert all(5.8 <= cap <= 44 for cap in caps)


def flat_shot() -> Shot:
    """A shot without distortion: the number is white, its plate grey, the car black."""
    image = np.zeros((80, 260, 3), np.uint8)
    image[20:60, 30:230] = 100
    image[27:53, 45:215] = 255
    plate = np.array([[30, 20], [230, 20], [230, 60], [30, 60]], np.float32)
    number = np.array([[45, 27], [215, 27], [215, 53], [45, 53]], np.float32)
    return Shot(image, plate, (number,), 26.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_cut_loses_more_than_a_sliver_of_the_number(seed: int) -> None:
    crop = cut(flat_shot(), None, np.random.default_rng(seed))
    kept = (crop[..., 0] == 255).sum()
    assert kept >= 0.9 * 26 * 170


def test_cuts_are_sometimes_loose_and_sometimes_tight() -> None:
    heights = [cut(flat_shot(), None, np.random.default_rng(seed)).shape[0] for seed in range(100)]
    assert min(heights) < 34
    assert max(heights) > 41


def test_a_row_can_be_cut_alone() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        shot = photograph(two_grey_rows(), rng)
        upper, lower = (cut(shot, row, rng) for row in (0, 1))
        assert upper.shape[0] < 0.8 * (shot.plate[:, 1].max() - shot.plate[:, 1].min())
        assert float(lower.mean()) > float(upper.mean()), seed
