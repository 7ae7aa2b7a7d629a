"""/admin/…: the audit log, legal holds, receipts of deletion, and what is kept of one vehicle."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Path, Query

from anpr.governance import audit_log, audit_verification, deletion, holds, subjects
from anpr.governance.audit_verification import Thoroughness
from anpr.governance.subjects import ErasureRequest
from anpr.review import vehicles
from functions.api.access import Access, allows
from functions.api.dependencies import CallerActor, DbSession
from functions.api.limits import limit_searches
from functions.api.resource import Resource
from functions.api.schemas.common import Line, PageQuery, page_fields
from functions.api.schemas.events import event_out
from functions.api.schemas.governance import (
    AuditCheck,
    AuditPage,
    AuditQuery,
    ErasureOut,
    ErasureQuery,
    HoldIn,
    HoldList,
    HoldOut,
    HoldQuery,
    ReasonQuery,
    ReceiptPage,
    RetentionOut,
    SubjectHit,
    SubjectOut,
    SubjectQuery,
    audit_check,
    audit_out,
)
from functions.api.schemas.vehicles import VehicleOut
from functions.api.services.governance import Governance

ANCHORS_LOOKED_AT: Final = 100

router = Resource("/admin", tag="admin", about="The audit log, legal holds, receipts, and what is kept of a vehicle.")

Plate = Annotated[Line, Path(min_length=1, max_length=32, description="With or without separators; no pattern.")]


@router.get("/audit", summary="Read the audit log")
@allows(Access.ADMIN, everywhere=True)
def list_audit(query: Annotated[AuditQuery, Query()], session: DbSession) -> AuditPage:
    """Who did what, when and why, newest first."""
    page = audit_log.find(session, query.page("audit"), query.filter())
    return AuditPage(items=[audit_out(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/audit/verification", summary="Check the audit log")
@allows(Access.ADMIN, everywhere=True)
def verify_audit(session: DbSession, services: Governance) -> AuditCheck:
    """Walk the chain of hashes from its start, and hold it against its last hundred anchors.

    `anpr audit verify` takes less time for a long log, and looks at all anchors.
    """
    thoroughness = Thoroughness(recent=ANCHORS_LOOKED_AT)
    return audit_check(audit_verification.verify(session, services.anchors, thoroughness))


@router.get("/holds", summary="List legal holds")
@allows(Access.ADMIN, everywhere=True)
def list_holds(query: Annotated[HoldQuery, Query()], session: DbSession) -> HoldList:
    """What retention leaves alone, newest first."""
    found = holds.find(session, case_number=query.case_number, active=query.active)
    return HoldList(items=[HoldOut.model_validate(hold) for hold in found])


@router.post("/holds", status_code=201, summary="Place a legal hold")
@allows(Access.ADMIN, everywhere=True, audits={"hold.placed"})
def place_hold(body: HoldIn, session: DbSession, actor: CallerActor) -> HoldOut:
    """Keep what a case needs from being deleted, until the hold is released."""
    return HoldOut.model_validate(holds.place(session, actor, body.new()))


@router.delete("/holds/{hold_id}", summary="Release a legal hold")
@allows(Access.ADMIN, everywhere=True, audits={"hold.released"})
def release_hold(
    hold_id: UUID, query: Annotated[ReasonQuery, Query()], session: DbSession, actor: CallerActor
) -> HoldOut:
    """End a hold; what it held is deleted in its time again."""
    return HoldOut.model_validate(holds.release(session, actor, hold_id, reason=query.reason))


@router.get("/retention", summary="Get how long what is kept")
@allows(Access.ADMIN, everywhere=True)
def get_retention(services: Governance) -> RetentionOut:
    """The deployment's settings, in days from when something was recorded here; null keeps it for ever."""
    return RetentionOut.model_validate(services.retention)


@router.get("/receipts", summary="List receipts of deletion")
@allows(Access.ADMIN, everywhere=True)
def list_receipts(query: Annotated[PageQuery, Query()], session: DbSession) -> ReceiptPage:
    """What retention and erasures deleted, newest first."""
    return ReceiptPage.model_validate(page_fields(deletion.receipts(session, query.page("receipts"))))


@router.get("/subjects/{plate}", summary="Get what is kept of a vehicle", dependencies=[Depends(limit_searches)])
@allows(Access.ADMIN, everywhere=True, audits={"subject.exported"})
def get_subject(
    plate: Plate, query: Annotated[SubjectQuery, Query()], session: DbSession, actor: CallerActor, services: Governance
) -> SubjectOut:
    """All passages of one vehicle with their images, for the person who asks for them. It is put on record."""
    subject = subjects.describe(session, plate)
    page = subjects.passages(session, actor, plate, query.page("subjects"), reason=query.reason)
    known = vehicles.known_as(session, page.items)
    return SubjectOut(
        plate=subject.plate,
        passages=subject.passages,
        hits=subject.hits,
        archives=subject.archives,
        searches=subject.searches,
        vehicles=[VehicleOut.model_validate(vehicle) for vehicle in subject.vehicles],
        items=[event_out(event, services.blobs, known) for event in page.items],
        item_hits=[SubjectHit.model_validate(hit) for hit in subjects.hits_of(session, page.items)],
        next_cursor=page.next_cursor,
    )


@router.delete("/subjects/{plate}", summary="Erase what is kept of a vehicle")
@allows(Access.ADMIN, everywhere=True, audits={"subject.erased"})
def erase_subject(
    plate: Plate, query: Annotated[ErasureQuery, Query()], actor: CallerActor, services: Governance
) -> ErasureOut:
    """Delete a vehicle's passages, images, source files and archives. What a case holds stays, and so do hits."""
    request = ErasureRequest(reason=query.reason, include_hits=query.include_hits)
    done = subjects.erase(services.database, services.blobs, actor, plate, request)
    return ErasureOut.model_validate(done)
