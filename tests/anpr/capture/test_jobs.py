from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from anpr.alerts import bolos
from anpr.capture import jobs, passages
from anpr.capture.jobs import Claim, ClaimLost, Refusal, Result
from anpr.db import Database
from anpr.messages import EventType
from anpr.models import Camera, OutboxMessage, Upload, UploadStatus
from tests.builders import add_upload, images_of, passage, reload

VIDEO = Result("video", duration_s=12.5, frames=375)


def claim(database: Database, upload_id: UUID) -> Claim | Refusal:
    with database.transaction() as session:
        return jobs.claim(session, upload_id, uuid4())


def claimed(database: Database, upload: Upload) -> Claim:
    held = claim(database, upload.id)
    assert isinstance(held, Claim)
    return held


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def promised(database: Database, event_type: EventType) -> list[dict[str, object]]:
    with database.transaction() as session:
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.type == event_type).order_by("seq"))
        return [row.data for row in rows]


@pytest.mark.parametrize("status", [UploadStatus.AWAITING_FILE, UploadStatus.QUEUED, UploadStatus.EXPIRED])
def test_a_waiting_upload_is_claimed(database: Database, status: UploadStatus) -> None:
    upload = add_upload(database, status=status, failure_reason="of an earlier try")

    held = claimed(database, upload)

    now = reload(database, upload)
    assert (now.status, now.claim_token, now.attempts) == (UploadStatus.PROCESSING, held.token, 1)
    assert (now.failure_reason, now.finished_at) == (None, None)
    assert held.captured_at == upload.captured_at
    assert held.region_hint is None


def test_a_claim_knows_where_the_cameras_plates_are_from(database: Database) -> None:
    upload = add_upload(database, status=UploadStatus.QUEUED)
    with database.transaction() as session:
        session.execute(update(Camera).where(Camera.id == upload.camera_id).values(region_hint="gb"))

    assert claimed(database, upload).region_hint == "gb"


@pytest.mark.parametrize(
    ("status", "heartbeat_s", "refusal"),
    [
        (UploadStatus.SUCCEEDED, 1000, Refusal.FINISHED),
        (UploadStatus.FAILED, 1000, Refusal.FINISHED),
        (UploadStatus.PROCESSING, 5, Refusal.BUSY),
    ],
)
def test_a_claim_is_refused(database: Database, status: UploadStatus, heartbeat_s: float, refusal: Refusal) -> None:
    token = uuid4()
    upload = add_upload(database, status=status, claim_token=token, heartbeat_at=ago(heartbeat_s))

    assert claim(database, upload.id) is refusal
    assert reload(database, upload).claim_token == token


def test_no_upload_is_no_claim(database: Database) -> None:
    assert claim(database, uuid4()) is Refusal.UNKNOWN


def test_a_silent_worker_loses_its_claim(database: Database) -> None:
    upload = add_upload(database, status=UploadStatus.PROCESSING, claim_token=uuid4(), heartbeat_at=ago(16), attempts=1)

    held = claimed(database, upload)

    assert (held.attempts, reload(database, upload).claim_token) == (2, held.token)


def test_of_workers_that_claim_at_once_one_gets_the_upload(database: Database) -> None:
    upload = add_upload(database)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: claim(database, upload.id), range(4)))

    assert sorted(type(result).__name__ for result in results) == ["Claim", "Refusal", "Refusal", "Refusal"]
    assert reload(database, upload).attempts == 1


def test_progress_is_written_and_bounded(database: Database) -> None:
    upload = add_upload(database)
    held = claimed(database, upload)

    with database.transaction() as session:
        assert jobs.progress(session, held, fraction=1.0001, frames=77)

    now = reload(database, upload)
    assert (now.progress, now.frames_done) == (1.0, 77)


def test_a_worker_that_lost_its_claim_can_write_nothing(database: Database) -> None:
    upload = add_upload(database)
    slow = claimed(database, upload)
    with database.transaction() as session:
        session.get_one(Upload, upload.id).heartbeat_at = ago(60)
    quick = claimed(database, upload)

    with database.transaction() as session:
        assert not jobs.progress(session, slow, fraction=0.9, frames=9)
        assert not jobs.give_back(session, slow, tried=True)
    with pytest.raises(ClaimLost), database.transaction() as session:
        passages.record(session, slow, passage(0), images_of(slow.upload_id, 0), matcher=bolos.Matcher())
    with pytest.raises(ClaimLost), database.transaction() as session:
        jobs.finish(session, slow, VIDEO)
    with pytest.raises(ClaimLost), database.transaction() as session:
        jobs.fail(session, slow, "no")

    now = reload(database, upload)
    assert (now.status, now.claim_token, now.progress) == (UploadStatus.PROCESSING, quick.token, 0)
    with database.transaction() as session:
        assert session.scalars(select(OutboxMessage)).all() == []


def test_a_finished_job_counts_its_rows(database: Database) -> None:
    upload = add_upload(database)
    held = claimed(database, upload)
    with database.transaction() as session:
        passages.record(session, held, passage(0), images_of(held.upload_id, 0), matcher=bolos.Matcher())
        passages.record(
            session,
            held,
            passage(1, readable=False, plate="A?1"),
            images_of(held.upload_id, 1),
            matcher=bolos.Matcher(),
        )
        # What a bug or a hand left in the counters must not survive.
        session.get_one(Upload, upload.id).events_count = 40

    with database.transaction() as session:
        jobs.finish(session, held, Result("video", 12.5, 375, "The tail is broken\x00\udcff."))

    now = reload(database, upload)
    assert (now.status, now.progress, now.claim_token) == (UploadStatus.SUCCEEDED, 1.0, None)
    assert (now.events_count, now.unreadable_count, now.frames_done, now.duration_s) == (2, 1, 375, 12.5)
    assert now.warning == "The tail is broken."
    (processed,) = promised(database, EventType.UPLOAD_PROCESSED)
    assert processed["upload_id"] == str(upload.id)
    assert (processed["events"], processed["unreadable"], processed["duration_s"]) == (2, 1, 12.5)


def test_a_failed_job_keeps_its_reason(database: Database) -> None:
    upload = add_upload(database)
    held = claimed(database, upload)

    with database.transaction() as session:
        jobs.fail(session, held, "This is not a video\x00\ud800.")

    now = reload(database, upload)
    assert (now.status, now.failure_reason) == (UploadStatus.FAILED, "This is not a video.")
    assert now.finished_at is not None
    (failed,) = promised(database, EventType.UPLOAD_FAILED)
    assert (failed["upload_id"], failed["reason"]) == (str(upload.id), "This is not a video.")


@pytest.mark.parametrize(("tried", "attempts"), [(True, 1), (False, 0)])
def test_a_job_given_back_can_be_claimed_at_once(database: Database, tried: bool, attempts: int) -> None:
    upload = add_upload(database)
    held = claimed(database, upload)

    with database.transaction() as session:
        assert jobs.give_back(session, held, tried=tried)

    now = reload(database, upload)
    assert (now.status, now.attempts) == (UploadStatus.QUEUED, attempts)
    assert claimed(database, upload).attempts == attempts + 1


@pytest.mark.parametrize("times", [1, 2])
def test_an_attempt_that_an_outage_ended_is_taken_back_once(database: Database, times: int) -> None:
    upload = add_upload(database)
    held = claimed(database, upload)

    for _ in range(times):
        with database.transaction() as session:
            jobs.undo_attempt(session, held)

    assert (reload(database, upload).status, reload(database, upload).attempts) == (UploadStatus.QUEUED, 0)


def test_an_attempt_is_taken_back_from_whoever_took_over_meanwhile_and_no_more(database: Database) -> None:
    upload = add_upload(database)
    held = claimed(database, upload)
    with database.transaction() as session:
        silent = {"heartbeat_at": func.now() - timedelta(minutes=1)}
        session.execute(update(Upload).where(Upload.id == upload.id).values(silent))
    other = claimed(database, upload)

    with database.transaction() as session:
        jobs.undo_attempt(session, held)

    now = reload(database, upload)
    assert (now.status, now.claim_token, now.attempts) == (UploadStatus.PROCESSING, other.token, 1)


def test_only_a_waiting_upload_is_failed_without_a_claim(database: Database) -> None:
    waiting = add_upload(database, status=UploadStatus.QUEUED)
    done = add_upload(database, status=UploadStatus.SUCCEEDED)
    owned = add_upload(database)
    claimed(database, owned)

    with database.transaction() as session:
        results = [jobs.fail_waiting(session, upload.id, "poison") for upload in (waiting, done, owned)]

    assert results == [True, False, False]
    assert [reload(database, upload).status for upload in (waiting, done, owned)] == [
        UploadStatus.FAILED,
        UploadStatus.SUCCEEDED,
        UploadStatus.PROCESSING,
    ]
    assert len(promised(database, EventType.UPLOAD_FAILED)) == 1
