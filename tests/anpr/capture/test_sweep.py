from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from anpr.capture.sweep import SweepReport, SweepRules, sweep
from anpr.db import Database
from anpr.errors import Unavailable
from anpr.messages import upload_ids_of, upload_key
from anpr.models import OutboxMessage, Upload, UploadStatus
from tests.builders import add_upload, reload
from tests.memory import MemoryBlobs, MemoryQueue

RULES = SweepRules(expire_after=timedelta(hours=24), max_attempts=3)
S = UploadStatus


def ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def run(database: Database, *, with_file: Upload | None = None) -> tuple[SweepReport, list[UUID]]:
    blobs, queue = MemoryBlobs(), MemoryQueue()
    if with_file is not None:
        blobs.objects[upload_key(with_file.id)] = bytes(with_file.size_bytes)
    report = sweep(database, blobs, queue, RULES)
    return report, [upload_id for body in queue.waiting for upload_id in upload_ids_of(body)]


@pytest.mark.parametrize(
    ("minutes", "has_file", "status", "sent"),
    [
        (10, False, S.AWAITING_FILE, False),
        (10, True, S.AWAITING_FILE, False),  # its notification is on the way
        (20, False, S.AWAITING_FILE, False),
        (20, True, S.QUEUED, True),
        (60 * 25, False, S.EXPIRED, False),
        (60 * 25, True, S.QUEUED, True),
    ],
)
def test_an_upload_that_waits_for_its_file(
    database: Database, minutes: float, has_file: bool, status: UploadStatus, sent: bool
) -> None:
    upload = add_upload(database, status=S.AWAITING_FILE, created_at=ago(minutes))

    _, sent_ids = run(database, with_file=upload if has_file else None)

    now = reload(database, upload)
    assert (now.status, sent_ids) == (status, [upload.id] if sent else [])
    assert (now.failure_reason is not None) == (status is S.EXPIRED)


@pytest.mark.parametrize(("minutes", "sent"), [(10, False), (20, True)])
def test_a_queued_upload_whose_message_may_be_lost(database: Database, minutes: float, sent: bool) -> None:
    upload = add_upload(database, status=S.QUEUED, queued_at=ago(minutes))

    assert run(database)[1] == ([upload.id] if sent else [])
    # Not with every sweep: the message just sent is trusted for a while.
    assert run(database)[1] == []


@pytest.mark.parametrize(
    ("silent_minutes", "attempts", "status", "sent"),
    [(5, 1, S.PROCESSING, False), (11, 2, S.QUEUED, True), (11, 3, S.FAILED, False)],
)
def test_an_upload_whose_worker_is_silent(
    database: Database, silent_minutes: float, attempts: int, status: UploadStatus, sent: bool
) -> None:
    upload = add_upload(database, status=S.PROCESSING, heartbeat_at=ago(silent_minutes), attempts=attempts)

    report, sent_ids = run(database)

    now = reload(database, upload)
    assert (now.status, sent_ids) == (status, [upload.id] if sent else [])
    with database.transaction() as session:
        promised = session.scalars(select(OutboxMessage.type)).all()
    if status is S.FAILED:
        assert now.failure_reason is not None
        assert "3 times" in now.failure_reason
        assert (report, promised) == (SweepReport(expired=0, resent=0, failed=1), ["upload.failed"])
    else:
        assert promised == []


@pytest.mark.parametrize("status", [S.SUCCEEDED, S.FAILED, S.EXPIRED])
def test_what_is_over_stays_over(database: Database, status: UploadStatus) -> None:
    upload = add_upload(database, status=status, created_at=ago(9999), heartbeat_at=ago(9999), queued_at=ago(9999))

    assert run(database, with_file=upload) == (SweepReport(0, 0, 0), [])
    assert reload(database, upload).status is status


def test_a_storage_that_is_down_expires_nothing(database: Database) -> None:
    upload = add_upload(database, status=S.AWAITING_FILE, created_at=ago(60 * 25))
    blobs = MemoryBlobs()
    blobs.down = True

    with pytest.raises(Unavailable):
        sweep(database, blobs, MemoryQueue(), RULES)

    assert reload(database, upload).status is S.AWAITING_FILE


def test_a_file_that_is_not_the_announced_one_ends_its_job_with_the_reason(database: Database) -> None:
    upload = add_upload(database, status=S.AWAITING_FILE, created_at=ago(20))
    blobs, queue = MemoryBlobs(), MemoryQueue()
    blobs.objects[upload_key(upload.id)] = b"too short"

    report = sweep(database, blobs, queue, RULES)

    assert (report, queue.waiting) == (SweepReport(0, 0, 1), [])
    failed = reload(database, upload)
    assert failed.status is S.FAILED
    assert failed.failure_reason == "The stored file has 9 bytes, but 1000 were announced."
