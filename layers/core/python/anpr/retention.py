"""Retention: each class of data is kept for so many days from when it was recorded here, and then deleted.

It works in batches, each a transaction of its own, until nothing is due or its time is up; what is left is the next
run's. A run leaves a receipt that grows with each batch, so what was deleted is on record even if the run is cut short.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr import audit, deletion, holds
from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.models import DeletionKind, DeletionReceipt, Event, Upload, UploadStatus
from anpr.ports import BlobStore
from anpr.settings import RetentionSettings

BATCH: Final = 250
"""Rows of one transaction. An event has two objects, and the storage takes a thousand in one request."""

_OVER: Final = (UploadStatus.SUCCEEDED, UploadStatus.FAILED, UploadStatus.EXPIRED)


@dataclass(slots=True)
class Run:
    """One run of retention: how far back each class is kept, when to stop, and what was deleted so far."""

    cutoffs: dict[str, datetime]
    deadline: float
    id: UUID = field(default_factory=uuid4)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    deleted: Counter[str] = field(default_factory=Counter)

    @property
    def is_over(self) -> bool:
        """Whether the run's time is up."""
        return time.monotonic() >= self.deadline


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did.

    Attributes:
        deleted: how many of what.
        kept: how many passages are past their time and held for a case.
        complete: False where time was up before everything due was deleted.
    """

    deleted: dict[str, int]
    kept: int
    complete: bool


_Step = Callable[[Session, BlobStore, datetime], Counter[str]]


def run(database: Database, blobs: BlobStore, settings: RetentionSettings, *, seconds: float) -> Report:
    """Delete what is due. A second run finds nothing to do, and two at once share the work.

    Args:
        database: where the rows are.
        blobs: where the objects are.
        settings: how many days each class is kept.
        seconds: how long the run may take; it goes over by one batch at most.

    Raises:
        anpr.errors.Unavailable: the database or the storage does not answer; what was not reached is the next run's.
    """
    now = datetime.now(UTC)
    current = Run(_cutoffs(settings, now), time.monotonic() + seconds)
    complete = all(_exhaust(database, blobs, current, name, step) for name, step in _STEPS)
    held = _count_held(database, current)
    with database.transaction() as session:
        if "audit" in current.cutoffs:
            current.deleted.update(audit_records=audit.prune(session, current.cutoffs["audit"]))
        if +current.deleted:
            _write_receipt(session, current, held)
            audit.record(
                session, SYSTEM, "retention.run", f"receipt:{current.id}", detail={"deleted": dict(+current.deleted)}
            )
    return Report(dict(+current.deleted), held, complete)


def _exhaust(database: Database, blobs: BlobStore, current: Run, name: str, step: _Step) -> bool:
    """Do a step's batches until one finds nothing; False where time is up before."""
    if name not in current.cutoffs:
        return True
    while not current.is_over:
        with database.transaction() as session:
            # A hold that is being placed waits for this batch, and sees what is left of it.
            holds.keep_out(session)
            deleted = step(session, blobs, current.cutoffs[name])
            if not deleted:
                return True
            current.deleted.update(deleted)
            _write_receipt(session, current, 0)
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
    uploads = _due_uploads(session, before, Upload.source_deleted_at.is_not(None), empty)
    return deletion.delete_uploads(session, uploads) if uploads else Counter()


# Events go before the rows of the uploads that they point at.
_STEPS: Final[tuple[tuple[str, _Step], ...]] = (
    ("media", _media),
    ("events", _events),
    ("hits", _hits),
    ("sources", _sources),
    ("events", _uploads),
)


def _due_events(session: Session, before: datetime, *conditions: ColumnElement[bool]) -> list[Event]:
    due = (
        select(Event)
        .where(Event.processed_at < before, *conditions, ~holds.event_is_held())
        .order_by(Event.processed_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Event)
    )
    return list(session.scalars(due))


def _due_uploads(session: Session, before: datetime, *conditions: ColumnElement[bool]) -> list[UUID]:
    due = (
        select(Upload.id)
        .where(Upload.created_at < before, Upload.status.in_(_OVER), *conditions, ~holds.upload_is_held())
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
    return {name: now - timedelta(days=count) for name, count in days.items() if count is not None}


def _count_held(database: Database, current: Run) -> int:
    """Count the passages that would be gone by now if no case needed them."""
    past = [
        (Event.processed_at < current.cutoffs[name]) & condition
        for name, condition in (("events", ~deletion.is_hit()), ("hits", deletion.is_hit()))
        if name in current.cutoffs
    ]
    if not past:
        return 0
    with database.transaction() as session:
        return session.scalar(select(func.count()).select_from(Event).where(or_(*past), holds.event_is_held())) or 0


def _write_receipt(session: Session, current: Run, held: int) -> None:
    cutoffs: dict[str, Any] = {name: at.isoformat() for name, at in current.cutoffs.items()}
    so_far = {
        "finished_at": func.clock_timestamp(),
        "deleted": dict(+current.deleted),
        "kept": {"held_events": held},
    }
    session.execute(
        insert(DeletionReceipt)
        .values(
            id=current.id,
            kind=DeletionKind.RETENTION,
            started_at=current.started_at,
            cutoffs=cutoffs,
            **so_far,
        )
        .on_conflict_do_update(index_elements=["id"], set_=so_far)
    )
