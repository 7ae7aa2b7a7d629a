"""`anpr.ports.JobQueue` on a table: each receiver takes a row that no other has locked (`FOR UPDATE SKIP LOCKED`).

A delivery is a row whose `visible_at` was moved into the future and whose `receives` was counted up, in one committed
statement; what dies after that leaves a row that is visible again in its time. Nobody is woken: receivers look again
every `poll_s`. For places that have no Redis, and for those who want one server less.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from anpr import tracing
from anpr.db import Database
from anpr.errors import NotFound
from anpr.models import QueuedMessage
from anpr.ports import DeadLetter, QueueMessage

_PROMOTED: Final = 100


class PostgresQueue:
    """One queue, with its dead letters."""

    def __init__(self, database: Database, name: str, *, max_receives: int, poll_s: float = 0.5) -> None:
        """Prepare to use a queue; nothing has to be made before.

        Args:
            database: of the queue's own, so that waiting for a message and keeping it hidden never wait for a job.
            name: tells the queue from others in the table.
            max_receives: deliveries after which a message that comes back is dead.
            poll_s: how soon a message is noticed.
        """
        self._database = database
        self._name = name
        self._max_receives = max_receives
        self._poll_s = poll_s

    def send(self, body: str, *, delay_s: int = 0) -> None:
        with self._database.transaction() as session:
            session.execute(
                insert(QueuedMessage).values(
                    queue=self._name,
                    body=body,
                    trace=tracing.current_header(),
                    visible_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, delay_s),
                )
            )

    def receive(self, *, wait_s: int, visibility_s: int) -> QueueMessage | None:
        until = time.monotonic() + wait_s
        while True:
            message = self._take(visibility_s)
            left = until - time.monotonic()
            if message is not None or left <= 0:
                return message
            time.sleep(min(left, self._poll_s))

    def extend(self, message: QueueMessage, *, visibility_s: int) -> None:
        message_id, number = _delivery(message)
        with self._database.transaction() as session:
            extended = session.scalar(
                update(QueuedMessage)
                .where(
                    QueuedMessage.id == message_id, QueuedMessage.receives == number, QueuedMessage.dead_at.is_(None)
                )
                .values(visible_at=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, visibility_s))
                .returning(QueuedMessage.id)
                .execution_options(synchronize_session=False)
            )
        if extended is None:
            raise NotFound("The message is no longer held by this receiver.")

    def delete(self, message: QueueMessage) -> None:
        message_id, number = _delivery(message)
        with self._database.transaction() as session:
            deleted = session.scalar(
                delete(QueuedMessage)
                .where(QueuedMessage.id == message_id, QueuedMessage.receives == number)
                .returning(QueuedMessage.id)
                .execution_options(synchronize_session=False)
            )
        if deleted is None:
            raise NotFound("The message is no longer held by this receiver.")

    def depth(self) -> int:
        with self._database.transaction() as session:
            return (
                session.scalar(
                    select(func.count()).where(
                        QueuedMessage.queue == self._name,
                        QueuedMessage.dead_at.is_(None),
                        QueuedMessage.visible_at <= func.now(),
                    )
                )
                or 0
            )

    def check(self) -> None:
        self.depth()

    def dead(self, limit: int) -> list[DeadLetter]:
        with self._database.transaction() as session:
            rows = session.scalars(
                select(QueuedMessage)
                .where(QueuedMessage.queue == self._name, QueuedMessage.dead_at.is_not(None))
                .order_by(QueuedMessage.dead_at)
                .limit(limit)
            ).all()
        return [DeadLetter(row.id.hex, row.body, row.dead_at) for row in rows if row.dead_at is not None]

    def count_dead(self) -> int:
        with self._database.transaction() as session:
            return (
                session.scalar(
                    select(func.count()).where(QueuedMessage.queue == self._name, QueuedMessage.dead_at.is_not(None))
                )
                or 0
            )

    def revive(self, letter_ids: Sequence[str]) -> int:
        with self._database.transaction() as session:
            revived = session.scalars(
                update(QueuedMessage)
                .where(
                    QueuedMessage.queue == self._name,
                    QueuedMessage.dead_at.is_not(None),
                    QueuedMessage.id.in_([UUID(each) for each in letter_ids]),
                )
                .values(dead_at=None, receives=0, visible_at=func.now())
                .returning(QueuedMessage.id)
                .execution_options(synchronize_session=False)
            ).all()
        return len(revived)

    def bury(self, before: datetime) -> int:
        with self._database.transaction() as session:
            buried = session.scalars(
                delete(QueuedMessage)
                .where(QueuedMessage.queue == self._name, QueuedMessage.dead_at < before)
                .returning(QueuedMessage.id)
                .execution_options(synchronize_session=False)
            ).all()
        return len(buried)

    def _take(self, visibility_s: int) -> QueueMessage | None:
        due = (
            select(QueuedMessage.id)
            .where(
                QueuedMessage.queue == self._name,
                QueuedMessage.dead_at.is_(None),
                QueuedMessage.visible_at <= func.now(),
            )
            .order_by(QueuedMessage.visible_at)
            .with_for_update(skip_locked=True)
        )
        worn_out = due.where(QueuedMessage.receives >= self._max_receives).limit(_PROMOTED)
        fresh = due.where(QueuedMessage.receives < self._max_receives).limit(1)
        taken = (
            update(QueuedMessage)
            .where(QueuedMessage.id == fresh.scalar_subquery())
            .values(
                receives=QueuedMessage.receives + 1,
                visible_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, literal(visibility_s)),
            )
            .returning(QueuedMessage.id, QueuedMessage.body, QueuedMessage.receives, QueuedMessage.trace)
            .execution_options(synchronize_session=False)
        )
        with self._database.transaction() as session:
            row = session.execute(taken).one_or_none()
            if row is None:
                # Only where nothing waits, as it is seldom that any has.
                session.execute(
                    update(QueuedMessage)
                    .where(QueuedMessage.id.in_(worn_out))
                    .values(dead_at=func.now())
                    .execution_options(synchronize_session=False)
                )
        if row is None:
            return None
        attributes = {} if row.trace is None else {tracing.ATTRIBUTE: row.trace}
        return QueueMessage(row.body, f"{row.receives}:{row.id.hex}", row.receives, attributes)


def _delivery(message: QueueMessage) -> tuple[UUID, int]:
    number, _, message_id = message.receipt.partition(":")
    return UUID(message_id), int(number)
