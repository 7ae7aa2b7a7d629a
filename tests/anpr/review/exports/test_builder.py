import csv
import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from anpr.alerts import bolos
from anpr.capture.passages import PlateBox
from anpr.db import Database
from anpr.errors import Unavailable
from anpr.identity.principals import Principal
from anpr.messages import EventType, export_key
from anpr.models import (
    Camera,
    Event,
    Export,
    ExportEntry,
    ExportItem,
    ExportPart,
    ExportStatus,
    OutboxMessage,
    RejectReason,
    ReviewStatus,
    Upload,
    Verdict,
)
from anpr.review import verdicts
from anpr.review.exports import builder, requests
from anpr.review.exports.builder import Outcome
from anpr.review.exports.requests import Content, ExportRequest
from anpr.review.exports.sweep import sweep
from anpr.review.verdicts import Opinion
from anpr.settings import ExportSettings
from tests.archives import MemoryArchives
from tests.builders import add_event, add_upload, add_user

PART = 5 * 1024**2
SETTINGS = ExportSettings(fetchers=3, part_bytes=PART)
PLENTY = 900.0


def jpeg(width: int, height: int, padding: int = 0) -> bytes:
    """The least that has a JPEG's size in it, and then some."""
    frame = struct.pack(">HBHHB", 8, 8, height, width, 0)
    return b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0" + frame + bytes(padding) + b"\xff\xd9"


@dataclass
class Site:
    """A database and a storage with events in them."""

    database: Database
    store: MemoryArchives
    caller: Principal

    def event(
        self,
        plate: str,
        opinion: Opinion | None = None,
        *,
        crop: bytes | None = None,
        upload: Upload | None = None,
        **columns: object,
    ) -> Event:
        event = add_event(self.database, upload=upload, plate=plate, candidates=(), **columns)
        if opinion is not None:
            with self.database.transaction() as session:
                verdicts.give(session, self.caller, event.id, opinion, matcher=bolos.Matcher())
        self.store.objects[event.crop_key] = crop or jpeg(94, 24, event.passage_no)
        self.store.objects[event.frame_key] = jpeg(1920, 1080)
        return event

    def ask(self, request: ExportRequest | None = None, settings: ExportSettings = SETTINGS) -> UUID:
        with self.database.transaction() as session:
            return requests.create(
                session, self.caller, request or ExportRequest(), reason="training", settings=settings
            ).id

    def build(self, export_id: UUID, remaining_s: Callable[[], float] = lambda: PLENTY) -> Outcome:
        return builder.build(self.database, self.store, export_id, settings=SETTINGS, remaining_s=remaining_s)

    def export(self, export_id: UUID) -> Export:
        with self.database.transaction() as session:
            return session.get_one(Export, export_id)

    def files(self, export_id: UUID) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.store.objects[export_key(export_id)])) as opened:
            assert opened.testzip() is None
            return {name: opened.read(name) for name in opened.namelist()}

    def end_leases(self) -> None:
        with self.database.transaction() as session:
            session.execute(update(Export).values(claimed_until=Export.created_at))

    def promised(self, event_type: EventType) -> list[dict[str, Any]]:
        with self.database.transaction() as session:
            rows = session.scalars(select(OutboxMessage).where(OutboxMessage.type == event_type).order_by("seq"))
            return [row.data for row in rows]


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database, MemoryArchives(), add_user(database))


CONFIRM = Opinion(Verdict.CONFIRMED)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def correct(plate: str, region: str | None = None) -> Opinion:
    return Opinion(Verdict.CORRECTED, plate=plate, region_code=region)


def test_crops_come_with_the_labels_that_people_gave(site: Site) -> None:
    right = site.event("AB12CDE", CONFIRM)
    wrong = site.event("XY99ZZZ", correct("XY98ZZZ", "IE"))
    nowhere = site.event("NOREG10", CONFIRM, region=None)
    site.event("UNSEEN1")
    site.event("REJECT1", Opinion(Verdict.REJECTED, reject_reason=RejectReason.UNREADABLE))
    export_id = site.ask()

    assert site.build(export_id) is Outcome.READY

    files = site.files(export_id)
    assert {row["image_path"]: (row["plate_text"], row["plate_region"]) for row in table(files["labels.csv"])} == {
        f"crops/{right.id}.jpg": ("AB12CDE", "gb"),
        f"crops/{wrong.id}.jpg": ("XY98ZZZ", "ie"),
        f"crops/{nowhere.id}.jpg": ("NOREG10", "Unknown"),
    }
    assert files[f"crops/{right.id}.jpg"] == site.store.objects[right.crop_key]
    assert sorted(table(files["train.csv"]) + table(files["val.csv"]), key=str) == sorted(
        table(files["labels.csv"]), key=str
    )


def test_the_manifest_lists_every_other_file_with_its_checksum(site: Site) -> None:
    for number in range(5):
        site.event(f"AB12CD{number}", CONFIRM)
    export_id = site.ask()
    site.build(export_id)

    files = site.files(export_id)
    manifest = json.loads(files.pop("manifest.json"))
    assert {one["path"]: (one["size"], one["sha256"]) for one in manifest["files"]} == {
        name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()
    }
    counts = manifest["counts"]
    assert (counts["events"], counts["images"], counts["images_missing"]) == (5, 5, 0)
    assert counts["events_train"] + counts["events_val"] == 5


def test_one_vehicle_is_on_one_side_only(site: Site) -> None:
    # The same vehicle, once read with a look-alike and confirmed all the same.
    plates = [f"AB1{number}" for number in range(20)]
    for plate in plates:
        site.event(plate, CONFIRM)
        site.event(plate.replace("B", "8"), CONFIRM)
    export_id = site.ask(ExportRequest(validation_share=0.5))
    site.build(export_id)

    files = site.files(export_id)
    sides = {
        name: {row["plate_text"].replace("8", "B") for row in table(files[f"{name}.csv"])} for name in ("train", "val")
    }
    assert not sides["train"] & sides["val"]
    assert len(sides["train"]) + len(sides["val"]) == len({plate.replace("8", "B") for plate in plates})
    assert len(sides["val"]) >= 3


def test_the_split_is_the_same_in_every_export(site: Site) -> None:
    for number in range(12):
        site.event(f"AB1{number}", CONFIRM)
    halves = ExportRequest(validation_share=0.5)
    first, second = site.ask(halves), site.ask(halves)
    site.build(first)
    site.build(second)

    assert site.files(first)["val.csv"] == site.files(second)["val.csv"]


def test_frames_carry_yolo_and_coco_labels(site: Site) -> None:
    event = site.event("AB12CDE", CONFIRM, box=PlateBox(960.0, 540.0, 1152.0, 648.0))
    export_id = site.ask(ExportRequest(contents=frozenset({Content.YOLO, Content.COCO}), validation_share=0))
    assert site.build(export_id) is Outcome.READY

    files = site.files(export_id)
    assert files[f"images/train/{event.id}.jpg"] == site.store.objects[event.frame_key]
    assert files[f"labels/train/{event.id}.txt"] == b"0 0.550000 0.550000 0.100000 0.100000\n"
    assert b"names:\n  0: license_plate\n" in files["data.yaml"]
    coco = json.loads(files["annotations/instances_train.json"])
    assert [(one["file_name"], one["width"], one["height"]) for one in coco["images"]] == [
        (f"{event.id}.jpg", 1920, 1080)
    ]
    assert [(one["bbox"], one["image_id"], one["plate"]) for one in coco["annotations"]] == [
        ([960.0, 540.0, 192.0, 108.0], coco["images"][0]["id"], "AB12CDE")
    ]
    assert json.loads(files["annotations/instances_val.json"])["images"] == []
    assert not any(name.startswith("crops/") for name in files)


def shared_frame(site: Site, *plates: tuple[str, Opinion | None]) -> list[Event]:
    upload = add_upload(site.database)
    return [site.event(plate, opinion, upload=upload, best_frame=7) for plate, opinion in plates]


def test_a_frame_with_several_plates_is_one_image_with_all_their_labels(site: Site) -> None:
    first, second = shared_frame(site, ("AB12CDE", CONFIRM), ("FG34HJK", CONFIRM))
    export_id = site.ask(ExportRequest(contents=frozenset({Content.YOLO, Content.COCO}), validation_share=0))
    site.build(export_id)

    files = site.files(export_id)
    images = [name for name in files if name.startswith("images/")]
    assert len(images) == 1
    assert files[f"labels/train/{images[0][13:-4]}.txt"].count(b"\n") == 2
    annotations = json.loads(files["annotations/instances_train.json"])["annotations"]
    assert {one["event_id"] for one in annotations} == {str(first.id), str(second.id)}


def test_a_frame_with_a_plate_that_has_no_label_is_left_out(site: Site) -> None:
    shared_frame(site, ("AB12CDE", CONFIRM), ("FG34HJK", None))
    alone = site.event("XY98ZZZ", CONFIRM)
    export_id = site.ask(ExportRequest(contents=frozenset({Content.YOLO}), validation_share=0))
    site.build(export_id)

    files = site.files(export_id)
    assert [name for name in files if name.startswith("images/")] == [f"images/train/{alone.id}.jpg"]
    counts = json.loads(files["manifest.json"])["counts"]
    assert (counts["events"], counts["frames_train"], counts["plates_in_frames"]) == (2, 1, 1)


def test_a_frame_whose_plates_are_on_both_sides_is_left_out(site: Site) -> None:
    shared_frame(site, *[(f"AB1{number}", CONFIRM) for number in range(12)])
    site.event("XY98ZZZ", CONFIRM)
    export_id = site.ask(ExportRequest(contents=frozenset({Content.YOLO}), validation_share=0.5))
    site.build(export_id)

    assert len([name for name in site.files(export_id) if name.startswith("images/")]) == 1


def test_tables_hold_every_event_and_no_formula(site: Site) -> None:
    event = site.event("AB12CDE", correct("AB12CDF"))
    site.event("REJECT1", Opinion(Verdict.REJECTED, reject_reason=RejectReason.NOT_A_PLATE))
    guess, settled = site.event("GUE55", None), site.event("GUE66", CONFIRM)
    with site.database.transaction() as session:
        session.execute(update(Event).where(Event.id.in_([guess.id, settled.id])).values(readable=False, score=0.11))
        session.execute(update(Upload).values(source_version_id="v1", source_sha256="ab" * 32))
        session.get_one(Camera, event.camera_id).name = "=HYPERLINK(1)"
    export_id = site.ask(
        ExportRequest(contents=frozenset({Content.CSV, Content.JSONL}), statuses=frozenset(ReviewStatus))
    )
    site.build(export_id)

    files = site.files(export_id)
    rows = {row["machine_plate"]: row for row in table(files["events.csv"])}
    listed = {row["machine_plate"]: row for row in map(json.loads, files["events.jsonl"].splitlines())}
    assert {plate: (row["plate"], row["review_status"]) for plate, row in rows.items()} == {
        "AB12CDE": ("AB12CDF", "corrected"),
        "REJECT1": ("", "rejected"),
        "GUE55": ("GUE55", "unreviewed"),
        "GUE66": ("GUE66", "confirmed"),
    }
    assert {plate: (row["readable"], row["machine_readable"]) for plate, row in rows.items()} == {
        "AB12CDE": ("true", "true"),
        "REJECT1": ("false", "true"),
        "GUE55": ("false", "false"),
        "GUE66": ("true", "false"),
    }
    assert (listed["GUE55"]["readable"], listed["GUE66"]["readable"]) == (False, True)
    assert {(row["source_version_id"], row["source_sha256"]) for row in rows.values()} == {("v1", "ab" * 32)}
    assert rows["AB12CDE"]["camera"] == "'=HYPERLINK(1)"
    assert (listed["AB12CDE"]["camera"], listed["REJECT1"]["plate"]) == ("=HYPERLINK(1)", None)
    assert set(files) == {"events.csv", "events.jsonl", "manifest.json"}


def test_a_verdict_given_while_the_archive_is_made_changes_nothing_in_it(site: Site) -> None:
    event = site.event("AB12CDE", CONFIRM)
    export_id = site.ask()
    assert site.build(export_id, lambda: 0.0) is Outcome.HANDED_ON
    with site.database.transaction() as session:
        live = verdicts.history(session, event.id, scope=None)[0]
        verdicts.give(
            session, site.caller, event.id, replace(correct("FG34HJK"), supersedes=live.id), matcher=bolos.Matcher()
        )

    site.build(export_id)

    assert table(site.files(export_id)["labels.csv"])[0]["plate_text"] == "AB12CDE"


def test_an_image_that_is_gone_is_counted_and_has_no_label(site: Site) -> None:
    kept, lost = site.event("AB12CDE", CONFIRM), site.event("FG34HJK", CONFIRM)
    site.store.delete([str(lost.crop_key)])
    export_id = site.ask()
    site.build(export_id)

    files = site.files(export_id)
    assert [row["image_path"] for row in table(files["labels.csv"])] == [f"crops/{kept.id}.jpg"]
    assert json.loads(files["manifest.json"])["counts"]["images_missing"] == 1
    assert site.export(export_id).images_missing == 1


def large(site: Site, count: int = 5) -> list[Event]:
    """Events with crops of which two fill a part."""
    return [site.event(f"AB12CD{n}", CONFIRM, crop=jpeg(94, 24, PART // 2 + n)) for n in range(count)]


def test_a_builder_that_runs_out_of_time_hands_on_and_the_next_fetches_only_the_rest(site: Site) -> None:
    events = large(site)
    export_id = site.ask()

    assert site.build(export_id, lambda: 30.0) is Outcome.HANDED_ON
    half_way = site.export(export_id)
    assert (half_way.status, half_way.images_done, half_way.claimed_until) == (ExportStatus.BUILDING, 2, None)
    assert site.promised(EventType.EXPORT_REQUESTED) == [{"export_id": str(export_id)}] * 2
    reads = site.store.reads

    assert site.build(export_id) is Outcome.READY
    assert site.store.reads - reads == 3
    files = site.files(export_id)
    assert {name for name in files if name.startswith("crops/")} == {f"crops/{event.id}.jpg" for event in events}
    assert len(table(files["labels.csv"])) == 5


@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_a_builder_that_dies_loses_nothing(site: Site, dies_at: int) -> None:
    large(site)
    undisturbed, disturbed = site.ask(), site.ask()
    site.build(undisturbed)

    def die(number: int) -> None:
        if number == dies_at:
            raise Unavailable("the storage is down")

    site.store.before_part = die
    with pytest.raises(Unavailable):
        site.build(disturbed)
    site.store.before_part = lambda _number: None

    assert site.build(disturbed) is Outcome.READY
    expected, found = site.files(undisturbed), site.files(disturbed)
    assert {name: content for name, content in expected.items() if name != "manifest.json"} == {
        name: content for name, content in found.items() if name != "manifest.json"
    }
    with site.database.transaction() as session:
        assert session.scalars(select(ExportEntry)).all() == []
        assert session.scalars(select(ExportPart)).all() == []


def test_a_builder_that_is_killed_is_followed_after_its_lease(site: Site) -> None:
    large(site)
    export_id = site.ask()

    class Killed(BaseException):
        """Ends the process without a word."""

    def kill(number: int) -> None:
        if number == 2:
            raise Killed

    site.store.before_part = kill
    with pytest.raises(Killed):
        site.build(export_id)
    site.store.before_part = lambda _number: None

    assert site.build(export_id) is Outcome.NOT_OURS
    site.end_leases()
    assert sweep(site.database, site.store).woken == 1
    assert site.build(export_id) is Outcome.READY
    assert len(table(site.files(export_id)["labels.csv"])) == 5


def test_a_request_delivered_twice_makes_one_archive(site: Site) -> None:
    site.event("AB12CDE", CONFIRM)
    export_id = site.ask()

    assert site.build(export_id) is Outcome.READY
    archive = site.store.objects[export_key(export_id)]
    assert site.build(export_id) is Outcome.NOT_OURS
    assert site.store.objects[export_key(export_id)] is archive
    assert len(site.promised(EventType.EXPORT_READY)) == 1
    assert site.build(uuid4()) is Outcome.NOT_OURS


def test_a_second_builder_at_the_same_time_keeps_away(site: Site) -> None:
    large(site)
    export_id = site.ask()
    others: list[Outcome] = []

    def meanwhile(number: int) -> None:
        if number == 2:
            others.append(site.build(export_id))

    site.store.before_part = meanwhile

    assert site.build(export_id) is Outcome.READY
    assert others == [Outcome.NOT_OURS]


def test_a_builder_that_was_taken_for_dead_stops(site: Site) -> None:
    large(site)
    export_id = site.ask()
    others: list[Outcome] = []

    def overtaken(number: int) -> None:
        if number == 2 and not others:
            others.append(Outcome.NOT_OURS)
            site.end_leases()
            others.append(site.build(export_id))

    site.store.before_part = overtaken

    with pytest.raises(Exception, match="no such upload"):
        site.build(export_id)
    assert others[-1] is Outcome.READY
    assert site.export(export_id).status is ExportStatus.READY
    assert len(table(site.files(export_id)["labels.csv"])) == 5


def test_an_upload_that_the_storage_cleared_away_is_begun_anew(site: Site) -> None:
    large(site)
    export_id = site.ask()
    site.build(export_id, lambda: 30.0)
    site.store.uploads.clear()

    assert site.build(export_id) is Outcome.READY
    assert len(table(site.files(export_id)["labels.csv"])) == 5


def test_a_builder_that_died_after_completing_the_upload_need_not_be_repeated(site: Site) -> None:
    site.event("AB12CDE", CONFIRM)
    export_id = site.ask()
    site.build(export_id)
    with site.database.transaction() as session:
        session.execute(update(Export).values(status=ExportStatus.BUILDING, multipart_id="gone", size_bytes=None))
    reads = site.store.reads

    assert site.build(export_id) is Outcome.READY
    assert site.store.reads == reads
    assert site.export(export_id).size_bytes == len(site.store.objects[export_key(export_id)])


def test_an_export_that_nobody_can_make_fails_in_words(site: Site) -> None:
    site.event("AB12CDE", CONFIRM)
    export_id = site.ask()
    site.store.down = True
    for _ in range(SETTINGS.max_attempts):
        with pytest.raises(Unavailable):
            site.build(export_id)

    assert site.build(export_id) is Outcome.NOT_OURS
    failed = site.export(export_id)
    assert failed.status is ExportStatus.FAILED
    assert failed.failure_reason == "The archive could not be written: 5 attempts came to no end."
    assert [one["failure_reason"] for one in site.promised(EventType.EXPORT_FAILED)] == [failed.failure_reason]


def test_an_export_that_nothing_is_left_for_fails_in_words(site: Site) -> None:
    event = site.event("AB12CDE", CONFIRM)
    export_id = site.ask()
    with site.database.transaction() as session:
        (given,) = verdicts.history(session, event.id, scope=None)
        verdicts.undo(session, site.caller, given.id, matcher=bolos.Matcher())

    assert site.build(export_id) is Outcome.FAILED
    assert site.export(export_id).failure_reason == "No event matches the request any more."
    assert sweep(site.database, site.store).cleared == 1
    assert sweep(site.database, site.store).cleared == 0


def test_an_export_withdrawn_while_it_is_made_is_stopped_and_cleared_away(site: Site) -> None:
    large(site)
    export_id = site.ask()

    def withdraw(number: int) -> None:
        if number == 2:
            with site.database.transaction() as session:
                requests.withdraw(session, site.caller, export_id)

    site.store.before_part = withdraw
    assert site.build(export_id) is Outcome.NOT_OURS

    assert sweep(site.database, site.store).cleared == 1
    assert sweep(site.database, site.store).cleared == 0
    assert site.store.uploads == {}
    with site.database.transaction() as session:
        for rows in (ExportItem, ExportEntry, ExportPart):
            assert session.scalars(select(rows)).all() == []
    assert site.export(export_id).failure_reason == "The export was withdrawn."


def test_an_archive_is_deleted_when_its_time_is_over(site: Site) -> None:
    site.event("AB12CDE", CONFIRM)
    export_id = site.ask()
    site.build(export_id)
    assert sweep(site.database, site.store).expired == 0
    with site.database.transaction() as session:
        requests.withdraw(session, site.caller, export_id)

    assert sweep(site.database, site.store).expired == 1
    assert export_key(export_id) not in site.store.objects
    assert site.export(export_id).status is ExportStatus.EXPIRED


def test_whoever_erases_an_event_finds_its_archives(site: Site) -> None:
    one, other = site.event("AB12CDE", CONFIRM), site.event("FG34HJK")
    export_id = site.ask()
    site.build(export_id)

    with site.database.transaction() as session:
        assert requests.containing(session, [one.id]) == [export_id]
        assert requests.containing(session, [other.id]) == []
        requests.end(session, [export_id], reason="A person's data were erased.")
    sweep(site.database, site.store)
    with site.database.transaction() as session:
        assert requests.containing(session, [one.id]) == []


def test_an_export_keeps_to_its_cameras_and_times(site: Site) -> None:
    upload: Upload = add_upload(site.database)
    inside = site.event("AB12CDE", CONFIRM, upload=upload)
    site.event("FG34HJK", CONFIRM)
    request = ExportRequest(
        camera_ids=frozenset({upload.camera_id}), captured_from=inside.captured_at, captured_to=None
    )
    export_id = site.ask(request)
    site.build(export_id)

    assert [row["plate_text"] for row in table(site.files(export_id)["labels.csv"])] == ["AB12CDE"]
