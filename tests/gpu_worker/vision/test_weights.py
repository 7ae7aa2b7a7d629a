import hashlib
from pathlib import Path

import pytest

from gpu_worker.vision.engines import (
    DETECTOR,
    DETECTOR_8_BIT,
    PLATENET,
    PPOCR,
    Bundled,
    build_pipeline,
    build_recognizer,
    model_of,
    pipeline_settings,
)
from gpu_worker.vision.settings import VisionSettings
from gpu_worker.vision.weights import EngineUnavailable, open_session, verified


@pytest.mark.parametrize("bundled", [DETECTOR, DETECTOR_8_BIT, PLATENET, PPOCR], ids=lambda b: b.path.stem)
def test_bundled_weights_are_what_their_cards_state(bundled: Bundled) -> None:
    assert bundled.or_own(None, None) == bundled.path
    assert bundled.sha256 in bundled.path.with_suffix(".md").read_text()


def test_weights_of_ones_own_are_used_and_checked_where_a_digest_is_given(tmp_path: Path) -> None:
    own = tmp_path / "own.onnx"
    own.write_bytes(b"mine")
    assert PPOCR.or_own(own, None) == own
    with pytest.raises(EngineUnavailable, match="sha256"):
        PPOCR.or_own(own, "0" * 64)


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.onnx"
    path.write_bytes(b"not what was meant")
    with pytest.raises(EngineUnavailable, match="sha256"):
        verified(path, "0" * 64)


def test_weights_of_ones_own_need_no_digest(tmp_path: Path) -> None:
    path = tmp_path / "own.onnx"
    path.write_bytes(b"mine")
    assert verified(path, None) == path


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"missing\.onnx does not exist"):
        verified(tmp_path / "missing.onnx", None)


def test_what_reads_is_named_by_what_is_in_the_weights(tmp_path: Path) -> None:
    own = tmp_path / "own.onnx"
    own.write_bytes(b"mine")
    mine = hashlib.sha256(b"mine").hexdigest()

    assert model_of(VisionSettings()) == f"platenet {PLATENET.sha256[:12]}, onnx {DETECTOR_8_BIT.sha256[:12]}"
    assert model_of(VisionSettings(recognizer="ppocr", detector_weights=own)) == (
        f"ppocr {PPOCR.sha256[:12]}, onnx {mine[:12]}"
    )
    assert model_of(VisionSettings(recognizer="easyocr", device="cuda")) == f"easyocr, onnx {DETECTOR.sha256[:12]}"


@pytest.mark.parametrize("device", ["cuda", "tensorrt", "abacus"])
def test_a_device_that_cannot_be_used_is_an_error_and_no_fall_back(device: str) -> None:
    with pytest.raises(EngineUnavailable, match=device):
        open_session(PPOCR.path, device, 1)


def test_the_worker_does_not_start_on_a_gpu_that_is_not_there() -> None:
    with pytest.raises(EngineUnavailable, match="cuda"):
        build_pipeline(VisionSettings(device="cuda"))


def test_an_engine_whose_packages_are_missing_says_which_extra_has_them() -> None:
    with pytest.raises(EngineUnavailable, match="'torch' extra"):
        build_recognizer(VisionSettings(recognizer="easyocr"))
    with pytest.raises(EngineUnavailable, match="'torch' extra"):
        build_pipeline(VisionSettings(detector="ultralytics"))


def test_the_worker_does_not_start_without_the_gpu_s_decoder_once_it_is_asked_for() -> None:
    with pytest.raises(EngineUnavailable, match="nvdec"):
        build_pipeline(VisionSettings(decoder="nvdec"))


def test_unknown_regions_are_refused_at_start() -> None:
    with pytest.raises(EngineUnavailable, match="atlantis"):
        pipeline_settings(VisionSettings(regions=frozenset({"gb", "atlantis"})))
