"""What a job asks of vision: an upload's file as a stream of passages."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from anpr.capture.familiar import FamiliarPlate
from anpr.capture.passages import RecordedPassage
from gpu_worker.vision.geometry import Image


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a file was read.

    Attributes:
        fraction: part of the footage that was read, 0-1.
        frames: frames that were read.
    """

    fraction: float
    frames: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One vehicle's passage, with its evidence.

    Attributes:
        passage: what is recorded of it.
        crop: the plate, cut from the best frame: (height, width, 3), uint8, BGR.
        frame: the full best frame: (height, width, 3), uint8, BGR.
    """

    passage: RecordedPassage
    crop: Image
    frame: Image


@dataclass(frozen=True, slots=True)
class FootageSummary:
    """What is known of a file once all of it was read.

    Attributes:
        media: kind of file.
        duration_s: length of what was looked at, gaps left out and all tracks together; 0 for an image.
        frames: frames that were read; 1 for an image.
        warning: damage that could be coped with, in words.
    """

    media: Literal["video", "image"]
    duration_s: float
    frames: int
    warning: str | None


class Footage(Protocol):
    """An opened file."""

    def findings(self, on_advance: Callable[[Advance], None]) -> Iterator[Finding]:
        """Read the file, yielding each passage as it ends, numbered alike in every run over the same file.

        Args:
            on_advance: called now and then from the iterating thread; what it raises ends the reading.

        Raises:
            anpr.errors.UnreadableMedia: nothing in the file can be decoded.
        """

    def summary(self) -> FootageSummary:
        """Sum up, after the last finding."""


class OpenFootage(Protocol):
    """Opens files."""

    def __call__(
        self, path: Path, region_hint: str | None, familiar: Sequence[FamiliarPlate]
    ) -> AbstractContextManager[Footage]:
        """Open a video or an image; its content tells which.

        Args:
            path: the file.
            region_hint: where most plates before its camera are from, such as `gb` or `us-ca`.
            familiar: plates that its camera saw before, the latest first.

        Raises:
            anpr.errors.UnreadableMedia: it is neither.
        """
