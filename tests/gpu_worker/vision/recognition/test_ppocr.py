import numpy as np
import pytest

from gpu_worker.vision.engines import build_recognizer
from gpu_worker.vision.recognition import Recognizer
from gpu_worker.vision.recognition.base import joined
from gpu_worker.vision.recognition.ppocr import preprocess
from gpu_worker.vision.settings import VisionSettings
from tests.gpu_worker.scenes import plate


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return build_recognizer(VisionSettings(recognizer="ppocr", threads=1))


@pytest.mark.parametrize(("shape", "width"), [((48, 100), 160), ((48, 200), 192), ((24, 100), 192), ((20, 2000), 640)])
def test_crops_are_scaled_to_the_network_height_and_a_whole_step_of_width(shape: tuple[int, int], width: int) -> None:
    tensor = preprocess(np.full((*shape, 3), 255, np.uint8))
    assert tensor.shape == (3, 48, width)
    assert tensor.dtype == np.float32
    assert tensor.max() == pytest.approx(1.0)


def test_channels_stay_in_bgr_order() -> None:
    blue = np.zeros((48, 160, 3), np.uint8)
    blue[..., 0] = 255
    tensor = preprocess(blue)
    assert tensor[0].min() == pytest.approx(1.0)
    assert tensor[1:].max() == pytest.approx(-1.0)


def test_reads_keep_the_order_of_crops_of_different_widths(recognizer: Recognizer) -> None:
    crops = [plate("AB12CDE", 240), plate("XY98ZTR", 160)[:, 10:-10], plate("KLM4567", 320)]
    reads = recognizer.read(crops)
    assert [read.text for read in reads] == ["AB12CDE", "XY98ZTR", "KLM4567"]
    assert all(len(read.confidences) == len(read.text) for read in reads)
    assert all(read.posteriors.shape[1] == 37 for read in reads)


def test_separators_stay_in_the_raw_text_only(recognizer: Recognizer) -> None:
    read = recognizer.read([plate("AB-1234", 320)])[0]
    assert read.raw == "AB-1234"
    assert read.text == "AB1234"


def test_nothing_is_read_from_a_blank(recognizer: Recognizer) -> None:
    read = recognizer.read([np.full((48, 160, 3), 200, np.uint8)])[0]
    assert read.text == ""
    assert read.score == 0.0


def test_no_crops_give_no_reads(recognizer: Recognizer) -> None:
    assert recognizer.read([]) == []


def test_two_rows_join_in_reading_order(recognizer: Recognizer) -> None:
    upper, lower = recognizer.read([plate("AB12", 160), plate("2CDE", 160)])
    both = joined(upper, lower)
    assert both.text == "AB122CDE"
    assert len(both.confidences) == 8
