"""What stands in for a cloud's services where there is none: a queue, and topics with their subscriptions."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from anpr.models.alerts import Channel
from anpr.models.base import NOW, Base, text_enum


class QueuedMessage(Base):
    """A message of a queue that PostgreSQL keeps. One that was delivered too often is dead, and stays to be looked at.

    `receives` numbers the deliveries, and tells a late receiver's acknowledgement from the present one's.
    """

    __tablename__ = "queue_messages"
    __table_args__ = (
        Index("ix_queue_messages_due", "queue", "visible_at", postgresql_where=text("dead_at IS NULL")),
        Index("ix_queue_messages_dead", "queue", "dead_at", postgresql_where=text("dead_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    queue: Mapped[str]
    body: Mapped[str]
    trace: Mapped[str | None]
    receives: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    visible_at: Mapped[datetime] = mapped_column(server_default=NOW)
    sent_at: Mapped[datetime] = mapped_column(server_default=NOW)
    dead_at: Mapped[datetime | None]


class NoticeTopic(Base):
    """A topic that people subscribe to."""

    __tablename__ = "notice_topics"

    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]


class NoticeSubscription(Base):
    """An address that is told what is published on a topic, once its owner has confirmed that it should be."""

    __tablename__ = "notice_subscriptions"
    __table_args__ = (UniqueConstraint("topic", "channel", "address"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    topic: Mapped[str] = mapped_column(ForeignKey("notice_topics.name", ondelete="CASCADE"))
    channel: Mapped[Channel] = mapped_column(text_enum(Channel))
    address: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    confirmed_at: Mapped[datetime | None]
