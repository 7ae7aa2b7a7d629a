"""The one place that turns settings into engines and a pipeline."""

from dataclasses import dataclass

from gpu_worker.detection import Detector
from gpu_worker.detection.onnx import OnnxDetector
from gpu_worker.detection.pyramid import PyramidDetector
from gpu_worker.passages import ReadingSettings
from gpu_worker.pipeline import Pipeline, PipelineSettings
from gpu_worker.recognition import Recognizer, formats
from gpu_worker.recognition.ppocr import PpocrRecognizer
from gpu_worker.settings import VisionSettings
from gpu_worker.video import MediaLimits
from gpu_worker.weights import EngineUnavailable, verified


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines of one worker.

    Attributes:
        video: finds plates in the frames of a video.
        stills: finds plates in single pictures.
        recognizer: reads both.
    """

    video: Detector
    stills: Detector
    recognizer: Recognizer


def build_detector(settings: VisionSettings, side: int) -> Detector:
    """Open the detector the settings name, for an input of `side` px.

    Raises:
        EngineUnavailable: if its weights, its package or its device cannot be used.
    """
    weights = verified(settings.detector_weights, settings.detector_sha256 or None)
    if settings.detector == "onnx":
        return OnnxDetector(
            weights, side=side, threshold=settings.threshold, device=settings.device, threads=settings.threads
        )
    from gpu_worker.detection.ultralytics import UltralyticsDetector  # noqa: PLC0415  - an optional, 2.5 GB package

    return UltralyticsDetector(weights, side=side, threshold=settings.threshold, device=settings.device)


def build_recognizer(settings: VisionSettings) -> Recognizer:
    """Open the reader the settings name.

    Raises:
        EngineUnavailable: if its weights, its package or its device cannot be used.
    """
    if settings.recognizer == "ppocr":
        weights = verified(settings.recognizer_weights, settings.recognizer_sha256 or None)
        return PpocrRecognizer(weights, device=settings.device, threads=settings.threads)
    from gpu_worker.recognition.easyocr import EasyocrRecognizer  # noqa: PLC0415  - an optional, 2.5 GB package

    return EasyocrRecognizer(device=settings.device)


def build_engines(settings: VisionSettings) -> Engines:
    """Open all engines.

    Raises:
        EngineUnavailable: if one cannot be used as asked for.
    """
    video = build_detector(settings, settings.video_side)
    stills = PyramidDetector(video, build_detector(settings, settings.still_side))
    return Engines(video, stills, build_recognizer(settings))


def media_limits(settings: VisionSettings) -> MediaLimits:
    return MediaLimits(max_pixels=settings.max_pixels, max_duration_s=settings.max_duration_s)


def pipeline_settings(settings: VisionSettings) -> PipelineSettings:
    """Translate the environment's settings into the pipeline's own.

    Raises:
        EngineUnavailable: if a region is named that has no known layouts.
    """
    unknown = settings.regions - formats.known_regions()
    if unknown:
        raise EngineUnavailable(f"No plate layouts are known for {', '.join(sorted(unknown))}.")
    return PipelineSettings(
        interval_s=settings.interval_s,
        reading=ReadingSettings(readable_score=settings.readable_score, regions=settings.regions),
        limits=media_limits(settings),
    )


def build_pipeline(settings: VisionSettings) -> Pipeline:
    """Build the whole pipeline.

    Raises:
        EngineUnavailable: if an engine cannot be used as asked for.
    """
    engines = build_engines(settings)
    return Pipeline(engines.video, engines.recognizer, pipeline_settings(settings), engines.stills)
