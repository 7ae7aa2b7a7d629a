import numpy as np
import pytest

from gpu_worker.vision.detection import Detector
from gpu_worker.vision.detection.onnx import OnnxDetector
from gpu_worker.vision.engines import DETECTOR, PLATENET, build_detector
from gpu_worker.vision.settings import VisionSettings
from gpu_worker.vision.weights import EngineUnavailable
from tests.gpu_worker.scenes import road


@pytest.fixture(scope="module")
def detector() -> Detector:
    return build_detector(VisionSettings(threads=1), 640)


def test_each_plate_on_a_drawn_road_is_found_where_it_is(detector: Detector) -> None:
    picture, boxes = road([("AB12CDE", 80, 260), ("XY98ZTR", 400, 230)])
    found = [d.box for d in detector.detect([picture])[0] if d.score >= 0.5]
    assert len(found) == 2
    assert all(max(box.iou(f) for f in found) > 0.6 for box in boxes)


def test_an_empty_picture_has_none(detector: Detector) -> None:
    assert detector.detect([np.full((360, 640, 3), 105, np.uint8)]) == [[]]


def test_pictures_of_different_sizes_keep_their_order(detector: Detector) -> None:
    picture, _ = road([("AB12CDE", 80, 260)])
    counts = [len(found) for found in detector.detect([np.zeros((100, 300, 3), np.uint8), picture])]
    assert counts == [0, 1]


def test_a_batch_finds_what_single_pictures_show(detector: Detector) -> None:
    pictures = [road([("AB12CDE", 80 + 60 * i, 260)])[0] for i in range(3)] + [np.zeros((100, 300, 3), np.uint8)]
    together = detector.detect(pictures)
    alone = [detector.detect([picture])[0] for picture in pictures]
    assert [len(found) for found in together] == [len(found) for found in alone] == [1, 1, 1, 0]
    for found, expected in zip(together, alone, strict=True):
        assert all(a.box.iou(b.box) > 0.98 for a, b in zip(found, expected, strict=True))


def test_the_cut_head_says_what_the_whole_one_says() -> None:
    picture, _ = road([("AB12CDE", 80, 260), ("XY98ZTR", 400, 230)])
    cut = build_detector(VisionSettings(threads=1), 640)
    whole = OnnxDetector(DETECTOR.path, side=640, threshold=0.15, threads=1)
    found, expected = cut.detect([picture])[0], whole.detect([picture])[0]
    assert [a.box.iou(b.box) > 0.85 for a, b in zip(found, expected, strict=True)] == [True, True]


def test_a_model_with_another_head_is_refused() -> None:
    with pytest.raises(EngineUnavailable, match="no one-class YOLOv8 detector"):
        OnnxDetector(PLATENET.path)
