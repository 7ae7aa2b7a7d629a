"""Review: the queue, verdicts, agreement."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from anpr.models import Correction, RejectReason, Review, Urgency, Verdict
from anpr.ports import BlobStore
from anpr.review.agreement import AgreementQuery
from anpr.review.vehicles import Known
from anpr.review.verdicts import Opinion
from functions.api.schemas.common import Line, Region, RequestModel, ResponseModel, Text, Timestamp
from functions.api.schemas.events import EventOut, event_out

_MAX_CAMERAS = 50
_DEFAULT_SPAN = timedelta(weeks=12)
_MAX_SPAN = timedelta(days=731)

Note = Annotated[Text, Field(max_length=1000)]


class QueueQuery(RequestModel):
    """Which part of the queue to look at."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    camera_id: Annotated[
        list[UUID],
        Field(default_factory=list, max_length=_MAX_CAMERAS, description="At this camera; may be repeated."),
    ]


class ClaimIn(RequestModel):
    """How many events to claim, and at which cameras."""

    count: Annotated[int, Field(ge=1, le=20)] = 1
    camera_ids: Annotated[
        frozenset[UUID], Field(max_length=_MAX_CAMERAS, description="Empty for all that the caller may see.")
    ] = frozenset()


class VerdictIn(RequestModel):
    """What a reviewer says of a read."""

    verdict: Verdict
    plate: Annotated[
        Line | None, Field(max_length=64, description="The right text; needed by `corrected`, and only there.")
    ] = None
    region: Annotated[
        Region | None,
        Field(
            description="With `corrected`: where the plate is from, as in ISO 3166, such as `gb` or `us-ca`.",
        ),
    ] = None
    reject_reason: Annotated[RejectReason | None, Field(description="Needed by `rejected`, and only there.")] = None
    note: Note = ""
    supersedes: Annotated[
        UUID | None,
        Field(description="The verdict that stands on the event and is to be replaced; see the event's history."),
    ] = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.verdict is not Verdict.CORRECTED and (self.plate is not None or self.region is not None):
            raise ValueError("plate and region go with the verdict corrected")
        if self.verdict is Verdict.CORRECTED and self.plate is None:
            raise ValueError("a correction needs the plate")
        if (self.verdict is Verdict.REJECTED) != (self.reject_reason is not None):
            raise ValueError("reject_reason goes with the verdict rejected, which needs it")
        return self

    def opinion(self) -> Opinion:
        """The domain's form."""
        return Opinion(self.verdict, self.plate, self.region, self.reject_reason, self.note, self.supersedes)


class SecondOpinionIn(RequestModel):
    """What the other reviewer should look at."""

    note: Note = ""


class ReviewOut(ResponseModel):
    """An event's place in the review queue."""

    event: EventOut
    doubt: Annotated[float, Field(description="How unsure the machine's read is, from 0 to 1.")]
    open_hit: Annotated[bool, Field(description="An unverified hit hangs on it.")]
    second_opinion: Annotated[bool, Field(description="Somebody asked for a second opinion.")]
    second_opinion_note: str
    disagreement: Annotated[bool, Field(description="The last second opinion differed from the verdict before.")]
    open: Annotated[bool, Field(description="It waits for a verdict.")]
    claimed_by: UUID | None
    claimed_until: datetime | None


class VerdictOut(ResponseModel):
    """A verdict."""

    id: UUID
    event_id: UUID
    reviewer_id: UUID | None
    reviewer: Annotated[str | None, Field(description="Name of who gave it, or their e-mail address.")]
    verdict: Verdict
    plate: str | None
    region: str | None
    reject_reason: RejectReason | None
    note: str
    supersedes: UUID | None
    second_opinion: bool
    created_at: datetime
    undone_at: datetime | None
    undone_by: UUID | None


class ReviewList(ResponseModel):
    """Reviews, the most urgent first."""

    items: list[ReviewOut]


class VerdictList(ResponseModel):
    """Verdicts, the newest first."""

    items: list[VerdictOut]


class AgreementParameters(RequestModel):
    """Which events to compare; the last twelve weeks unless a time is given."""

    captured_from: Timestamp | None = None
    captured_to: Timestamp | None = None
    camera_id: Annotated[
        list[UUID],
        Field(default_factory=list, max_length=_MAX_CAMERAS, description="At this camera; may be repeated."),
    ]

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        end = self.captured_to or datetime.now(UTC)
        if self.captured_from is not None and not timedelta(0) < end - self.captured_from <= _MAX_SPAN:
            raise ValueError("captured_from must be before captured_to, by at most two years")
        return self

    def query(self) -> AgreementQuery:
        """The domain's form."""
        end = self.captured_to or datetime.now(UTC)
        return AgreementQuery(self.captured_from or end - _DEFAULT_SPAN, end, frozenset(self.camera_id))


class AgreementOut(ResponseModel):
    """One camera's reviewed events of one ISO week."""

    camera_id: UUID
    week: Annotated[date, Field(description="The Monday it starts with, in the camera's time zone.")]
    confirmed: int
    corrected: int
    rejected: int
    agreement: Annotated[float | None, Field(description="Share of right texts among the events with a plate.")]
    character_agreement: Annotated[float | None, Field(description="Mean share of right characters among those.")]
    second_opinions: int
    disagreements: int


class AgreementList(ResponseModel):
    """Figures by week and camera, the oldest week first."""

    items: list[AgreementOut]


def review_out(review: Review, blobs: BlobStore, known: Known) -> ReviewOut:
    """Render a review with its event."""
    return ReviewOut(
        event=event_out(review.event, blobs, known),
        doubt=review.doubt,
        open_hit=bool(review.urgency & Urgency.OPEN_HIT),
        second_opinion=bool(review.urgency & Urgency.SECOND_OPINION),
        second_opinion_note=review.second_opinion_note,
        disagreement=review.disagreement,
        open=review.open,
        claimed_by=review.claimed_by,
        claimed_until=review.claimed_until,
    )


def verdict_out(correction: Correction) -> VerdictOut:
    """Render a verdict."""
    given_by = correction.reviewer
    name = None if given_by is None else given_by.full_name or given_by.email
    return VerdictOut(
        id=correction.id,
        event_id=correction.event_id,
        reviewer_id=correction.reviewer_id,
        reviewer=name,
        verdict=correction.verdict,
        plate=correction.plate,
        region=correction.region_code,
        reject_reason=correction.reject_reason,
        note=correction.note,
        supersedes=correction.supersedes_id,
        second_opinion=correction.second_opinion,
        created_at=correction.created_at,
        undone_at=correction.undone_at,
        undone_by=correction.undone_by,
    )
