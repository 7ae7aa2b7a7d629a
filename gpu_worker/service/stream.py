"""`python -m gpu_worker stream`: reads cameras' live streams, from its settings to the signal that ends it.

Any number of processes share the cameras by leases. This one renews what it holds, takes what is free while it has
room, and lets go of all when it is told to stop.
"""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from anpr import bootstrap, tracing
from anpr.alerts.egress import Blocked, EgressPolicy, Undelivered, allowed_addresses
from anpr.alerts.webhooks.sealing import Seal
from anpr.capture import jobs, streams
from anpr.capture.streams import Lease
from anpr.errors import AnprError, Unavailable
from anpr.governance import licenses
from anpr.ports import Secret
from anpr.settings import DatabaseSettings, LicenseSettings, StreamSettings
from gpu_worker.service.figures import Report, each_of
from gpu_worker.service.live import Booker, CameraWatch, WatchSettings
from gpu_worker.service.logs import logger
from gpu_worker.service.pipeline_footage import before_camera
from gpu_worker.service.recorder import Recorder
from gpu_worker.service.services import Services
from gpu_worker.service.work import WorkerSettings
from gpu_worker.vision.engines import build_engines, pipeline_settings
from gpu_worker.vision.live import LiveVideo
from gpu_worker.vision.pipeline import Pipeline
from gpu_worker.vision.settings import VisionSettings
from gpu_worker.vision.vehicles import StitchSettings
from gpu_worker.vision.video import StreamLost

_ROUND_S: Final = 5.0
_DRAIN_S: Final = 15.0
STITCHING: Final = StitchSettings(moving_s=1.0, parked_s=5.0, announce_s=10.0)
"""An alert cannot wait as a file can: a vehicle is given a second after it has gone, and one that stays after ten."""


@dataclass(slots=True)
class _Reading:
    """One stream that this process reads."""

    lease: Lease
    watch: CameraWatch
    booker: Booker


class StreamProcess:
    """Holds leases, and a watch for each."""

    def __init__(
        self,
        services: Services,
        seal: Seal,
        settings: StreamSettings,
        watch: Callable[[Lease, Booker], CameraWatch],
        *,
        only: Sequence[UUID] = (),
        liveness: Path | None = None,
    ) -> None:
        """Put a process together.

        Args:
            services: database, storage and bus.
            seal: opens the cameras' addresses.
            settings: how many cameras, and for how long a segment.
            watch: makes the watch of a leased camera, not yet begun.
            only: these cameras alone, if any are named.
            liveness: a file whose modification time says that the process lives, for a container's health check.
        """
        self._liveness = liveness
        self._services = services
        self._seal = seal
        self._settings = settings
        self._watch = watch
        self._only = only
        self._recorder = Recorder(services)
        self._readings: list[_Reading] = []
        self._ending: list[_Reading] = []

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set."""
        while not stop.is_set():
            if self._liveness is not None:
                self._liveness.touch()
            try:
                self.round()
            except Unavailable as error:
                # The streams are read on: what they give waits in their bookers.
                logger.warning("the database does not answer", reason=error.explained)
            stop.wait(_ROUND_S)
        self.finish()

    def round(self) -> None:
        """Renew what is held, give up what was lost, take what is free.

        Raises:
            Unavailable: the database does not answer.
        """
        for reading in list(self._readings):
            if reading.booker.lost.is_set() or not self._renewed(reading):
                logger.info("the stream was given up", camera_id=str(reading.lease.camera_id))
                self._readings.remove(reading)
                self._ending.append(reading)
                reading.watch.stop()
        for reading in [ending for ending in self._ending if ending.watch.ended]:
            self._ending.remove(reading)
            reading.booker.finish(0.1)
        with self._services.database.transaction() as session:
            notices = streams.give_notice(session, silent_after=self._settings.silent_after)
        if notices:
            self._recorder.relay()
        room = self._settings.max_cameras - len(self._readings)
        if room <= 0:
            return
        with self._services.database.transaction() as session:
            taken = streams.take(session, self._seal, limit=room, only=self._only)
        for lease in taken:
            logger.info("a stream was taken", camera_id=str(lease.camera_id))
            booker = Booker(lease, self._services, self._recorder)
            watch = self._watch(lease, booker)
            watch.start()
            self._readings.append(_Reading(lease, watch, booker))

    def _renewed(self, reading: _Reading) -> bool:
        condition, segment = reading.watch.condition(), reading.booker.segment
        with self._services.database.transaction() as session:
            if not streams.keep(session, reading.lease, condition):
                return False
            if segment is not None:
                jobs.update_held(session, segment)
        return True

    def finish(self) -> None:
        """End all streams: what is in sight is booked, and the cameras are free for others."""
        for reading in self._readings:
            reading.watch.stop()
        until = time.monotonic() + _DRAIN_S
        for reading in self._readings + self._ending:
            reading.watch.join(max(0.1, until - time.monotonic()))
            reading.booker.finish(max(0.1, until - time.monotonic()))
        for reading in self._readings:
            try:
                with self._services.database.transaction() as session:
                    streams.release(session, reading.lease)
            except Unavailable as error:
                logger.warning("a stream was not released; its lease runs out", reason=error.detail)
        self._readings.clear()


def connect(lease: Lease, services: Services, policy: EgressPolicy) -> LiveVideo:
    """Open a camera's stream, if the licence and the network's rules let it.

    Raises:
        StreamLost: why not.
    """
    try:
        with services.database.transaction() as session:
            licenses.require_minutes(session, LicenseSettings())
    except Unavailable as error:
        raise StreamLost("The backend's database does not answer.") from error
    except licenses.LicenseLimit as error:
        raise StreamLost(error.detail) from error
    parts = urlsplit(lease.url)
    try:
        addresses = allowed_addresses(parts.hostname or "", parts.port or 554, policy)
    except Blocked as error:
        raise StreamLost(f"{error} Name its network in ANPR_STREAM_ALLOW_NETWORKS if it is yours.") from error
    except Undelivered as error:
        raise StreamLost(str(error)) from error
    # By the address that was judged: another look-up might say another. A certificate needs the name.
    url = lease.url
    if parts.scheme == "rtsp":
        user, at, _ = parts.netloc.rpartition("@")
        host = f"[{addresses[0]}]" if addresses[0].version == 6 else str(addresses[0])
        url = parts._replace(netloc=f"{user}{at}{host}:{parts.port or 554}").geturl()
    return LiveVideo(url)


def main(cameras: Sequence[UUID] = ()) -> int:
    """Run until SIGTERM or SIGINT.

    Args:
        cameras: only these; all that are free if none are named.

    Returns:
        The exit status: 0 after a drain, 1 if it cannot start as it is set up.
    """
    stop = threading.Event()

    def obey(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, obey)
    try:
        telemetry = bootstrap.telemetry("anpr-stream")
        process = _process(cameras, each_of(telemetry is not None and telemetry.report))
    except (AnprError, ValueError) as error:
        logger.error("the streams cannot be read", reason=str(error))
        return 1
    tracing.record_by(telemetry)
    logger.info("stream process started")
    process.run(stop)
    if telemetry is not None:
        telemetry.close()
    logger.info("stream process stopped")
    return 0


def _process(cameras: Sequence[UUID], report: Report) -> StreamProcess:
    settings, vision = StreamSettings(), VisionSettings()
    # A connection for each camera's booker, and one for the leases.
    database = DatabaseSettings().for_threads(settings.max_cameras + 2)
    services = Services(bootstrap.database(database), bootstrap.blob_store(), bootstrap.event_bus(), report)
    seal = Seal.load(bootstrap.secret_store(), Secret.WEBHOOK_KEY)
    policy = EgressPolicy(settings.allow_networks)
    # Opened for the first camera: where none streams, nothing is held in memory for them.
    engines = cache(lambda: build_engines(vision))
    tuning = replace(pipeline_settings(vision), stitching=STITCHING, detecting=1)

    def watch(lease: Lease, booker: Booker) -> CameraWatch:
        opened = engines()
        pipeline = Pipeline(opened.video, opened.recognizer, tuning, opened.stills, opened.far)
        pipeline = before_camera(pipeline, lease.region_hint, lease.familiar)
        return CameraWatch(
            lambda: connect(lease, services, policy),
            pipeline,
            booker,
            WatchSettings(segment_s=settings.segment.total_seconds()),
        )

    return StreamProcess(services, seal, settings, watch, only=cameras, liveness=WorkerSettings().liveness_file)
