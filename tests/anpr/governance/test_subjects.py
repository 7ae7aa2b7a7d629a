import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from anpr.alerts.bolos import Matcher
from anpr.audit import SYSTEM, Action, record
from anpr.capture import jobs, passages
from anpr.db import Database
from anpr.errors import Unavailable, Unprocessable
from anpr.governance import deletion, holds, subjects
from anpr.governance.holds import NewHold
from anpr.governance.subjects import Erasure, ErasureRequest, Subject
from anpr.messages import export_key, upload_key
from anpr.models import (
    AuditRecord,
    Bolo,
    BoloKind,
    BoloList,
    BoloMatch,
    DeletionKind,
    DeletionReceipt,
    Event,
    Export,
    ExportItem,
    ExportStatus,
    MatchedBy,
    OpenErasure,
    ReviewStatus,
    Upload,
    UploadStatus,
)
from anpr.paging import PageRequest
from anpr.review.exports import progress
from anpr.review.exports import requests as exports
from anpr.review.exports.requests import ExportRequest
from anpr.settings import ExportSettings
from tests.builders import PASSAGE, add_event, add_upload, images_of, passage
from tests.memory import MemoryBlobs


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


def seed(database: Database, blobs: MemoryBlobs, **columns: Any) -> Event:
    """An upload that is over, with one passage and every object."""
    upload = add_upload(database)
    event = add_event(database, upload=upload, **columns)
    with database.transaction() as session:
        session.execute(update(Upload).where(Upload.id == upload.id).values(status=UploadStatus.SUCCEEDED))
    for key in (event.crop_key, event.frame_key, upload_key(upload.id)):
        blobs.objects[key] = b"x"
    return event


def make_hit(database: Database, event: Event) -> None:
    with database.transaction() as session:
        bolo_list = BoloList(name=str(uuid4()))
        session.add(bolo_list)
        session.flush()
        bolo = Bolo(list_id=bolo_list.id, kind=BoloKind.EXACT, pattern=event.plate, pattern_key=event.plate_key)
        session.add(bolo)
        session.flush()
        session.add(
            BoloMatch(
                id=uuid4(),
                event_id=event.id,
                bolo_id=bolo.id,
                list_id=bolo_list.id,
                camera_id=event.camera_id,
                plate=event.plate,
                vehicle_key=event.plate_key,
                matched_by=MatchedBy.EXACT,
                captured_at=event.captured_at,
                passage_ended_at=event.last_seen_at,
            )
        )


def add_export(database: Database, event: Event, status: ExportStatus) -> UUID:
    export = Export(request={}, reason="r", status=status, expires_at=datetime.now(UTC) + timedelta(days=1))
    with database.transaction() as session:
        session.add(export)
        session.flush()
        session.add(ExportItem(export_id=export.id, no=1, event_id=event.id, split="train"))
    return export.id


def erase(database: Database, blobs: MemoryBlobs, plate: str = "LS15EBC", **request: Any) -> Erasure:
    return subjects.erase(database, blobs, SYSTEM, plate, ErasureRequest(reason="request 12", **request))


def left(database: Database) -> set[UUID]:
    with database.transaction() as session:
        return set(session.scalars(select(Event.id)))


def reload_upload(database: Database, event: Event) -> Upload:
    with database.transaction() as session:
        session.execute(update(Upload).where(Upload.id == event.upload_id).values(status=UploadStatus.QUEUED))
        return session.get_one(Upload, event.upload_id)


def found(database: Database, plate: str) -> list[UUID]:
    with database.transaction() as session:
        page = subjects.passages(session, SYSTEM, plate, PageRequest("subjects"), reason="request 12")
    return [event.id for event in page.items]


def test_a_vehicles_passages_are_those_of_its_effective_plate(database: Database, blobs: MemoryBlobs) -> None:
    read = seed(database, blobs)
    corrected_to = seed(database, blobs, plate="XX11XXX", reviewed_plate="LS15EBC", reviewed_plate_key="1515E8C")
    corrected_from = seed(database, blobs, reviewed_plate="LS15EBG", reviewed_plate_key="1515E86")
    assert set(found(database, "ls15 ebc")) == {read.id, corrected_to.id}
    assert found(database, "LS15EBG") == [corrected_from.id]
    assert found(database, "LS15EB") == []


def test_what_is_kept_is_counted(database: Database, blobs: MemoryBlobs) -> None:
    event = seed(database, blobs)
    seed(database, blobs)
    make_hit(database, event)
    add_export(database, event, ExportStatus.READY)
    with database.transaction() as session:
        record(session, SYSTEM, Action.PLATE_SEARCHED, "plate:LS15EBC")
        record(session, SYSTEM, Action.PLATE_SEARCHED, "plate:OTHER")
    with database.transaction() as session:
        assert subjects.describe(session, "LS15 EBC") == Subject("LS15EBC", passages=2, hits=1, archives=1, searches=1)
        assert [hit.event_id for hit in subjects.hits_of(session, [event])] == [event.id]


def test_handing_out_is_on_record(database: Database, blobs: MemoryBlobs) -> None:
    seed(database, blobs)
    found(database, "LS15EBC")
    with database.transaction() as session:
        entry = session.scalars(select(AuditRecord)).one()
    assert (entry.action, entry.target, entry.reason) == ("subject.exported", "plate:LS15EBC", "request 12")
    assert entry.detail["passages"] == 1


def test_erasure_takes_the_passages_their_objects_and_footage(database: Database, blobs: MemoryBlobs) -> None:
    seed(database, blobs)
    other = seed(database, blobs, plate="XX11XXX")
    done = erase(database, blobs)
    assert done.deleted == {"events": 1, "objects": 3, "sources": 1}
    assert (done.held, done.wanted, done.complete) == (0, 0, True)
    assert left(database) == {other.id}
    assert set(blobs.objects) == {other.crop_key, other.frame_key, upload_key(other.upload_id)}


def test_erasing_again_finds_nothing(database: Database, blobs: MemoryBlobs) -> None:
    seed(database, blobs)
    erase(database, blobs)
    again = erase(database, blobs)
    assert (again.deleted, again.complete) == ({}, True)


def test_an_erasure_has_a_receipt_without_the_plate_and_a_record_with_it(
    database: Database, blobs: MemoryBlobs
) -> None:
    seed(database, blobs)
    done = erase(database, blobs)
    with database.transaction() as session:
        receipt = session.get_one(DeletionReceipt, done.receipt_id)
        entry = session.scalars(select(AuditRecord).where(AuditRecord.action == "subject.erased")).one()
    assert receipt.kind is DeletionKind.ERASURE
    assert receipt.deleted == done.deleted
    assert "LS15EBC" not in str(vars(receipt))
    assert (entry.target, entry.reason, entry.detail["receipt"]) == ("plate:LS15EBC", "request 12", str(receipt.id))


def test_hits_stay_unless_told_otherwise(database: Database, blobs: MemoryBlobs) -> None:
    hit, plain = seed(database, blobs), seed(database, blobs)
    make_hit(database, hit)
    assert plain.id in left(database)
    first = erase(database, blobs)
    assert (first.deleted["events"], first.wanted) == (1, 1)
    assert left(database) == {hit.id}
    assert {hit.crop_key, hit.frame_key} <= set(blobs.objects)
    second = erase(database, blobs, include_hits=True)
    assert (second.deleted["events"], second.wanted) == (1, 0)
    assert left(database) == set()


def test_what_a_case_holds_stays_whatever_is_asked(database: Database, blobs: MemoryBlobs) -> None:
    event = seed(database, blobs)
    with database.transaction() as session:
        holds.place(session, SYSTEM, NewHold(case_number="C-7", reason="court order", plate="LS15EBC"))
    done = erase(database, blobs, include_hits=True)
    assert (done.deleted, done.held, done.complete) == ({}, 1, True)
    assert left(database) == {event.id}
    assert len(blobs.objects) == 3


@pytest.mark.parametrize(
    ("status", "after"), [(ExportStatus.READY, ExportStatus.READY), (ExportStatus.BUILDING, ExportStatus.FAILED)]
)
def test_archives_with_the_vehicle_end(
    database: Database, blobs: MemoryBlobs, status: ExportStatus, after: ExportStatus
) -> None:
    event, other = seed(database, blobs), seed(database, blobs, plate="XX11XXX")
    ended, untouched = add_export(database, event, status), add_export(database, other, status)
    assert erase(database, blobs).deleted["archives"] == 1
    with database.transaction() as session:
        export = session.get_one(Export, ended)
        assert export.status is after
        assert after is ExportStatus.FAILED or (export.expires_at and export.expires_at <= datetime.now(UTC))
        assert session.get_one(Export, untouched).status is status


def test_a_form_that_waits_for_its_file_leaves_an_erasure_complete_and_is_watched(
    database: Database, blobs: MemoryBlobs
) -> None:
    seed(database, blobs)
    waiting = add_upload(database, status=UploadStatus.AWAITING_FILE)
    asked = erase(database, blobs)
    assert (asked.deleted["events"], asked.unread, asked.complete) == (1, 0, True)

    late = add_event(database, upload=waiting)
    subjects.finish(database, blobs, seconds=60)

    assert late.id not in left(database)
    with database.transaction() as session:
        session.execute(update(Upload).values(status=UploadStatus.EXPIRED))
    subjects.finish(database, blobs, seconds=60)
    with database.transaction() as session:
        assert session.scalars(select(OpenErasure)).all() == []


def test_what_is_read_after_an_erasure_from_footage_that_was_there_is_erased_too(
    database: Database, blobs: MemoryBlobs
) -> None:
    upload = add_upload(database, status=UploadStatus.QUEUED)
    blobs.objects[upload_key(upload.id)] = b"x"
    early = add_event(database, upload=upload)
    asked = erase(database, blobs)
    assert (asked.deleted["events"], asked.unread, asked.complete) == (1, 1, False)
    # Other vehicles in it are still to be read.
    assert upload_key(upload.id) in blobs.objects
    add_event(database, upload=add_upload(database, status=UploadStatus.QUEUED))
    with database.transaction() as session:
        # The job begins anew, as after a worker's death, and finds the vehicle again.
        claimed = jobs.claim(session, upload.id, uuid4())
        assert isinstance(claimed, jobs.Claim)
        assert passages.record(session, claimed, PASSAGE, images_of(claimed.upload_id, 0), matcher=Matcher())
        other = passage(1, plate="XX11XXX")
        assert passages.record(session, claimed, other, images_of(claimed.upload_id, 1), matcher=Matcher())
    assert early.id in left(database)
    assert subjects.finish(database, blobs, seconds=60) > 0
    assert early.id not in left(database)
    with database.transaction() as session:
        assert len(session.scalars(select(OpenErasure)).all()) == 1
        jobs.finish(session, claimed, jobs.Result("video", 2.0, 50))
        session.execute(update(Upload).values(status=UploadStatus.SUCCEEDED))
    subjects.finish(database, blobs, seconds=60)
    with database.transaction() as session:
        assert session.scalars(select(OpenErasure)).all() == []
        receipt = session.get_one(DeletionReceipt, asked.receipt_id)
        # The third is the passage of the other upload, which was asked for before the erasure's end and not before it.
        assert (receipt.deleted["sources"], receipt.kept) == (2, {"held_events": 0, "wanted_events": 0})
    assert upload_key(upload.id) not in blobs.objects
    assert len(left(database)) == 1


def test_footage_that_a_case_held_goes_when_the_hold_is_released(database: Database, blobs: MemoryBlobs) -> None:
    event = seed(database, blobs)
    add_event(database, upload=reload_upload(database, event), plate="XX11XXX")
    with database.transaction() as session:
        session.execute(update(Upload).values(status=UploadStatus.SUCCEEDED))
        hold = holds.place(session, SYSTEM, NewHold(case_number="C-7", reason="court order", plate="XX11XXX")).id
    assert erase(database, blobs).deleted["events"] == 1
    assert upload_key(event.upload_id) in blobs.objects
    with database.transaction() as session:
        holds.release(session, SYSTEM, hold, reason="case closed")
    assert subjects.finish(database, blobs, seconds=60) == 2
    assert upload_key(event.upload_id) not in blobs.objects


def test_an_archive_that_is_planned_meanwhile_holds_nothing_of_what_is_erased(
    database: Database, blobs: MemoryBlobs
) -> None:
    event, other = seed(database, blobs), seed(database, blobs, plate="XX11XXX")
    with database.transaction() as session:
        session.execute(update(Event).values(review_status=ReviewStatus.CONFIRMED))
        export = Export(request=ExportRequest().stored(), reason="r")
        session.add(export)
        session.flush()
        held = progress.take(session, export.id, uuid4(), ExportSettings())
        assert held is not None
    began = threading.Event()

    def plan() -> int:
        with database.transaction() as session:
            began.set()
            return progress.planned(session, held)

    with ThreadPoolExecutor(1) as threads:
        with database.transaction() as session:
            exports.keep_out(session)
            planned = threads.submit(plan)
            assert began.wait(10)
            exports.erase(session, blobs, [event.id])
            deletion.delete_events(session, blobs, [session.get_one(Event, event.id)])
        assert planned.result(10) == 1
    with database.transaction() as session:
        assert session.scalars(select(ExportItem.event_id)).all() == [other.id]


def test_an_archive_goes_at_once(database: Database, blobs: MemoryBlobs) -> None:
    export = add_export(database, seed(database, blobs), ExportStatus.READY)
    blobs.objects[export_key(export)] = b"PK"
    erase(database, blobs)
    assert blobs.objects == {}
    with database.transaction() as session:
        assert session.scalars(select(ExportItem)).all() == []


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("LS15EBC.mp4", "[erased].mp4"),
        ("gate 2, ls15-ebc (1).mp4", "gate 2, [erased] (1).mp4"),
        ("LS15EBC_LS15 EBC.mp4", "[erased]_[erased].mp4"),
        ("XLS15EBC.mp4", "XLS15EBC.mp4"),
        ("LS15EBC2.mp4", "LS15EBC2.mp4"),
    ],
)
def test_a_file_that_was_named_for_the_plate_is_no_longer(
    database: Database, blobs: MemoryBlobs, name: str, after: str
) -> None:
    upload = add_upload(database, file_name=name, status=UploadStatus.SUCCEEDED)
    erase(database, blobs)
    with database.transaction() as session:
        assert session.get_one(Upload, upload.id).file_name == after


def test_names_do_not_wait_for_footage_and_are_looked_through_again_at_the_end(
    database: Database, blobs: MemoryBlobs
) -> None:
    waiting = add_upload(database, status=UploadStatus.QUEUED)
    named = [add_upload(database, file_name="LS15EBC.mp4", status=UploadStatus.SUCCEEDED)]
    assert not erase(database, blobs).complete

    def names() -> list[str]:
        with database.transaction() as session:
            return [session.get_one(Upload, upload.id).file_name for upload in named]

    assert names() == ["[erased].mp4"]
    named.append(add_upload(database, file_name="again LS15EBC.mp4", status=UploadStatus.SUCCEEDED))
    with database.transaction() as session:
        session.execute(update(Upload).where(Upload.id == waiting.id).values(status=UploadStatus.SUCCEEDED))
    subjects.finish(database, blobs, seconds=60)
    assert names() == ["[erased].mp4", "again [erased].mp4"]


def test_an_erasure_that_the_storage_breaks_off_can_be_asked_for_again(database: Database, blobs: MemoryBlobs) -> None:
    event = seed(database, blobs)
    blobs.down = True
    with pytest.raises(Unavailable):
        erase(database, blobs)
    assert left(database) == {event.id}
    blobs.down = False
    erase(database, blobs)
    assert left(database) == set()
    assert blobs.objects == {}


def test_an_erasure_without_time_says_that_it_is_not_done(database: Database, blobs: MemoryBlobs) -> None:
    event = seed(database, blobs)
    assert erase(database, blobs, seconds=0).complete is False
    assert left(database) == {event.id}


def test_a_plate_without_letters_and_digits_is_refused(database: Database, blobs: MemoryBlobs) -> None:
    with pytest.raises(Unprocessable):
        erase(database, blobs, " - ")
    with pytest.raises(Unprocessable):
        found(database, "*")
