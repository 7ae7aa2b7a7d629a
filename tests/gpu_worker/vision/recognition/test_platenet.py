from pathlib import Path

import cv2
import numpy as np
import pytest

import gpu_worker
from gpu_worker.vision.recognition.platenet import PlateNetRecognizer, fit, to_tensor
from gpu_worker.vision.weights import EngineUnavailable
from tests.gpu_worker.scenes import plate

MODELS = Path(gpu_worker.__file__).parent / "models"


@pytest.fixture(scope="module")
def recognizer() -> PlateNetRecognizer:
    return PlateNetRecognizer(MODELS / "plate_net.onnx", threads=1)


@pytest.mark.parametrize("shape", [(48, 192), (24, 40), (300, 1200), (1, 1)])
def test_crops_of_any_size_become_one_input(shape: tuple[int, int]) -> None:
    fitted = fit(np.full((*shape, 3), 77, np.uint8))
    assert fitted.shape == (48, 192, 3)
    assert (fitted == 77).all()


def test_input_is_bgr_from_minus_one_to_one() -> None:
    pictures = np.zeros((2, 48, 192, 3), np.uint8)
    pictures[1, ..., 0] = 255
    tensor = to_tensor(pictures)
    assert tensor.shape == (2, 3, 48, 192)
    assert tensor.dtype == np.float32
    assert tensor[1, 0].min() == pytest.approx(1.0)
    assert tensor[1, 1:].max() == pytest.approx(-1.0)
    assert tensor[0].max() == pytest.approx(-1.0)


def test_plates_are_read_whatever_their_size_and_separators(recognizer: PlateNetRecognizer) -> None:
    crops = [plate("AB12CDE", 240), plate("XY98ZTR", 160), plate("KL-4567", 320)]
    reads = recognizer.read(crops)
    assert [read.text for read in reads] == ["AB12CDE", "XY98ZTR", "KL4567"]
    assert all(len(read.confidences) == len(read.text) for read in reads)
    assert all(read.posteriors.shape == (24, 37) for read in reads)
    assert all(float(abs(read.posteriors.sum(axis=1) - 1).max()) < 1e-3 for read in reads)


def test_a_read_does_not_depend_on_the_batch_it_is_in(recognizer: PlateNetRecognizer) -> None:
    crops = [plate(f"AB{i}CDE", 200) for i in range(10, 30)]
    together = [read.text for read in recognizer.read(crops)]
    alone = [recognizer.read([crop])[0].text for crop in crops]
    assert together == alone == [f"AB{i}CDE" for i in range(10, 30)]


def test_blurred_characters_are_less_sure(recognizer: PlateNetRecognizer) -> None:
    sharp = plate("AB12CDE", 200)
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 5), np.uint8)
    sure, unsure = recognizer.read([sharp, blurred])
    assert sure.score > 0.9
    assert unsure.score < sure.score


def test_the_probabilities_of_the_countries_sum_their_states(recognizer: PlateNetRecognizer) -> None:
    crop = plate("AB12CDE", 240)
    _, states = recognizer.run([crop])
    countries = recognizer.read([crop])[0].countries
    assert sum(countries.values()) == pytest.approx(1, abs=1e-3)
    american = [p for code, p in zip(recognizer.codes, states[0].tolist(), strict=True) if code.startswith("us-")]
    assert len(american) > 40
    assert countries["us"] == pytest.approx(sum(american), abs=1e-5)


def test_nothing_is_read_from_a_blank_and_from_no_crops(recognizer: PlateNetRecognizer) -> None:
    assert recognizer.read([np.full((48, 160, 3), 200, np.uint8)])[0].text == ""
    assert recognizer.read([]) == []


def test_another_model_is_refused() -> None:
    with pytest.raises(EngineUnavailable, match="not a plate reader trained by this project"):
        PlateNetRecognizer(MODELS / "plate_ppocrv6.onnx")
