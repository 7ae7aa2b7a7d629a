"""Engines that count their time, for the benchmark: thin wrappers around the real ones."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from gpu_worker.detection import Detection, Detector
from gpu_worker.geometry import Image
from gpu_worker.recognition import PlateText, Recognizer


@dataclass(slots=True)
class Stopwatch:
    """Time spent in one stage, wall and processor seconds, and how many items it took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    items: int = 0

    @contextmanager
    def running(self, items: int) -> Iterator[None]:
        """Count the time of the block as that of `items` items; processor time is that of all threads."""
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.wall_s += time.perf_counter() - wall
            self.cpu_s += time.process_time() - cpu
            self.items += items


@dataclass(frozen=True, slots=True)
class TimedDetector:
    """A detector and its time."""

    engine: Detector
    watch: Stopwatch

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """See `Detector.detect`."""
        with self.watch.running(len(images)):
            return self.engine.detect(images)


@dataclass(frozen=True, slots=True)
class TimedRecognizer:
    """A recogniser and its time."""

    engine: Recognizer
    watch: Stopwatch

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        """See `Recognizer.read`."""
        with self.watch.running(len(crops)):
            return self.engine.read(crops)
