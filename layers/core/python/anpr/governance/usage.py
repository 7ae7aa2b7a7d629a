"""Metering: what each upload used, booked once, and the monthly reports made of it.

Every upload has one `UsageRecord`, so `upload.processed` may come as often as it likes. A month stays open for two days
after its end, for messages that are late; then its reports are written and do not change. What comes later still is
booked on the day it comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Date, Double, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr.errors import BadRequest, NotFound
from anpr.identity import scopes
from anpr.identity.scopes import CameraScope
from anpr.messages import UploadProcessed
from anpr.models import Camera, Upload, UploadStatus, UsageMonth, UsageRecord, UsageReport

IMAGE_S: Final = 1.0
"""Seconds of footage that an image counts as; else a clip could be sent for nothing, frame by frame."""

NO_CAMERA: Final = UUID(int=0)
"""Where pictures are booked that no camera was named of: nobody who is limited to cameras sees it."""

MAX_DAYS: Final = 366
_SETTLES_AFTER: Final = timedelta(days=2)
_LATE_AFTER: Final = timedelta(hours=1)
_LOOK_BACK: Final = timedelta(days=31)
"""Longer than any queue keeps a message: what is not booked by then was never going to be."""


@dataclass(frozen=True, slots=True)
class MonthUse:
    """What was used of a month's allowance.

    Attributes:
        minutes: footage read, images included.
        resets_at: when the next month begins.
    """

    minutes: float
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class UsageLine:
    """One camera's use on one day, or in one month. A camera that is gone has no name."""

    period: date
    camera_id: UUID
    camera_name: str | None
    uploads: int
    seconds: float
    frames: int
    images: int
    events: int


def record(session: Session, processed: UploadProcessed, source_event_id: UUID | None) -> bool:
    """Book what one upload used.

    Args:
        session: the transaction.
        processed: what became of the upload.
        source_event_id: the bus event that said so; None where the booking was missed and is made good.

    Returns:
        False where the upload is booked already.
    """
    images = int(processed.media == "image")
    seconds = max(processed.duration_s, 0.0)
    day = processed.finished_at.astimezone(UTC).date()
    booked = session.scalar(
        insert(UsageRecord)
        .values(
            upload_id=processed.upload_id,
            camera_id=processed.camera_id,
            day=day,
            seconds=seconds,
            frames=0 if images else processed.frames,
            images=images,
            events=processed.events,
            source_event_id=source_event_id,
        )
        .on_conflict_do_nothing(index_elements=["upload_id"])
        .returning(UsageRecord.upload_id)
    )
    if booked is None:
        return False
    if not _add_to_month(session, day, seconds, images):
        today = datetime.now(UTC).date()
        session.execute(update(UsageRecord).where(UsageRecord.upload_id == processed.upload_id).values(day=today))
        _add_to_month(session, today, seconds, images)
    return True


def record_picture(session: Session, camera_id: UUID | None) -> None:
    """Book a picture that was answered and of which there is no upload.

    Args:
        session: the transaction.
        camera_id: whose it is; None where nobody said, and nothing was kept: it is booked on `NO_CAMERA`.
    """
    answered = UploadProcessed(
        upload_id=uuid4(),
        camera_id=camera_id or NO_CAMERA,
        media="image",
        duration_s=0.0,
        frames=1,
        events=0,
        unreadable=0,
        finished_at=datetime.now(UTC),
    )
    record(session, answered, None)


def of_month(session: Session, at: datetime) -> MonthUse:
    """Tell what the calendar month (UTC) of a moment has used so far."""
    month = _month_of(at.astimezone(UTC).date())
    row = session.get(UsageMonth, month, populate_existing=True)
    seconds = 0.0 if row is None else row.seconds + row.images * IMAGE_S
    return MonthUse(seconds / 60, datetime.combine(_next_month(month), datetime.min.time(), UTC))


def by_camera_and_day(
    session: Session, *, scope: CameraScope, start: date, end: date, camera_id: UUID | None = None
) -> list[UsageLine]:
    """List the use by day and camera.

    Args:
        session: the transaction.
        scope: the caller's cameras.
        start: the first day (UTC).
        end: the last day.
        camera_id: only this camera.

    Raises:
        BadRequest: the period is empty or longer than a year.
    """
    if not 0 <= (end - start).days < MAX_DAYS:
        raise BadRequest(f"The period must be 1 to {MAX_DAYS} days long, its first day first.")
    statement = (
        select(
            UsageRecord.day,
            UsageRecord.camera_id,
            Camera.name,
            func.count(),
            func.sum(UsageRecord.seconds),
            cast(func.sum(UsageRecord.frames), UsageRecord.frames.type),
            func.sum(UsageRecord.images),
            func.sum(UsageRecord.events),
        )
        .outerjoin(Camera, Camera.id == UsageRecord.camera_id)
        .where(UsageRecord.day.between(start, end))
        .group_by(UsageRecord.day, UsageRecord.camera_id, Camera.name)
        .order_by(UsageRecord.day, Camera.name, UsageRecord.camera_id)
    )
    if camera_id is not None:
        statement = statement.where(UsageRecord.camera_id == camera_id)
    rows = session.execute(scopes.limit(statement, scope, UsageRecord.camera_id))
    return [UsageLine(*row) for row in rows]


def reports(session: Session, month: date, *, scope: CameraScope) -> list[UsageLine]:
    """List a closed month's reports by camera.

    Raises:
        NotFound: the month is not closed yet, or nothing was used in it.
    """
    statement = select(UsageReport).where(UsageReport.month == _month_of(month)).order_by(UsageReport.camera_name)
    rows = session.scalars(scopes.limit(statement, scope, UsageReport.camera_id)).all()
    if not rows:
        raise NotFound(f"There is no report for {month:%Y-%m}: the month is still open, or nothing was used in it.")
    return [
        UsageLine(
            row.month, row.camera_id, row.camera_name, row.uploads, row.seconds, row.frames, row.images, row.events
        )
        for row in rows
    ]


def closed_months(session: Session, *, scope: CameraScope) -> Sequence[date]:
    """List the months that have reports of cameras in scope, newest first."""
    closed = select(UsageMonth.month).where(UsageMonth.closed_at.is_not(None))
    if scope is not None:
        reported = scopes.limit(select(UsageReport.month), scope, UsageReport.camera_id)
        closed = closed.where(UsageMonth.month.in_(reported))
    return session.scalars(closed.order_by(UsageMonth.month.desc())).all()


def close_months(session: Session, now: datetime) -> list[date]:
    """Write the reports of every month that is over and settled and has none yet.

    Returns:
        The months that were closed.
    """
    settled = _month_of((now.astimezone(UTC) - _SETTLES_AFTER).date())
    closed = session.scalars(
        update(UsageMonth)
        .where(UsageMonth.closed_at.is_(None), UsageMonth.month < settled)
        .values(closed_at=func.now())
        .returning(UsageMonth.month)
    ).all()
    for month in closed:
        _write_reports(session, month)
    return sorted(closed)


def make_good(session: Session, now: datetime, *, limit: int = 1000) -> int:
    """Book uploads that were read in the last days and whose message never came.

    Returns:
        How many there were.
    """
    missed = session.scalars(
        select(Upload)
        .outerjoin(UsageRecord, UsageRecord.upload_id == Upload.id)
        .where(
            # By when it was read: a file may wait for days, and be tried again weeks later.
            Upload.finished_at > now - _LOOK_BACK,
            Upload.status == UploadStatus.SUCCEEDED,
            Upload.finished_at < now - _LATE_AFTER,
            UsageRecord.upload_id.is_(None),
        )
        .limit(limit)
    ).all()
    return sum(record(session, _processed(upload), None) for upload in missed)


def _processed(upload: Upload) -> UploadProcessed:
    return UploadProcessed(
        upload_id=upload.id,
        camera_id=upload.camera_id,
        media="image" if upload.content_type.startswith("image/") else "video",
        duration_s=upload.duration_s or 0.0,
        frames=upload.frames_done,
        events=upload.events_count,
        unreadable=upload.unreadable_count,
        finished_at=upload.finished_at or upload.created_at,
    )


def _add_to_month(session: Session, day: date, seconds: float, images: int) -> bool:
    """Count a booking in its month; False where the month is closed.

    The month's row is locked from here on, as it is by whoever closes the month: it is open or closed for both.
    """
    month = insert(UsageMonth).values(month=_month_of(day), seconds=seconds, images=images)
    counted = session.scalar(
        month.on_conflict_do_update(
            index_elements=["month"],
            set_={
                "seconds": UsageMonth.seconds + month.excluded.seconds,
                "images": UsageMonth.images + month.excluded.images,
            },
            where=UsageMonth.closed_at.is_(None),
        ).returning(UsageMonth.month)
    )
    return counted is not None


def _write_reports(session: Session, month: date) -> None:
    totals = (
        select(
            literal(month, Date),
            UsageRecord.camera_id,
            func.coalesce(func.max(Camera.name), ""),
            func.count(),
            cast(func.sum(UsageRecord.seconds), Double),
            func.sum(UsageRecord.frames),
            func.sum(UsageRecord.images),
            func.sum(UsageRecord.events),
        )
        .outerjoin(Camera, Camera.id == UsageRecord.camera_id)
        .where(UsageRecord.day >= month, UsageRecord.day < _next_month(month))
        .group_by(UsageRecord.camera_id)
    )
    columns = ["month", "camera_id", "camera_name", "uploads", "seconds", "frames", "images", "events"]
    session.execute(insert(UsageReport).from_select(columns, totals))


def _month_of(day: date) -> date:
    return day.replace(day=1)


def _next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
