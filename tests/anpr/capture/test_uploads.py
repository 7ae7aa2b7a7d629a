from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from anpr.alerts import bolos
from anpr.capture import jobs, passages, uploads
from anpr.capture.uploads import NewUpload
from anpr.db import Database
from anpr.errors import Conflict, NotFound, Unavailable, Unprocessable
from anpr.messages import upload_ids_of, upload_key
from anpr.models import Camera, Event, Upload, UploadStatus
from anpr.paging import PageRequest, newest_first
from anpr.settings import UploadSettings
from tests.builders import CAPTURED_AT, add_upload, add_user, images_of, passage, reload
from tests.memory import MemoryBlobs, MemoryQueue
from tests.plans import plan_of


@pytest.fixture
def camera(database: Database) -> UUID:
    made = Camera(id=uuid4(), name="north gate")
    with database.transaction() as session:
        session.add(made)
    return made.id


def new(camera: UUID, **changes: Any) -> NewUpload:
    fields: dict[str, Any] = {
        "file_name": "a.mp4",
        "content_type": "video/mp4",
        "size_bytes": 10,
        "camera_id": camera,
        "captured_at": CAPTURED_AT,
    }
    return NewUpload(**(fields | changes))


def test_what_the_deployment_does_not_take_is_refused(database: Database, camera: UUID) -> None:
    actor = add_user(database).actor
    settings = UploadSettings(max_bytes=9)
    soon = datetime.now(UTC) + timedelta(hours=12)
    with database.transaction() as session:
        with pytest.raises(Unprocessable, match="at most 9"):
            uploads.create(session, actor, new(camera), settings)
        with pytest.raises(Unprocessable, match="future"):
            uploads.create(session, actor, new(camera, captured_at=soon + timedelta(days=1)), UploadSettings())
        # A clock in the wrong time zone is no reason to lose footage.
        assert uploads.create(session, actor, new(camera, captured_at=soon), UploadSettings()).captured_at == soon


def test_requests_with_one_key_at_the_same_time_make_one_upload(database: Database, camera: UUID) -> None:
    actor = add_user(database).actor

    def create(_number: int) -> UUID:
        with database.transaction() as session:
            return uploads.create(session, actor, new(camera, idempotency_key="k"), UploadSettings()).id

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert len(set(pool.map(create, range(8)))) == 1


def test_an_upload_out_of_scope_is_not_there(database: Database) -> None:
    seen, unseen = add_upload(database), add_upload(database, status=UploadStatus.FAILED)
    actor, scope = add_user(database).actor, frozenset({seen.camera_id})
    refused: list[Callable[..., object]] = [
        lambda session: uploads.get(session, unseen.id, scope=scope),
        lambda session: uploads.retry(session, actor, unseen.id, scope=scope),
        lambda session: uploads.create(session, actor, new(unseen.camera_id), UploadSettings(), scope=scope),
    ]
    with database.transaction() as session:
        assert [upload.id for upload in uploads.find(session, PageRequest("uploads"), scope=scope).items] == [seen.id]
        for act in refused:
            with pytest.raises(NotFound):
                act(session)


@pytest.mark.parametrize("status", [status for status in UploadStatus if status is not UploadStatus.FAILED])
def test_only_a_failed_job_is_tried_again(database: Database, status: UploadStatus) -> None:
    upload = add_upload(database, status=status)
    with pytest.raises(Conflict, match=status), database.transaction() as session:
        uploads.retry(session, add_user(database).actor, upload.id)
    assert reload(database, upload).status is status


def test_a_retry_keeps_what_was_found_and_can_be_claimed(database: Database) -> None:
    upload = add_upload(database)
    with database.transaction() as session:
        first = jobs.claim(session, upload.id, uuid4())
        assert isinstance(first, jobs.Claim)
        passages.record(session, first, passage(0), images_of(first.upload_id, 0), matcher=bolos.Matcher())
        jobs.fail(session, first, "The disk is full.")

    with database.transaction() as session:
        again = uploads.retry(session, add_user(database).actor, upload.id)
        assert (again.status, again.attempts, again.failure_reason) == (UploadStatus.QUEUED, 0, None)
    with database.transaction() as session:
        second = jobs.claim(session, upload.id, uuid4())
        assert isinstance(second, jobs.Claim)
        assert (
            passages.record(session, second, passage(0), images_of(second.upload_id, 0), matcher=bolos.Matcher())
            is False
        )
        assert (
            passages.record(session, second, passage(1), images_of(second.upload_id, 1), matcher=bolos.Matcher())
            is True
        )
    with database.transaction() as session:
        assert sorted(session.scalars(select(Event.passage_no).where(Event.upload_id == upload.id))) == [0, 1]
        assert session.get_one(Upload, upload.id).events_count == 2


@pytest.mark.parametrize("status", UploadStatus)
def test_a_page_of_one_status_is_read_off_an_index(database: Database, status: UploadStatus) -> None:
    camera = add_upload(database).camera_id
    with database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO uploads (id, camera_id, file_name, content_type, size_bytes, captured_at, created_at,"
                " status, attempts, progress, frames_done, events_count, unreadable_count, replacements, kind)"
                " SELECT gen_random_uuid(), :camera, 'a.mp4', 'video/mp4', 1, now(), now() - n * interval '1 minute',"
                " CASE WHEN mod(n, 1000) = 0 THEN :rare ELSE 'succeeded' END, 1, 1, 1, 1, 0, 0, 'file'"
                " FROM generate_series(1, 20000) n"
            ),
            {"camera": camera, "rare": status.value},
        )
        session.execute(text("ANALYZE uploads"))
    statement = newest_first(
        select(Upload).where(Upload.status == status), Upload.created_at, Upload.id, PageRequest("uploads")
    )

    plan = plan_of(database, statement)

    assert "Seq Scan" not in plan
    assert "Sort" not in plan
    assert "Index Scan" in plan


def test_an_upload_whose_file_is_there_is_queued_however_often_it_is_said(database: Database) -> None:
    upload = add_upload(database, size_bytes=4)
    blobs, queue = MemoryBlobs(), MemoryQueue()
    with pytest.raises(Conflict, match="not come yet"):
        uploads.complete(database, blobs, queue, upload.id)

    blobs.objects[upload_key(upload.id)] = b"clip"
    for _ in range(2):
        assert uploads.complete(database, blobs, queue, upload.id).status is UploadStatus.QUEUED

    assert [upload_ids_of(body) for body in queue.waiting] == [[upload.id]]
    assert reload(database, upload).queued_at is not None
    with pytest.raises(NotFound):
        uploads.complete(database, blobs, queue, uuid4())


def test_a_file_that_is_not_the_announced_one_is_not_read(database: Database) -> None:
    upload = add_upload(database, size_bytes=4)
    blobs, queue = MemoryBlobs(), MemoryQueue()
    blobs.objects[upload_key(upload.id)] = b"longer"
    with pytest.raises(Conflict, match="6 bytes, but 4 were announced"):
        uploads.complete(database, blobs, queue, upload.id)

    blobs.objects[upload_key(upload.id)] = b"page"
    blobs.content_type = "text/html; charset=utf-8"
    with pytest.raises(Conflict, match="type text/html, but video/mp4"):
        uploads.complete(database, blobs, queue, upload.id)

    assert queue.waiting == []
    blobs.content_type = "Video/MP4"
    assert uploads.complete(database, blobs, queue, upload.id).status is UploadStatus.QUEUED


def test_a_queue_that_is_down_leaves_the_upload_to_be_completed_later(database: Database) -> None:
    class DownQueue(MemoryQueue):
        def send(self, body: str, *, delay_s: int = 0) -> None:
            raise Unavailable("down")

    upload = add_upload(database, size_bytes=4)
    blobs = MemoryBlobs()
    blobs.objects[upload_key(upload.id)] = b"clip"
    with pytest.raises(Unavailable):
        uploads.complete(database, blobs, DownQueue(), upload.id)

    assert reload(database, upload).status is UploadStatus.AWAITING_FILE


def test_what_a_worker_already_has_is_left_alone(database: Database) -> None:
    upload = add_upload(database, size_bytes=4, status=UploadStatus.PROCESSING)
    queue = MemoryQueue()

    assert uploads.complete(database, MemoryBlobs(), queue, upload.id).status is UploadStatus.PROCESSING
    assert queue.waiting == []
