"""Exports: what was asked for, and how far its archive is written."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from anpr.models.base import NOW, Base, text_enum


class ExportStatus(StrEnum):
    """Where an export stands."""

    QUEUED = "queued"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


class Export(Base):
    """An archive that somebody asked for, and the checkpoint of whoever builds it.

    Attributes:
        request: an `anpr.review.exports.ExportRequest`.
        camera_ids: the only cameras whose events it holds; None for all.
        events_total: how many events it is about.
        images_total: how many images the archive will hold, missing ones included.
        images_done: how many of those were dealt with.
        images_missing: how many were no longer in the storage, and are left out with their labels.
        stage: which images are being added: `crops`, then `frames`.
        item_no: the last item whose image of this stage is in an uploaded part.
        entries: how many files are in uploaded parts.
        offset: length of all uploaded parts, in bytes.
        claim_token: the present builder's; a builder whose token is no longer here has lost the export.
        attempts: how often a builder took it since the last checkpoint.
    """

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_created_at_id", "created_at", "id"),
        Index("ix_exports_requested_by_created_at", "requested_by", "created_at"),
        Index("ix_exports_unfinished", "created_at", postgresql_where=text("status IN ('queued', 'building')")),
        Index("ix_exports_expires_at", "expires_at", postgresql_where=text("status = 'ready'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    request: Mapped[dict[str, Any]]
    camera_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    reason: Mapped[str]
    notify: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    status: Mapped[ExportStatus] = mapped_column(text_enum(ExportStatus), default=ExportStatus.QUEUED)
    failure_reason: Mapped[str | None]
    planned_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    events_total: Mapped[int] = mapped_column(default=0)
    images_total: Mapped[int] = mapped_column(default=0)
    images_done: Mapped[int] = mapped_column(default=0)
    images_missing: Mapped[int] = mapped_column(default=0)

    attempts: Mapped[int] = mapped_column(default=0)
    claim_token: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    multipart_id: Mapped[str | None]
    stage: Mapped[str] = mapped_column(default="crops")
    item_no: Mapped[int] = mapped_column(default=0)
    entries: Mapped[int] = mapped_column(default=0)
    offset: Mapped[int] = mapped_column(BigInteger, default=0)


class ExportItem(Base):
    """One event of an export, as it was when the export was planned: later verdicts do not change a dataset half-way.

    Kept for as long as the archive is.

    Attributes:
        no: place in the archive, from 1.
        plate: the effective plate; None for an event that was rejected.
        split: `train` or `val`, decided by the plate alone.
        frame_no: the item whose full frame shows this event's vehicle, often this very item; None where the frame is
            not in the archive.
    """

    __tablename__ = "export_items"
    # Whoever erases an event must find the archives that it is in.
    __table_args__ = (
        Index("ix_export_items_event_id", "event_id"),
        Index("ix_export_items_frame", "export_id", "frame_no", postgresql_where=text("frame_no IS NOT NULL")),
    )

    export_id: Mapped[UUID] = mapped_column(ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]
    plate: Mapped[str | None]
    region_code: Mapped[str | None]
    split: Mapped[str]
    frame_no: Mapped[int | None]


class ExportEntry(Base):
    """One file that is in the archive's uploaded parts: what the directory at its end and the manifest need.

    Gone once the archive is complete, as are the `ExportPart`s.

    Attributes:
        no: place in the archive, from 1.
        item_no: the item whose image this is.
        offset: where its local header starts, in bytes.
        width: of a full frame, in pixels.
        height: of a full frame, in pixels.
    """

    __tablename__ = "export_entries"
    __table_args__ = (Index("ix_export_entries_item", "export_id", "stage", "item_no", unique=True),)

    export_id: Mapped[UUID] = mapped_column(ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str]
    item_no: Mapped[int]
    name: Mapped[str]
    offset: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    crc32: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int | None]
    height: Mapped[int | None]


class ExportPart(Base):
    """A part of the archive's multipart upload that the storage has taken."""

    __tablename__ = "export_parts"

    export_id: Mapped[UUID] = mapped_column(ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    etag: Mapped[str]
