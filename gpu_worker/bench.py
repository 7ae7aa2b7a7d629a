"""`python -m gpu_worker bench`: time the stages apart, and score pictures against truth that lies beside them."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from anpr.errors import UnreadableMedia
from gpu_worker.engines import Engines, build_engines, media_limits, pipeline_settings
from gpu_worker.pipeline import Pipeline
from gpu_worker.read import expand
from gpu_worker.scoring import Score, load_truth, wilson
from gpu_worker.settings import VisionSettings
from gpu_worker.stopwatch import Stopwatch, TimedDetector, TimedRecognizer
from gpu_worker.video import Video, is_picture, read_picture


@dataclass(slots=True)
class _Stages:
    """Where the time of one input went; `decode` is that of all frames, alone."""

    decode: Stopwatch = field(default_factory=Stopwatch)
    detect: Stopwatch = field(default_factory=Stopwatch)
    read: Stopwatch = field(default_factory=Stopwatch)
    whole: Stopwatch = field(default_factory=Stopwatch)


class _Bench:
    """One set of engines, timed for one input after the other."""

    def __init__(self, settings: VisionSettings, engines: Engines) -> None:
        self._settings = settings
        self._engines = engines
        self._limits = media_limits(settings)

    def _timed(self, stages: _Stages) -> Pipeline:
        return Pipeline(
            TimedDetector(self._engines.video, stages.detect),
            TimedRecognizer(self._engines.recognizer, stages.read),
            pipeline_settings(self._settings),
            TimedDetector(self._engines.stills, stages.detect),
        )

    def clip(self, path: Path) -> tuple[_Stages, int]:
        """Run one clip.

        Returns:
            The times, and how many readable passages there were.
        """
        stages = _Stages()
        with Video(path, self._limits) as video:
            with stages.decode.running(0):
                for _ in video.frames():
                    pass
            stages.decode.items = stages.whole.items = video.decoded
        with stages.whole.running(0):
            readable = sum(passage.readable for passage in self._timed(stages).passages(path))
        return stages, readable

    def pictures(self, paths: Sequence[Path]) -> tuple[_Stages, Score]:
        """Run the pictures of one folder against its truth.csv, if it has one."""
        stages, score = _Stages(), Score()
        truth_file = paths[0].parent / "truth.csv"
        truth = load_truth(truth_file) if truth_file.exists() else {}
        pipeline = self._timed(stages)
        for path in paths:
            with stages.whole.running(1):
                with stages.decode.running(1):
                    image = read_picture(path, self._limits)
                reads = pipeline.image(image)
            known = truth.get(path.name, [])
            boxes = [d.box for d in self._engines.stills.detect([image])[0]] if known else []
            score.add(known, reads, boxes)
        return stages, score


def _row(name: str, stages: _Stages) -> str:
    def cell(watch: Stopwatch) -> str:
        each = 1000 / max(1, watch.items)
        return f"{watch.items} | {watch.wall_s * each:.1f} | {watch.cpu_s * each:.1f}"

    rate = stages.whole.items / stages.whole.wall_s if stages.whole.wall_s else 0.0
    return f"| {name} | {cell(stages.decode)} | {cell(stages.detect)} | {cell(stages.read)} | {rate:.1f} |"


_HEADER = (
    "| input | decoded | ms | cpu ms | detected in | ms | cpu ms | crops read | ms | cpu ms | items/s, whole |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|\n"
)


def _score_row(name: str, score: Score) -> str:
    low, high = wilson(score.exact, score.plates)
    recall = f"{score.found}/{score.boxes}" if score.boxes else "-"
    return (
        f"| {name} | {score.plates} | {score.exact / score.plates:.3f} ({low:.3f}-{high:.3f}) "
        f"| {score.any / score.plates:.3f} | {score.fold / score.plates:.3f} "
        f"| {score.edits / score.characters:.3f} | {recall} |"
    )


def run(settings: VisionSettings, paths: Sequence[Path]) -> int:
    """Time and score all inputs and print Markdown tables.

    Returns:
        The exit status: 0, or 1 if an input could not be read.
    """
    began = time.perf_counter()
    bench = _Bench(settings, build_engines(settings))
    sys.stdout.write(f"Engines ready in {time.perf_counter() - began:.2f} s; {settings.threads} threads.\n\n{_HEADER}")
    folders: dict[Path, list[Path]] = {}
    scores: list[str] = []
    status = 0
    for path in expand(paths):
        try:
            if is_picture(path):
                folders.setdefault(path.parent, []).append(path)
                continue
            stages, readable = bench.clip(path)
            sys.stdout.write(_row(f"{path.name} ({readable} passages)", stages) + "\n")
        except (UnreadableMedia, OSError) as error:
            sys.stderr.write(f"{path}: {error}\n")
            status = 1
    for folder, pictures in folders.items():
        stages, score = bench.pictures(pictures)
        sys.stdout.write(_row(folder.name, stages) + "\n")
        if score.plates:
            scores.append(_score_row(folder.name, score))
    if scores:
        sys.stdout.write(
            "\n| set | plates | exact (95 %) | any | fold | cer | detector recall |\n|---|---|---|---|---|---|---|\n"
        )
        sys.stdout.write("\n".join(scores) + "\n")
    return status
