"""Cameras, the files they send, and what was read in them."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    case,
    func,
    literal_column,
    null,
    or_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from anpr.models.base import NOW, Base, text_enum


class Camera(Base):
    """Where footage comes from."""

    __tablename__ = "cameras"
    __table_args__ = (
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
        CheckConstraint("heading >= 0 AND heading < 360", name="heading"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="position"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    heading: Mapped[float | None]
    region_hint: Mapped[str | None]
    time_zone: Mapped[str] = mapped_column(default="UTC")
    active: Mapped[bool] = mapped_column(default=True)
    # The device's own name for itself, which the reads that it hands in carry: a serial number, or a MAC address.
    serial: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)

    stream: Mapped["Stream | None"] = relationship(lazy="raise", viewonly=True, back_populates="camera")


class StreamState(StrEnum):
    """How the connection to a camera is."""

    WAITING = "waiting"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"


class Stream(Base):
    """A camera's live stream: its address, who reads it at the moment, and how it does.

    `url` is encrypted, for it may hold a password; `place` is what of it may be shown. One process at a time reads a
    stream: the one whose token is in `lease_token`, until `leased_until`.
    """

    __tablename__ = "streams"

    camera_id: Mapped[UUID] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[bytes]
    place: Mapped[str]
    lease_token: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    state: Mapped[StreamState] = mapped_column(text_enum(StreamState), default=StreamState.WAITING)
    connected_since: Mapped[datetime | None]
    last_frame_at: Mapped[datetime | None]
    fps_in: Mapped[float | None]
    fps_read: Mapped[float | None]
    lag_s: Mapped[float | None]
    reason: Mapped[str | None]
    silence_noticed_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=NOW)

    camera: Mapped[Camera] = relationship(lazy="raise", back_populates="stream")

    @property
    def is_read(self) -> bool:
        """Whether the process that took the stream was heard of lately."""
        return self.leased_until is not None and self.leased_until > datetime.now(UTC)

    @property
    def current_state(self) -> StreamState:
        """How the connection is, as far as anybody knows: what a dead process said last does not count."""
        return self.state if self.is_read else StreamState.WAITING

    @property
    def current_reason(self) -> str | None:
        """What is wrong, in words."""
        return self.reason if self.is_read else "No process reads this stream at present."


class UploadStatus(StrEnum):
    """Where an upload stands, from the form that was asked for to the end of its job."""

    AWAITING_FILE = "awaiting_file"
    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"


OVER: Final = (UploadStatus.SUCCEEDED, UploadStatus.FAILED, UploadStatus.EXPIRED)
"""Where an upload's job has ended, or will never begin."""


class UploadKind(StrEnum):
    """How footage comes; `read` is one read that another engine handed in, of which there is no footage."""

    FILE = "file"
    STREAM = "stream"
    READ = "read"


class Upload(Base):
    """A file that a client sends, and the job that reads it: one of each, so one row.

    A camera's stream is cut into segments of some minutes; each is an upload of kind `stream`, without a file.

    `claim_token` is the running worker's; a worker whose token is no longer here has lost the job.
    `replacements` counts the files that were posted when one had been read; the last of them, while it waits for the
    sweep to remove it, is `replacement_version_id`.
    Since `source_condemned_at`, the file is to go on request as soon as its job is over and no case holds it.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint("progress BETWEEN 0 AND 1", name="progress"),
        UniqueConstraint("created_by", "idempotency_key"),
        Index("ix_uploads_created_at_id", "created_at", "id"),
        # Pages of footage, of which there is little where cameras read by themselves.
        Index("ix_uploads_footage_created_at_id", "created_at", "id", postgresql_where=text("kind <> 'read'")),
        Index("ix_uploads_camera_id_created_at", "camera_id", "created_at"),
        # The sweep looks only at uploads that are not over.
        Index(
            "ix_uploads_unfinished",
            "status",
            "created_at",
            postgresql_where=text("status IN ('awaiting_file', 'queued', 'processing')"),
        ),
        Index("ix_uploads_source_kept", "created_at", postgresql_where=text("source_deleted_at IS NULL")),
        Index("ix_uploads_replaced", "id", postgresql_where=text("replacement_version_id IS NOT NULL")),
        # Metering looks for what was read and is not booked.
        Index("ix_uploads_succeeded_at", "finished_at", postgresql_where=text("status = 'succeeded'")),
        # Pages of one status, newest first.
        Index("ix_uploads_status_created_at_id", "status", "created_at", "id"),
        Index(
            "ix_uploads_source_condemned",
            "id",
            postgresql_where=text("source_condemned_at IS NOT NULL AND source_deleted_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[UploadKind] = mapped_column(text_enum(UploadKind), default=UploadKind.FILE)
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("cameras.id"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    file_name: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    captured_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    idempotency_key: Mapped[str | None]

    status: Mapped[UploadStatus] = mapped_column(text_enum(UploadStatus), default=UploadStatus.AWAITING_FILE)
    attempts: Mapped[int] = mapped_column(default=0)
    progress: Mapped[float] = mapped_column(default=0.0)
    frames_done: Mapped[int] = mapped_column(default=0)
    duration_s: Mapped[float | None]
    events_count: Mapped[int] = mapped_column(default=0)
    unreadable_count: Mapped[int] = mapped_column(default=0)
    warning: Mapped[str | None]
    failure_reason: Mapped[str | None]
    claim_token: Mapped[UUID | None]
    queued_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    source_condemned_at: Mapped[datetime | None]
    source_deleted_at: Mapped[datetime | None]

    # The file that was read, by the storage's name and by its content: whatever is posted later is not it.
    source_version_id: Mapped[str | None]
    source_sha256: Mapped[str | None]
    replacements: Mapped[int] = mapped_column(default=0)
    replaced_at: Mapped[datetime | None]
    replacement_version_id: Mapped[str | None]

    camera: Mapped[Camera] = relationship(lazy="raise")


class ReviewStatus(StrEnum):
    """What people said of an event's read."""

    UNREVIEWED = "unreviewed"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    REJECTED = "rejected"


def _trigrams(column: str, *, where: str | None = None) -> Index:
    """Trigrams of a plate column.

    Without the pending list: it makes inserts cheaper, which are few here, and searches slower at random.
    """
    return Index(
        f"ix_events_{column}_trgm",
        column,
        postgresql_using="gin",
        postgresql_ops={column: "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},
        postgresql_where=None if where is None else text(where),
    )


CANDIDATE_PLATES: Final = "jsonb_path_query_array(candidates, '$[*].plate'::jsonpath)"
"""The texts of an event's candidates, in the form that is indexed."""

OTHER_LETTERS: Final = "plate ~ '[^A-Z0-9?]'"
"""Whether a plate has a character that the built-in readers cannot write."""


_FAMILIAR: Final = "beyond_doubt AND review_status = 'unreviewed' OR review_status IN ('confirmed', 'corrected')"

OWN_ENGINE: Final = "anpr"
"""`engine` of what the backend's own worker read."""


class Event(Base):
    """One vehicle's passage before one camera, as the machine read it; never overwritten.

    `id` is derived from `(upload_id, passage_no)`, so a re-run of a job makes the same row and the same objects.
    A read that another engine handed in may have no box, no crop or no frame.
    """

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("upload_id", "passage_no"),
        Index("ix_events_captured_at_id", "captured_at", "id"),
        Index("ix_events_camera_id_captured_at_id", "camera_id", "captured_at", "id"),
        Index("ix_events_plate_captured_at_id", "plate", "captured_at", "id"),
        Index("ix_events_plate_key_captured_at", "plate_key", "captured_at"),
        # The plates alone: a score is another number in each row, and nobody looks for one.
        Index(
            "ix_events_candidate_plates",
            text(f"({CANDIDATE_PLATES})"),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        # Empty but for a reader with letters of its own: who looks up every spelling of a misread need not know them.
        Index("ix_events_other_letters", "captured_at", "id", postgresql_where=text(OTHER_LETTERS)),
        _trigrams("plate"),
        _trigrams("plate_key"),
        Index("ix_events_review_status_captured_at_id", "review_status", "captured_at", "id"),
        # Few events are corrected, so these are small.
        Index(
            "ix_events_reviewed_plate_captured_at_id",
            "reviewed_plate",
            "captured_at",
            "id",
            postgresql_where=text("reviewed_plate IS NOT NULL"),
        ),
        Index(
            "ix_events_reviewed_plate_key_captured_at",
            "reviewed_plate_key",
            "captured_at",
            postgresql_where=text("reviewed_plate IS NOT NULL"),
        ),
        _trigrams("reviewed_plate", where="reviewed_plate IS NOT NULL"),
        _trigrams("reviewed_plate_key", where="reviewed_plate IS NOT NULL"),
        # Retention counts from when a passage was recorded here: old footage that is uploaded today is new to us.
        Index("ix_events_processed_at", "processed_at"),
        Index("ix_events_media_kept", "processed_at", postgresql_where=text("media_deleted_at IS NULL")),
        # What a camera's reader learns from, latest first.
        Index("ix_events_familiar", "camera_id", text("processed_at DESC"), postgresql_where=text(_FAMILIAR)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    upload_id: Mapped[UUID] = mapped_column(ForeignKey("uploads.id"))
    camera_id: Mapped[UUID] = mapped_column(ForeignKey("cameras.id"))
    passage_no: Mapped[int]
    engine: Mapped[str] = mapped_column(default=OWN_ENGINE, server_default=OWN_ENGINE)
    model: Mapped[str | None]

    # Byte order, whatever the cluster's locale is: only then does the B-tree serve `LIKE 'AB%'`.
    plate: Mapped[str] = mapped_column(String(collation="C"))
    plate_key: Mapped[str] = mapped_column(String(collation="C"))
    raw_plate: Mapped[str]
    readable: Mapped[bool]
    score: Mapped[float]
    dscore: Mapped[float]
    region_code: Mapped[str | None]
    region_score: Mapped[float | None]
    candidates: Mapped[list[dict[str, Any]]]
    # Whether the shapes of its characters alone left no doubt, whatever is expected of plates.
    beyond_doubt: Mapped[bool] = mapped_column(default=False)
    vehicle: Mapped[dict[str, Any] | None]

    box_xmin: Mapped[float | None]
    box_ymin: Mapped[float | None]
    box_xmax: Mapped[float | None]
    box_ymax: Mapped[float | None]
    first_frame: Mapped[int]
    last_frame: Mapped[int]
    best_frame: Mapped[int]
    frames_seen: Mapped[int]
    frames_agreeing: Mapped[int]
    crop_key: Mapped[str | None]
    frame_key: Mapped[str | None]

    captured_at: Mapped[datetime]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    processed_at: Mapped[datetime]

    # What people made of it, in step with the live verdict in `corrections`; None where they agree or said nothing.
    review_status: Mapped[ReviewStatus] = mapped_column(text_enum(ReviewStatus), default=ReviewStatus.UNREVIEWED)
    reviewed_plate: Mapped[str | None] = mapped_column(String(collation="C"))
    reviewed_plate_key: Mapped[str | None] = mapped_column(String(collation="C"))
    reviewed_region_code: Mapped[str | None]
    media_deleted_at: Mapped[datetime | None]

    @hybrid_property
    def effective_plate(self) -> str | None:
        """The plate that people and machine together say the vehicle had; None for a rejected event."""
        if self.review_status is ReviewStatus.REJECTED:
            return None
        return self.plate if self.reviewed_plate is None else self.reviewed_plate

    @effective_plate.inplace.expression
    @classmethod
    def _effective_plate(cls) -> ColumnElement[str | None]:
        rejected = cls.review_status == ReviewStatus.REJECTED
        return case((rejected, null()), else_=func.coalesce(cls.reviewed_plate, cls.plate))

    @hybrid_property
    def effective_region(self) -> str | None:
        """The plate's region by people and machine together; None where it is unknown or the event was rejected."""
        if self.review_status is ReviewStatus.REJECTED:
            return None
        return self.region_code if self.reviewed_region_code is None else self.reviewed_region_code

    @effective_region.inplace.expression
    @classmethod
    def _effective_region(cls) -> ColumnElement[str | None]:
        rejected = cls.review_status == ReviewStatus.REJECTED
        return case((rejected, null()), else_=func.coalesce(cls.reviewed_region_code, cls.region_code))

    @hybrid_property
    def is_familiar(self) -> bool:
        """Whether the plate is beyond doubt by its shapes alone, or by a person's word."""
        said = self.review_status in (ReviewStatus.CONFIRMED, ReviewStatus.CORRECTED)
        return said or (self.beyond_doubt and self.review_status is ReviewStatus.UNREVIEWED)

    @is_familiar.inplace.expression
    @classmethod
    def _is_familiar(cls) -> ColumnElement[bool]:
        # In the index's own words, so that it serves.
        return literal_column(f"({_FAMILIAR})", Boolean)

    @classmethod
    def stands_for(cls, plate: str) -> ColumnElement[bool]:
        """Whether a row is of this plate: corrected to it, or read as it and not corrected.

        A rejected event is still of the plate that was read: the text is kept, whatever people think of it. It is
        written as two comparisons, each of which an index serves.
        """
        return or_(cls.reviewed_plate == plate, and_(cls.plate == plate, cls.reviewed_plate.is_(None)))


class HandedRead(Base):
    """A read that another engine handed in, by which a second copy of it is known.

    `digest` is of the engine's name and its own id of the read, so no id that holds a plate is kept.
    """

    __tablename__ = "handed_reads"
    __table_args__ = (Index("ix_handed_reads_event_id", "event_id"),)

    camera_id: Mapped[UUID] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    received_at: Mapped[datetime] = mapped_column(server_default=NOW)
