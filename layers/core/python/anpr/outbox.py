"""The outbox: events promised to the bus in the transaction that made them true, and published after it commits.

A worker relays right after its commits; a scheduled sweep relays what a crash left behind. Both may run at once: each
takes rows that the other has not locked. What the bus refuses waits aside, so that it holds up nothing else, and after
some tries stays there, with the reason, until somebody has looked at it. An event that was published and not yet marked
so when its relay died is published again, under the same id.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from anpr import tracing
from anpr.db import Database
from anpr.messages import CloudEvent, EventType
from anpr.models import OutboxMessage
from anpr.ports import EventBus

_BATCH: Final = 100
_MAX_REASON: Final = 1000

_RETRY_AFTER: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
"""How long an event that the bus refused waits before each further try; then it is set aside."""


def add(session: Session, event_type: EventType, subject: str, payload: BaseModel) -> None:
    """Promise an event, in the caller's transaction.

    Args:
        session: the transaction that makes the event true.
        event_type: what happened.
        subject: id of what it happened to.
        payload: the event's data.
    """
    data = payload.model_dump(mode="json")
    session.add(OutboxMessage(type=event_type.value, subject=subject, data=data, trace=tracing.current_header()))


def relay(database: Database, bus: EventBus, *, limit: int = 1000) -> int:
    """Publish what waits, oldest first, until nothing does or the bus does not try some of a batch.

    Args:
        database: where the outbox is.
        bus: where the events go.
        limit: the most rows to publish in this call.

    Returns:
        How many events were published.

    Raises:
        anpr.errors.Unavailable: the database or the bus does not answer; unpublished rows stay for the next relay.
    """
    published, progress = 0, True
    while published < limit and progress:
        batch = min(_BATCH, limit - published)
        done = _relay_batch(database, bus, batch)
        published += done.taken
        # What was refused is not looked at again for a while. What was not tried would not be tried now either.
        progress = done.waited == batch and done.taken + done.refused == done.waited
    return published


def find(session: Session, event_id: UUID) -> CloudEvent | None:
    """Read an event that was promised; None where it is forgotten, or was erased, and is nobody's business any more."""
    row = session.get(OutboxMessage, event_id)
    return None if row is None else _event_of(row)


def set_aside(session: Session) -> int:
    """Count the events that the bus refused so often that they are not tried any more; somebody has to look at them."""
    return session.scalar(select(func.count()).where(OutboxMessage.set_aside_at.is_not(None))) or 0


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


@dataclass(frozen=True, slots=True)
class _Batch:
    """How many rows waited, and what became of them."""

    waited: int
    taken: int
    refused: int


def _relay_batch(database: Database, bus: EventBus, size: int) -> _Batch:
    with database.transaction() as session:
        rows = session.scalars(
            select(OutboxMessage)
            .where(
                OutboxMessage.published_at.is_(None),
                OutboxMessage.set_aside_at.is_(None),
                or_(OutboxMessage.retry_at.is_(None), OutboxMessage.retry_at <= func.now()),
            )
            .order_by(OutboxMessage.seq)
            .limit(size)
            .with_for_update(skip_locked=True)
        ).all()
        if not rows:
            return _Batch(0, 0, 0)
        done = bus.publish([_event_of(row) for row in rows])
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_([event.id for event in done.taken]))
            .values(published_at=func.now())
            .execution_options(synchronize_session=False)
        )
        for row in rows:
            if row.id in done.refused:
                _refuse(row, done.refused[row.id])
        return _Batch(len(rows), len(done.taken), len(done.refused))


def _refuse(row: OutboxMessage, reason: str) -> None:
    """Let a row that the bus refused wait, behind whatever else there is, or set it aside."""
    row.refusals += 1
    row.refusal = reason[:_MAX_REASON]
    if row.refusals >= len(_RETRY_AFTER) + 1:
        row.set_aside_at = datetime.now(UTC)
    else:
        row.retry_at = datetime.now(UTC) + _RETRY_AFTER[row.refusals - 1]


def _event_of(row: OutboxMessage) -> CloudEvent:
    return CloudEvent(
        id=row.id, type=row.type, subject=row.subject, time=row.created_at, data=row.data, trace=row.trace
    )
