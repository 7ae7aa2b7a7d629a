"""/exports: reviewed events as training data or tables."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from anpr.governance.license_keys import Feature
from anpr.review.exports import requests
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, DbSession
from functions.api.licensing import requires
from functions.api.promises import Promises
from functions.api.resource import Resource
from functions.api.schemas.exports import ExportIn, ExportLink, ExportOut, ExportPage, ExportQuery, export_out
from functions.api.services.review import Review

router = Resource("/exports", tag="exports", about="Reviewed events as training data or tables.")


@router.post("", status_code=202, summary="Ask for an export", dependencies=[Depends(requires(Feature.EXPORTS))])
@allows(Access.REVIEWER, keys={"events:read", "exports:write"}, audits={"export.requested"})
def create_export(body: ExportIn, caller: Caller, promises: Promises, services: Review) -> ExportOut:
    """Have an archive made of the events that match; look at the export to see how far it is."""
    with promises.transaction() as session:
        export = requests.create(
            session, caller, body.request(), reason=body.reason, notify=body.notify, settings=services.exports
        )
        session.refresh(export)
    return export_out(export)


@router.get("", summary="List exports")
@allows(Access.REVIEWER, keys={"exports:read"})
def list_exports(query: Annotated[ExportQuery, Query()], session: DbSession, caller: Caller) -> ExportPage:
    """One's own exports; administrators see all. Newest first."""
    page = requests.find(session, caller, query.page("exports"))
    return ExportPage(items=[export_out(export) for export in page.items], next_cursor=page.next_cursor)


@router.get("/{export_id}", summary="Get an export")
@allows(Access.REVIEWER, keys={"exports:read"})
def get_export(export_id: UUID, session: DbSession, caller: Caller) -> ExportOut:
    """One export, and how far it is."""
    return export_out(requests.get(session, caller, export_id))


@router.post("/{export_id}/link", summary="Get a link to an export's archive")
@allows(Access.REVIEWER, keys={"events:read", "exports:write"}, audits={"export.downloaded"})
def link_export(export_id: UUID, session: DbSession, caller: Caller, services: Review) -> ExportLink:
    """A link to download the archive. That it was asked for is put on record."""
    return ExportLink(url=requests.link(session, services.blobs, caller, export_id))


@router.delete("/{export_id}", summary="Withdraw an export")
@allows(Access.REVIEWER, keys={"exports:write"}, audits={"export.withdrawn"})
def withdraw_export(export_id: UUID, caller: Caller, services: Review) -> ExportOut:
    """Stop its making, or take its archive away: with the answer, links that were given before lead to nothing."""
    # The row first, so that no new link is given while the archive goes, or where it cannot go yet.
    with services.database.transaction() as session:
        export = requests.withdraw(session, caller, export_id)
    requests.delete_archives(services.blobs, [export_id])
    return export_out(export)
