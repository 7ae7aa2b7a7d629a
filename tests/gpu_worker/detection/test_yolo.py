import numpy as np
import pytest

from gpu_worker.detection import yolo


def test_decoding_turns_centres_into_corners_and_drops_low_scores() -> None:
    output = np.array([[100, 20], [50, 20], [40, 10], [20, 10], [0.9, 0.1]], np.float32)
    boxes, scores = yolo.decode(output, 0.5)
    assert boxes.tolist() == [[80, 40, 120, 60]]
    assert scores == pytest.approx([0.9])


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
