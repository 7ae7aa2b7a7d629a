"""Taking the time of stages, and counting what engines are given."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from gpu_worker.vision.detection import Detection, Detector
from gpu_worker.vision.geometry import Image
from gpu_worker.vision.recognition import PlateText, Recognizer

_KEPT = 64


@dataclass(slots=True)
class Stopwatch:
    """Time spent in one stage, wall and processor seconds, and how many items it took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    items: int = 0

    @contextmanager
    def running(self, items: int) -> Iterator[None]:
        """Count the time of the block as that of `items` items.

        Processor time is that of all threads of the process, so nothing else may run in it meanwhile.
        """
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.wall_s += time.perf_counter() - wall
            self.cpu_s += time.process_time() - cpu
            self.items += items

    def __add__(self, other: "Stopwatch") -> "Stopwatch":
        return Stopwatch(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s, self.items + other.items)


@dataclass(slots=True)
class CountingDetector:
    """A detector, and how many pictures it was given."""

    engine: Detector
    pictures: int = 0

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        self.pictures += len(images)
        return self.engine.detect(images)


@dataclass(slots=True)
class CountingRecognizer:
    """A recogniser, how many crops it was given, and the first of them."""

    engine: Recognizer
    crops: int = 0
    kept: list[Image] = field(default_factory=list)

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        self.crops += len(crops)
        self.kept += [crop.copy() for crop in crops[: max(0, _KEPT - len(self.kept))]]
        return self.engine.read(crops)
