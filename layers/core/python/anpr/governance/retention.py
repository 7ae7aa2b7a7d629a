"""Retention: each class of data is kept for so many days from when it was recorded here, and then deleted.

It works in batches, each a transaction of its own, until nothing is due or its time is up; what is left is the next
run's. A run leaves a receipt that grows with each batch, so what was deleted is on record even if the run is cut short.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select, text
from sqlalchemy.orm import Session

from anpr import audit, legal_hold
from anpr.audit import SYSTEM, Action
from anpr.db import Database
from anpr.governance import audit_log, deletion
from anpr.governance.anchors import LogDisputed, Series
from anpr.governance.deletion import Receipt
from anpr.models import OVER, DeletionKind, Event, Upload
from anpr.ports import BlobStore
from anpr.settings import RetentionSettings

BATCH: Final = 250
"""Rows of one transaction. An event has two objects, and the storage takes a thousand in one request."""

_BOOKED_AFTER: Final = text("interval '1 day'")


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did.

    Attributes:
        deleted: how many of what.
        kept: how many passages are past their time and held for a case.
        complete: False where time was up before everything due was deleted.
        disputed: why no audit records were pruned, in words, where the log is not what its anchors say.
    """

    deleted: dict[str, int]
    kept: int
    complete: bool
    disputed: str | None = None


def run(
    database: Database, blobs: BlobStore, settings: RetentionSettings, *, seconds: float, series: Series | None = None
) -> Report:
    """Delete what is due. A second run finds nothing to do, and two at once share the work.

    Args:
        database: where the rows are.
        blobs: where the objects are.
        settings: how many days each class is kept.
        seconds: how long the run may take; it goes over by one batch at most.
        series: the audit log's anchors, which say what may be pruned of it; None where there are none.

    Raises:
        anpr.errors.Unavailable: the database or the storage does not answer; what was not reached is the next run's.
    """
    receipt = Receipt(DeletionKind.RETENTION, _cutoffs(settings, datetime.now(UTC)))
    deadline = time.monotonic() + seconds
    complete = all(_exhaust(database, blobs, receipt, deadline, step) for step in _STEPS)
    disputed = None
    try:
        complete = _prune_audit(database, receipt, deadline, series) and complete
    except LogDisputed as dispute:
        complete, disputed = False, dispute.detail
    held = _count_held(database, receipt.cutoffs)
    with database.transaction() as session:
        if +receipt.deleted:
            receipt.kept = {"held_events": held}
            receipt.write(session)
            detail = {"deleted": dict(+receipt.deleted)}
            audit.record(session, SYSTEM, Action.RETENTION_RUN, f"receipt:{receipt.id}", detail=detail)
    return Report(dict(+receipt.deleted), held, complete, disputed)


def _exhaust(database: Database, blobs: BlobStore, receipt: Receipt, deadline: float, step: "_Step") -> bool:
    """Do a step's batches until one finds nothing; False where time is up before."""
    before = receipt.cutoffs.get(step.limit)
    if before is None:
        return True
    while time.monotonic() < deadline:
        with database.transaction() as session:
            # A hold that is being placed waits for this batch, and sees what is left of it.
            legal_hold.keep_out(session)
            deleted = step.delete(session, blobs, before)
            if not deleted:
                return True
            receipt.deleted.update(deleted)
            receipt.write(session)
    return False


def _prune_audit(database: Database, receipt: Receipt, deadline: float, series: Series | None) -> bool:
    """Remove old audit records, a batch at a time: whoever appends one waits for a batch, not for all of them."""
    before = receipt.cutoffs.get("audit")
    if before is None:
        return True
    while time.monotonic() < deadline:
        with database.transaction() as session:
            due = audit_log.prunable(session, before)
        if due is None:
            return True
        if series is not None and not series.let_go(due, datetime.now(UTC)):
            return False
        with database.transaction() as session:
            pruned = audit_log.prune(session, due)
            if not pruned:
                return False
            receipt.deleted.update(audit_records=pruned)
            receipt.write(session)
    return False


def _media(session: Session, blobs: BlobStore, before: datetime) -> Counter[str]:
    events = _due_events(session, before, Event.media_deleted_at.is_(None), ~deletion.is_hit())
    return deletion.delete_media(session, blobs, events) if events else Counter()


def _events(session: Session, blobs: BlobStore, before: datetime) -> Counter[str]:
    events = _due_events(session, before, ~deletion.is_hit())
    return deletion.delete_events(session, blobs, events) if events else Counter()


def _hits(session: Session, blobs: BlobStore, before: datetime) -> Counter[str]:
    events = _due_events(session, before, deletion.is_hit())
    return deletion.delete_events(session, blobs, events) if events else Counter()


def _sources(session: Session, blobs: BlobStore, before: datetime) -> Counter[str]:
    uploads = _due_uploads(session, before, Upload.source_deleted_at.is_(None))
    return deletion.delete_sources(session, blobs, uploads) if uploads else Counter()


def _uploads(session: Session, blobs: BlobStore, before: datetime) -> Counter[str]:
    del blobs
    empty = ~exists(select(Event.id).where(Event.upload_id == Upload.id).correlate(Upload))
    # Its use must be booked first, which a lost message delays by an hour, and an outage by longer.
    settled = func.coalesce(Upload.finished_at, Upload.created_at) < func.now() - _BOOKED_AFTER
    uploads = _due_uploads(session, before, Upload.source_deleted_at.is_not(None), empty, settled)
    return deletion.delete_uploads(session, uploads) if uploads else Counter()


@dataclass(frozen=True, slots=True)
class _Step:
    """What is deleted in one batch, and which class's time it goes by."""

    limit: str
    delete: Callable[[Session, BlobStore, datetime], Counter[str]]


# Events go before the rows of the uploads that they point at.
_STEPS: Final = (
    _Step("media", _media),
    _Step("events", _events),
    _Step("hits", _hits),
    _Step("sources", _sources),
    _Step("events", _uploads),
)


def _due_events(session: Session, before: datetime, *conditions: ColumnElement[bool]) -> list[Event]:
    due = (
        select(Event)
        .where(Event.processed_at < before, *conditions, ~legal_hold.event_is_held())
        .order_by(Event.processed_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Event)
    )
    return list(session.scalars(due))


def _due_uploads(session: Session, before: datetime, *conditions: ColumnElement[bool]) -> list[UUID]:
    due = (
        select(Upload.id)
        .where(Upload.created_at < before, Upload.status.in_(OVER), *conditions, ~legal_hold.upload_is_held())
        .order_by(Upload.created_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Upload)
    )
    return list(session.scalars(due))


def _cutoffs(settings: RetentionSettings, now: datetime) -> dict[str, datetime]:
    days = {
        "media": settings.crops_days,
        "events": settings.events_days,
        "hits": settings.hits_days,
        "sources": settings.uploads_days,
        "audit": settings.audit_days,
    }
    cutoffs = {name: now - timedelta(days=count) for name, count in days.items() if count is not None}
    if "audit" in cutoffs:
        # By whole days: each time that records go, the anchors are one more.
        cutoffs["audit"] = cutoffs["audit"].replace(hour=0, minute=0, second=0, microsecond=0)
    return cutoffs


def _count_held(database: Database, cutoffs: dict[str, datetime]) -> int:
    """Count the passages that would be gone by now if no case needed them."""
    past = [
        (Event.processed_at < cutoffs[name]) & condition
        for name, condition in (("events", ~deletion.is_hit()), ("hits", deletion.is_hit()))
        if name in cutoffs
    ]
    if not past:
        return 0
    with database.transaction() as session:
        return (
            session.scalar(select(func.count()).select_from(Event).where(or_(*past), legal_hold.event_is_held())) or 0
        )
