"""Single pictures, read at once: what is asked, and what is answered, as frozen values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from anpr_client.calls import Call
from anpr_client.models import Box, Candidate, Model, Region


class PicturePlate(Model):
    """A plate in a picture.

    Attributes:
        readable: whether it is sure enough to be searched for.
        outcome: `recorded` as a new passage, `stitched` to one of some seconds before, `repeated` where the picture
            came before; None where no camera was named.
        event_id: its passage.
    """

    plate: str
    score: float
    dscore: float
    readable: bool
    region: Region | None
    box: Box
    candidates: list[Candidate]
    outcome: str | None
    event_id: UUID | None


class Picture(Model):
    """What is in a picture.

    Attributes:
        plates: the surest first.
        width: of the upright picture, px.
        height: the same.
        defect: what is wrong with the file, in words.
        camera_id: None where no camera was named, and so nothing was kept.
        processing_ms: of the reading, with the wait for its turn.
    """

    plates: list[PicturePlate]
    width: int
    height: int
    defect: str | None
    camera_id: UUID | None
    captured_at: datetime | None
    processing_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is wanted of a picture.

    Attributes:
        camera: id, name or serial number of the camera that it is recorded for; None where nothing is to be kept.
        captured_at: when it was taken; now by default.
        regions: where most plates are from; what the camera's `region_hint` says by default.
        fast: half the time, and perhaps small plates missed.
        least_score: of plates that are given; by default what counts as readable.
    """

    camera: UUID | str | None = None
    captured_at: datetime | None = None
    regions: Sequence[str] = ()
    fast: bool = False
    least_score: float | None = None

    def call(self, picture: bytes | Path | str) -> Call:
        """The request for one picture: a file, or its content."""
        return Call(
            method="POST",
            path="/read",
            params={
                "camera": self.camera,
                "captured_at": self.captured_at,
                "region": list(self.regions),
                "fast": self.fast or None,
                "least_score": self.least_score,
            },
            content=picture if isinstance(picture, bytes) else Path(picture).read_bytes(),
            headers={"content-type": "application/octet-stream"},
            # What is named with its time counts once, and where nothing is kept there is nothing to count.
            repeatable=self.camera is None or self.captured_at is not None,
        )
