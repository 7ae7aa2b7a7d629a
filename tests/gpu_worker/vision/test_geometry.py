import pytest

from gpu_worker.vision.geometry import BoundingBox


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (BoundingBox(0, 0, 10, 10), 1.0),
        (BoundingBox(5, 0, 15, 10), 1 / 3),
        (BoundingBox(10, 0, 20, 10), 0.0),
        (BoundingBox(50, 50, 60, 60), 0.0),
        (BoundingBox(3, 3, 3, 3), 0.0),
    ],
)
def test_iou(other: BoundingBox, expected: float) -> None:
    box = BoundingBox(0, 0, 10, 10)
    assert box.iou(other) == pytest.approx(expected)
    assert other.iou(box) == pytest.approx(expected)


def test_scaling_keeps_the_centre() -> None:
    assert BoundingBox(10, 20, 30, 40).scaled(2) == BoundingBox(0, 10, 40, 50)


def test_clipping_keeps_what_is_inside() -> None:
    assert BoundingBox(-5, 10, 700, 400).clipped(640, 360) == BoundingBox(0, 10, 640, 360)
    assert BoundingBox(700, 10, 800, 20).clipped(640, 360).area == 0
