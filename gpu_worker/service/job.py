"""One upload, from its key in the storage to its committed events. Knows no model: whoever opens footage is passed in.

Each passage is stored and published as it ends. The order is what makes a kill at any moment harmless: the images
first, then event, counters and outbox in one transaction, then the bus; a second run repeats what is idempotent and
records what is missing.
"""

import hashlib
import shutil
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import text

from anpr import tracing
from anpr.capture import jobs
from anpr.capture.jobs import Claim, ClaimLost, Refusal
from anpr.errors import NotFound, Unavailable, UnreadableMedia
from anpr.messages import Metric, upload_key
from gpu_worker.service import scratch
from gpu_worker.service.consumer import JobOutcome
from gpu_worker.service.footage import FootageSummary, OpenFootage
from gpu_worker.service.logs import logger
from gpu_worker.service.pulse import Pulse, PulseLimits, Stopped, TooSlow
from gpu_worker.service.recorder import Recorder
from gpu_worker.service.services import Services

_HASHED_AT_ONCE: Final = 4 * 1024**2
_GONE: Final = "The file is not in the storage any more."


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits(PulseLimits):
    """What one job may take.

    Attributes:
        scratch: folder for the file while it is read.
        max_bytes: the largest file.
        stale_after: silence after which another worker's claim may be taken over.
    """

    scratch: Path
    max_bytes: int
    stale_after: timedelta = jobs.STALE_AFTER


class JobRunner:
    """Runs one job at a time; the `gpu_worker.service.consumer.Jobs` of the real worker."""

    def __init__(self, services: Services, open_footage: OpenFootage, limits: JobLimits) -> None:
        self._database = services.database
        self._blobs = services.blobs
        self._report = services.report
        self._recorder = Recorder(services)
        self._open = open_footage
        self._limits = limits
        self._running: Pulse | None = None
        self._owed: list[Claim] = []

    def run(self, upload_id: UUID, stop: threading.Event) -> JobOutcome:
        """Do one job: claim, read, record, end.

        Args:
            upload_id: the upload.
            stop: set when the worker is told to stop; noticed at the next frame.

        Returns:
            What is to become of its message.

        Raises:
            Exception: whatever is not the file's fault; the upload waits for another try.
        """
        with logger.append_context_keys(upload_id=str(upload_id)):
            if stop.is_set():
                return JobOutcome.STOPPED
            self._settle()
            claim = self._claim(upload_id)
            if isinstance(claim, Refusal):
                logger.info("the job was not begun", because=claim.value)
                self._notice_replacement(upload_id)
                return JobOutcome.BUSY if claim is Refusal.BUSY else JobOutcome.OVER
            return self._run_claimed(claim, stop)

    def fail(self, upload_id: UUID, reason: str) -> None:
        """End a waiting upload that will not be tried again."""
        with self._database.transaction() as session:
            failed = jobs.fail_waiting(session, upload_id, reason)
        if failed:
            logger.error("the job failed for good", upload_id=str(upload_id), reason=reason)
            self._report({Metric.JOBS_FAILED: 1})
            self._recorder.relay()

    def abandon(self) -> None:
        """Give back the running job, from another thread."""
        pulse = self._running
        if pulse is not None:
            pulse.stop()
            self._give_back(pulse.claim, tried=False)

    def stalled(self) -> bool:
        """Tell whether the running job has not moved for `stall_s`."""
        pulse = self._running
        return pulse is not None and pulse.stalled()

    def check(self) -> None:
        """Raise `Unavailable` unless database and storage answer and the disk can be written."""
        scratch.check(self._limits.scratch)
        with self._database.transaction() as session:
            session.execute(text("SELECT 1"))
        self._settle()
        self._check_storage()

    def _check_storage(self) -> None:
        try:
            self._blobs.check()
        except NotFound as error:
            raise Unavailable(error.detail) from error

    def _claim(self, upload_id: UUID) -> Claim | Refusal:
        claim: Claim | Refusal = Refusal.UNKNOWN
        try:
            with self._database.transaction() as session:
                claim = jobs.claim(session, upload_id, uuid4(), stale_after=self._limits.stale_after)
        except Unavailable:
            # Whether it was committed, nobody could say.
            if isinstance(claim, Claim):
                self._owed.append(claim)
            raise
        return claim

    def _run_claimed(self, claim: Claim, stop: threading.Event) -> JobOutcome:
        logger.info("job begun", attempt=claim.attempts)
        began = time.monotonic()
        try:
            with Pulse(self._database, claim, self._limits, stop) as pulse:
                self._running = pulse
                summary = self._read(claim, pulse)
            with self._database.transaction() as session:
                jobs.finish(session, claim, _result(summary))
        except ClaimLost:
            logger.warning("the job is no longer this worker's; what it found since is dropped")
            return JobOutcome.BUSY
        except Stopped:
            self._give_back(claim, tried=False)
            return JobOutcome.STOPPED
        except Unavailable:
            # No fault of the file's, however often it happens.
            self._give_back(claim, tried=False)
            raise
        except (UnreadableMedia, TooSlow) as error:
            return self._fail(claim, error.detail)
        except Exception:
            self._give_back(claim, tried=True)
            raise
        finally:
            self._running = None
        seconds = round(time.monotonic() - began, 3)
        logger.info("job done", seconds=seconds, frames=summary.frames)
        self._report(
            {
                Metric.JOBS_PROCESSED: 1,
                Metric.JOB_TIME: seconds,
                Metric.FOOTAGE_TIME: summary.duration_s,
                Metric.FRAMES: summary.frames,
            }
        )
        self._recorder.relay()
        return JobOutcome.OVER

    def _read(self, claim: Claim, pulse: Pulse) -> FootageSummary:
        with scratch.scratch_folder(self._limits.scratch) as folder:
            path = folder / "source"
            with tracing.span("fetch"), scratch.usable(self._limits.scratch):
                self._fetch(claim, path, pulse)
                size_bytes = path.stat().st_size
            pulse.begin_reading()
            try:
                with tracing.span("read"), self._open(path, claim.region_hint, claim.familiar) as footage:
                    for finding in footage.findings(pulse.advance):
                        self._recorder.store(claim, finding)
                        pulse.check()
                    return footage.summary()
            except (UnreadableMedia, OSError):
                scratch.check_kept(path, size_bytes)
                raise

    def _notice_replacement(self, upload_id: UUID) -> None:
        """Put on record where another file stands in the place of the one that was read."""
        with self._database.transaction() as session:
            read = jobs.source_version(session, upload_id)
        current = None if read is None else self._blobs.info(upload_key(upload_id))
        if current is None or current.version_id is None or current.version_id == read:
            return
        with self._database.transaction() as session:
            reported = jobs.report_replacement(session, upload_id, current.version_id)
        if reported:
            logger.warning("a file was posted over one that was read; it is not read", version=current.version_id)

    def _fetch(self, claim: Claim, path: Path, pulse: Pulse) -> None:
        """Fetch the file that an earlier run read, or else the latest, and put on record which it is."""
        key = upload_key(claim.upload_id)
        info = self._blobs.info(key, version_id=claim.source_version_id)
        if claim.source_version_id is not None:
            self._notice_replacement(claim.upload_id)
        if info is None:
            self._check_storage()
            raise UnreadableMedia(_GONE)
        if info.size_bytes > self._limits.max_bytes:
            raise UnreadableMedia(f"The file has {info.size_bytes} bytes; at most {self._limits.max_bytes} are read.")
        disk, needed = shutil.disk_usage(path.parent), info.size_bytes + scratch.SPARE_BYTES
        if needed > disk.total > 0:
            # No waiting makes room for it.
            raise UnreadableMedia(f"The file has {info.size_bytes} bytes; the worker's whole disk is too small for it.")
        if disk.free < needed:
            raise Unavailable("The worker has no room for a file of this size.")
        # A slow storage is no stall while bytes come. They come on threads of the storage's own, which take no orders.
        try:
            self._blobs.download(key, path, version_id=info.version_id, on_bytes=lambda _count: pulse.moved())
        except NotFound as error:
            raise UnreadableMedia(_GONE) from error
        sha256 = _sha256(path, pulse)
        if claim.source_sha256 not in (None, sha256):
            raise UnreadableMedia("The file in the storage is not the one that was read before; it is not read.")
        with self._database.transaction() as session:
            jobs.identify_source(session, claim, version_id=info.version_id, sha256=sha256)

    def _fail(self, claim: Claim, reason: str) -> JobOutcome:
        try:
            with self._database.transaction() as session:
                jobs.fail(session, claim, reason)
        except ClaimLost:
            return JobOutcome.BUSY
        except Unavailable:
            # The next try will say the same of the file.
            self._give_back(claim, tried=False)
            raise
        logger.warning("the file cannot be read", reason=reason)
        self._report({Metric.JOBS_FAILED: 1})
        self._recorder.relay()
        return JobOutcome.OVER

    def _give_back(self, claim: Claim, *, tried: bool) -> None:
        """Let another try begin at once. Where the database is down too, what was no try is taken back later."""
        try:
            with self._database.transaction() as session:
                jobs.give_back(session, claim, tried=tried)
        except Unavailable as error:
            logger.warning("the job could not be given back", reason=str(error))
            if not tried:
                self._owed.append(claim)

    def _settle(self) -> None:
        """Take back the attempts that were counted for jobs which an outage ended, and could not be given back then."""
        while self._owed:
            with self._database.transaction() as session:
                jobs.undo_attempt(session, self._owed[0])
            self._owed.pop(0)


def _sha256(path: Path, pulse: Pulse) -> str:
    digest = hashlib.sha256()
    pulse.obey()
    with path.open("rb") as file:
        while chunk := file.read(_HASHED_AT_ONCE):
            digest.update(chunk)
            pulse.obey()
    return digest.hexdigest()


def _result(summary: FootageSummary) -> jobs.Result:
    return jobs.Result(summary.media, summary.duration_s, summary.frames, summary.warning)
