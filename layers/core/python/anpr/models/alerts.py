"""Wanted plates, the hits they raise, and who is told of them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from anpr.models.base import NOW, Base, text_enum
from anpr.models.footage import Camera, Event


class Priority(StrEnum):
    """How urgent a list's hits are."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


class BoloKind(StrEnum):
    """How a wanted plate is written down."""

    EXACT = "exact"
    WILDCARD = "wildcard"
    REGEX = "regex"


class Tolerance(StrEnum):
    """Which misreads a wanted plate forgives; each includes the ones before it."""

    NONE = "none"
    CONFUSABLES = "confusables"
    ONE_EDIT = "one_edit"


class MatchedBy(StrEnum):
    """How a read came to match a wanted plate, the surest first."""

    EXACT = "exact"
    WILDCARD = "wildcard"
    REGEX = "regex"
    CONFUSABLE = "confusable"
    CANDIDATE = "candidate"
    ONE_EDIT = "one_edit"


class HitStatus(StrEnum):
    """What became of a hit. `withdrawn` is the backend's: the plate was corrected to one that is not wanted."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    WRONG_READ = "wrong_read"
    WRONG_VEHICLE = "wrong_vehicle"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


class DeliveryStatus(StrEnum):
    """Where a webhook's delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Channel(StrEnum):
    """How a person is told."""

    EMAIL = "email"
    SMS = "sms"


class BoloList(Base):
    """Wanted plates that belong together: one urgency, one audience."""

    __tablename__ = "bolo_lists"
    __table_args__ = (CheckConstraint("alert_interval_s >= 0", name="alert_interval"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")
    priority: Mapped[Priority] = mapped_column(text_enum(Priority), default=Priority.NORMAL)
    active: Mapped[bool] = mapped_column(default=True)
    alert_interval_s: Mapped[int] = mapped_column(default=300)
    topic: Mapped[str | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class BoloSubscription(Base):
    """Somebody who is told of a list's hits by e-mail or SMS; `created_by` is who had them told."""

    __tablename__ = "bolo_subscriptions"
    __table_args__ = (UniqueConstraint("list_id", "channel", "address"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    list_id: Mapped[UUID] = mapped_column(ForeignKey("bolo_lists.id", ondelete="CASCADE"))
    channel: Mapped[Channel] = mapped_column(text_enum(Channel))
    address: Mapped[str]
    reference: Mapped[str]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Bolo(Base):
    """One wanted plate, or pattern of plates.

    `pattern` is normalised (a regular expression is as it was written), `pattern_key` has look-alikes folded, and
    `edit_variants` holds what one-edit look-up needs, for the entries that ask for it.
    """

    __tablename__ = "bolos"
    __table_args__ = (
        UniqueConstraint(
            "list_id",
            "kind",
            "pattern",
            "region",
            "case_number",
            name="uq_bolos_entry",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("valid_until > valid_from", name="validity"),
        CheckConstraint("tolerance = 'none' OR kind <> 'regex'", name="tolerance_kind"),
        Index("ix_bolos_exact", "pattern", postgresql_where=text("kind = 'exact' AND active")),
        Index(
            "ix_bolos_tolerant",
            "pattern_key",
            postgresql_where=text("kind = 'exact' AND active AND tolerance <> 'none'"),
        ),
        Index(
            "ix_bolos_edit_variants",
            "edit_variants",
            postgresql_using="gin",
            postgresql_where=text("kind = 'exact' AND active AND tolerance = 'one_edit'"),
            # A pending list would have to be scanned by every look-up.
            postgresql_with={"fastupdate": "off"},
        ),
        Index("ix_bolos_patterns", "id", postgresql_where=text("kind <> 'exact' AND active")),
        Index("ix_bolos_created_at_id", "created_at", "id"),
        Index("ix_bolos_list_id_created_at_id", "list_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    list_id: Mapped[UUID] = mapped_column(ForeignKey("bolo_lists.id", ondelete="CASCADE"))
    kind: Mapped[BoloKind] = mapped_column(text_enum(BoloKind))
    pattern: Mapped[str]
    pattern_key: Mapped[str]
    edit_variants: Mapped[list[str] | None] = mapped_column(ARRAY(String))
    tolerance: Mapped[Tolerance] = mapped_column(text_enum(Tolerance), default=Tolerance.NONE)
    region: Mapped[str | None]
    vehicle: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    case_number: Mapped[str | None]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)


class BoloRevision(Base):
    """One row that counts the changes to wildcard and regex entries, so that a matcher knows when its set is old."""

    __tablename__ = "bolo_revision"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    revision: Mapped[int] = mapped_column(default=0)


class BoloMatch(Base):
    """A hit: one passage matched one entry.

    `vehicle_key` is what tells repeats: the entry's own key where it names one plate, else the read's. A repeat has
    `alert` false and names the hit that did alert.
    """

    __tablename__ = "bolo_matches"
    __table_args__ = (
        UniqueConstraint("event_id", "bolo_id"),
        Index("ix_bolo_matches_captured_at_id", "captured_at", "id"),
        Index("ix_bolo_matches_status_captured_at_id", "status", "captured_at", "id"),
        Index("ix_bolo_matches_camera_id_captured_at_id", "camera_id", "captured_at", "id"),
        Index("ix_bolo_matches_list_id_captured_at_id", "list_id", "captured_at", "id"),
        Index("ix_bolo_matches_bolo_id_captured_at_id", "bolo_id", "captured_at", "id"),
        Index("ix_bolo_matches_duplicate_of", "duplicate_of", postgresql_where=text("duplicate_of IS NOT NULL")),
        Index(
            "ix_bolo_matches_alerts",
            "bolo_id",
            "camera_id",
            "vehicle_key",
            "captured_at",
            postgresql_where=text("alert"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    bolo_id: Mapped[UUID] = mapped_column(ForeignKey("bolos.id"))
    list_id: Mapped[UUID] = mapped_column(ForeignKey("bolo_lists.id"))
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("cameras.id"))
    plate: Mapped[str]
    vehicle_key: Mapped[str]
    matched_by: Mapped[MatchedBy] = mapped_column(text_enum(MatchedBy))
    reviewed: Mapped[bool] = mapped_column(default=False)
    historical: Mapped[bool] = mapped_column(default=False)
    alert: Mapped[bool] = mapped_column(default=True)
    duplicate_of: Mapped[UUID | None] = mapped_column(ForeignKey("bolo_matches.id", ondelete="SET NULL"))
    status: Mapped[HitStatus] = mapped_column(text_enum(HitStatus), default=HitStatus.UNVERIFIED)
    status_note: Mapped[str] = mapped_column(default="")
    status_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    status_at: Mapped[datetime | None]
    captured_at: Mapped[datetime]
    passage_ended_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    first_notified_at: Mapped[datetime | None]

    bolo: Mapped[Bolo] = relationship(lazy="raise")
    list: Mapped[BoloList] = relationship(lazy="raise")
    event: Mapped[Event] = relationship(lazy="raise")
    camera: Mapped[Camera] = relationship(lazy="raise")


class BoloNotice(Base):
    """A message to a list's topic, once for each event on the bus."""

    __tablename__ = "bolo_notices"

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    match_id: Mapped[UUID | None] = mapped_column(ForeignKey("bolo_matches.id", ondelete="CASCADE"), index=True)
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class WebhookEndpoint(Base):
    """A customer's HTTPS address that is told of hits.

    Secrets are encrypted with a key that the database does not hold. While `previous_secret_until` is ahead, both
    secrets sign.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    url: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    event_types: Mapped[list[str]] = mapped_column(ARRAY(String))
    list_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    previous_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_secret_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    failing_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class WebhookDelivery(Base):
    """One message to one endpoint, until it arrives or is given up.

    `message_id` is the bus event's id and the `webhook-id` that the receiver sees, at every attempt. `lease_until`
    keeps a second copy of the queue's message from sending it at the same time.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "message_id"),
        Index("ix_webhook_deliveries_endpoint_id_created_at_id", "endpoint_id", "created_at", "id"),
        Index("ix_webhook_deliveries_due", "due_at", postgresql_where=text("status = 'pending'")),
        Index("ix_webhook_deliveries_created_at", "created_at"),
        Index("ix_webhook_deliveries_match_id", "match_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    message_id: Mapped[UUID]
    type: Mapped[str]
    match_id: Mapped[UUID | None] = mapped_column(ForeignKey("bolo_matches.id", ondelete="CASCADE"))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[DeliveryStatus] = mapped_column(text_enum(DeliveryStatus), default=DeliveryStatus.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(server_default=NOW)
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    delivered_at: Mapped[datetime | None]
    since_hit_s: Mapped[float | None]
    since_passage_s: Mapped[float | None]


class WebhookAttempt(Base):
    """One HTTP request of a delivery, and what came back."""

    __tablename__ = "webhook_attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    duration_ms: Mapped[float]
    status_code: Mapped[int | None]
    response: Mapped[str] = mapped_column(default="")
    error: Mapped[str | None]
