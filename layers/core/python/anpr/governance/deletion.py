"""Deleting what was recorded: the objects first, then the rows that say where they are.

Should the second half fail, the rows still name the objects, and the next try finds them: nothing is left behind that
nobody knows of. Deleting an object that is gone already is no error, so every part may be done again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr.capture import totals
from anpr.messages import upload_key
from anpr.models import BoloMatch, DeletionKind, DeletionReceipt, Event, HitStatus, OutboxMessage, Upload
from anpr.paging import Page, PageRequest, Position, newest_first, page_of
from anpr.ports import BlobStore

_STANDING: Final = (HitStatus.UNVERIFIED, HitStatus.VERIFIED)


@dataclass(slots=True)
class Receipt:
    """What one run of retention or one erasure deletes, written again with each batch, in the batch's transaction.

    Attributes:
        cutoffs: how far back each class is kept, for retention.
        deleted: how many of what, so far.
        kept: how many of what stay, and why.
    """

    kind: DeletionKind
    cutoffs: dict[str, datetime] = field(default_factory=dict)
    deleted: Counter[str] = field(default_factory=Counter)
    kept: dict[str, int] = field(default_factory=dict)
    id: UUID = field(default_factory=uuid4)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def of(cls, row: DeletionReceipt | None, id_: UUID) -> "Receipt":
        """Go on with an erasure's receipt; `row` is None where nothing was written of it yet."""
        if row is None:
            return cls(DeletionKind.ERASURE, id=id_)
        return cls(row.kind, deleted=Counter(row.deleted), kept=row.kept, id=id_, started_at=row.started_at)

    def write(self, session: Session) -> None:
        """Store the receipt as it is now."""
        so_far = {"finished_at": func.clock_timestamp(), "deleted": dict(+self.deleted), "kept": self.kept}
        cutoffs = {name: at.isoformat() for name, at in self.cutoffs.items()}
        session.execute(
            insert(DeletionReceipt)
            .values(id=self.id, kind=self.kind, started_at=self.started_at, cutoffs=cutoffs, **so_far)
            .on_conflict_do_update(index_elements=["id"], set_=so_far)
        )


def receipts(session: Session, page: PageRequest) -> Page[DeletionReceipt]:
    """List the receipts, newest first."""
    statement = newest_first(select(DeletionReceipt), DeletionReceipt.finished_at, DeletionReceipt.id, page)
    rows = session.scalars(statement).all()
    return page_of(rows, page, lambda receipt: Position(receipt.finished_at, receipt.id))


def is_hit() -> ColumnElement[bool]:
    """The condition that an event, of the query around it, is a hit that nobody has found to be none."""
    hit = select(BoloMatch.id).where(BoloMatch.event_id == Event.id, BoloMatch.status.in_(_STANDING))
    return exists(hit.correlate(Event))


def delete_media(session: Session, blobs: BlobStore, events: Sequence[Event]) -> Counter[str]:
    """Delete the crops and frames of events, which stay.

    Returns:
        How many objects went.
    """
    keys = _media_of(events)
    blobs.delete(keys)
    _mark(session, [event.id for event in events])
    return Counter(objects=len(keys))


def delete_events(session: Session, blobs: BlobStore, events: Sequence[Event]) -> Counter[str]:
    """Delete events with their crops and frames, reviews, hits and deliveries, and what the outbox still says of them.

    Returns:
        How many events and objects went.
    """
    keys = _media_of(events)
    blobs.delete(keys)
    ids = [event.id for event in events]
    hits = session.scalars(select(BoloMatch.id).where(BoloMatch.event_id.in_(ids))).all()
    # Published or not: what is still to be said of an event names its plate, and whoever heard it would find nothing.
    session.execute(
        delete(OutboxMessage)
        .where(OutboxMessage.subject.in_([str(each) for each in (*ids, *hits)]))
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(Event).where(Event.id.in_(ids)).execution_options(synchronize_session=False))
    return Counter(events=len(ids), objects=len(keys))


def delete_sources(session: Session, blobs: BlobStore, upload_ids: Sequence[UUID]) -> Counter[str]:
    """Delete the files of uploads, whose rows stay.

    Returns:
        How many objects went.
    """
    blobs.delete([upload_key(upload_id) for upload_id in upload_ids])
    session.execute(
        update(Upload)
        .where(Upload.id.in_(upload_ids))
        .values(source_deleted_at=func.now())
        .execution_options(synchronize_session=False)
    )
    return Counter(sources=len(upload_ids), objects=len(upload_ids))


def delete_uploads(session: Session, upload_ids: Sequence[UUID]) -> Counter[str]:
    """Delete the rows of uploads that have neither a file nor events any more.

    Returns:
        How many went.
    """
    totals.carry_over(session, upload_ids)
    session.execute(delete(Upload).where(Upload.id.in_(upload_ids)).execution_options(synchronize_session=False))
    return Counter(uploads=len(upload_ids))


def _media_of(events: Sequence[Event]) -> list[str]:
    kept = (event for event in events if event.media_deleted_at is None)
    return [key for event in kept for key in (event.crop_key, event.frame_key) if key is not None]


def _mark(session: Session, event_ids: Sequence[UUID]) -> None:
    session.execute(
        update(Event)
        .where(Event.id.in_(event_ids))
        .values(media_deleted_at=func.now())
        .execution_options(synchronize_session=False)
    )
