"""Passages."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from anpr import plate_query
from anpr.models import Event, ReviewStatus
from anpr.plate_query import How, Match, Matched
from anpr.plates import normalize
from anpr.ports import BlobStore
from anpr.review.events import EventFilter
from anpr.review.vehicles import Known
from functions.api.schemas.common import Line, PageOut, PageQuery, ResponseModel, Timestamp
from functions.api.schemas.common import Region as RegionCode

MAX_CAMERAS = 50


class EventQuery(PageQuery):
    """Which passages to find."""

    captured_from: Annotated[Timestamp | None, Field(description="Not before this time.")] = None
    captured_to: Annotated[Timestamp | None, Field(description="Before this time.")] = None
    processed_from: Annotated[
        Timestamp | None,
        Field(description="Recorded here not before this time, whenever they were captured: what is new since then."),
    ] = None
    camera_id: Annotated[
        list[UUID],
        Field(default_factory=list, max_length=MAX_CAMERAS, description="At this camera; may be repeated."),
    ]
    plate: Annotated[
        Line | None,
        Field(
            min_length=1,
            max_length=64,
            description="A plate, with or without separators; or a pattern: `?` is one character, `*` is any run.",
        ),
    ] = None
    match: Annotated[
        Match | None, Field(description="How to compare; by default `wildcard` if the plate has one, else `exact`.")
    ] = None
    max_edits: Annotated[
        int | None,
        Field(
            ge=0,
            le=2,
            description="With `match=fuzzy`: how many characters may be wrong, missing or too many; 1 by default. "
            "Look-alikes such as O and 0 do not count.",
        ),
    ] = None
    min_score: Annotated[float | None, Field(ge=0, le=1)] = None
    readable: bool | None = None
    review_status: ReviewStatus | None = None
    region: Annotated[
        RegionCode | None,
        Field(description="Where people and machine together say that it is from; a country includes its states."),
    ] = None
    reason: Annotated[
        Line | None,
        Field(min_length=3, max_length=500, description="Why a plate is searched for; kept in the audit log."),
    ] = None

    def filter(self) -> EventFilter:
        """The domain's form of the query.

        Raises:
            Unprocessable: the plate cannot be one.
        """
        plate = None
        if self.plate is not None:
            plate = plate_query.parse(self.plate, self.match, max_edits=self.max_edits)
        return EventFilter(
            captured_from=self.captured_from,
            captured_to=self.captured_to,
            processed_from=self.processed_from,
            camera_ids=frozenset(self.camera_id),
            plate=plate,
            min_score=self.min_score,
            readable=self.readable,
            review_status=self.review_status,
            region=self.region,
        )


class Region(ResponseModel):
    """Where a plate is from."""

    code: str
    score: float | None


class Box(ResponseModel):
    """Where the plate is in the best frame, in pixels."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


class Candidate(ResponseModel):
    """One possible reading."""

    plate: str
    score: float


class MatchOut(ResponseModel):
    """How a passage matches the plate that was searched for."""

    how: How
    distance: Annotated[int, Field(description="Edits between the two, look-alikes not counted.")]


class KnownAs(ResponseModel):
    """The known vehicle that a passage is of."""

    id: UUID
    name: str


class EventOut(ResponseModel):
    """One vehicle's passage before one camera."""

    id: UUID
    upload_id: UUID
    camera_id: UUID
    passage_no: int
    engine: Annotated[str, Field(description="What read it: `anpr` is this backend, others handed their reads in.")]
    model: Annotated[
        str | None,
        Field(description="The networks that read it, each with digits of its file's SHA-256; null of other engines."),
    ]
    plate: Annotated[str, Field(description="What the machine read; `?` where it was unsure of a character.")]
    plate_normalized: Annotated[str, Field(description="The same in letters and digits alone.")]
    raw_plate: Annotated[str, Field(description="The text as it was read.")]
    readable: bool
    score: Annotated[float, Field(description="Confidence of the read, from 0 to 1.")]
    dscore: Annotated[float, Field(description="Confidence that there is a plate at all.")]
    region: Region | None
    candidates: list[Candidate]
    vehicle: dict[str, Any] | None
    box: Annotated[Box | None, Field(description="Null where the engine that read it did not say.")]
    captured_at: Annotated[datetime, Field(description="When the best frame was taken.")]
    first_seen_at: datetime
    last_seen_at: datetime
    processed_at: datetime
    first_frame: int
    last_frame: int
    best_frame: int
    frames_seen: int
    frames_agreeing: Annotated[int, Field(description="In how many frames the plate read the same.")]
    review_status: ReviewStatus
    reviewed_plate: Annotated[str | None, Field(description="What a person says that it reads, if they differ.")]
    reviewed_region: Annotated[
        str | None, Field(description="Where a person says that it is from; null if nobody said.")
    ]
    effective_plate: Annotated[
        str | None, Field(description="What people and machine together say; null for a rejected passage.")
    ]
    effective_region: Annotated[
        str | None,
        Field(description="Where people and machine together say that it is from; null where that is unknown."),
    ]
    known_as: Annotated[
        KnownAs | None,
        Field(
            description="The known vehicle that the effective plate is of. Null too for an API key that lacks "
            "`vehicles:read`, and where the plate is unsure."
        ),
    ]
    crop_url: Annotated[str | None, Field(description="Link to the plate's image, good for an hour.")]
    frame_url: Annotated[str | None, Field(description="Link to the whole frame, good for an hour.")]
    match: Annotated[MatchOut | None, Field(description="Only in a search for a plate.")] = None


class EventPage(PageOut[EventOut]):
    """Passages, newest first."""


def _box(event: Event) -> Box | None:
    corners = (event.box_xmin, event.box_ymin, event.box_xmax, event.box_ymax)
    return None if None in corners else Box.model_validate(dict(zip(Box.model_fields, corners, strict=True)))


def event_out(event: Event, blobs: BlobStore, known: Known, matched: Matched | None = None) -> EventOut:
    """Render a passage, with its vehicle's name, and links to its images while there are any."""
    vehicle = known.get(event.id)
    kept = event.media_deleted_at is None
    crop, frame = (event.crop_key, event.frame_key) if kept else (None, None)
    return EventOut(
        id=event.id,
        upload_id=event.upload_id,
        camera_id=event.camera_id,
        passage_no=event.passage_no,
        engine=event.engine,
        model=event.model,
        plate=event.plate,
        plate_normalized=normalize(event.plate),
        raw_plate=event.raw_plate,
        readable=event.readable,
        score=event.score,
        dscore=event.dscore,
        region=None if event.region_code is None else Region(code=event.region_code, score=event.region_score),
        candidates=[Candidate(plate=found["plate"], score=found["score"]) for found in event.candidates],
        vehicle=event.vehicle,
        box=_box(event),
        captured_at=event.captured_at,
        first_seen_at=event.first_seen_at,
        last_seen_at=event.last_seen_at,
        processed_at=event.processed_at,
        first_frame=event.first_frame,
        last_frame=event.last_frame,
        best_frame=event.best_frame,
        frames_seen=event.frames_seen,
        frames_agreeing=event.frames_agreeing,
        review_status=event.review_status,
        reviewed_plate=event.reviewed_plate,
        reviewed_region=event.reviewed_region_code,
        effective_plate=event.effective_plate,
        effective_region=event.effective_region,
        known_as=None if vehicle is None else KnownAs.model_validate(vehicle),
        crop_url=None if crop is None else blobs.presign_get(crop),
        frame_url=None if frame is None else blobs.presign_get(frame),
        match=None if matched is None else MatchOut(how=matched.how, distance=matched.distance),
    )
