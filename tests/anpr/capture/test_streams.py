from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, text, update

from anpr.alerts import bolos
from anpr.alerts.webhooks.sealing import Seal
from anpr.audit import SYSTEM
from anpr.capture import jobs, passages, streams
from anpr.capture.jobs import ClaimLost, Refusal
from anpr.capture.streams import Condition, Lease
from anpr.capture.sweep import SweepRules, sweep
from anpr.db import Database
from anpr.errors import NotFound, Unprocessable
from anpr.messages import EventType
from anpr.models import AuditRecord, Camera, Event, OutboxMessage, Stream, StreamState, Upload, UploadStatus
from tests.builders import images_of, passage
from tests.memory import MemoryBlobs, MemoryQueue

SEAL = Seal([Fernet.generate_key().decode()])
URL = "rtsp://viewer:s3cret@cam.example.org/live/1?key=k3y"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
CONNECTED = Condition(StreamState.CONNECTED, NOW, NOW, 25.0, 9.9, 0.1)


def add_stream(database: Database, url: str = URL, **camera: object) -> UUID:
    with database.transaction() as session:
        row = Camera(id=uuid4(), name=f"camera {uuid4()}", **camera)
        session.add(row)
        session.flush()
        streams.put(session, SYSTEM, row.id, url, SEAL)
        return row.id


def take(database: Database, limit: int = 10) -> list[Lease]:
    with database.transaction() as session:
        return streams.take(session, SEAL, limit=limit)


def expire(database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(Stream).values(leased_until=NOW - timedelta(days=400)))


def test_an_address_is_encrypted_and_neither_it_nor_its_password_is_told(database: Database) -> None:
    camera = add_stream(database)
    with database.transaction() as session:
        stream = streams.get(session, camera)
        assert stream.place == "cam.example.org:554"
        everything = " ".join(
            str(row) for table in ("streams", "audit_logs") for row in session.execute(text(f"TABLE {table}"))
        )
        actions = session.scalars(select(AuditRecord.action)).all()
    assert "stream.set" in actions
    assert not [secret for secret in ("s3cret", "k3y", "viewer", "live/1") if secret in everything]
    assert take(database)[0].url == URL


@pytest.mark.parametrize(
    "url",
    ["http://cam/1", "rtsp://", "rtsp:///x", "file:///etc/passwd", "rtsp://a:99999/", "rtsp://a b/", "rtsp://a\n/"],
)
def test_what_is_no_address_of_a_stream_is_refused(database: Database, url: str) -> None:
    with pytest.raises(Unprocessable):
        add_stream(database, url)


def test_each_stream_is_leased_to_one_process(database: Database) -> None:
    cameras = {add_stream(database) for _ in range(3)}
    first, second, third = take(database, 2), take(database, 2), take(database, 2)
    assert (len(first), len(second), third) == (2, 1, [])
    assert {held.camera_id for held in first + second} == cameras


def test_a_silent_processs_stream_is_taken_over_and_its_open_segment_ends_with_what_it_has(database: Database) -> None:
    camera = add_stream(database, region_hint="gb")
    (held,) = take(database)
    with database.transaction() as session:
        segment = streams.open_segment(session, held, NOW)
        passages.record(session, segment, passage(0), images_of(segment.upload_id, 0), matcher=bolos.Matcher())
    expire(database)

    (successor,) = take(database)
    with database.transaction() as session:
        assert not streams.keep(session, held, CONNECTED)
        following = streams.open_segment(session, successor, NOW + timedelta(minutes=1))
    with database.transaction() as session, pytest.raises(ClaimLost):
        passages.record(session, segment, passage(1), images_of(segment.upload_id, 1), matcher=bolos.Matcher())
    with database.transaction() as session, pytest.raises(ClaimLost):
        streams.open_segment(session, held, NOW)

    with database.transaction() as session:
        ended = session.get_one(Upload, segment.upload_id)
        assert (ended.status, ended.events_count) == (UploadStatus.SUCCEEDED, 1)
        assert "unexpectedly" in (ended.warning or "")
        assert session.scalars(select(Event.upload_id)).all() == [segment.upload_id]
        metered = select(OutboxMessage.subject).where(OutboxMessage.type == EventType.UPLOAD_PROCESSED)
        assert session.scalars(metered).all() == [str(segment.upload_id)]
    assert (following.camera_id, following.region_hint) == (camera, "gb")


def test_who_reads_a_stream_says_how_it_does(database: Database) -> None:
    camera = add_stream(database)
    (held,) = take(database)
    with database.transaction() as session:
        assert streams.keep(session, held, CONNECTED)
    with database.transaction() as session:
        assert streams.keep(session, held, Condition(StreamState.LOST, reason="The camera refuses the connection."))
        stream = streams.get(session, camera)
        assert (stream.state, stream.reason) == (StreamState.LOST, "The camera refuses the connection.")
        # When it was last seen is worth knowing above all while it is away.
        assert (stream.last_frame_at, stream.connected_since) == (NOW, None)


@pytest.mark.parametrize("how", ["removed", "another address", "camera off"])
def test_a_stream_that_is_taken_away_or_moved_is_given_up_by_its_reader(database: Database, how: str) -> None:
    camera = add_stream(database)
    (held,) = take(database)
    with database.transaction() as session:
        if how == "removed":
            streams.remove(session, SYSTEM, camera)
        elif how == "another address":
            streams.put(session, SYSTEM, camera, "rtsp://other.example.org/", SEAL)
        else:
            session.execute(update(Camera).where(Camera.id == camera).values(active=False))
    with database.transaction() as session:
        assert not streams.keep(session, held, CONNECTED)
    again = [held.url for held in take(database)]
    assert again == (["rtsp://other.example.org/"] if how == "another address" else [])


def test_what_was_released_is_free_at_once(database: Database) -> None:
    add_stream(database)
    (held,) = take(database)
    with database.transaction() as session:
        streams.release(session, held)
    assert len(take(database)) == 1


def test_the_sweep_ends_forgotten_segments_and_sends_no_job_for_them(database: Database) -> None:
    add_stream(database)
    (held,) = take(database)
    with database.transaction() as session:
        segment = streams.open_segment(session, held, NOW)
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        session.execute(update(Upload).where(Upload.id == segment.upload_id).values(heartbeat_at=long_ago))
    queue = MemoryQueue()

    sweep(database, MemoryBlobs(), queue, SweepRules(expire_after=timedelta(hours=2), max_attempts=3))

    with database.transaction() as session:
        assert session.get_one(Upload, segment.upload_id).status is UploadStatus.SUCCEEDED
        assert jobs.claim(session, segment.upload_id, uuid4()) is Refusal.FINISHED
    assert not queue.waiting


def test_only_a_camera_in_scope_is_given_a_stream(database: Database) -> None:
    camera = add_stream(database)
    with database.transaction() as session:
        with pytest.raises(NotFound):
            streams.put(session, SYSTEM, camera, URL, SEAL, scope=frozenset({uuid4()}))
        with pytest.raises(NotFound):
            streams.remove(session, SYSTEM, camera, scope=frozenset({uuid4()}))


def notices(database: Database) -> list[tuple[str, str]]:
    with database.transaction() as session:
        streams.give_notice(session, silent_after=timedelta(minutes=5))
        told = select(OutboxMessage).where(OutboxMessage.type.startswith("camera.")).order_by(OutboxMessage.seq)
        return [(message.type, message.subject) for message in session.scalars(told)]


def seen(database: Database, camera: UUID, ago: timedelta) -> None:
    with database.transaction() as session:
        at = datetime.now(UTC) - ago
        session.execute(update(Stream).where(Stream.camera_id == camera).values(last_frame_at=at, changed_at=at))


def test_a_camera_that_falls_silent_is_told_of_once_and_once_when_it_is_back(database: Database) -> None:
    camera, well = add_stream(database), add_stream(database)
    seen(database, camera, timedelta(minutes=6))
    seen(database, well, timedelta(minutes=1))
    assert notices(database) == [(EventType.CAMERA_SILENT, str(camera))]
    assert notices(database) == [(EventType.CAMERA_SILENT, str(camera))]
    seen(database, camera, -timedelta(seconds=1))
    assert notices(database)[1:] == [(EventType.CAMERA_BACK, str(camera))]
    assert len(notices(database)) == 2


def test_a_camera_that_was_switched_off_is_not_silent(database: Database) -> None:
    camera = add_stream(database)
    seen(database, camera, timedelta(hours=1))
    with database.transaction() as session:
        session.execute(update(Camera).where(Camera.id == camera).values(active=False))
    assert notices(database) == []
