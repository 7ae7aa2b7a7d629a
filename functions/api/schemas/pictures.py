"""A single picture, in the backend's own form."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from anpr.capture.pictures import PlateInPicture, Wanted
from anpr.capture.reads import Outcome
from functions.api.answering import Answer
from functions.api.schemas.common import Line, Region, RequestModel, ResponseModel
from functions.api.schemas.reads import LocalOrZoned


class PictureQuery(RequestModel):
    """What is wanted of a picture."""

    camera: Annotated[
        Line | None,
        Field(
            min_length=1,
            max_length=200,
            description="Id, name or serial number of a camera: recorded for it; without one, nothing is kept.",
        ),
    ] = None
    captured_at: Annotated[
        LocalOrZoned | None,
        Field(description="When it was taken, if a camera is named; the same picture and time again count once."),
    ] = None
    region: Annotated[
        list[Region],
        Field(
            default_factory=list,
            max_length=20,
            description="Where most plates are from; by default, what the camera's `region_hint` says.",
        ),
    ]
    fast: Annotated[bool, Field(description="Take half the time, and perhaps miss small plates.")] = False
    least_score: Annotated[
        float | None, Field(ge=0, le=1, description="Of plates that are given; by default what counts as readable.")
    ] = None

    def wanted(self) -> Wanted:
        """The domain's form."""
        return Wanted(regions=frozenset(self.region), fast=self.fast, least_score=self.least_score)


class PictureBox(ResponseModel):
    """Where a plate is, in pixels of the upright picture."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


class PictureRegion(ResponseModel):
    """Where a plate is from."""

    code: str
    score: float


class PictureCandidate(ResponseModel):
    """A reading, with its share of the belief."""

    plate: str
    score: float


class PicturePlate(ResponseModel):
    """One plate in a picture."""

    plate: str
    score: float
    dscore: float
    readable: bool
    region: PictureRegion | None
    box: PictureBox
    candidates: list[PictureCandidate]
    outcome: Annotated[
        Outcome | None,
        Field(
            description="`recorded` as a new passage; `stitched` to one of the same plate some seconds before; "
            "`repeated` where the picture came before. Null where no camera is named."
        ),
    ]
    event_id: UUID | None


class PictureOut(ResponseModel):
    """What is in a picture."""

    plates: Annotated[list[PicturePlate], Field(description="The surest first.")]
    width: int
    height: int
    defect: Annotated[str | None, Field(description="What is wrong with the file, in words.")]
    camera_id: Annotated[UUID | None, Field(description="Null where no camera is named, and so nothing was kept.")]
    captured_at: datetime | None
    processing_ms: Annotated[float, Field(description="Of the reading, with the wait for its turn.")]


def picture_out(answer: Answer) -> PictureOut:
    """Render what is in a picture."""
    standing = answer.standing
    return PictureOut(
        plates=[_plate(*found) for found in answer.plates()],
        width=answer.read.width,
        height=answer.read.height,
        defect=answer.read.defect,
        camera_id=None if standing is None else standing.camera_id,
        captured_at=None if standing is None else standing.captured_at,
        processing_ms=answer.ms,
    )


def _plate(plate: PlateInPicture, outcome: Outcome | None, event_id: UUID | None) -> PicturePlate:
    return PicturePlate(
        plate=plate.plate,
        score=plate.score,
        dscore=plate.dscore,
        readable=plate.readable,
        region=None if plate.region is None else PictureRegion(code=plate.region[0], score=plate.region[1]),
        box=PictureBox.model_validate(plate.box),
        candidates=[PictureCandidate(plate=text, score=score) for text, score in plate.candidates],
        outcome=outcome,
        event_id=event_id,
    )
