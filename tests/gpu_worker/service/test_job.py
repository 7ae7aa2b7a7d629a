import errno
import hashlib
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import cv2
import numpy as np
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from anpr.capture.familiar import FamiliarPlate
from anpr.db import Database
from anpr.errors import NotFound, Unavailable, UnreadableMedia
from anpr.messages import Metric, upload_key
from anpr.models import AuditRecord, Event, OutboxMessage, Upload, UploadStatus
from gpu_worker.service.consumer import JobOutcome
from gpu_worker.service.footage import Advance, Finding, Footage, FootageSummary
from gpu_worker.service.job import JobLimits, JobRunner
from gpu_worker.service.scratch import ScratchUnusable
from gpu_worker.service.services import Services
from tests.builders import add_upload, passage, reload
from tests.memory import MemoryBlobs, MemoryBus

BEAT_S = 0.02


@dataclass
class ScriptedFootage:
    """Footage with the given number of passages; `between` runs before each, with the passage's number."""

    passages: int
    between: Callable[[int], None] = lambda _: None
    warning: str | None = None
    seen_bytes: list[bytes] = field(default_factory=list)
    hints: list[str | None] = field(default_factory=list)
    grey: int = 40
    familiar: list[tuple[FamiliarPlate, ...]] = field(default_factory=list)

    @contextmanager
    def open(self, path: Path, region_hint: str | None, familiar: Sequence[FamiliarPlate]) -> Iterator[Footage]:
        self.seen_bytes.append(path.read_bytes())
        self.hints.append(region_hint)
        self.familiar.append(tuple(familiar))
        yield self

    def findings(self, on_advance: Callable[[Advance], None]) -> Iterator[Finding]:
        for number in range(self.passages):
            self.between(number)
            on_advance(Advance(number / self.passages, number * 10))
            crop = np.full((20, 80, 3), self.grey + number, np.uint8)
            frame = np.full((90, 160, 3), 90, np.uint8)
            yield Finding(passage(number, plate=f"AB{number}"), crop, frame)

    def summary(self) -> FootageSummary:
        return FootageSummary("video", 4.0, self.passages * 10, self.warning)


@dataclass
class World:
    database: Database
    scratch: Path
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    bus: MemoryBus = field(default_factory=MemoryBus)
    stop: threading.Event = field(default_factory=threading.Event)
    figures: Counter[Metric] = field(default_factory=Counter)

    def runner(self, footage: ScriptedFootage, *, time_limit_s: float = 60, stall_s: float = 60) -> JobRunner:
        limits = JobLimits(
            scratch=self.scratch, max_bytes=1000, time_limit_s=time_limit_s, stall_s=stall_s, beat_s=BEAT_S
        )
        services = Services(self.database, self.blobs, self.bus, self.figures.update)
        return JobRunner(services, footage.open, limits)

    def upload(self) -> Upload:
        upload = add_upload(self.database)
        self.blobs.objects[upload_key(upload.id)] = b"footage"
        return upload

    def numbers(self) -> list[int]:
        with self.database.transaction() as session:
            return list(session.scalars(select(Event.passage_no).order_by(Event.passage_no)))

    def unpublished(self) -> int:
        with self.database.transaction() as session:
            return len(session.scalars(select(OutboxMessage).where(OutboxMessage.published_at.is_(None))).all())


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def test_what_was_read_is_on_record_and_another_file_in_its_place_is_not_read(world: World) -> None:
    upload, footage = add_upload(world.database), ScriptedFootage(1)
    post(world, upload, b"footage")
    runner = world.runner(footage)
    assert runner.run(upload.id, world.stop) is JobOutcome.OVER
    read = reload(world.database, upload)
    assert (read.source_version_id, read.source_sha256) == ("v1", hashlib.sha256(b"footage").hexdigest())

    # Its own notification again: nothing was posted since.
    assert runner.run(upload.id, world.stop) is JobOutcome.OVER
    assert reload(world.database, upload).replacements == 0

    post(world, upload, b"another")
    # S3 may tell of it twice.
    for _ in range(2):
        assert runner.run(upload.id, world.stop) is JobOutcome.OVER

    now = reload(world.database, upload)
    assert footage.seen_bytes == [b"footage"]
    assert (now.source_version_id, now.source_sha256, now.replacements) == ("v1", read.source_sha256, 1)
    assert (now.replacement_version_id is None, now.replaced_at is None) == (False, False)
    with world.database.transaction() as session:
        recorded = session.scalars(select(AuditRecord).where(AuditRecord.target == f"upload:{upload.id}")).all()
    assert [record.action for record in recorded] == ["upload.replacement_refused"]
    assert recorded[0].detail == {"read_version": "v1", "posted_version": now.replacement_version_id}


def test_a_second_try_reads_the_file_that_the_first_one_read(world: World) -> None:
    upload = add_upload(world.database)
    post(world, upload, b"footage")
    fragile = ScriptedFootage(2, between=break_at_the_second)
    with pytest.raises(ZeroDivisionError):
        world.runner(fragile).run(upload.id, world.stop)
    post(world, upload, b"another")

    whole = ScriptedFootage(2)
    assert world.runner(whole).run(upload.id, world.stop) is JobOutcome.OVER

    assert (fragile.seen_bytes, whole.seen_bytes) == ([b"footage"], [b"footage"])
    now = reload(world.database, upload)
    assert (now.status, now.source_version_id, now.replacements) == (UploadStatus.SUCCEEDED, "v1", 1)


def test_where_the_storage_keeps_one_version_another_file_is_known_by_its_content(world: World) -> None:
    upload = world.upload()
    fragile = ScriptedFootage(2, between=break_at_the_second)
    with pytest.raises(ZeroDivisionError):
        world.runner(fragile).run(upload.id, world.stop)
    world.blobs.objects[upload_key(upload.id)] = b"another"

    footage = ScriptedFootage(2)
    assert world.runner(footage).run(upload.id, world.stop) is JobOutcome.OVER

    now = reload(world.database, upload)
    assert (now.status, footage.seen_bytes) == (UploadStatus.FAILED, [])
    assert (now.source_version_id, now.source_sha256) == (None, hashlib.sha256(b"footage").hexdigest())
    assert "not the one that was read" in str(now.failure_reason)


def test_a_rerun_that_sees_other_pictures_leaves_those_that_were_recorded(world: World) -> None:
    upload = world.upload()
    with pytest.raises(ZeroDivisionError):
        world.runner(ScriptedFootage(2, between=break_at_the_second)).run(upload.id, world.stop)
    before = {key: body for key, body in world.blobs.objects.items() if key != upload_key(upload.id)}
    assert len(before) == 2

    world.runner(ScriptedFootage(2, grey=200)).run(upload.id, world.stop)

    with world.database.transaction() as session:
        first, second = session.scalars(select(Event).order_by(Event.passage_no))
    assert {first.crop_key, first.frame_key} == before.keys()
    stored = {key: body for key, body in world.blobs.objects.items() if key != upload_key(upload.id)}
    assert stored.keys() == before.keys() | {second.crop_key, second.frame_key}
    assert all(stored[key] == body for key, body in before.items())
    # Each is named by what is in it.
    assert all(key.endswith(f"-{hashlib.sha256(body).hexdigest()}.jpg") for key, body in stored.items())


def break_at_the_second(number: int) -> None:
    if number == 1:
        raise ZeroDivisionError


def post(world: World, upload: Upload, body: bytes) -> None:
    world.blobs.put(upload_key(upload.id), body, content_type="video/mp4")


def test_an_upload_becomes_events_images_and_messages(world: World) -> None:
    upload = world.upload()
    footage = ScriptedFootage(3, warning="The tail is damaged.")

    assert world.runner(footage).run(upload.id, world.stop) is JobOutcome.OVER

    now = reload(world.database, upload)
    assert (now.status, now.events_count, now.frames_done, now.duration_s) == (UploadStatus.SUCCEEDED, 3, 30, 4.0)
    assert now.warning == "The tail is damaged."
    assert footage.seen_bytes == [b"footage"]
    assert footage.hints == [None]
    assert footage.familiar == [()]
    assert world.numbers() == [0, 1, 2]
    assert [event.type for event in world.bus.events] == ["event.created"] * 3 + ["upload.processed"]
    assert world.unpublished() == 0
    with world.database.transaction() as session:
        events = session.scalars(select(Event).order_by(Event.passage_no)).all()
    for number, event in enumerate(events):
        crop = cv2.imdecode(np.frombuffer(world.blobs.objects[event.crop_key], np.uint8), cv2.IMREAD_COLOR)
        assert crop is not None
        assert (crop.shape, round(float(crop.mean()))) == ((20, 80, 3), 40 + number)
        assert world.blobs.objects[event.frame_key].startswith(b"\xff\xd8")
    assert list(world.scratch.iterdir()) == []
    assert world.figures.pop(Metric.JOB_TIME) > 0
    assert world.figures == {
        Metric.JOBS_PROCESSED: 1,
        Metric.EVENTS_PROCESSED: 3,
        Metric.FRAMES: 30,
        Metric.FOOTAGE_TIME: 4,
    }


def test_each_passage_is_there_and_published_before_the_next_is_read(world: World) -> None:
    upload = world.upload()
    seen: list[tuple[int, int]] = []
    footage = ScriptedFootage(3, between=lambda _: seen.append((len(world.numbers()), len(world.bus.events))))

    world.runner(footage).run(upload.id, world.stop)

    assert seen == [(0, 0), (1, 1), (2, 2)]


def raise_at(number: int, error: BaseException) -> Callable[[int], None]:
    def between(at: int) -> None:
        if at == number:
            raise error

    return between


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_broken_off_job_is_completed_by_the_next_run(world: World, at: int) -> None:
    upload = world.upload()
    with pytest.raises(OSError, match="decoder"):
        world.runner(ScriptedFootage(3, between=raise_at(at, OSError("decoder")))).run(upload.id, world.stop)
    waiting = reload(world.database, upload)
    assert (waiting.status, waiting.events_count) == (UploadStatus.QUEUED, at)

    assert world.runner(ScriptedFootage(3)).run(upload.id, world.stop) is JobOutcome.OVER

    now = reload(world.database, upload)
    assert (world.numbers(), now.events_count, now.attempts) == ([0, 1, 2], 3, 2)
    assert [event.type for event in world.bus.events].count("event.created") == 3


def test_a_file_that_cannot_be_read_fails_with_its_reason_and_keeps_what_was_read(world: World) -> None:
    upload = world.upload()
    footage = ScriptedFootage(3, between=raise_at(1, UnreadableMedia("The file holds no picture.")))

    assert world.runner(footage).run(upload.id, world.stop) is JobOutcome.OVER

    now = reload(world.database, upload)
    assert (now.status, now.failure_reason) == (UploadStatus.FAILED, "The file holds no picture.")
    assert world.numbers() == [0]
    assert world.bus.events[-1].type == "upload.failed"
    assert world.figures == {Metric.EVENTS_PROCESSED: 1, Metric.JOBS_FAILED: 1}


@pytest.mark.parametrize(("body", "reason"), [(None, "not in the storage"), (b"x" * 1001, "1001 bytes")])
def test_a_file_that_is_gone_or_too_large_fails(world: World, body: bytes | None, reason: str) -> None:
    upload = world.upload()
    del world.blobs.objects[upload_key(upload.id)]
    if body is not None:
        world.blobs.objects[upload_key(upload.id)] = body

    assert world.runner(ScriptedFootage(1)).run(upload.id, world.stop) is JobOutcome.OVER

    assert reason in (reload(world.database, upload).failure_reason or "")


def test_a_storage_that_is_down_leaves_the_upload_waiting(world: World) -> None:
    upload = world.upload()
    world.blobs.down = True

    with pytest.raises(Unavailable):
        world.runner(ScriptedFootage(1)).run(upload.id, world.stop)

    assert reload(world.database, upload).status is UploadStatus.QUEUED


class OutageDatabase(Database):
    """A database that answers nothing while `down`."""

    down = False

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        if self.down:
            raise Unavailable("The database does not answer.")
        with super().transaction() as session:
            yield session


def test_outages_of_the_database_within_a_job_count_no_attempts(world: World) -> None:
    database = OutageDatabase(world.database.engine)
    world.database = database
    upload = world.upload()

    def break_off(number: int) -> None:
        database.down = number == 1

    runner = world.runner(ScriptedFootage(3, break_off))
    for _ in range(4):
        with pytest.raises(Unavailable):
            runner.run(upload.id, world.stop)
        with pytest.raises(Unavailable):
            runner.check()
        database.down = False
        runner.check()
        now = reload(database, upload)
        assert (now.status, now.attempts) == (UploadStatus.QUEUED, 0)
    runner = world.runner(ScriptedFootage(3))

    assert runner.run(upload.id, world.stop) is JobOutcome.OVER
    assert (reload(database, upload).status, world.numbers()) == (UploadStatus.SUCCEEDED, [0, 1, 2])


def test_a_worker_without_its_folder_fails_no_job_and_is_not_fit(world: World) -> None:
    upload = world.upload()
    world.scratch = world.scratch / "gone"
    runner = world.runner(ScriptedFootage(1))

    with pytest.raises(ScratchUnusable, match="No such file or directory"):
        runner.run(upload.id, world.stop)
    with pytest.raises(ScratchUnusable):
        runner.check()

    now = reload(world.database, upload)
    assert (now.status, now.attempts) == (UploadStatus.QUEUED, 0)
    world.scratch.mkdir()
    runner.check()


def test_a_disk_that_is_full_while_the_file_comes_is_not_the_files_fault(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = world.upload()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(world.blobs, "download", refuse)
    with pytest.raises(ScratchUnusable, match="No space left"):
        world.runner(ScriptedFootage(1)).run(upload.id, world.stop)

    assert reload(world.database, upload).attempts == 0


def test_a_files_own_fault_that_cannot_be_written_is_not_a_try(world: World) -> None:
    world.database = database = OutageDatabase(world.database.engine)
    upload = world.upload()

    def break_off(_: int) -> None:
        database.down = True
        raise UnreadableMedia("The file holds no picture.")

    runner = world.runner(ScriptedFootage(1, break_off))
    with pytest.raises(Unavailable):
        runner.run(upload.id, world.stop)
    database.down = False
    # The storage need not be there for it.
    world.blobs.down = True
    with pytest.raises(Unavailable):
        runner.check()

    now = reload(database, upload)
    assert (now.status, now.attempts) == (UploadStatus.QUEUED, 0)


def test_a_file_that_the_disk_lost_while_it_was_read_is_not_called_unreadable(world: World) -> None:
    upload = world.upload()

    def lose(_: int) -> None:
        for folder in world.scratch.iterdir():
            shutil.rmtree(folder)
        raise UnreadableMedia("The file cannot be opened.")

    with pytest.raises(ScratchUnusable):
        world.runner(ScriptedFootage(1, between=lose)).run(upload.id, world.stop)

    now = reload(world.database, upload)
    assert (now.status, now.attempts, now.failure_reason) == (UploadStatus.QUEUED, 0, None)


def test_a_disk_without_room_for_a_file_is_no_try(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = world.upload()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=10**12, free=1000))

    with pytest.raises(Unavailable, match="no room"):
        world.runner(ScriptedFootage(1)).run(upload.id, world.stop)

    assert reload(world.database, upload).attempts == 0
    with pytest.raises(ScratchUnusable, match="free"):
        world.runner(ScriptedFootage(1)).check()


def test_a_file_that_no_waiting_makes_room_for_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = world.upload()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=1000, free=1000))

    assert world.runner(ScriptedFootage(1)).run(upload.id, world.stop) is JobOutcome.OVER

    assert "too small" in str(reload(world.database, upload).failure_reason)


def test_a_bucket_that_is_gone_is_no_files_fault(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = world.upload()
    world.blobs.objects.clear()

    def missing() -> None:
        raise NotFound("The storage has no such bucket.")

    runner = world.runner(ScriptedFootage(1))
    monkeypatch.setattr(world.blobs, "info", lambda *_, **__: None)
    monkeypatch.setattr(world.blobs, "check", missing)

    with pytest.raises(Unavailable, match="no such bucket"):
        runner.run(upload.id, world.stop)

    now = reload(world.database, upload)
    assert (now.status, now.attempts) == (UploadStatus.QUEUED, 0)


class SlowBlobs(MemoryBlobs):
    """A storage that gives a file piece by piece, on a clock that stands still otherwise."""

    now = 0.0

    def download(
        self,
        key: str,
        target: Path,
        *,
        version_id: str | None = None,
        on_bytes: Callable[[int], object] | None = None,
    ) -> None:
        super().download(key, target, version_id=version_id)
        assert on_bytes is not None
        for _ in range(5):
            self.now += 50
            thread = threading.Thread(target=on_bytes, args=(1,))
            thread.start()
            thread.join()


def test_a_file_that_comes_slowly_is_read_however_long_it_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.blobs = blobs = SlowBlobs()
    upload = world.upload()
    monkeypatch.setattr("gpu_worker.service.pulse.time", SimpleNamespace(monotonic=lambda: blobs.now))

    # The download takes 250 s, more than a job may stand still, or read; no piece of it does.
    runner = world.runner(ScriptedFootage(1), time_limit_s=60, stall_s=60)

    assert runner.run(upload.id, world.stop) is JobOutcome.OVER
    now = reload(world.database, upload)
    assert (now.status, now.failure_reason) == (UploadStatus.SUCCEEDED, None)


def test_a_download_that_stands_still_is_stalled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class StuckBlobs(SlowBlobs):
        def download(
            self,
            key: str,
            target: Path,
            *,
            version_id: str | None = None,
            on_bytes: Callable[[int], object] | None = None,
        ) -> None:
            super().download(key, target, version_id=version_id, on_bytes=on_bytes)
            moving = runner.stalled()
            self.now += 61
            seen.append((moving, runner.stalled()))

    seen: list[tuple[bool, bool]] = []
    world.blobs = blobs = StuckBlobs()
    upload = world.upload()
    monkeypatch.setattr("gpu_worker.service.pulse.time", SimpleNamespace(monotonic=lambda: blobs.now))
    runner = world.runner(ScriptedFootage(1), stall_s=60)

    runner.run(upload.id, world.stop)

    assert seen == [(False, True)]


def test_a_stop_during_the_download_is_obeyed_once_the_file_is_there(world: World) -> None:
    class StoppingBlobs(MemoryBlobs):
        def download(
            self,
            key: str,
            target: Path,
            *,
            version_id: str | None = None,
            on_bytes: Callable[[int], object] | None = None,
        ) -> None:
            world.stop.set()
            super().download(key, target, version_id=version_id, on_bytes=on_bytes)

    world.blobs = StoppingBlobs()
    upload, footage = world.upload(), ScriptedFootage(1)

    assert world.runner(footage).run(upload.id, world.stop) is JobOutcome.STOPPED

    now = reload(world.database, upload)
    assert (now.status, now.attempts, footage.seen_bytes) == (UploadStatus.QUEUED, 0, [])


def test_a_bus_that_is_down_does_not_hold_up_the_job(world: World) -> None:
    upload = world.upload()
    world.bus.down = True

    assert world.runner(ScriptedFootage(2)).run(upload.id, world.stop) is JobOutcome.OVER

    assert reload(world.database, upload).status is UploadStatus.SUCCEEDED
    assert world.unpublished() == 3


def test_a_stop_gives_the_job_back_without_counting_the_try(world: World) -> None:
    upload = world.upload()
    footage = ScriptedFootage(3, between=lambda number: world.stop.set() if number == 1 else None)

    assert world.runner(footage).run(upload.id, world.stop) is JobOutcome.STOPPED

    now = reload(world.database, upload)
    assert (now.status, now.attempts, now.claim_token) == (UploadStatus.QUEUED, 0, None)
    assert world.numbers() == [0]


def test_abandoning_gives_back_a_job_that_is_stuck(world: World) -> None:
    upload = world.upload()
    stuck, release = threading.Event(), threading.Event()
    outcomes: list[JobOutcome] = []

    def block(_: int) -> None:
        stuck.set()
        release.wait(10)

    runner = world.runner(ScriptedFootage(1, between=block))
    thread = threading.Thread(target=lambda: outcomes.append(runner.run(upload.id, world.stop)))
    thread.start()
    assert stuck.wait(10)

    runner.abandon()
    status = reload(world.database, upload).status
    release.set()
    thread.join(10)

    assert (status, outcomes, world.numbers()) == (UploadStatus.QUEUED, [JobOutcome.BUSY], [])


def wait_until(condition: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(1000):
        if condition():
            return
        waited.wait(0.01)
    pytest.fail("it did not come to pass")


def test_life_is_shown_while_one_frame_blocks(world: World) -> None:
    upload = world.upload()
    beats: list[object] = []

    def block(number: int) -> None:
        if number == 1:
            first = reload(world.database, upload).heartbeat_at
            wait_until(lambda: reload(world.database, upload).heartbeat_at != first)
            beats.append(reload(world.database, upload).progress)

    world.runner(ScriptedFootage(2, between=block)).run(upload.id, world.stop)

    assert beats == [0.0]
    assert reload(world.database, upload).status is UploadStatus.SUCCEEDED


def test_a_job_that_was_taken_over_writes_nothing_more(world: World) -> None:
    upload = world.upload()
    rival = uuid4()

    def take_over(number: int) -> None:
        if number == 1:
            with world.database.transaction() as session:
                session.execute(update(Upload).where(Upload.id == upload.id).values(claim_token=rival))

    outcome = world.runner(ScriptedFootage(3, between=take_over)).run(upload.id, world.stop)

    now = reload(world.database, upload)
    assert outcome is JobOutcome.BUSY
    assert (now.status, now.claim_token, world.numbers()) == (UploadStatus.PROCESSING, rival, [0])


def test_a_job_over_its_time_fails(world: World) -> None:
    upload = world.upload()

    assert world.runner(ScriptedFootage(1), time_limit_s=-1).run(upload.id, world.stop) is JobOutcome.OVER

    assert "was not read within" in (reload(world.database, upload).failure_reason or "")


def test_a_job_that_does_not_move_falls_silent(world: World) -> None:
    upload = world.upload()
    stalled: list[bool] = []

    def block(_: int) -> None:
        wait_until(runner.stalled)
        wait_until(lambda: not any(thread.name == "pulse" for thread in threading.enumerate()))
        stalled.append(runner.stalled())

    runner = world.runner(ScriptedFootage(1, between=block), stall_s=0.1)

    # The next worker is to have it, whatever this one finds when the call returns.
    assert runner.run(upload.id, world.stop) is JobOutcome.BUSY
    assert (stalled, world.numbers()) == ([True], [])


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(UploadStatus.SUCCEEDED, JobOutcome.OVER), (UploadStatus.FAILED, JobOutcome.OVER)],
)
def test_a_second_delivery_after_the_end_changes_nothing(
    world: World, status: UploadStatus, outcome: JobOutcome
) -> None:
    upload = world.upload()
    with world.database.transaction() as session:
        session.execute(update(Upload).where(Upload.id == upload.id).values(status=status))

    assert world.runner(ScriptedFootage(1)).run(upload.id, world.stop) is outcome

    assert (world.numbers(), world.bus.events) == ([], [])


def test_an_unknown_upload_is_over(world: World) -> None:
    assert world.runner(ScriptedFootage(1)).run(uuid4(), world.stop) is JobOutcome.OVER


def test_a_living_owner_keeps_its_job_from_a_second_worker(world: World) -> None:
    upload = world.upload()
    second: list[JobOutcome] = []

    def run_second(_: int) -> None:
        second.append(world.runner(ScriptedFootage(1)).run(upload.id, world.stop))

    assert world.runner(ScriptedFootage(1, between=run_second)).run(upload.id, world.stop) is JobOutcome.OVER

    assert second == [JobOutcome.BUSY]
    assert world.numbers() == [0]


def test_poison_is_failed_for_good(world: World) -> None:
    upload = world.upload()

    world.runner(ScriptedFootage(0)).fail(upload.id, "It failed three times.")

    assert reload(world.database, upload).failure_reason == "It failed three times."
    assert [event.type for event in world.bus.events] == ["upload.failed"]


def test_check_passes_where_all_answers_and_fails_where_not(world: World) -> None:
    runner = world.runner(ScriptedFootage(0))
    runner.check()
    world.blobs.down = True

    with pytest.raises(Unavailable):
        runner.check()


def test_a_claim_is_taken_over_only_after_the_silence_that_is_set(world: World) -> None:
    upload = world.upload()
    with world.database.transaction() as session:
        session.execute(
            update(Upload)
            .where(Upload.id == upload.id)
            .values(status=UploadStatus.PROCESSING, heartbeat_at=Upload.created_at - timedelta(seconds=10))
        )

    assert world.runner(ScriptedFootage(1)).run(upload.id, world.stop) is JobOutcome.BUSY
