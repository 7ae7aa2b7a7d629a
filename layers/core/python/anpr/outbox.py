"""The outbox: events promised to the bus in the transaction that made them true, and published after it commits.

A worker relays right after its commits; a scheduled sweep relays what a crash left behind. Both may run at once: each
takes rows that the other has not locked. An event that was published and not yet marked so when its relay died is
published again, under the same id.
"""

from datetime import datetime
from typing import Final

from pydantic import BaseModel
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from anpr.db import Database
from anpr.messages import CloudEvent, EventType
from anpr.models import OutboxMessage
from anpr.ports import EventBus

_BATCH: Final = 100


def add(session: Session, event_type: EventType, subject: str, payload: BaseModel) -> None:
    """Promise an event, in the caller's transaction.

    Args:
        session: the transaction that makes the event true.
        event_type: what happened.
        subject: id of what it happened to.
        payload: the event's data.
    """
    session.add(OutboxMessage(type=event_type.value, subject=subject, data=payload.model_dump(mode="json")))


def relay(database: Database, bus: EventBus, *, limit: int = 1000) -> int:
    """Publish what waits, oldest first, until nothing does or the bus refuses some of a batch.

    Args:
        database: where the outbox is.
        bus: where the events go.
        limit: the most rows to publish in this call.

    Returns:
        How many events were published.

    Raises:
        anpr.errors.Unavailable: the database or the bus does not answer; unpublished rows stay for the next relay.
    """
    published = 0
    while published < limit:
        batch = min(_BATCH, limit - published)
        waiting, taken = _relay_batch(database, bus, batch)
        published += taken
        # A refused row stays at the head of the outbox; asking again at once would only be refused again.
        if waiting < batch or taken < waiting:
            break
    return published


def prune(session: Session, older_than: datetime, *, limit: int = 10_000) -> int:
    """Delete events that were published before `older_than`; unpublished ones stay, however old.

    Args:
        session: the transaction.
        older_than: aware time.
        limit: the most rows to delete at once, so that a long backlog does not run into the statement's time-out.

    Returns:
        How many were deleted.
    """
    old = select(OutboxMessage.id).where(OutboxMessage.published_at < older_than).limit(limit)
    deleted = session.execute(
        delete(OutboxMessage)
        .where(OutboxMessage.id.in_(old))
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return len(deleted.all())


def _relay_batch(database: Database, bus: EventBus, size: int) -> tuple[int, int]:
    """Publish one batch; return how many rows waited, and how many of them the bus took."""
    with database.transaction() as session:
        rows = session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.published_at.is_(None))
            .order_by(OutboxMessage.seq)
            .limit(size)
            .with_for_update(skip_locked=True)
        ).all()
        if not rows:
            return 0, 0
        taken = {event.id for event in bus.publish([_event_of(row) for row in rows])}
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(taken))
            .values(published_at=func.now())
            .execution_options(synchronize_session=False)
        )
        return len(rows), len(taken)


def _event_of(row: OutboxMessage) -> CloudEvent:
    return CloudEvent(id=row.id, type=row.type, subject=row.subject, time=row.created_at, data=row.data)
