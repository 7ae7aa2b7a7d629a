"""What people say of the machine's reads: the queue of events that need a person, the verdicts, and vehicles' names."""

from datetime import datetime
from enum import IntFlag, StrEnum
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from anpr.models.base import NOW, Base, text_enum
from anpr.models.footage import Event
from anpr.models.people import User


class Verdict(StrEnum):
    """What a reviewer says of an event's read."""

    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    REJECTED = "rejected"


class RejectReason(StrEnum):
    """Why an event has no plate that could be confirmed or corrected."""

    NOT_A_PLATE = "not_a_plate"
    UNREADABLE = "unreadable"
    WRONG_VEHICLE = "wrong_vehicle"


class Urgency(IntFlag):
    """What puts an event before all those that are merely doubtful; a larger value comes first."""

    NONE = 0
    SECOND_OPINION = 1
    OPEN_HIT = 2


class Correction(Base):
    """One verdict of one person on one event. A verdict that was undone stays, marked so.

    The event's live verdict is the one with the highest `seq` among those not undone. `seq` rather than a time decides:
    verdicts on one event wait for each other, and a transaction's time is that of its start.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        CheckConstraint("(verdict = 'corrected') = (plate IS NOT NULL)", name="plate"),
        CheckConstraint("(verdict = 'rejected') = (reject_reason IS NOT NULL)", name="reason"),
        Index("ix_corrections_event_id_seq", "event_id", "seq"),
        Index("ix_corrections_reviewer_id_seq", "reviewer_id", "seq"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    reviewer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    verdict: Mapped[Verdict] = mapped_column(text_enum(Verdict))
    plate: Mapped[str | None]
    region_code: Mapped[str | None]
    reject_reason: Mapped[RejectReason | None] = mapped_column(text_enum(RejectReason))
    note: Mapped[str] = mapped_column(default="")
    # The verdict that was live when this one was given; None for an event's first.
    supersedes_id: Mapped[UUID | None] = mapped_column(ForeignKey("corrections.id", ondelete="SET NULL"))
    second_opinion: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    reviewer: Mapped[User | None] = relationship(foreign_keys=[reviewer_id])


class Review(Base):
    """Where an event stands in the review queue. Its own table: claims come and go, and events have many indexes.

    Attributes:
        doubt: how unsure the machine's read is, 0-1; see `anpr.review.reviews.doubt`.
        urgency: an `Urgency`, as a number that the queue is ordered by.
        open: whether the event waits for a verdict, or for a second one.
        claimed_until: the end of the lease of `claimed_by`; a lease that is over is no claim.
        disagreement: whether a second opinion differed from the verdict before it.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        Index("ix_reviews_queue", text("urgency DESC"), text("doubt DESC"), "event_id", postgresql_where=text("open")),
        Index(
            "ix_reviews_camera_queue",
            "camera_id",
            text("urgency DESC"),
            text("doubt DESC"),
            "event_id",
            postgresql_where=text("open"),
        ),
        Index("ix_reviews_claimed_by", "claimed_by", postgresql_where=text("claimed_by IS NOT NULL")),
        Index("ix_reviews_disagreement", "event_id", postgresql_where=text("disagreement")),
    )

    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("cameras.id"))
    doubt: Mapped[float]
    urgency: Mapped[int] = mapped_column(SmallInteger, default=Urgency.NONE)
    open: Mapped[bool] = mapped_column(default=True)
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    claimed_until: Mapped[datetime | None]
    second_opinion_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    second_opinion_note: Mapped[str] = mapped_column(default="")
    disagreement: Mapped[bool] = mapped_column(default=False)

    event: Mapped[Event] = relationship(lazy="raise")


class KnownVehicle(Base):
    """A vehicle that people call by a name.

    `plate` is as it was typed. Passages are its by `plate_key`, so that a misread look-alike does not hide it; `region`
    tells apart vehicles of several countries that have one plate.
    """

    __tablename__ = "known_vehicles"
    __table_args__ = (
        UniqueConstraint("plate_key", "region", name="uq_known_vehicles_plate", postgresql_nulls_not_distinct=True),
        Index("ix_known_vehicles_created_at_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    plate: Mapped[str]
    plate_key: Mapped[str]
    region: Mapped[str | None]
    name: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)
