"""Ways of reading that are compared on the same boxes of the same pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gpu_worker.vision.consensus import Consensus, plausibility, vote
from gpu_worker.vision.engines import RECOGNIZERS, build_recognizer
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.plate_reader import Witness, read_plates
from gpu_worker.vision.recognition import Recognizer
from gpu_worker.vision.recognition.prior import WORLD, CameraPrior
from gpu_worker.vision.recognition.rectify import cut, trimmed
from gpu_worker.vision.recognition.regions import named
from gpu_worker.vision.settings import VisionSettings

_PLAIN_TRIM = (0.02, 0.02, 0.05)
"""The one cut that suits a general reader best on the whole (fractions at the left, right, top and bottom)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one box says, how sure that is, 0 to 1, and the country of the plate, if the reader names it."""

    text: str
    score: float
    country: str | None = None


class Arm(Protocol):
    """One way of reading."""

    @property
    def name(self) -> str:
        """For the tables."""

    def read(self, image: Image, boxes: Sequence[BoundingBox]) -> list[Reading]:
        """Read each box of one picture (BGR uint8)."""


@dataclass(frozen=True, slots=True)
class Voted:
    """As the pipeline reads: levelled, several cuts, look-alikes and layouts weighed, voted."""

    name: str
    recognizer: Recognizer
    camera: CameraPrior = WORLD

    def read(self, image: Image, boxes: Sequence[BoundingBox]) -> list[Reading]:
        """See `Arm.read`."""
        ballots = read_plates(self.recognizer, image, boxes, Witness(1.0, 0), self.camera)
        return [self._reading(vote(of_one, self.camera)) for of_one in ballots]

    def _reading(self, consensus: Consensus) -> Reading:
        region = named(consensus.countries)
        return Reading(consensus.text, consensus.score, region.code if region else None)


@dataclass(frozen=True, slots=True)
class Plain:
    """An engine alone: one plain cut of the box, its likeliest text."""

    name: str
    recognizer: Recognizer

    def read(self, image: Image, boxes: Sequence[BoundingBox]) -> list[Reading]:
        """See `Arm.read`."""
        reads = self.recognizer.read([cut(image, trimmed(box, *_PLAIN_TRIM)) for box in boxes])
        return [Reading(read.text, read.score * plausibility(read.text)) for read in reads]


def build_arm(spec: str, settings: VisionSettings) -> Arm:
    """Make the way of reading that a command line names.

    Args:
        spec: `default` is the pipeline as the settings have it; `platenet`, `ppocr` or `easyocr` is that engine alone,
            with this project's weights; `NAME=ENGINE:FILE` reads as the pipeline does, with the engine and weights
            given.
        settings: device, threads and regions, and the engine of `default`.

    Raises:
        EngineUnavailable: if the engine cannot be opened.
        ValueError: if the spec is none of these.
    """
    if spec == "default":
        return Voted(spec, build_recognizer(settings), CameraPrior(settings.regions))
    name, _, own = spec.partition("=")
    engine, _, file = own.partition(":") if own else (name, "", "")
    if engine not in RECOGNIZERS or bool(own) != bool(file):
        raise ValueError(f"{spec!r} is no reader: default, {', '.join(RECOGNIZERS)} or NAME=ENGINE:FILE.")
    chosen = settings.model_copy(
        update={
            "recognizer": engine,
            "recognizer_weights": Path(file) if file else None,
            "recognizer_sha256": None,
        }
    )
    recognizer = build_recognizer(chosen)
    return Voted(name, recognizer, CameraPrior(settings.regions)) if own else Plain(f"{name} alone", recognizer)
