"""The audit log, legal holds, receipts, and what is kept of a vehicle."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from anpr.governance.audit_log import AuditFilter
from anpr.governance.audit_verification import Verification
from anpr.governance.holds import NewHold
from anpr.models import AuditRecord, DeletionKind, HitStatus, MatchedBy
from functions.api.schemas.common import Line, PageOut, PageQuery, RequestModel, ResponseModel, Text, Timestamp
from functions.api.schemas.events import EventOut
from functions.api.schemas.vehicles import VehicleOut

Reason = Annotated[Text, Field(min_length=3, max_length=500, description="Kept in the audit log.")]


class AuditQuery(PageQuery):
    """Which records to list."""

    actor_id: UUID | None = None
    action: Annotated[Line | None, Field(max_length=100)] = None
    target: Annotated[Line | None, Field(max_length=200, description="Such as `plate:B172WAW` or `event:…`.")] = None
    start: Annotated[Timestamp | None, Field(description="Not before this time.")] = None
    end: Annotated[Timestamp | None, Field(description="Before this time.")] = None

    def filter(self) -> AuditFilter:
        """The domain's form of the query."""
        return AuditFilter(
            actor_id=self.actor_id, action=self.action, target=self.target, start=self.start, end=self.end
        )


class AuditOut(ResponseModel):
    """One record."""

    seq: int
    at: datetime
    actor_id: UUID | None
    actor: str
    action: str
    target: str
    reason: str | None
    detail: dict[str, Any]
    request_id: str | None
    hash: Annotated[str, Field(description="SHA-256 over this record and the hash of the one before, as hex.")]


class AuditPage(PageOut[AuditOut]):
    """Records, newest first."""


class AuditCheck(ResponseModel):
    """Whether the log is as it was written."""

    ok: bool
    findings: Annotated[list[str], Field(description="What is wrong, each in a sentence; none if all is well.")]
    broken_at: Annotated[int | None, Field(description="The first record that is not what it was.")]
    seq: Annotated[int | None, Field(description="The newest record. Keep it and its hash elsewhere.")]
    hash: str | None
    anchors: Annotated[int, Field(description="How often the log's end was noted outside the database.")]
    anchored_seq: Annotated[int | None, Field(description="The log's newest record the last time.")]
    anchored_at: datetime | None
    anchor_key: Annotated[str | None, Field(description="The Ed25519 key that signed the anchors, as base64url.")]
    restarts: Annotated[list[str], Field(description="Why the anchors were begun anew, where they were.")]


class HoldIn(RequestModel):
    """A legal hold to place. With a case number alone it holds the hits of that case's wanted plates."""

    case_number: Annotated[Line, Field(min_length=1, max_length=100)]
    reason: Reason
    plate: Annotated[Line | None, Field(min_length=1, max_length=32)] = None
    camera_id: UUID | None = None
    captured_from: Timestamp | None = None
    captured_to: Annotated[Timestamp | None, Field(description="Not included.")] = None

    def new(self) -> NewHold:
        """The domain's form of the body."""
        return NewHold(**self.model_dump())


class HoldQuery(RequestModel):
    """Which holds to list."""

    case_number: Annotated[Line | None, Field(max_length=100)] = None
    active: Annotated[bool, Field(description="False lists released ones too.")] = True


class HoldOut(ResponseModel):
    """A legal hold."""

    id: UUID
    case_number: str
    reason: str
    plate: str | None
    camera_id: UUID | None
    captured_from: datetime | None
    captured_to: datetime | None
    created_by: UUID | None
    created_at: datetime
    released_at: datetime | None


class HoldList(ResponseModel):
    """Holds, newest first."""

    items: list[HoldOut]


class ReasonQuery(RequestModel):
    """Why."""

    reason: Reason


class RetentionOut(ResponseModel):
    """For how many days each class of data is kept, counted from when it was recorded here."""

    uploads_days: Annotated[int | None, Field(description="Uploaded files.")]
    crops_days: Annotated[int | None, Field(description="Crops and frames of passages without a hit.")]
    events_days: Annotated[int | None, Field(description="Passages without a hit, and uploads left empty.")]
    hits_days: Annotated[int | None, Field(description="Passages with a hit, their crops and frames.")]
    audit_days: Annotated[int | None, Field(description="Audit records.")]


class ReceiptOut(ResponseModel):
    """What one run of retention, or one erasure, deleted."""

    id: UUID
    kind: DeletionKind
    started_at: datetime
    finished_at: datetime
    cutoffs: Annotated[dict[str, datetime], Field(description="What was recorded before went, by class.")]
    deleted: dict[str, int]
    kept: dict[str, int]


class ReceiptPage(PageOut[ReceiptOut]):
    """Receipts, newest first."""


class SubjectQuery(PageQuery):
    """Which page of what is kept, and why it is asked for."""

    reason: Reason


class SubjectHit(ResponseModel):
    """That a passage was a hit of a wanted plate."""

    event_id: UUID
    matched_by: MatchedBy
    status: HitStatus
    created_at: datetime


class SubjectOut(ResponseModel):
    """What is kept of one vehicle."""

    plate: str
    passages: int
    hits: int
    archives: Annotated[int, Field(description="Exported archives that it is in.")]
    searches: Annotated[int, Field(description="How often the plate was searched for, as far as the log goes back.")]
    vehicles: Annotated[list[VehicleOut], Field(description="By which names it is known, and what is noted of it.")]
    items: list[EventOut]
    item_hits: Annotated[list[SubjectHit], Field(description="The hits among these passages.")]
    next_cursor: str | None


class ErasureQuery(RequestModel):
    """How to erase."""

    reason: Reason
    include_hits: Annotated[bool, Field(description="Erase hits of wanted plates too.")] = False


class ErasureOut(ResponseModel):
    """What an erasure did."""

    receipt_id: UUID
    deleted: dict[str, int]
    held: Annotated[int, Field(description="Passages that stay for a case.")]
    wanted: Annotated[int, Field(description="Passages that stay because they are hits of wanted plates.")]
    unread: Annotated[int, Field(description="Uploads still to be read; what they show of the vehicle is erased then.")]
    complete: Annotated[bool, Field(description="False: the rest is erased by itself, and the receipt tells when.")]


def audit_check(found: Verification) -> AuditCheck:
    """Render what a verification found."""
    head, newest = found.head, found.newest
    return AuditCheck(
        ok=found.ok,
        findings=list(found.findings),
        broken_at=found.broken_at,
        seq=None if head is None else head.seq,
        hash=None if head is None else head.hash.hex(),
        anchors=found.anchors,
        anchored_seq=None if newest is None else newest.seq,
        anchored_at=None if newest is None else newest.time,
        anchor_key=None if newest is None else newest.key,
        restarts=[f"Anchor {each.no} of {each.time:%Y-%m-%d}: {each.restart}" for each in found.restarts],
    )


def audit_out(row: AuditRecord) -> AuditOut:
    """Render one record."""
    return AuditOut(
        seq=row.seq,
        at=row.at,
        actor_id=row.actor_id,
        actor=row.actor,
        action=row.action,
        target=row.target,
        reason=row.reason,
        detail=row.detail,
        request_id=row.request_id,
        hash=row.hash.hex(),
    )
