"""Insight: how much passed, and how much of it was read."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from anpr.review.traffic import MAX_SPAN, Step, TrafficQuery
from functions.api.schemas.common import RequestModel, ResponseModel, Timestamp

_MAX_CAMERAS = 50
_HOUR = timedelta(hours=1)


class TrafficParameters(RequestModel):
    """Which passages to count; as many as can be asked for at once unless a time is given."""

    captured_from: Timestamp | None = None
    captured_to: Timestamp | None = None
    step: Annotated[Step, Field(description="Count by hour, at most 31 days of them, or by day, at most 366.")] = (
        Step.HOUR
    )
    camera_id: Annotated[
        list[UUID],
        Field(default_factory=list, max_length=_MAX_CAMERAS, description="At this camera; may be repeated."),
    ]

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        end = self.captured_to or datetime.now(UTC)
        longest = MAX_SPAN[self.step]
        # Who asks for whole days asks for an hour more where clocks are put back meanwhile.
        if self.captured_from is not None and not timedelta(0) < end - self.captured_from <= longest + _HOUR:
            raise ValueError(f"captured_from must be before captured_to, by at most {longest.days} days")
        return self

    def query(self) -> TrafficQuery:
        """The domain's form."""
        end = self.captured_to or datetime.now(UTC)
        begin = self.captured_from or end - MAX_SPAN[self.step]
        return TrafficQuery(begin, end, self.step, frozenset(self.camera_id))


class TrafficOut(ResponseModel):
    """One camera's passages of one hour or day."""

    camera_id: UUID
    start: Annotated[datetime, Field(description="When the hour or day begins, in the camera's time zone.")]
    passages: int
    unreadable: Annotated[int, Field(description="Those whose plate could not be read.")]
    score: Annotated[float | None, Field(description="Mean score of the reads of the others.")]


class TrafficList(ResponseModel):
    """Counts by time and camera, the earliest first; where nothing passed there is none."""

    items: list[TrafficOut]


class LastPassageOut(ResponseModel):
    """What passed before a camera last."""

    camera_id: UUID
    event_id: UUID
    captured_at: datetime


class LastPassageList(ResponseModel):
    """By camera, the one where something passed last first; cameras that nothing has passed are not in it."""

    items: list[LastPassageOut]
