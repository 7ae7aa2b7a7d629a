from uuid import uuid4

from anpr.audit import SYSTEM
from anpr.capture import jobs, totals, uploads
from anpr.capture.totals import Counts
from anpr.db import Database
from anpr.governance import deletion
from anpr.models import UploadStatus
from tests.builders import CAPTURED_AT, add_upload, reload

S = UploadStatus


def counts(database: Database) -> Counts:
    with database.transaction() as session:
        return totals.so_far(session)


def test_nothing_was_done_at_first(database: Database) -> None:
    assert counts(database) == Counts(0, 0, 0)


def test_what_is_deleted_still_counts(database: Database) -> None:
    made = [
        add_upload(database, status=status, events_count=events, finished_at=CAPTURED_AT)
        for status, events in ((S.SUCCEEDED, 3), (S.SUCCEEDED, 4), (S.FAILED, 1), (S.EXPIRED, 0))
    ]
    before = counts(database)
    assert before == Counts(8, 2, 1)

    for upload in made:
        with database.transaction() as session:
            deletion.delete_uploads(session, [upload.id])
        assert counts(database) == before


def test_a_failed_job_that_is_tried_again_was_a_failure_all_the_same(database: Database) -> None:
    upload = add_upload(database, status=S.FAILED, finished_at=CAPTURED_AT)
    with database.transaction() as session:
        uploads.retry(session, SYSTEM, upload.id)
    assert counts(database) == Counts(0, 0, 1)

    with database.transaction() as session:
        held = jobs.claim(session, upload.id, uuid4())
        assert isinstance(held, jobs.Claim)
        jobs.fail(session, held, "It is still unreadable.")
    assert counts(database) == Counts(0, 0, 2)


def test_passages_that_were_erased_before_another_try_still_count(database: Database) -> None:
    upload = add_upload(database, status=S.QUEUED, events_count=5)
    with database.transaction() as session:
        held = jobs.claim(session, upload.id, uuid4())
        assert isinstance(held, jobs.Claim)
        jobs.finish(session, held, jobs.Result("video", 1.0, 10))
    assert reload(database, upload).events_count == 0
    assert counts(database) == Counts(5, 1, 0)
