"""/exports: reviewed events as training data or tables."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from anpr.governance.license_keys import Feature
from anpr.review.exports import requests
from functions.api.dependencies import Blobs, Caller, DbSession, Exporting, Services
from functions.api.licensing import requires
from functions.api.promises import Promises
from functions.api.schemas.exports import ExportIn, ExportLink, ExportOut, ExportPage, ExportQuery, export_out

router = APIRouter(prefix="/exports", tags=["exports"])


@router.post("", status_code=202, summary="Ask for an export", dependencies=[Depends(requires(Feature.EXPORTS))])
def create_export(body: ExportIn, caller: Caller, settings: Exporting, promises: Promises) -> ExportOut:
    """Have an archive made of the events that match; look at the export to see how far it is."""
    with promises.transaction() as session:
        export = requests.create(
            session, caller, body.request(), reason=body.reason, notify=body.notify, settings=settings
        )
        session.refresh(export)
    return export_out(export)


@router.get("", summary="List exports")
def list_exports(query: Annotated[ExportQuery, Query()], session: DbSession, caller: Caller) -> ExportPage:
    """One's own exports; administrators see all. Newest first."""
    page = requests.find(session, caller, query.page("exports"))
    return ExportPage(items=[export_out(export) for export in page.items], next_cursor=page.next_cursor)


@router.get("/{export_id}", summary="Get an export")
def get_export(export_id: UUID, session: DbSession, caller: Caller) -> ExportOut:
    """One export, and how far it is."""
    return export_out(requests.get(session, caller, export_id))


@router.post("/{export_id}/link", summary="Get a link to an export's archive")
def link_export(export_id: UUID, session: DbSession, caller: Caller, blobs: Blobs) -> ExportLink:
    """A link to download the archive. That it was asked for is put on record."""
    return ExportLink(url=requests.link(session, blobs, caller, export_id))


@router.delete("/{export_id}", summary="Withdraw an export")
def withdraw_export(export_id: UUID, services: Services, caller: Caller, blobs: Blobs) -> ExportOut:
    """Stop its making, or take its archive away: with the answer, links that were given before lead to nothing."""
    # The row first, so that no new link is given while the archive goes, or where it cannot go yet.
    with services.database.transaction() as session:
        export = requests.withdraw(session, caller, export_id)
    requests.delete_archives(blobs, [export_id])
    return export_out(export)
