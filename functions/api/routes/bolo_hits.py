"""/bolos/hits: passages that matched wanted plates, and what people make of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from anpr.alerts.bolos import hits
from functions.api.dependencies import Blobs, Caller, DbSession
from functions.api.promises import Promises
from functions.api.schemas.bolo_hits import HitOut, HitPage, HitPatch, HitQuery, hit_out

router = APIRouter(prefix="/bolos/hits", tags=["bolos"])


@router.get("", summary="List hits")
def list_hits(query: Annotated[HitQuery, Query()], session: DbSession, caller: Caller, blobs: Blobs) -> HitPage:
    """Hits at the cameras that the caller may see, the latest capture first."""
    page = hits.find(session, query.page("bolo-hits"), query.filter(), scope=caller.scope)
    return HitPage(items=[hit_out(hit, blobs) for hit in page.items], next_cursor=page.next_cursor)


@router.get("/{hit_id}", summary="Get a hit")
def get_hit(hit_id: UUID, session: DbSession, caller: Caller, blobs: Blobs) -> HitOut:
    """One hit."""
    return hit_out(hits.get(session, hit_id, scope=caller.scope), blobs)


@router.patch("/{hit_id}", summary="Say what a hit was")
def judge_hit(hit_id: UUID, body: HitPatch, caller: Caller, blobs: Blobs, promises: Promises) -> HitOut:
    """Verified, a wrong read, a wrong vehicle, dismissed, or unverified again. Webhooks and subscribers are told."""
    with promises.transaction() as session:
        judged = hits.judge(session, caller, hit_id, body.status, body.note)
    return hit_out(judged, blobs)
