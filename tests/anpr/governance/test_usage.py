from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from anpr.db import Database
from anpr.errors import BadRequest, NotFound
from anpr.governance import usage
from anpr.messages import UploadProcessed
from anpr.models import Camera, Upload, UploadStatus, UsageMonth, UsageRecord

MAY_5 = datetime(2026, 5, 5, 12, tzinfo=UTC)


@pytest.fixture
def camera(database: Database) -> UUID:
    made = Camera(name="Bridge Street")
    with database.transaction() as session:
        session.add(made)
    return made.id


def processed(camera: UUID, **changes: Any) -> UploadProcessed:
    values = {
        "upload_id": uuid4(),
        "camera_id": camera,
        "media": "video",
        "duration_s": 90.0,
        "frames": 2700,
        "events": 3,
        "unreadable": 1,
        "finished_at": MAY_5,
    }
    return UploadProcessed.model_validate(values | changes)


def book(database: Database, *uses: UploadProcessed) -> None:
    with database.transaction() as session:
        for use in uses:
            assert usage.record(session, use, uuid4())


def test_a_message_that_comes_again_is_booked_once(database: Database, camera: UUID) -> None:
    use = processed(camera)
    book(database, use)
    with database.transaction() as session:
        assert not usage.record(session, use, uuid4())
    with database.transaction() as session:
        assert usage.of_month(session, MAY_5).minutes == 1.5
        assert session.scalar(select(func.count()).select_from(UsageRecord)) == 1


def test_an_image_counts_as_a_second(database: Database, camera: UUID) -> None:
    book(database, *(processed(camera, media="image", duration_s=0.0, frames=1) for _ in range(60)))
    with database.transaction() as session:
        month = usage.of_month(session, MAY_5)
        [line] = usage.by_camera_and_day(session, scope=None, start=MAY_5.date(), end=MAY_5.date())
    assert month.minutes == 1.0
    assert (line.images, line.frames, line.seconds) == (60, 0, 0.0)


def test_a_month_ends_at_midnight_utc(database: Database, camera: UUID) -> None:
    last = datetime(2026, 6, 1, 1, 59, tzinfo=UTC).astimezone() - timedelta(hours=2)
    book(database, processed(camera, finished_at=last), processed(camera, finished_at=last + timedelta(minutes=1)))
    with database.transaction() as session:
        may = usage.of_month(session, MAY_5)
        assert may.minutes == 1.5
        assert may.resets_at == datetime(2026, 6, 1, tzinfo=UTC)
        assert usage.of_month(session, may.resets_at).minutes == 1.5


def test_use_is_summed_by_camera_and_day(database: Database, camera: UUID) -> None:
    gone = uuid4()
    book(
        database,
        processed(camera),
        processed(camera, duration_s=30.0, frames=900, events=0),
        processed(camera, finished_at=MAY_5 + timedelta(days=1)),
        processed(gone),
    )
    with database.transaction() as session:
        lines = usage.by_camera_and_day(session, scope=None, start=MAY_5.date(), end=date(2026, 5, 31))
    found = [
        (line.period.day, line.camera_name, line.uploads, line.seconds, line.frames, line.events) for line in lines
    ]
    assert found == [
        (5, "Bridge Street", 2, 120.0, 3600, 3),
        (5, None, 1, 90.0, 2700, 3),
        (6, "Bridge Street", 1, 90.0, 2700, 3),
    ]


def test_only_cameras_in_scope_are_listed(database: Database, camera: UUID) -> None:
    book(database, processed(camera), processed(uuid4()))
    with database.transaction() as session:
        of_day = partial(usage.by_camera_and_day, session, start=MAY_5.date(), end=MAY_5.date())
        seen = of_day(scope=frozenset({camera}))
        assert [line.camera_id for line in seen] == [camera]
        assert of_day(scope=frozenset()) == []
        assert of_day(scope=None, camera_id=camera) == seen


@pytest.mark.parametrize("end", [date(2026, 5, 4), date(2027, 5, 6)])
def test_a_period_that_is_empty_or_too_long_is_refused(database: Database, end: date) -> None:
    with database.transaction() as session, pytest.raises(BadRequest):
        usage.by_camera_and_day(session, scope=None, start=MAY_5.date(), end=end)


def test_a_month_is_closed_once_it_has_settled(database: Database, camera: UUID) -> None:
    book(database, processed(camera), processed(camera), processed(uuid4(), media="image", duration_s=0))
    with database.transaction() as session:
        assert usage.close_months(session, datetime(2026, 6, 2, 23, tzinfo=UTC)) == []
        with pytest.raises(NotFound, match="2026-05"):
            usage.reports(session, MAY_5.date(), scope=None)
        assert usage.close_months(session, datetime(2026, 6, 3, tzinfo=UTC)) == [date(2026, 5, 1)]
    with database.transaction() as session:
        assert usage.close_months(session, datetime(2026, 6, 3, tzinfo=UTC)) == []
        assert usage.closed_months(session, scope=None) == [date(2026, 5, 1)]
        lines = usage.reports(session, MAY_5.date(), scope=None)
        assert [(line.camera_name, line.uploads, line.seconds, line.images) for line in lines] == [
            ("", 1, 0.0, 1),
            ("Bridge Street", 2, 180.0, 0),
        ]
        assert [line.camera_id for line in usage.reports(session, MAY_5.date(), scope=frozenset({camera}))] == [camera]


def test_what_comes_after_the_close_is_booked_when_it_comes(database: Database, camera: UUID) -> None:
    book(database, processed(camera))
    with database.transaction() as session:
        usage.close_months(session, datetime(2026, 6, 3, tzinfo=UTC))
    late = processed(camera)
    book(database, late)
    now = datetime.now(UTC)
    with database.transaction() as session:
        assert usage.of_month(session, now).minutes == 1.5
        assert usage.of_month(session, MAY_5).minutes == 1.5
        assert session.get_one(UsageRecord, late.upload_id).day == now.date()
        [report] = usage.reports(session, MAY_5.date(), scope=None)
        assert report.uploads == 1


@pytest.mark.parametrize("made_days_ago", [0, 3, 29, 400])
def test_an_upload_whose_message_was_lost_is_booked_whenever_it_was_made(
    database: Database, camera: UUID, made_days_ago: int
) -> None:
    now = datetime.now(UTC)
    upload = Upload(
        camera_id=camera,
        file_name="a.mp4",
        content_type="video/mp4",
        size_bytes=1,
        captured_at=now,
        created_at=now - timedelta(days=made_days_ago),
        status=UploadStatus.SUCCEEDED,
        duration_s=120.0,
        frames_done=3000,
        finished_at=now - timedelta(hours=2),
    )
    running = Upload(
        camera_id=camera,
        file_name="b.mp4",
        content_type="video/mp4",
        size_bytes=1,
        captured_at=now,
        status=UploadStatus.PROCESSING,
    )
    with database.transaction() as session:
        session.add_all([upload, running])
    with database.transaction() as session:
        assert usage.make_good(session, now) == 1
    with database.transaction() as session:
        assert usage.make_good(session, now) == 0
        assert session.scalar(select(func.sum(UsageMonth.seconds))) == 120.0
