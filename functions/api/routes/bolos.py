"""/bolos: wanted plates, and what they would have matched."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query

from anpr.alerts.bolos import backsearch, entries, patterns
from anpr.alerts.bolos.entries import EntryFields
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, DbSession
from functions.api.limits import limit_searches
from functions.api.naming import known_to
from functions.api.resource import Resource
from functions.api.schemas.bolos import (
    BackSearchIn,
    BackSearchOut,
    EntryIn,
    EntryOut,
    EntryPage,
    EntryPatch,
    EntryQuery,
    PreviewIn,
    PreviewOut,
    back_search_out,
    preview_out,
)
from functions.api.schemas.common import page_fields
from functions.api.services.alerts import Alerts

_NOT_COLUMNS = {"list_id", "confirm_broad", "search_back_days"}

router = Resource("/bolos", tag="bolos", about="Wanted plates: lists, entries, and the hits that they raise.")


@router.get("", summary="List wanted plates")
@allows(Access.VIEWER, keys={"bolos:read"})
def list_bolos(query: Annotated[EntryQuery, Query()], session: DbSession) -> EntryPage:
    """Entries of all lists or of one, newest first."""
    return EntryPage.model_validate(page_fields(entries.find(session, query.page("bolos"), query.filter())))


@router.post("", status_code=201, summary="Add a wanted plate")
@allows(Access.REVIEWER, keys={"bolos:write"}, audits={"bolo.created", "bolo.searched_back"})
def create_bolo(body: EntryIn, session: DbSession, caller: Caller) -> EntryOut:
    """Add a plate or pattern to a list. It acts on the next passage that is recorded."""
    fields = cast("EntryFields", body.model_dump(exclude=_NOT_COLUMNS))
    made = entries.create(session, caller.actor, body.list_id, fields, confirm_broad=body.confirm_broad)
    if body.search_back_days is not None:
        backsearch.back_search(session, caller, made.id, days=body.search_back_days, reason=body.reason)
    return EntryOut.model_validate(made)


@router.post("/preview", summary="Try a pattern on the past", dependencies=[Depends(limit_searches)])
@allows(Access.REVIEWER, keys={"bolos:write", "events:read"}, audits={"bolo.previewed"})
def preview_bolo(body: PreviewIn, session: DbSession, caller: Caller, services: Alerts) -> PreviewOut:
    """What a plate or pattern would have matched in the last days, at the cameras that the caller may see."""
    made = patterns.parse_pattern(body.pattern, kind=body.kind, tolerance=body.tolerance, region=body.region)
    found = backsearch.preview(session, caller, made, days=body.days, reason=body.reason)
    return preview_out(found, services.blobs, known_to(caller, session, [one.event for one in found.sample]))


@router.get("/{bolo_id}", summary="Get a wanted plate")
@allows(Access.VIEWER, keys={"bolos:read"})
def get_bolo(bolo_id: UUID, session: DbSession) -> EntryOut:
    """One entry."""
    return EntryOut.model_validate(entries.get(session, bolo_id))


@router.patch("/{bolo_id}", summary="Change a wanted plate")
@allows(Access.REVIEWER, keys={"bolos:write"}, audits={"bolo.changed"})
def change_bolo(bolo_id: UUID, body: EntryPatch, session: DbSession, caller: Caller) -> EntryOut:
    """Change what is given; hits that there are stay."""
    fields = cast("EntryFields", body.model_dump(exclude_unset=True, exclude=_NOT_COLUMNS))
    return EntryOut.model_validate(
        entries.update(session, caller.actor, bolo_id, fields, confirm_broad=body.confirm_broad)
    )


@router.delete("/{bolo_id}", status_code=204, summary="Remove a wanted plate")
@allows(Access.REVIEWER, keys={"bolos:write", "events:read"}, everywhere=True, audits={"bolo.deleted"})
def delete_bolo(bolo_id: UUID, session: DbSession, caller: Caller) -> None:
    """Remove an entry that never had a hit; one that has can be made inactive."""
    entries.delete(session, caller.actor, bolo_id)


@router.post("/{bolo_id}/back-search", summary="Search back for a wanted plate", dependencies=[Depends(limit_searches)])
@allows(Access.REVIEWER, keys={"bolos:write", "events:read"}, audits={"bolo.searched_back"})
def search_back(bolo_id: UUID, body: BackSearchIn, session: DbSession, caller: Caller) -> BackSearchOut:
    """Raise an entry's historical hits of the last days. They alert nobody, and are listed with the others."""
    return back_search_out(backsearch.back_search(session, caller, bolo_id, days=body.days, reason=body.reason))
