"""With weights that know nothing: what counts here is that the package takes and gives what this project thinks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("ultralytics", reason="the torch extra is not installed")

from gpu_worker.vision.detection.ultralytics import UltralyticsDetector
from gpu_worker.vision.weights import EngineUnavailable

SHAPES = ((180, 320), (240, 240), (180, 320))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch  # noqa: PLC0415
    import ultralytics  # noqa: PLC0415

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "plates.pt"
    model: Any = ultralytics.YOLO("yolov8n.yaml")
    model.save(str(path))
    return path


def pictures() -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*shape, 3), np.uint8) for shape in SHAPES]


def test_each_picture_has_its_boxes_inside_it(weights: Path) -> None:
    found = UltralyticsDetector(weights, side=320, threshold=1e-6).detect(pictures())
    assert len(found) == 3
    assert sum(map(len, found)) > 0
    for detections, (height, width) in zip(found, SHAPES, strict=True):
        for detection in detections:
            box = detection.box
            assert 0 <= box.xmin < box.xmax <= width
            assert 0 <= box.ymin < box.ymax <= height
            assert 0 < detection.score <= 1


def test_scores_below_the_threshold_are_left_out(weights: Path) -> None:
    assert UltralyticsDetector(weights, side=320, threshold=0.99).detect(pictures()) == [[], [], []]
    assert UltralyticsDetector(weights).detect([]) == []


def test_a_gpu_that_is_not_there_is_refused(weights: Path) -> None:
    import torch  # noqa: PLC0415

    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(EngineUnavailable, match="cuda"):
        UltralyticsDetector(weights, device="cuda")
