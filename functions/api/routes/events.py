"""/events: what passed before the cameras."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Query, Response

from anpr.messages import Metric
from anpr.review import arrivals, events, evidence
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, DbSession, RequestTelemetry
from functions.api.limits import limit_searches
from functions.api.naming import known_to
from functions.api.resource import Resource
from functions.api.schemas.arrivals import RecentOut, RecentQuery, arrival_out
from functions.api.schemas.events import EventOut, EventPage, EventQuery, event_out
from functions.api.schemas.evidence import EvidenceIn, EvidenceOut, evidence_out
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
    plate, known = wanted.plate, known_to(caller, session, page.items)
    if plate is not None:
        telemetry.count(Metric.PLATE_SEARCHES)
    return EventPage(
        items=[
            event_out(event, services.blobs, known, None if plate is None else events.matched(event, plate))
            for event in page.items
        ],
        next_cursor=page.next_cursor,
    )


@router.get(
    "/recent",
    summary="Watch what comes in",
    response_model=RecentOut,
    responses={304: {"description": "All is as it was in the answer with this ETag."}},
)
@allows(Access.VIEWER, keys={"events:read", "bolos:read"})
def watch_events(
    query: Annotated[RecentQuery, Query()],
    session: DbSession,
    caller: Caller,
    services: Review,
    response: Response,
    if_none_match: Annotated[str | None, Header(max_length=200, description="The last answer's `ETag`.")] = None,
) -> RecentOut | Response:
    """The passages that were recorded last, with their hits; made to be asked for every other second.

    Send the last answer's `ETag` as `If-None-Match`: as long as nothing has changed, the answer is an empty 304. Of
    some cameras, those are listed that are among the newest 5,000 passages of all.
    """
    found = arrivals.newest(session, limit=query.limit, camera_ids=frozenset(query.camera_id), scope=caller.scope)
    known = known_to(caller, session, [arrival.event for arrival in found])
    etag = f'"{arrivals.fingerprint(found, known)}"'
    if if_none_match is not None and etag in if_none_match:
        return Response(status_code=304, headers={"etag": etag})
    response.headers["etag"] = etag
    return RecentOut(items=[arrival_out(arrival, services.blobs, known) for arrival in found])


@router.get("/{event_id}", summary="Get a passage")
@allows(Access.VIEWER, keys={"events:read"})
def get_event(event_id: UUID, session: DbSession, caller: Caller, services: Review) -> EventOut:
    """One passage."""
    event = events.get(session, event_id, scope=caller.scope)
    return event_out(event, services.blobs, known_to(caller, session, [event]))


@router.post("/{event_id}/evidence", status_code=201, summary="Take a passage as evidence")
@allows(Access.VIEWER, audits={"event.evidence_taken"})
def take_evidence(event_id: UUID, body: EvidenceIn, session: DbSession, caller: Caller) -> EvidenceOut:
    """What an evidence sheet says of where a passage came from. That it is taken, by whom and why, is put on record."""
    return evidence_out(evidence.take(session, caller.actor, event_id, reason=body.reason, scope=caller.scope))
