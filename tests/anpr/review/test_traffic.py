from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from anpr.db import Database
from anpr.errors import Unprocessable
from anpr.identity.scopes import CameraScope
from anpr.models import Camera, Upload
from anpr.review import traffic
from anpr.review.traffic import LastPassage, Step, Traffic, TrafficQuery
from tests.builders import add_event, add_upload

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUERY = TrafficQuery(NOON - timedelta(days=7), NOON + timedelta(days=7))


def upload_in(database: Database, time_zone: str) -> Upload:
    """An upload of a camera in a time zone."""
    upload = add_upload(database)
    with database.transaction() as session:
        session.execute(update(Camera).where(Camera.id == upload.camera_id).values(time_zone=time_zone))
    return upload


def counts(database: Database, query: TrafficQuery = QUERY, scope: CameraScope = None) -> list[Traffic]:
    with database.transaction() as session:
        return list(traffic.traffic(session, query, scope=scope))


def last(database: Database, scope: CameraScope = None) -> list[LastPassage]:
    with database.transaction() as session:
        return list(traffic.last_passages(session, scope=scope))


def test_passages_are_counted_by_hour_with_those_that_could_not_be_read(database: Database) -> None:
    upload = upload_in(database, "UTC")
    add_event(database, upload=upload, captured_at=NOON, readable=True, score=0.9)
    add_event(database, upload=upload, captured_at=NOON + timedelta(minutes=59), readable=True, score=0.7)
    add_event(database, upload=upload, captured_at=NOON + timedelta(minutes=30), readable=False, score=0.1)
    add_event(database, upload=upload, captured_at=NOON + timedelta(hours=2), readable=False, score=0.1)
    assert [(one.camera_id, one.start, one.passages, one.unreadable) for one in counts(database)] == [
        (upload.camera_id, NOON, 3, 1),
        (upload.camera_id, NOON + timedelta(hours=2), 1, 1),
    ]
    assert [one.score for one in counts(database)] == [pytest.approx(0.8), None]


@pytest.mark.parametrize(
    ("zone", "step", "start"),
    [
        ("UTC", Step.DAY, datetime(2026, 3, 2, tzinfo=UTC)),
        # A day there began at ten in the evening of the day before, and one in New York at five in the morning.
        ("Europe/Bucharest", Step.DAY, datetime(2026, 3, 1, 22, tzinfo=UTC)),
        ("America/New_York", Step.DAY, datetime(2026, 3, 2, 5, tzinfo=UTC)),
        # Hours there begin at half past.
        ("Asia/Kolkata", Step.HOUR, datetime(2026, 3, 2, 11, 30, tzinfo=UTC)),
    ],
)
def test_hours_and_days_are_the_camera_s_own(database: Database, zone: str, step: Step, start: datetime) -> None:
    upload = upload_in(database, zone)
    add_event(database, upload=upload, captured_at=NOON)
    assert [(one.start, one.passages) for one in counts(database, replace(QUERY, step=step))] == [(start, 1)]


def test_only_what_was_asked_for_and_may_be_seen_is_counted(database: Database) -> None:
    first, second = upload_in(database, "UTC"), upload_in(database, "UTC")
    for upload in (first, second):
        add_event(database, upload=upload, captured_at=NOON)
    add_event(database, upload=first, captured_at=QUERY.captured_to)
    assert {one.camera_id for one in counts(database)} == {first.camera_id, second.camera_id}
    only_first = replace(QUERY, camera_ids=frozenset({first.camera_id}))
    assert [(one.camera_id, one.passages) for one in counts(database, only_first)] == [(first.camera_id, 1)]
    assert [one.camera_id for one in counts(database, scope=frozenset({second.camera_id}))] == [second.camera_id]
    assert counts(database, only_first, scope=frozenset({second.camera_id})) == []


def test_more_counts_than_an_answer_holds_are_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "MAX_ROWS", 2)
    upload = upload_in(database, "UTC")
    for hours in range(3):
        add_event(database, upload=upload, captured_at=NOON + timedelta(hours=hours))
    with pytest.raises(Unprocessable, match="by day"):
        counts(database)
    assert len(counts(database, replace(QUERY, step=Step.DAY))) == 1


def test_the_last_passage_of_each_camera(database: Database) -> None:
    first, second, _idle = upload_in(database, "UTC"), upload_in(database, "UTC"), upload_in(database, "UTC")
    add_event(database, upload=first, captured_at=NOON - timedelta(hours=2))
    newest = add_event(database, upload=first, captured_at=NOON - timedelta(hours=1))
    other = add_event(database, upload=second, captured_at=NOON)
    assert last(database) == [
        LastPassage(second.camera_id, other.id, NOON),
        LastPassage(first.camera_id, newest.id, NOON - timedelta(hours=1)),
    ]
    assert [one.event_id for one in last(database, scope=frozenset({first.camera_id}))] == [newest.id]
