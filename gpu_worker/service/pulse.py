"""A running job's signs of life, and the orders that reach it."""

import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from anpr.capture import jobs
from anpr.capture.jobs import Claim, ClaimLost
from anpr.db import Database
from anpr.errors import AnprError, Unavailable
from gpu_worker.service.footage import Advance
from gpu_worker.service.logs import logger


class Stopped(Exception):
    """The worker was told to stop."""


class TooSlow(AnprError):
    """A file that takes longer than a job may."""

    status, code, title = 422, "job-too-long", "The file takes too long to read"


@dataclass(frozen=True, slots=True)
class PulseLimits:
    """How a job's time is measured; all in seconds.

    Attributes:
        time_limit_s: the longest reading, from when the file is there.
        stall_s: longest time without a frame, or a byte of the file, before the job counts as stuck.
        beat_s: time between two signs of life; under two with the writing of one included.
    """

    time_limit_s: float = 8 * 3600
    stall_s: float = 300
    beat_s: float = 1.5


class Pulse:
    """Writes a claimed upload's progress every `beat_s` from a thread of its own, however long a frame takes.

    A job that has not moved for `stall_s` is no longer vouched for: it falls silent, and another worker may claim it.
    """

    def __init__(self, database: Database, claim: Claim, limits: PulseLimits, stop: threading.Event) -> None:
        self.claim = claim
        self._database = database
        self._limits = limits
        self._stop = stop
        self._lost = threading.Event()
        self._ended = threading.Event()
        self._advance = Advance(0.0, 0)
        self._began = self._moved = time.monotonic()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        # A beat under way would otherwise write progress after the job's last word.
        self._thread.join()

    def advance(self, advance: Advance) -> None:
        """Take note of how far the reading is, and pass on orders.

        Raises:
            ClaimLost: another worker has the upload.
            Stopped: the worker was told to stop.
            TooSlow: the job's time is up.
        """
        self._advance = advance
        self.check()

    def begin_reading(self) -> None:
        """Start the clock of the longest reading: how slow the storage is, is not the file's fault."""
        self.moved()
        self._began = self._moved

    def check(self) -> None:
        """Count as moved, and pass on orders, as `advance` does."""
        self.obey()
        if self._moved - self._began > self._limits.time_limit_s:
            raise TooSlow(f"The file was not read within {self._limits.time_limit_s / 3600:.1f} hours.")

    def obey(self) -> None:
        """Count as moved, and pass on orders, however long it takes until the file can be read.

        Raises:
            ClaimLost: another worker has the upload.
            Stopped: the worker was told to stop.
        """
        self.moved()
        if self._lost.is_set():
            raise ClaimLost
        if self._stop.is_set():
            raise Stopped

    def moved(self) -> None:
        """Count as moved, from whatever thread: bytes of the file came."""
        self._moved = time.monotonic()

    def stalled(self) -> bool:
        """Tell whether the job has not moved for too long."""
        return time.monotonic() - self._moved > self._limits.stall_s

    def stop(self) -> None:
        """Fall silent; the next order is that the claim is lost."""
        self._ended.set()
        self._lost.set()

    def _beat(self) -> None:
        while not self._ended.wait(self._limits.beat_s):
            if self.stalled():
                # Should it move after all, the job has to be claimed anew: somebody else may have it by then.
                self._lost.set()
                logger.error("the job does not move any more", frames=self._advance.frames)
                return
            try:
                with self._database.transaction() as session:
                    still_ours = jobs.progress(
                        session, self.claim, fraction=self._advance.fraction, frames=self._advance.frames
                    )
            except Unavailable as error:
                logger.warning("progress could not be written", reason=str(error))
                continue
            if not still_ours:
                self._lost.set()
                return
