import numpy as np
import pytest

from gpu_worker.vision.detection import yolo


def test_decoding_turns_centres_into_corners_and_drops_low_scores() -> None:
    output = np.array([[100, 20], [50, 20], [40, 10], [20, 10], [0.9, 0.1]], np.float32)
    boxes, scores = yolo.decode(output, 0.5)
    assert boxes.tolist() == [[80, 40, 120, 60]]
    assert scores == pytest.approx([0.9])


def head(cells: dict[tuple[int, int], tuple[float, tuple[int, int, int, int]]]) -> tuple[yolo.Array, yolo.Array]:
    """One level of 4 x 6 cells: at (row, column) a logit, and the distances to the four sides in whole strides."""
    distances, logits = np.zeros((4, 16, 4, 6), np.float32), np.full((1, 4, 6), -9, np.float32)
    for (row, column), (logit, sides) in cells.items():
        logits[0, row, column] = logit
        distances[range(4), sides, row, column] = 50
    return distances.reshape(64, 4, 6), logits


def test_the_levels_of_a_head_are_decoded_by_their_strides() -> None:
    fine, coarse = (
        head({(1, 2): (2.0, (2, 1, 3, 1)), (0, 0): (-1.0, (1, 1, 1, 1))}),
        head({(3, 5): (0.0, (5, 2, 0, 0))}),
    )
    boxes, scores = yolo.decode_levels([fine, (coarse[0][:, :, 3:], coarse[1][:, :, 3:])], 48, 0.4)
    assert boxes.tolist() == [[4, 4, 44, 20], [-40, 24, 40, 56]]
    assert scores == pytest.approx([0.881, 0.5], abs=1e-3)


def test_a_side_between_two_steps_is_the_mean_of_its_distribution() -> None:
    distances, logits = head({(0, 0): (5.0, (1, 1, 1, 1))})
    distances.reshape(4, 16, 4, 6)[2, 4, 0, 0] = 50  # as likely as the step of 1
    boxes, _ = yolo.decode_levels([(distances, logits)], 48, 0.5)
    assert boxes.tolist() == [[-4, -4, 24, 12]]


def test_a_head_with_nothing_above_the_threshold_has_no_boxes() -> None:
    boxes, scores = yolo.decode_levels([head({}), head({})], 48, 0.5)
    assert boxes.shape == (0, 4)
    assert scores.shape == (0,)


def test_of_two_boxes_of_one_plate_the_better_stays() -> None:
    boxes = np.array([[0, 0, 100, 40], [4, 0, 104, 40], [300, 0, 400, 40]], np.float32)
    kept = yolo.suppress(boxes, np.array([0.6, 0.8, 0.5], np.float32), max_iou=0.5)
    assert kept.tolist() == [1, 2]


def test_a_part_of_a_better_box_goes_though_its_iou_is_small() -> None:
    boxes = np.array([[0, 0, 100, 40], [0, 5, 30, 35]], np.float32)
    assert yolo.suppress(boxes, np.array([0.9, 0.7], np.float32), max_iou=0.5).tolist() == [0]


def test_neighbouring_plates_both_stay() -> None:
    boxes = np.array([[0, 0, 100, 40], [90, 0, 190, 40]], np.float32)
    assert yolo.suppress(boxes, np.array([0.9, 0.8], np.float32), max_iou=0.5).tolist() == [0, 1]


def test_no_boxes_are_no_trouble() -> None:
    assert yolo.suppress(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), max_iou=0.5).size == 0
