"""/events: what passed before the cameras."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from anpr.review import events
from functions.api.dependencies import Blobs, Caller, DbSession, RequestTelemetry, Search
from functions.api.limits import limit_searches
from functions.api.schemas.events import EventOut, EventPage, EventQuery, event_out

router = APIRouter(prefix="/events", tags=["events"])


@router.get("", summary="Find passages", dependencies=[Depends(limit_searches)])
def find_events(
    query: Annotated[EventQuery, Query()],
    session: DbSession,
    caller: Caller,
    blobs: Blobs,
    settings: Search,
    telemetry: RequestTelemetry,
) -> EventPage:
    """Find passages by time, camera, plate, score and review, newest first. A search for a plate is put on record."""
    wanted = query.filter()
    events.check_reason(wanted, query.reason, settings)
    page = events.search(session, caller.actor, wanted, query.page("events"), reason=query.reason, scope=caller.scope)
    plate = wanted.plate
    if plate is not None:
        telemetry.count("anpr_plate_searches_total")
    return EventPage(
        items=[
            event_out(event, blobs, None if plate is None else events.matched(event, plate)) for event in page.items
        ],
        next_cursor=page.next_cursor,
    )


@router.get("/{event_id}", summary="Get a passage")
def get_event(event_id: UUID, session: DbSession, caller: Caller, blobs: Blobs) -> EventOut:
    """One passage."""
    return event_out(events.get(session, event_id, scope=caller.scope), blobs)
