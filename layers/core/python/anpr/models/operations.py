"""What keeps the backend honest: the outbox and the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    Identity,
    Index,
    LargeBinary,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from anpr.models.base import NOW, Base


class OutboxMessage(Base):
    """An event that a committed transaction promised to the bus.

    One that the bus refuses is tried again from `retry_at` on, and set aside in the end, with what the bus said.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_waiting", "seq", postgresql_where=text("published_at IS NULL AND set_aside_at IS NULL")),
        Index("ix_outbox_set_aside", "set_aside_at", postgresql_where=text("set_aside_at IS NOT NULL")),
        Index("ix_outbox_published_at", "published_at"),
        # Whoever deletes an event deletes what was said of it.
        Index("ix_outbox_subject", "subject"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    type: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]]
    trace: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    published_at: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)
    refusal: Mapped[str | None]
    retry_at: Mapped[datetime | None]
    set_aside_at: Mapped[datetime | None]


class CarriedTotal(Base):
    """How much of something was done by what is not kept any more, so that a counter does not fall."""

    __tablename__ = "carried_totals"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class AuditRecord(Base):
    """Who did what, when and why. Rows are chained by hash and are never changed; a trigger refuses it."""

    __tablename__ = "audit_logs"
    __table_args__ = (
        Index("ix_audit_logs_actor_id_at", "actor_id", "at"),
        Index("ix_audit_logs_action_at", "action", "at"),
        Index("ix_audit_logs_target_at", "target", "at"),
        Index("ix_audit_logs_at_seq", "at", "seq"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    actor: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    reason: Mapped[str | None]
    detail: Mapped[dict[str, Any]]
    request_id: Mapped[str | None]
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
