"""/bolos/hits: passages that matched wanted plates, and what people make of them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from anpr.alerts.bolos import hits
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, DbSession
from functions.api.naming import known_to
from functions.api.promises import Promises
from functions.api.resource import Resource
from functions.api.schemas.bolo_hits import HitOut, HitPage, HitPatch, HitQuery, hit_out
from functions.api.services.alerts import Alerts

router = Resource("/bolos/hits", tag="bolos")


@router.get("", summary="List hits")
@allows(Access.VIEWER, keys={"bolos:read", "events:read"})
def list_hits(query: Annotated[HitQuery, Query()], session: DbSession, caller: Caller, services: Alerts) -> HitPage:
    """Hits at the cameras that the caller may see, the latest capture first."""
    page = hits.find(session, query.page("bolo-hits"), query.filter(), scope=caller.scope)
    known = known_to(caller, session, [hit.event for hit in page.items])
    return HitPage(items=[hit_out(hit, services.blobs, known) for hit in page.items], next_cursor=page.next_cursor)


@router.get("/{hit_id}", summary="Get a hit")
@allows(Access.VIEWER, keys={"bolos:read", "events:read"})
def get_hit(hit_id: UUID, session: DbSession, caller: Caller, services: Alerts) -> HitOut:
    """One hit."""
    hit = hits.get(session, hit_id, scope=caller.scope)
    return hit_out(hit, services.blobs, known_to(caller, session, [hit.event]))


@router.patch("/{hit_id}", summary="Say what a hit was")
@allows(Access.REVIEWER, keys={"bolos:write", "events:read"}, audits={"bolo_hit.judged"})
def judge_hit(hit_id: UUID, body: HitPatch, caller: Caller, promises: Promises, services: Alerts) -> HitOut:
    """Verified, a wrong read, a wrong vehicle, dismissed, or unverified again. Webhooks and subscribers are told."""
    with promises.transaction() as session:
        judged = hits.judge(session, caller, hit_id, body.status, body.note)
        known = known_to(caller, session, [judged.event])
    return hit_out(judged, services.blobs, known)
