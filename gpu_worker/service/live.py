"""One camera's stream, from its lease to its events: connect, watch, book, and begin again when it breaks."""

import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from anpr import tracing
from anpr.capture import jobs, streams
from anpr.capture.jobs import Claim, ClaimLost, Result
from anpr.capture.streams import Condition, Lease
from anpr.errors import AnprError, Unavailable
from anpr.messages import Metric
from anpr.models import StreamState
from gpu_worker.service.footage import Finding
from gpu_worker.service.logs import logger
from gpu_worker.service.pipeline_footage import recorded
from gpu_worker.service.recorder import Recorder
from gpu_worker.service.services import Services
from gpu_worker.vision.live import LiveHealth, LiveVideo
from gpu_worker.vision.passages import Passage
from gpu_worker.vision.pipeline import Pipeline
from gpu_worker.vision.video import StreamLost

_FIRST_DELAY_S: Final = 1.0
_STEADY_S: Final = 10.0
"""A connection that lasted so long was a good one: the next failure is a new one."""
_WAITING: Final = 200
"""Passages that wait for the database at most; a camera makes that many in some minutes."""
_AGAIN_S: Final = 10.0
"""A plate that is seen again so soon after the connection broke is the same passage, going on."""
_BEHIND_S: Final = 5.0
"""A stream whose pictures are looked at so late is told to be behind."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How one stream is watched.

    Attributes:
        segment_s: length of a segment.
        longest_delay_s: longest pause between two attempts to connect.
    """

    segment_s: float = 300.0
    longest_delay_s: float = 60.0


class CameraWatch:
    """Reads one camera's stream in a thread of its own until it is told to stop, or loses the lease."""

    def __init__(
        self, connect: Callable[[], LiveVideo], pipeline: Pipeline, booker: "Booker", settings: WatchSettings
    ) -> None:
        """Make a watch.

        Args:
            connect: opens a connection; raises `StreamLost` with the reason where there is none to be had.
            pipeline: reads this camera alone; its engines may be shared.
            booker: writes down what is seen.
            settings: how long a segment is, and how long is waited between two connections.
        """
        self._connect = connect
        self._pipeline = pipeline
        self._booker = booker
        self._settings = settings
        self._stop = threading.Event()
        self._video: LiveVideo | None = None
        self._lock = threading.Lock()
        self._reason: str | None = None
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the stream; returns at once."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of reading and booking; tells whether it came in time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def ended(self) -> bool:
        """Whether the thread has ended, for whatever reason."""
        return not self._thread.is_alive()

    def condition(self) -> Condition:
        """How the stream does; from any thread."""
        with self._lock:
            video, reason = self._video, self._reason
        if video is None:
            return Condition(StreamState.CONNECTING if reason is None else StreamState.LOST, reason=reason)
        return _condition(video.health())

    def _run(self) -> None:
        with logger.append_context_keys(camera_id=str(self._booker.camera_id)):
            delay_s = _FIRST_DELAY_S
            while not self._stop.is_set():
                began = time.monotonic()
                try:
                    reason = self._connection()
                except Exception as error:  # noqa: BLE001 - whatever one camera does, it is tried again
                    logger.exception("the stream broke off")
                    reason = f"The reading of the stream failed: {type(error).__name__}."
                if self._stop.is_set():
                    break
                if time.monotonic() - began > _STEADY_S:
                    delay_s = _FIRST_DELAY_S
                with self._lock:
                    self._reason = reason
                logger.warning("the stream is lost", reason=reason, again_in_s=round(delay_s, 1))
                # Cameras that failed together, such as at a switch that was restarted, do not all come back at once.
                self._stop.wait(delay_s * random.uniform(0.75, 1.25))  # noqa: S311 - not for security
                delay_s = min(delay_s * 2, self._settings.longest_delay_s)

    def _connection(self) -> str | None:
        """Read one connection to its end; returns why it ended."""
        try:
            video = self._connect()
        except StreamLost as error:
            return error.detail
        with video:
            logger.info("connected")
            session = _Session(self._booker, video, self._settings)
            watcher = threading.Thread(target=self._end_with_stop, args=(video,), daemon=True)
            watcher.start()
            try:
                with self._lock:
                    self._video, self._reason = video, None
                for passage, progress in self._pipeline.watch(video):
                    session.at(progress.time_s, progress.frames)
                    if passage is not None:
                        session.passage(passage)
            except StreamLost as error:
                return error.detail
            finally:
                session.close()
                with self._lock:
                    self._video = None
        return None

    def _end_with_stop(self, video: LiveVideo) -> None:
        while not self._stop.wait(1.0):
            if self._video is not video:
                return
        video.close()


def _condition(health: LiveHealth) -> Condition:
    connected = None if health.connected_at is None else datetime.fromtimestamp(health.connected_at, UTC)
    last = None if health.last_frame_at is None else datetime.fromtimestamp(health.last_frame_at, UTC)
    reason = health.trouble
    if reason is None and health.lag_s > _BEHIND_S:
        reason = f"Pictures are looked at {health.lag_s:.0f} s late."
    state = StreamState.CONNECTING if connected is None else StreamState.CONNECTED
    return Condition(state, connected, last, health.fps_in, health.fps_read, health.lag_s, reason)


class _Session:
    """What one connection gives, cut into segments."""

    def __init__(self, booker: "Booker", video: LiveVideo, settings: WatchSettings) -> None:
        self._booker = booker
        self._video = video
        self._settings = settings
        self._start_s: float | None = None
        self._start_frame = 0
        self._now_s = 0.0
        self._frames = 0

    def at(self, time_s: float, frames: int) -> None:
        """Note how far the stream is, and begin a segment where it is time."""
        self._now_s, self._frames = time_s, frames
        if self._start_s is None or time_s - self._start_s >= self._settings.segment_s:
            self._end()
            self._start_s, self._start_frame = time_s, frames
            self._booker.open(datetime.fromtimestamp(self._video.wall_of(time_s), UTC))

    def passage(self, passage: Passage) -> None:
        """Book a passage in the segment that it ended in, by that segment's time."""
        start_s = self._start_s or 0.0
        self._booker.passage(
            replace(
                passage,
                first_s=passage.first_s - start_s,
                last_s=passage.last_s - start_s,
                best_s=passage.best_s - start_s,
            ),
            beside_break=passage.first_s < _AGAIN_S,
        )

    def close(self) -> None:
        """The connection is over."""
        self._end()

    def _end(self) -> None:
        if self._start_s is not None:
            self._booker.close(self._now_s - self._start_s, self._frames - self._start_frame)
            self._start_s = None


class Booker:
    """Writes what one camera gives to the database, in order, from a thread of its own.

    The camera does not wait: while the database or the storage is away, what was found waits here, and is written when
    they are back.
    """

    def __init__(self, lease: Lease, services: Services, recorder: Recorder) -> None:
        self._held = lease
        self._services = services
        self._recorder = recorder
        self._steps: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._segment: Claim | None = None
        self._number = 0
        self._recent: list[tuple[str, float]] = []
        self.lost = threading.Event()
        """Set where the lease turned out to be somebody else's."""
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"booker {lease.camera_id}", daemon=True)
        self._thread.start()

    @property
    def camera_id(self) -> UUID:
        """Whose stream it is."""
        return self._held.camera_id

    @property
    def segment(self) -> Claim | None:
        """The segment that is open."""
        return self._segment

    def open(self, captured_at: datetime) -> None:
        """Begin a segment."""
        self._steps.put(lambda: self._open(captured_at))

    def passage(self, passage: Passage, *, beside_break: bool) -> None:
        """Store a passage. `beside_break`: it was in sight when the connection was made, so it may be known already."""
        if self._steps.qsize() > _WAITING:
            logger.error("a passage is dropped: too many wait for the database", waiting=_WAITING)
            return
        self._steps.put(lambda: self._store(passage, beside_break=beside_break))

    def close(self, duration_s: float, frames: int) -> None:
        """End the segment."""
        self._steps.put(lambda: self._close(duration_s, frames))

    def finish(self, timeout_s: float) -> None:
        """Write what waits, and end; what cannot be written within the time is given up."""
        self._steps.put(None)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self._abandoned.set()

    def _run(self) -> None:
        with logger.append_context_keys(camera_id=str(self._held.camera_id)):
            while (step := self._steps.get()) is not None:
                self._patiently(step)

    def _patiently(self, step: Callable[[], None]) -> None:
        delay_s = 0.5
        while not self._abandoned.is_set() and not self.lost.is_set():
            try:
                step()
            except ClaimLost:
                logger.warning("the stream is no longer this process's; what it found since is dropped")
                self.lost.set()
            except Unavailable as error:
                logger.warning("what was found waits to be written", reason=error.detail)
                self._abandoned.wait(delay_s)
                delay_s = min(delay_s * 2, 15)
            except AnprError as error:
                logger.error("what was found cannot be written", reason=error.detail)
                return
            else:
                return

    def _open(self, captured_at: datetime) -> None:
        with self._services.database.transaction() as session:
            segment = streams.open_segment(session, self._held, captured_at)
        self._segment, self._number = segment, 0

    def _store(self, passage: Passage, *, beside_break: bool) -> None:
        segment = self._segment
        if segment is None:
            return
        seen_at = segment.captured_at.timestamp() + passage.first_s
        known = beside_break and any(
            plate == passage.plate and seen_at - last < _AGAIN_S for plate, last in self._recent
        )
        if not known:
            found = replace(passage, passage_no=self._number)
            # Each is a trace of its own: nobody asked for it.
            with tracing.span("passage", {"camera_id": str(self._held.camera_id)}):
                self._recorder.store(segment, Finding(recorded(found), passage.crop, passage.frame))
            self._number += 1
        last_at = segment.captured_at.timestamp() + passage.last_s
        self._recent = [*self._recent[-19:], (passage.plate, last_at)]

    def _close(self, duration_s: float, frames: int) -> None:
        segment = self._segment
        if segment is None:
            return
        with self._services.database.transaction() as session:
            jobs.finish(session, segment, Result("video", duration_s, frames))
        self._segment = None
        self._services.report({Metric.FOOTAGE_TIME: duration_s, Metric.FRAMES: frames})
        self._recorder.relay()
