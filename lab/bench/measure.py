"""Running the engines over folders of pictures and over clips, with the time of each stage taken apart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from gpu_worker.vision import colour
from gpu_worker.vision.detection import Detector
from gpu_worker.vision.engines import Engines
from gpu_worker.vision.pictures import read_picture
from gpu_worker.vision.pipeline import Pipeline, PipelineSettings
from gpu_worker.vision.plate_reader import has_plate_shape
from gpu_worker.vision.video import MediaLimits, Video
from lab.bench.arms import Arm
from lab.bench.outcomes import ClipOutcome, PlateOutcome, clip_outcome, plate_outcomes
from lab.bench.stopwatch import CountingDetector, CountingRecognizer, Stopwatch
from lab.bench.truth import load_passages, load_plates

_SAMPLE = 24
"""Frames of a clip that the detector is timed on, alone and one by one."""


@dataclass(slots=True)
class Stages:
    """Where the time went. Decoding counts frames, detecting pictures looked at, reading crops or pictures."""

    decode: Stopwatch = field(default_factory=Stopwatch)
    detect: Stopwatch = field(default_factory=Stopwatch)
    read: Stopwatch = field(default_factory=Stopwatch)
    whole: Stopwatch = field(default_factory=Stopwatch)


@dataclass(frozen=True, slots=True)
class SetResult:
    """What became of the plates of one folder; `outcomes` has one list an arm, of the same plates in the same order."""

    name: str
    stages: Stages
    outcomes: dict[str, list[PlateOutcome]]


@dataclass(frozen=True, slots=True)
class ClipResult:
    """What became of one clip; `outcome` is None where no truth lies beside it."""

    name: str
    stages: Stages
    looked_at: int
    crops: int
    plates: tuple[str, ...]
    outcome: ClipOutcome | None


def measure_pictures(paths: Sequence[Path], detector: Detector, arms: Sequence[Arm], limits: MediaLimits) -> SetResult:
    """Run all pictures of one folder through every arm, on the boxes of one detector.

    Args:
        paths: pictures of one folder, at least one; truth is its `truth.csv`.
        detector: for single pictures.
        arms: the first one's reading time is the one reported.
        limits: on the pictures' size.

    Returns:
        The outcomes; without a truth none, only times.
    """
    folder = paths[0].parent
    truth = load_plates(folder / "truth.csv") if (folder / "truth.csv").exists() else {}
    stages = Stages()
    outcomes: dict[str, list[PlateOutcome]] = {arm.name: [] for arm in arms}
    for path in paths:
        with stages.decode.running(1):
            image = read_picture(path, limits).image
        with stages.detect.running(1):
            neutral = colour.without_cast(image)
            detections = [d for d in detector.detect([neutral])[0] if has_plate_shape(d.box)]
        boxes = [detection.box for detection in detections]
        for arm in arms:
            watch = stages.read if arm is arms[0] else Stopwatch()
            with watch.running(1):
                readings = arm.read(neutral, boxes)
            ranked = sorted(zip(readings, detections, strict=True), key=lambda pair: -pair[0].score)
            read = [reading for reading, _ in ranked if reading.score > 0]
            outcomes[arm.name] += plate_outcomes(truth.get(path.name, ()), read, boxes)
    stages.whole = stages.decode + stages.detect + stages.read
    stages.whole.items = len(paths)
    return SetResult(folder.name, stages, outcomes)


def measure_clip(path: Path, engines: Engines, settings: PipelineSettings) -> ClipResult:
    """Run one clip through the pipeline, and its stages one after the other."""
    stages = Stages()
    with Video(path, settings.limits, settings.decoder) as video:
        with stages.decode.running(0):
            for _ in video.frames():
                pass
        stages.decode.items = video.decoded
    with Video(path, settings.limits, settings.decoder) as video:
        sample = [colour.without_cast(frame.image) for frame in islice(video.frames(settings.interval_s), _SAMPLE)]
    engines.video.detect(sample[:1])
    for image in sample:
        with stages.detect.running(1):
            engines.video.detect([image])
    detector, recognizer = CountingDetector(engines.video), CountingRecognizer(engines.recognizer)
    with stages.whole.running(stages.decode.items):
        passages = list(Pipeline(detector, recognizer, settings).passages(path))
    for crop in recognizer.kept:
        with stages.read.running(1):
            engines.recognizer.read([crop])
    truth = path.with_suffix(".csv")
    return ClipResult(
        name=path.name,
        stages=stages,
        looked_at=detector.pictures,
        crops=recognizer.crops,
        plates=tuple(passage.plate for passage in passages if passage.readable),
        outcome=clip_outcome(load_passages(truth), passages) if truth.exists() else None,
    )
