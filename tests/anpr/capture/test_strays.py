from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from anpr.capture import strays
from anpr.capture.strays import StraysReport
from anpr.db import Database
from anpr.messages import crop_key, frame_key, upload_key
from anpr.models import Upload, UploadStatus
from tests.builders import add_event, add_upload, reload
from tests.memory import MemoryBlobs

S = UploadStatus


@pytest.fixture
def blobs() -> MemoryBlobs:
    stored = MemoryBlobs()
    stored.stored_at = datetime.now(UTC) - timedelta(hours=2)
    return stored


def test_a_file_whose_upload_has_no_row_or_was_erased_is_removed(database: Database, blobs: MemoryBlobs) -> None:
    kept = [upload_key(add_upload(database, status=status).id) for status in S]
    erased = upload_key(add_upload(database, status=S.SUCCEEDED, source_deleted_at=datetime.now(UTC)).id)
    unknown, foreign = upload_key(uuid4()), "uploads/readme.txt"
    for key in (*kept, erased, unknown, foreign):
        blobs.put(key, b"x", content_type="video/mp4")

    assert strays.remove(database, blobs) == StraysReport(strays=2, replacements=0)
    assert set(blobs.objects) == {*kept, foreign}
    assert strays.remove(database, blobs) == StraysReport(0, 0)


def test_an_image_that_no_event_names_is_removed_once_its_upload_is_over(
    database: Database, blobs: MemoryBlobs
) -> None:
    finished = add_upload(database)
    event = add_event(database, upload=finished)
    with database.transaction() as session:
        session.execute(update(Upload).where(Upload.id == finished.id).values(status=S.SUCCEEDED))
    over, running = add_upload(database, status=S.FAILED), add_upload(database, status=S.PROCESSING)
    deleted = add_event(database, media_deleted_at=datetime.now(UTC))
    named, young = {event.crop_key, event.frame_key}, {crop_key(running.id, 0, "ab"), frame_key(running.id, 0, "cd")}
    stray = {
        crop_key(over.id, 3, "ab"),
        frame_key(over.id, 3, "cd"),
        crop_key(uuid4(), 0, "ab"),
        # Of another run, which made another picture of the same passage.
        crop_key(finished.id, event.passage_no, "ef"),
    }
    for key in named | young | stray:
        blobs.objects[key] = b"x"

    assert strays.remove(database, blobs).strays == 4
    assert set(blobs.objects) == named | young
    # The upload of this one waits for another try, so its images are left alone until it is over.
    blobs.objects[deleted.crop_key] = b"x"
    assert strays.remove(database, blobs).strays == 0


def test_an_image_that_was_just_stored_is_left_for_its_row_to_come(database: Database, blobs: MemoryBlobs) -> None:
    blobs.stored_at = datetime.now(UTC)
    blobs.objects[crop_key(add_upload(database, status=S.FAILED).id, 0, "ab")] = b"x"

    assert strays.remove(database, blobs).strays == 0


def test_every_object_has_its_turn(database: Database, blobs: MemoryBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strays, "_KEYS", 3)
    for _ in range(20):
        blobs.objects[upload_key(uuid4())] = b"x"

    removed = [strays.remove(database, blobs).strays for _ in range(7)]

    assert (sum(removed), blobs.objects) == (20, {})


def test_of_a_file_that_was_posted_again_the_version_that_was_read_is_left(
    database: Database, blobs: MemoryBlobs
) -> None:
    upload = add_upload(database, status=S.SUCCEEDED)
    key = upload_key(upload.id)
    for body in (b"read", b"second", b"third"):
        blobs.put(key, body, content_type="video/mp4")
    replaced = add_upload(
        database, status=S.SUCCEEDED, source_version_id="v1", replacements=2, replacement_version_id="v3"
    )
    # Another upload's versions: the one that it names is not there, so none of them may go.
    other = upload_key(replaced.id)
    for body in (b"a", b"b"):
        blobs.put(other, body, content_type="video/mp4")

    assert strays.remove(database, blobs).replacements == 0
    assert blobs.objects[other] == b"b"
    assert reload(database, replaced).replacement_version_id is None
    assert blobs.objects[key] == b"third"

    mark(database, upload.id)
    assert strays.remove(database, blobs) == StraysReport(strays=0, replacements=2)
    assert blobs.objects[key] == b"read"
    now = reload(database, upload)
    assert (now.replacements, now.replacement_version_id) == (2, None)


def mark(database: Database, upload_id: UUID) -> None:
    with database.transaction() as session:
        session.execute(
            update(Upload)
            .where(Upload.id == upload_id)
            .values(source_version_id="v1", replacements=2, replacement_version_id="v3")
        )
