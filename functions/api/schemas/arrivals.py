"""What has just come in."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from anpr.models import BoloMatch, HitStatus, MatchedBy, Priority
from anpr.ports import BlobStore
from anpr.review.arrivals import Arrival
from anpr.review.vehicles import Known
from functions.api.schemas.common import RequestModel, ResponseModel
from functions.api.schemas.events import MAX_CAMERAS, EventOut, event_out


class RecentQuery(RequestModel):
    """What to watch."""

    limit: Annotated[int, Field(ge=1, le=200, description="The most passages to return.")] = 50
    camera_id: Annotated[
        list[UUID],
        Field(default_factory=list, max_length=MAX_CAMERAS, description="At this camera; may be repeated."),
    ]


class ArrivalHit(ResponseModel):
    """A hit of a passage, as far as a watcher needs it."""

    id: UUID
    status: HitStatus
    matched_by: MatchedBy
    alert: Annotated[bool, Field(description="False for a repeat within the list's interval.")]
    historical: bool
    priority: Priority
    list_name: str
    pattern: str


class ArrivalOut(EventOut):
    """A passage, with its hits."""

    hits: list[ArrivalHit]


class RecentOut(ResponseModel):
    """The passages that were recorded last, the latest first."""

    items: list[ArrivalOut]


def arrival_out(arrival: Arrival, blobs: BlobStore, known: Known) -> ArrivalOut:
    """Render a passage with its hits."""
    passage = dict(event_out(arrival.event, blobs, known))
    return ArrivalOut(**passage, hits=[_hit_out(hit) for hit in arrival.hits])


def _hit_out(hit: BoloMatch) -> ArrivalHit:
    return ArrivalHit(
        id=hit.id,
        status=hit.status,
        matched_by=hit.matched_by,
        alert=hit.alert,
        historical=hit.historical,
        priority=hit.list.priority,
        list_name=hit.list.name,
        pattern=hit.bolo.pattern,
    )
