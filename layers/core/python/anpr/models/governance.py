"""Who may use how much, for how long data is kept, and what limits a caller."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from anpr.models.base import NOW, Base, text_enum
from anpr.models.people import Role


class License(Base):
    """A licence key that was activated here. What it grants is read from the signed key, never from a column."""

    __tablename__ = "licenses"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str]
    activated_at: Mapped[datetime] = mapped_column(server_default=NOW)
    activated_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class LicenseClock(Base):
    """The latest time that a licence was judged at, in one row: a clock that is set back does not bring one back."""

    __tablename__ = "license_clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    latest: Mapped[datetime]


class LicenseNotice(Base):
    """A warning that was given once for a limit and a period, so that it is not given with every request."""

    __tablename__ = "license_notices"

    period: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    given_at: Mapped[datetime] = mapped_column(server_default=NOW)


class UsageRecord(Base):
    """What one upload used; one row an upload, so a message that comes twice counts once.

    Nothing here points at the upload's or the camera's row: a bill outlives the footage. `day` is the UTC day that the
    use is booked on.
    """

    __tablename__ = "usage_records"
    __table_args__ = (
        CheckConstraint("seconds >= 0 AND frames >= 0 AND images >= 0 AND events >= 0", name="not_negative"),
        Index("ix_usage_records_day_camera_id", "day", "camera_id"),
    )

    upload_id: Mapped[UUID] = mapped_column(primary_key=True)
    camera_id: Mapped[UUID]
    day: Mapped[date]
    seconds: Mapped[float]
    frames: Mapped[int] = mapped_column(BigInteger)
    images: Mapped[int]
    events: Mapped[int]
    source_event_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class UsageMonth(Base):
    """A calendar month's use so far, which each new upload is measured against; and whether its reports are written."""

    __tablename__ = "usage_months"

    month: Mapped[date] = mapped_column(primary_key=True)
    seconds: Mapped[float]
    images: Mapped[int] = mapped_column(BigInteger)
    closed_at: Mapped[datetime | None]


class UsageReport(Base):
    """A closed month's use by one camera. It is written once and does not change again."""

    __tablename__ = "usage_reports"

    month: Mapped[date] = mapped_column(primary_key=True)
    camera_id: Mapped[UUID] = mapped_column(primary_key=True)
    camera_name: Mapped[str]
    uploads: Mapped[int]
    seconds: Mapped[float]
    frames: Mapped[int] = mapped_column(BigInteger)
    images: Mapped[int]
    events: Mapped[int]
    closed_at: Mapped[datetime] = mapped_column(server_default=NOW)


class LegalHold(Base):
    """What retention must leave alone for a case, until it is released.

    It holds the events that match all of plate, camera and time that are given, and besides them every hit of a wanted
    plate with this case number.
    """

    __tablename__ = "legal_holds"
    __table_args__ = (
        CheckConstraint("captured_from < captured_to", name="period"),
        Index("ix_legal_holds_active", "case_number", postgresql_where=text("released_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    case_number: Mapped[str]
    reason: Mapped[str]
    plate: Mapped[str | None]
    plate_key: Mapped[str | None]
    camera_id: Mapped[UUID | None] = mapped_column(ForeignKey("cameras.id"))
    captured_from: Mapped[datetime | None]
    captured_to: Mapped[datetime | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    released_at: Mapped[datetime | None]


class DeletionKind(StrEnum):
    """Why data was deleted."""

    RETENTION = "retention"
    ERASURE = "erasure"


class DeletionReceipt(Base):
    """What one run of retention, or one erasure, deleted. It names no plate."""

    __tablename__ = "deletion_receipts"
    __table_args__ = (Index("ix_deletion_receipts_finished_at_id", "finished_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[DeletionKind] = mapped_column(text_enum(DeletionKind))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    cutoffs: Mapped[dict[str, Any]]
    deleted: Mapped[dict[str, Any]]
    kept: Mapped[dict[str, Any]]


class OpenErasure(Base):
    """An erasure that waits for footage which was there when it was asked for, and is still to be read.

    The row names the vehicle, so it goes when the erasure is done. `id` is the receipt's.
    """

    __tablename__ = "open_erasures"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    plate: Mapped[str]
    include_hits: Mapped[bool]
    requested_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class RateLimit(Base):
    """How far one key has used up its allowance: the time at which it will be whole again (GCRA's "TAT").

    The table is not logged: losing it in a crash of the server costs nothing but a fresh allowance.
    """

    __tablename__ = "rate_limits"
    __table_args__ = (Index("ix_rate_limits_whole_at", "whole_at"), {"prefixes": ["UNLOGGED"]})

    key: Mapped[str] = mapped_column(primary_key=True)
    whole_at: Mapped[datetime]


class ApiKey(Base):
    """A machine's key. Only a hash of its secret half is kept: 256 random bits need no slow hash.

    It acts for the user who owns it, with at most that user's rights, and ends with that user's account.
    """

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    role: Mapped[Role] = mapped_column(text_enum(Role))
    permissions: Mapped[list[str]] = mapped_column(ARRAY(String))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class CameraGroup(Base):
    """Cameras that are given to users together."""

    __tablename__ = "camera_groups"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class CameraGroupMember(Base):
    """A camera's place in a group."""

    __tablename__ = "camera_group_members"

    group_id: Mapped[UUID] = mapped_column(ForeignKey("camera_groups.id", ondelete="CASCADE"), primary_key=True)
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True, index=True)


class CameraLimit(Base):
    """Says that a user or a key is limited to some cameras; the grants below say to which.

    It is a row of its own, so that a user whose last camera is deleted sees nothing rather than everything.
    """

    __tablename__ = "camera_limits"
    __table_args__ = (CheckConstraint("(user_id IS NULL) <> (api_key_id IS NULL)", name="one_holder"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    api_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), unique=True)


class CameraGrant(Base):
    """One camera, or one group of cameras, within a limit."""

    __tablename__ = "camera_grants"
    __table_args__ = (CheckConstraint("(camera_id IS NULL) <> (group_id IS NULL)", name="one_target"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    limit_id: Mapped[UUID] = mapped_column(ForeignKey("camera_limits.id", ondelete="CASCADE"), index=True)
    camera_id: Mapped[UUID | None] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), index=True)
    group_id: Mapped[UUID | None] = mapped_column(ForeignKey("camera_groups.id", ondelete="CASCADE"), index=True)
