"""The one place that turns settings into engines and a pipeline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from gpu_worker.vision.detection import Detector
from gpu_worker.vision.detection.framed import FramedDetector
from gpu_worker.vision.detection.onnx import OnnxDetector
from gpu_worker.vision.detection.pyramid import GlancingDetector, PyramidDetector
from gpu_worker.vision.hardware_decoding import require_decoder
from gpu_worker.vision.passages import ReadingSettings
from gpu_worker.vision.pipeline import Pipeline, PipelineSettings
from gpu_worker.vision.recognition import Recognizer, formats
from gpu_worker.vision.recognition.platenet import PlateNetRecognizer
from gpu_worker.vision.recognition.ppocr import PpocrRecognizer
from gpu_worker.vision.recognition.prior import CameraPrior
from gpu_worker.vision.settings import VisionSettings
from gpu_worker.vision.video import MediaLimits
from gpu_worker.vision.weights import EngineUnavailable, digest_of, verified

Engine = TypeVar("Engine")


@dataclass(frozen=True, slots=True)
class Bundled:
    """A model file of this project and its sha256."""

    path: Path
    sha256: str

    def or_own(self, path: Path | None, sha256: str | None) -> Path:
        """Return the weights that the settings name, or these, once their content is what was meant.

        Raises:
            EngineUnavailable: if the file is missing, or not what its digest says.
        """
        return verified(path or self.path, sha256 or (None if path else self.sha256))

    def digest(self, path: Path | None, sha256: str | None) -> str:
        """Return the sha256 of the weights that the settings name, or of these.

        Raises:
            EngineUnavailable: if there is no such file.
        """
        return sha256 or (digest_of(verified(path, None)) if path else self.sha256)


_MODELS = Path(__file__).parents[1] / "models"
DETECTOR: Final = Bundled(
    _MODELS / "plate_yolov8n.onnx", "abf03a8fd685cbd59e4602ea6ca6c9dcaa8f0b141aa43fb1795a1f7fcde9c089"
)
DETECTOR_8_BIT: Final = Bundled(
    _MODELS / "plate_yolov8n_int8.onnx", "7d95b75f09fe8b8e822b6898f02e521fe9ed5722bb09eee7d07772bacda4b399"
)
"""For a CPU. A GPU has no use for it: it would convert back and forth, slower than with the plain one."""
PLATENET: Final = Bundled(
    _MODELS / "plate_net.onnx", "688ddece4ec545ff3035580afe5638e8db803788133c71adc61515f3dfa12361"
)
PPOCR: Final = Bundled(
    _MODELS / "plate_ppocrv6.onnx", "1d4139913dd83b97dcf135d453977e589079f79248440c6ee36f50a15b5a845b"
)


_DIGITS: Final = 12
_INSIDE_BORDER: Final = 0.75
"""Of an input that is as wide as a picture with its border."""


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines of one worker.

    Attributes:
        video: finds plates in the frames of a video.
        stills: finds plates in single pictures.
        recognizer: reads both.
        far: finds plates that are small in very large frames and pictures.
    """

    video: Detector
    stills: Detector
    recognizer: Recognizer
    far: Detector | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What an engine is opened with.

    Attributes:
        weights: verified; None for an engine that brings its own.
        threads: CPU threads of one inference.
        side: longer side of a detector's input, px.
    """

    weights: Path | None
    device: str
    threads: int
    side: int = 0
    threshold: float = 0.0

    @property
    def file(self) -> Path:
        """The weights of an engine that has some."""
        if self.weights is None:
            raise EngineUnavailable("This engine needs weights.")
        return self.weights


@dataclass(frozen=True, slots=True)
class EngineSpec(Generic[Engine]):
    """An engine that the settings can name.

    Attributes:
        weights: this project's for a device, which serve where the settings name none; None where it brings its own.
        open: opens it; raises `EngineUnavailable` if its package or its device cannot be used.
    """

    weights: Callable[[str], Bundled] | None
    open: Callable[[Opening], Engine]


def _onnx(opening: Opening) -> Detector:
    return OnnxDetector(
        opening.file,
        side=opening.side,
        threshold=opening.threshold,
        device=opening.device,
        threads=opening.threads,
    )


def _ultralytics(opening: Opening) -> Detector:
    # An optional package of 2.5 GB.
    from gpu_worker.vision.detection.ultralytics import UltralyticsDetector  # noqa: PLC0415

    return UltralyticsDetector(opening.file, side=opening.side, threshold=opening.threshold, device=opening.device)


def _platenet(opening: Opening) -> Recognizer:
    return PlateNetRecognizer(opening.file, device=opening.device, threads=opening.threads)


def _ppocr(opening: Opening) -> Recognizer:
    return PpocrRecognizer(opening.file, device=opening.device, threads=opening.threads)


def _easyocr(opening: Opening) -> Recognizer:
    # An optional package of 2.5 GB.
    from gpu_worker.vision.recognition.easyocr import EasyocrRecognizer  # noqa: PLC0415

    return EasyocrRecognizer(device=opening.device)


def _yolov8n(device: str) -> Bundled:
    return DETECTOR_8_BIT if device == "cpu" else DETECTOR


DETECTORS: Final[Mapping[str, EngineSpec[Detector]]] = {
    "onnx": EngineSpec(_yolov8n, _onnx),
    "ultralytics": EngineSpec(_yolov8n, _ultralytics),
}
RECOGNIZERS: Final[Mapping[str, EngineSpec[Recognizer]]] = {
    "platenet": EngineSpec(lambda _: PLATENET, _platenet),
    "ppocr": EngineSpec(lambda _: PPOCR, _ppocr),
    "easyocr": EngineSpec(None, _easyocr),
}


def build_detector(settings: VisionSettings, side: int, threads: int = 1) -> Detector:
    """Open the detector the settings name, for an input of `side` px and with so many CPU threads a run.

    On two cores two threads take 30 % more processor time, and are one and a half times as fast where both are idle.
    So one thread does what is small, and what runs side by side with its like.

    Raises:
        EngineUnavailable: if its weights, its package or its device cannot be used.
    """
    spec = DETECTORS[settings.detector]
    weights = _weights(spec, settings.device, settings.detector_weights, settings.detector_sha256)
    return spec.open(Opening(weights, settings.device, threads, side, settings.threshold))


def build_recognizer(settings: VisionSettings) -> Recognizer:
    """Open the reader the settings name.

    Raises:
        EngineUnavailable: if its weights, its package or its device cannot be used.
    """
    spec = RECOGNIZERS[settings.recognizer]
    weights = _weights(spec, settings.device, settings.recognizer_weights, settings.recognizer_sha256)
    return spec.open(Opening(weights, settings.device, threads=1))


def _weights(spec: EngineSpec[Engine], device: str, own: Path | None, sha256: str | None) -> Path | None:
    return None if spec.weights is None else spec.weights(device).or_own(own, sha256)


def model_of(settings: VisionSettings) -> str:
    """Name the networks that the settings make read: each with the first digits of its weights' sha256.

    Raises:
        EngineUnavailable: if weights that the settings name are missing.
    """
    reader = RECOGNIZERS[settings.recognizer].weights
    finder = DETECTORS[settings.detector].weights
    named = [
        (settings.recognizer, reader, settings.recognizer_weights, settings.recognizer_sha256),
        (settings.detector, finder, settings.detector_weights, settings.detector_sha256),
    ]
    return ", ".join(
        name if weights is None else f"{name} {weights(settings.device).digest(own, sha256)[:_DIGITS]}"
        for name, weights, own, sha256 in named
    )


def build_engines(settings: VisionSettings) -> Engines:
    """Open all engines.

    Raises:
        EngineUnavailable: if one cannot be used as asked for.
    """
    video = build_detector(settings, settings.video_side)
    far = build_detector(settings, settings.far_side)
    glance = build_detector(settings, settings.glance_side)
    stills = PyramidDetector(
        glance=glance,
        fine=build_detector(settings, settings.still_side, settings.threads),
        second=video,
        framed=(framed(glance, settings.glance_side), framed(glance, settings.glance_side, negative=True)),
        second_above=min(settings.video_side, settings.still_side),
        far=far,
    )
    return Engines(GlancingDetector(video, glance), stills, build_recognizer(settings), far)


def framed(glance: Detector, side: int, *, negative: bool = False) -> Detector:
    """Show pictures to a detector of an input of `side` px with a border around them."""
    return FramedDetector(glance, side=round(side * _INSIDE_BORDER), negative=negative)


def _in_parallel(settings: VisionSettings) -> bool:
    """Tell whether video frames are detected side by side, on a thread each.

    A GPU takes batches instead, and ultralytics bears no second thread.
    """
    return settings.device == "cpu" and settings.detector == "onnx"


def media_limits(settings: VisionSettings) -> MediaLimits:
    return MediaLimits(
        max_pixels=settings.max_pixels,
        max_frame_pixels=settings.max_frame_pixels,
        max_duration_s=settings.max_duration_s,
        base_pixels=settings.base_pixels,
        pixels_per_byte=settings.pixels_per_byte,
    )


def pipeline_settings(settings: VisionSettings) -> PipelineSettings:
    """Translate the environment's settings into the pipeline's own.

    Raises:
        EngineUnavailable: if a region is named that has no known layouts, or the video decoder cannot be used.
    """
    require_decoder(settings.decoder)
    unknown = settings.regions - formats.known_regions()
    if unknown:
        raise EngineUnavailable(f"No plate layouts are known for {', '.join(sorted(unknown))}.")
    return PipelineSettings(
        interval_s=settings.interval_s,
        batch=settings.batch,
        detecting=settings.threads if _in_parallel(settings) else 1,
        decoder=settings.decoder,
        reading=ReadingSettings(
            readable_score=settings.readable_score, camera=CameraPrior(settings.regions), model=model_of(settings)
        ),
        limits=media_limits(settings),
    )


def build_pipeline(settings: VisionSettings) -> Pipeline:
    """Build the whole pipeline.

    Raises:
        EngineUnavailable: if an engine cannot be used as asked for.
    """
    engines = build_engines(settings)
    return Pipeline(engines.video, engines.recognizer, pipeline_settings(settings), engines.stills, engines.far)
