"""/events: what passed before the cameras."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from anpr.review import events
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, DbSession, RequestTelemetry
from functions.api.limits import limit_searches
from functions.api.resource import Resource
from functions.api.schemas.events import EventOut, EventPage, EventQuery, event_out
from functions.api.services.review import Review

router = Resource("/events", tag="events", about="Vehicles' passages, as read.")


@router.get("", summary="Find passages", dependencies=[Depends(limit_searches)])
@allows(Access.VIEWER, keys={"events:read"}, audits={"plate.searched"})
def find_events(
    query: Annotated[EventQuery, Query()],
    session: DbSession,
    caller: Caller,
    telemetry: RequestTelemetry,
    services: Review,
) -> EventPage:
    """Find passages by time, camera, plate, score and review, newest first. A search for a plate is put on record."""
    wanted = query.filter()
    events.check_reason(wanted, query.reason, services.search)
    page = events.search(session, caller.actor, wanted, query.page("events"), reason=query.reason, scope=caller.scope)
    plate = wanted.plate
    if plate is not None:
        telemetry.count("anpr_plate_searches_total")
    return EventPage(
        items=[
            event_out(event, services.blobs, None if plate is None else events.matched(event, plate))
            for event in page.items
        ],
        next_cursor=page.next_cursor,
    )


@router.get("/{event_id}", summary="Get a passage")
@allows(Access.VIEWER, keys={"events:read"})
def get_event(event_id: UUID, session: DbSession, caller: Caller, services: Review) -> EventOut:
    """One passage."""
    return event_out(events.get(session, event_id, scope=caller.scope), services.blobs)
