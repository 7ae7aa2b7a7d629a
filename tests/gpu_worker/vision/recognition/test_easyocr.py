import cv2
import numpy as np
import pytest

pytest.importorskip("easyocr", reason="the torch extra is not installed")

from gpu_worker.vision.geometry import Image
from gpu_worker.vision.recognition.easyocr import EasyocrRecognizer

# EasyOCR asks torch for things that only a machine with a GPU has.
pytestmark = pytest.mark.filterwarnings("ignore:'pin_memory':UserWarning")


@pytest.fixture(scope="module")
def recognizer() -> EasyocrRecognizer:
    return EasyocrRecognizer()


def line(text: str) -> Image:
    """Black on white, without a border: the border of a plate reads as a letter here."""
    picture = np.full((64, 300, 3), 255, np.uint8)
    return np.asarray(cv2.putText(picture, text, (20, 46), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (0, 0, 0), 3), np.uint8)


def test_clear_lines_are_read_in_their_order(recognizer: EasyocrRecognizer) -> None:
    reads = recognizer.read([line("WHEN 347"), line("KENT")])
    assert [read.text for read in reads] == ["WHEN347", "KENT"]
    for read in reads:
        assert len(read.confidences) == len(read.text)
        assert all(0 < confidence <= 1 for confidence in read.confidences)
        np.testing.assert_allclose(read.posteriors.sum(axis=1), 1, atol=1e-5)


def test_nothing_is_read_from_a_blank_and_from_no_crops(recognizer: EasyocrRecognizer) -> None:
    assert recognizer.read([np.full((48, 160, 3), 200, np.uint8)])[0].text == ""
    assert recognizer.read([]) == []
