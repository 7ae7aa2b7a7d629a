from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from anpr.alerts.bolos import Matcher, backsearch, csv_import, entries, lists
from anpr.alerts.bolos.entries import EntryFields
from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.errors import Conflict, NotFound, Unavailable, Unprocessable
from anpr.governance import audit_log, holds, retention
from anpr.governance.holds import NewHold
from anpr.identity.principals import Principal
from anpr.messages import upload_key
from anpr.models import (
    AuditRecord,
    Base,
    Bolo,
    BoloKind,
    BoloList,
    BoloMatch,
    Correction,
    DeletionReceipt,
    Event,
    HitStatus,
    MatchedBy,
    OutboxMessage,
    RejectReason,
    Role,
    Upload,
    UploadStatus,
    Verdict,
)
from anpr.review import verdicts
from anpr.review.verdicts import Opinion
from anpr.settings import RetentionSettings
from tests.builders import CAPTURED_AT, add_event, add_upload, add_user
from tests.memory import MemoryBlobs, MemoryNotifier

SETTINGS = RetentionSettings(uploads_days=10, crops_days=20, events_days=30, hits_days=40)


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


def days_ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def seed(database: Database, blobs: MemoryBlobs, *, age: float, **columns: Any) -> Event:
    """An upload that was processed `age` days ago, with one passage and every object."""
    upload = add_upload(database)
    event = add_event(database, upload=upload, **columns)
    over = {"status": UploadStatus.SUCCEEDED, "created_at": days_ago(age), "finished_at": days_ago(age)}
    with database.transaction() as session:
        session.execute(update(Upload).where(Upload.id == upload.id).values(over))
        session.execute(update(Event).where(Event.id == event.id).values(processed_at=days_ago(age)))
        session.execute(update(OutboxMessage).values(published_at=func.now()))
    for key in (event.crop_key, event.frame_key, upload_key(upload.id)):
        blobs.objects[key] = b"x"
    return event


def wanted(database: Database, event: Event, *, status: HitStatus = HitStatus.UNVERIFIED, case: str = "") -> UUID:
    """Make an event a hit of an entry of its own; gives the entry's id."""
    with database.transaction() as session:
        bolo_list = BoloList(name=str(uuid4()))
        session.add(bolo_list)
        session.flush()
        bolo = Bolo(
            list_id=bolo_list.id, kind=BoloKind.EXACT, pattern="LS15EBC", pattern_key="1515E8C", case_number=case
        )
        session.add(bolo)
        session.flush()
        hit = BoloMatch(
            id=uuid4(),
            event_id=event.id,
            bolo_id=bolo.id,
            list_id=bolo_list.id,
            camera_id=event.camera_id,
            plate=event.plate,
            vehicle_key=event.plate_key,
            matched_by=MatchedBy.EXACT,
            status=status,
            captured_at=event.captured_at,
            passage_ended_at=event.last_seen_at,
        )
        session.add(hit)
        return bolo.id


def run(database: Database, blobs: MemoryBlobs, settings: RetentionSettings = SETTINGS) -> retention.Report:
    return retention.run(database, blobs, settings, seconds=60)


def events(database: Database) -> dict[UUID, Event]:
    with database.transaction() as session:
        return {event.id: event for event in session.scalars(select(Event))}


def count(database: Database, table: type[Base]) -> int:
    with database.transaction() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def place(database: Database, **hold: Any) -> UUID:
    with database.transaction() as session:
        return holds.place(session, SYSTEM, NewHold(**({"case_number": "C-7", "reason": "court order"} | hold))).id


@pytest.mark.parametrize(
    ("age", "source", "media", "event"),
    [(9, True, True, True), (11, False, True, True), (21, False, False, True), (31, False, False, False)],
)
def test_each_class_goes_in_its_time(
    database: Database, blobs: MemoryBlobs, age: float, source: bool, media: bool, event: bool
) -> None:
    seeded = seed(database, blobs, age=age)
    run(database, blobs)
    assert (upload_key(seeded.upload_id) in blobs.objects) is source
    assert (seeded.crop_key in blobs.objects) is media
    assert (seeded.frame_key in blobs.objects) is media
    left = events(database)
    assert (seeded.id in left) is event
    assert count(database, Upload) == int(event)
    if event:
        assert (left[seeded.id].media_deleted_at is None) is media


def test_a_hit_is_kept_longer_with_its_evidence(database: Database, blobs: MemoryBlobs) -> None:
    young, old = seed(database, blobs, age=39), seed(database, blobs, age=41)
    wanted(database, young)
    wanted(database, old, status=HitStatus.VERIFIED)
    run(database, blobs)
    assert list(events(database)) == [young.id]
    assert {young.crop_key, young.frame_key} == set(blobs.objects)
    assert count(database, BoloMatch) == 1


@pytest.mark.parametrize("status", [HitStatus.WRONG_READ, HitStatus.DISMISSED, HitStatus.WITHDRAWN])
def test_a_hit_that_was_none_is_kept_no_longer(database: Database, blobs: MemoryBlobs, status: HitStatus) -> None:
    event = seed(database, blobs, age=31)
    wanted(database, event, status=status)
    run(database, blobs)
    assert events(database) == {}
    assert count(database, BoloMatch) == 0


def test_what_hangs_on_a_passage_goes_with_it(database: Database, blobs: MemoryBlobs) -> None:
    event = seed(database, blobs, age=31)
    with database.transaction() as session:
        session.add(Correction(event_id=event.id, verdict=Verdict.CONFIRMED))
    assert count(database, OutboxMessage) > 0
    run(database, blobs)
    assert count(database, Correction) == 0
    assert count(database, OutboxMessage) == 0


def test_a_second_run_finds_nothing_to_do(database: Database, blobs: MemoryBlobs) -> None:
    for age in (11, 21, 31):
        seed(database, blobs, age=age)
    first = run(database, blobs)
    assert first.deleted == {"events": 1, "objects": 7, "sources": 3, "uploads": 1}
    before = dict(blobs.objects), events(database).keys(), count(database, AuditRecord)
    second = run(database, blobs)
    assert second == retention.Report(deleted={}, kept=0, complete=True)
    assert (dict(blobs.objects), events(database).keys(), count(database, AuditRecord)) == before
    assert count(database, DeletionReceipt) == 1


def test_a_run_leaves_a_receipt_and_a_record(database: Database, blobs: MemoryBlobs) -> None:
    seed(database, blobs, age=31)
    report = run(database, blobs)
    with database.transaction() as session:
        receipt = session.scalars(select(DeletionReceipt)).one()
        record = session.scalars(select(AuditRecord).where(AuditRecord.action == "retention.run")).one()
        assert audit_log.verify(session) is None
    assert receipt.deleted == report.deleted == record.detail["deleted"]
    assert record.target == f"receipt:{receipt.id}"
    assert datetime.fromisoformat(receipt.cutoffs["events"]) < days_ago(29)


def test_nothing_is_kept_that_the_rows_do_not_name_when_the_storage_fails(
    database: Database, blobs: MemoryBlobs
) -> None:
    event = seed(database, blobs, age=31)
    blobs.down = True
    with pytest.raises(Unavailable):
        run(database, blobs)
    assert list(events(database)) == [event.id]
    assert count(database, DeletionReceipt) == 0
    blobs.down = False
    run(database, blobs)
    assert events(database) == {}
    assert blobs.objects == {}


def test_a_run_without_time_does_nothing_and_says_so(database: Database, blobs: MemoryBlobs) -> None:
    seed(database, blobs, age=31)
    report = retention.run(database, blobs, SETTINGS, seconds=0)
    assert (report.complete, report.deleted) == (False, {})
    assert len(events(database)) == 1


def test_more_than_one_batch_is_done(database: Database, blobs: MemoryBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        seed(database, blobs, age=31)
    assert run(database, blobs).deleted["events"] == 5
    assert blobs.objects == {}


def test_what_has_no_term_is_kept(database: Database, blobs: MemoryBlobs) -> None:
    seed(database, blobs, age=4000)
    for_ever = RetentionSettings(uploads_days=None, crops_days=None, events_days=None, hits_days=None, audit_days=None)
    assert run(database, blobs, for_ever).deleted == {}
    assert len(blobs.objects) == 3


def test_an_upload_that_is_not_over_is_left_alone(database: Database, blobs: MemoryBlobs) -> None:
    upload = add_upload(database, created_at=days_ago(100), status=UploadStatus.QUEUED)
    blobs.objects[upload_key(upload.id)] = b"x"
    run(database, blobs)
    assert upload_key(upload.id) in blobs.objects
    assert count(database, Upload) == 1


@pytest.mark.parametrize(
    ("hold", "held"),
    [
        ({"plate": "ls15 ebc"}, True),
        ({"plate": "L515EBC"}, True),
        ({"plate": "LS15EBD"}, False),
        ({"captured_from": CAPTURED_AT - timedelta(hours=1)}, True),
        ({"captured_from": CAPTURED_AT + timedelta(hours=1)}, False),
        ({"captured_to": CAPTURED_AT + timedelta(hours=1)}, True),
        ({"captured_to": CAPTURED_AT - timedelta(hours=1)}, False),
        ({"plate": "LS15EBC", "captured_from": CAPTURED_AT + timedelta(hours=1)}, False),
        ({}, False),
    ],
)
def test_a_hold_keeps_what_it_names(database: Database, blobs: MemoryBlobs, hold: dict[str, Any], held: bool) -> None:
    seed(database, blobs, age=400)
    place(database, **hold)
    report = run(database, blobs)
    assert (len(events(database)), len(blobs.objects), report.kept) == ((1, 3, 1) if held else (0, 0, 0))


def test_a_hold_of_a_camera_keeps_its_footage_whatever_it_shows(database: Database, blobs: MemoryBlobs) -> None:
    event = seed(database, blobs, age=400)
    other = seed(database, blobs, age=400)
    empty = add_upload(database, camera_id=event.camera_id, status=UploadStatus.SUCCEEDED, created_at=days_ago(400))
    blobs.objects[upload_key(empty.id)] = b"x"
    place(database, camera_id=event.camera_id)
    run(database, blobs)
    assert list(events(database)) == [event.id]
    assert upload_key(empty.id) in blobs.objects
    assert other.crop_key not in blobs.objects


def test_a_hold_keeps_the_hits_of_its_case(database: Database, blobs: MemoryBlobs) -> None:
    of_case, of_another = seed(database, blobs, age=400), seed(database, blobs, age=400)
    wanted(database, of_case, case="C-7", status=HitStatus.DISMISSED)
    wanted(database, of_another, case="C-8")
    place(database)
    run(database, blobs)
    assert list(events(database)) == [of_case.id]


def test_a_corrected_plate_is_held_too(database: Database, blobs: MemoryBlobs) -> None:
    seed(database, blobs, age=400, reviewed_plate="XY99ZZZ", reviewed_plate_key="XY99222")
    place(database, plate="XY99ZZZ")
    run(database, blobs)
    assert len(events(database)) == 1


def change(database: Database, bolo: UUID, **fields: Any) -> None:
    with database.transaction() as session:
        entries.update(session, SYSTEM, bolo, EntryFields(**fields))  # type: ignore[typeddict-item] # the test's own


@pytest.mark.parametrize("case", ["C-8", None, "c-7"])
def test_an_entry_stays_in_a_case_that_is_held(database: Database, blobs: MemoryBlobs, case: str | None) -> None:
    event = seed(database, blobs, age=400)
    bolo = wanted(database, event, case="C-7")
    hold = place(database)
    with pytest.raises(Conflict, match="legal hold"):
        change(database, bolo, case_number=case, reason="filed anew")
    run(database, blobs)
    assert (list(events(database)), len(blobs.objects)) == ([event.id], 3)
    with database.transaction() as session:
        holds.release(session, SYSTEM, hold, reason="case closed")
    change(database, bolo, case_number=case)
    run(database, blobs)
    assert (events(database), blobs.objects) == ({}, {})


@pytest.mark.parametrize(
    "fields",
    [
        {"active": False},
        {"pattern": "ZZ99ZZZ"},
        {"region": "ro"},
        {"kind": BoloKind.REGEX, "pattern": "ZZ[0-9]+"},
        {"valid_until": CAPTURED_AT - timedelta(days=1)},
        {"case_number": "C-7", "reason": "as before"},
    ],
)
def test_whatever_else_becomes_of_an_entry_its_hits_stay_held(
    database: Database, blobs: MemoryBlobs, fields: dict[str, Any]
) -> None:
    event = seed(database, blobs, age=400)
    bolo = wanted(database, event, case="C-7")
    place(database)
    change(database, bolo, **fields)
    with database.transaction() as session:
        lists.update(session, SYSTEM, session.get_one(Bolo, bolo).list_id, {"active": False})
    with pytest.raises(Conflict), database.transaction() as session:
        entries.delete(session, SYSTEM, bolo)
    with pytest.raises(Conflict), database.transaction() as session:
        lists.delete(session, SYSTEM, session.get_one(Bolo, bolo).list_id, MemoryNotifier())
    run(database, blobs)
    assert (list(events(database)), len(blobs.objects)) == ([event.id], 3)


def test_an_import_takes_no_entry_out_of_its_case(database: Database, blobs: MemoryBlobs) -> None:
    event = seed(database, blobs, age=400)
    bolo = wanted(database, event, case="C-7")
    place(database)
    rows = b"plate,case_number,active\nLS15EBC,C-8,yes\nLS15EBC,,no\nLS15EBC,C-7,no\n"
    with database.transaction() as session:
        csv_import.load(session, SYSTEM, session.get_one(Bolo, bolo).list_id, rows)
    with database.transaction() as session:
        assert session.get_one(Bolo, bolo).case_number == "C-7"
    run(database, blobs)
    assert list(events(database)) == [event.id]


def test_a_hit_that_comes_after_the_hold_is_held(database: Database, blobs: MemoryBlobs) -> None:
    early, late = (
        seed(database, blobs, age=400, captured_at=days_ago(5)),
        seed(database, blobs, age=400, plate="XX11XXX"),
    )
    with database.transaction() as session:
        made = lists.create(session, SYSTEM, {"name": "stolen"})
        bolo = entries.create(session, SYSTEM, made.id, {"pattern": "LS15EBC", "case_number": "C-7"}).id
    place(database)
    with database.transaction() as session:
        backsearch.back_search(session, Principal(SYSTEM, Role.ADMIN), bolo, days=90, reason="case C-7")
    reviewer = add_user(database)
    with database.transaction() as session:
        corrected = Opinion(verdict=Verdict.CORRECTED, plate="LS15EBC")
        verdicts.give(session, reviewer, late.id, corrected, matcher=Matcher())
    run(database, blobs)
    assert set(events(database)) == {early.id, late.id}


@pytest.mark.parametrize("then", ["undone", "corrected", "rejected"])
def test_a_later_verdict_takes_nothing_out_of_a_hold(database: Database, blobs: MemoryBlobs, then: str) -> None:
    event = seed(database, blobs, age=400, plate="XX11XXX")
    reviewer = add_user(database)
    with database.transaction() as session:
        first, _ = verdicts.give(
            session, reviewer, event.id, Opinion(verdict=Verdict.CORRECTED, plate="L515 EBC"), matcher=Matcher()
        )
    place(database, plate="LS15EBC")
    later = {
        "corrected": Opinion(verdict=Verdict.CORRECTED, plate="YY22YYY", supersedes=first.id),
        "rejected": Opinion(verdict=Verdict.REJECTED, reject_reason=RejectReason.NOT_A_PLATE, supersedes=first.id),
    }
    with database.transaction() as session:
        if then == "undone":
            verdicts.undo(session, reviewer, first.id, matcher=Matcher())
        else:
            verdicts.give(session, reviewer, event.id, later[then], matcher=Matcher())
    run(database, blobs)
    assert (list(events(database)), len(blobs.objects)) == ([event.id], 3)


def test_footage_of_unknown_length_is_held_as_if_it_were_long(database: Database, blobs: MemoryBlobs) -> None:
    cut_short = seed(database, blobs, age=400)
    with database.transaction() as session:
        session.execute(update(Upload).values(duration_s=None, status=UploadStatus.FAILED))
    place(database, captured_from=CAPTURED_AT + timedelta(hours=5), captured_to=CAPTURED_AT + timedelta(hours=7))
    run(database, blobs)
    assert list(blobs.objects) == [upload_key(cut_short.upload_id)]


def test_what_a_released_hold_held_is_due_again(database: Database, blobs: MemoryBlobs) -> None:
    seed(database, blobs, age=400)
    hold = place(database, plate="LS15EBC")
    run(database, blobs)
    for _ in range(2):
        with database.transaction() as session:
            holds.release(session, SYSTEM, hold, reason="case closed")
    run(database, blobs)
    assert events(database) == {}
    with database.transaction() as session:
        actions = session.scalars(select(AuditRecord.action).order_by(AuditRecord.seq)).all()
        assert actions.count("hold.released") == 1
        assert holds.find(session) == []
        assert [each.id for each in holds.find(session, case_number="C-7", active=False)] == [hold]


@pytest.mark.parametrize(
    ("hold", "error"),
    [
        ({"plate": "--"}, Unprocessable),
        ({"captured_from": CAPTURED_AT, "captured_to": CAPTURED_AT}, Unprocessable),
        ({"camera_id": UUID(int=1)}, NotFound),
    ],
)
def test_a_hold_that_makes_no_sense_is_refused(
    database: Database, hold: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        place(database, **hold)


def test_an_upload_stays_on_record_until_its_use_was_surely_booked(database: Database, blobs: MemoryBlobs) -> None:
    event = seed(database, blobs, age=31)
    with database.transaction() as session:
        session.execute(update(Upload).values(finished_at=days_ago(0.1)))
    run(database, blobs)
    assert events(database) == {}
    assert count(database, Upload) == 1

    with database.transaction() as session:
        session.execute(update(Upload).where(Upload.id == event.upload_id).values(finished_at=days_ago(1.1)))
    run(database, blobs)
    assert count(database, Upload) == 0
