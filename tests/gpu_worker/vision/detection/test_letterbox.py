import numpy as np
import pytest

from gpu_worker.vision.detection import letterbox


@pytest.mark.parametrize(
    ("height", "width", "side", "expected"),
    [
        (720, 1280, 640, (384, 640)),
        (1280, 720, 640, (640, 384)),
        (640, 640, 640, (640, 640)),
        (100, 300, 640, (128, 320)),
        (1, 5000, 640, (32, 640)),
    ],
)
def test_the_input_is_padded_to_whole_strides_only(
    height: int, width: int, side: int, expected: tuple[int, int]
) -> None:
    plan = letterbox.fit(height, width, side)
    assert (plan.height, plan.width) == expected


def test_the_picture_lies_in_the_middle_in_rgb_from_0_to_1() -> None:
    blue = np.zeros((720, 1280, 3), np.uint8)
    blue[..., 0] = 255
    plan = letterbox.fit(720, 1280, 640)
    tensor = letterbox.apply(blue, plan)
    assert tensor.shape == (3, 384, 640)
    assert tensor[:, 192, 320].tolist() == [0.0, 0.0, 1.0]
    assert tensor[:, 0, 0] == pytest.approx([114 / 255] * 3)


def test_boxes_come_back_to_where_they_were() -> None:
    plan = letterbox.fit(700, 1300, 640)
    there = np.array([[100, 50, 300, 120]], np.float32)
    offset = np.array([plan.left, plan.top] * 2)
    assert plan.to_picture((there * plan.scale + offset).astype(np.float32)) == pytest.approx(there, abs=1e-3)
