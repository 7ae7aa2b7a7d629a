"""`python -m gpu_worker work`: the worker as a service, from its settings to the signal that ends it."""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Final
from uuid import UUID

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from anpr import bootstrap, tracing
from anpr.capture import jobs
from anpr.db import Database
from anpr.errors import AnprError, Unavailable
from anpr.messages import upload_key
from anpr.ports import BlobStore
from anpr.settings import DatabaseSettings, QueueSettings, UploadSettings
from gpu_worker.service.consumer import Consumer, ConsumerTiming, Jobs
from gpu_worker.service.figures import Report, each_of, write_figures
from gpu_worker.service.gpu_gauge import watch_gpu
from gpu_worker.service.job import JobLimits, JobRunner
from gpu_worker.service.logs import logger
from gpu_worker.service.pipeline_footage import PipelineFootage
from gpu_worker.service.protection import protected
from gpu_worker.service.scratch import clear_leftovers
from gpu_worker.service.services import Services
from gpu_worker.service.tracing import TracedJobs
from gpu_worker.vision.engines import build_pipeline, media_limits
from gpu_worker.vision.settings import VisionSettings

# One for the job, one for its pulse, one for giving the job back while the others are stuck.
_CONNECTIONS: Final = 3

SERVICE: Final = "anpr-worker"
"""The worker's name in traces and among figures."""


class WorkerSettings(BaseSettings):
    """How the worker behaves as a process."""

    model_config = SettingsConfigDict(env_prefix="ANPR_WORKER_", extra="ignore")

    scratch: Path = Field(default=Path(tempfile.gettempdir()), description="Folder for files while they are read.")
    liveness_file: Path | None = Field(
        default=None, description="Touched at least every third of the visibility time-out, for a health check."
    )
    drain_s: float = Field(default=8, gt=0, description="After a signal to stop, a job that hangs gets this long.")
    time_limit: timedelta = Field(
        default=timedelta(hours=8), description="The longest reading of one file, once it has come."
    )
    stall_after: timedelta = Field(
        default=timedelta(minutes=5),
        description="The longest time for one frame, or without a byte of a file that comes.",
    )
    retry_s: int = Field(default=20, ge=0, description="Wait before the second try of a job; doubled for the third.")
    metrics: bool = Field(default=False, description="Write what was done to the log, for CloudWatch to count.")
    tracing: bool = Field(default=False, description="Record each job as a segment of an X-Ray trace.")


def main() -> int:
    """Run until SIGTERM or SIGINT.

    Returns:
        The exit status: 0 after a drain, 1 if the worker cannot start as it is set up.
    """
    try:
        settings, queue = WorkerSettings(), QueueSettings()
        vision = VisionSettings()
        # Before any message is taken: a GPU that was asked for and cannot be used ends the worker here.
        footage = PipelineFootage(build_pipeline(vision), media_limits(vision), readable_score=vision.readable_score)
        jobs_queue = bootstrap.job_queue()
        telemetry = bootstrap.telemetry(SERVICE)
        if settings.tracing:
            tracing.record_by(bootstrap.segment_recorder(SERVICE))
        elif telemetry is not None:
            tracing.record_by(telemetry)
        services = _services(each_of(settings.metrics and write_figures, telemetry is not None and telemetry.report))
    except (AnprError, ValueError) as error:
        logger.error("the worker cannot start", reason=str(error))
        return 1
    clear_leftovers(settings.scratch)
    stop = threading.Event()
    runner: Jobs = JobRunner(services, footage, _limits(settings, queue))
    if settings.tracing or telemetry is not None:
        runner = TracedJobs(runner, lambda upload_id: _origin(services.blobs, upload_id))
    timing = ConsumerTiming(visibility_s=queue.visibility_s, max_receives=queue.max_receives, retry_s=settings.retry_s)
    consumer = Consumer(jobs_queue, protected(runner), timing, stop, settings.liveness_file)
    _obey_signals(consumer, stop, settings.drain_s)
    if (settings.metrics or telemetry is not None) and vision.device != "cpu":
        watch_gpu(services.report, stop)
    logger.info("worker started", device=vision.device)
    consumer.run()
    if telemetry is not None:
        telemetry.close()
    logger.info("worker stopped")
    return 0


def _services(report: Report) -> Services:
    settings = DatabaseSettings().for_threads(_CONNECTIONS)
    database = _patiently(lambda: bootstrap.database(settings))
    return Services(database, bootstrap.blob_store(), bootstrap.event_bus(), report)


def _patiently(connect: Callable[[], Database]) -> Database:
    """Wait for the secret that says where the database is: on a fresh deployment the worker may be there first."""
    delay_s = 1.0
    while True:
        try:
            return connect()
        except Unavailable as error:
            logger.warning("the worker waits to start", reason=error.explained)
            time.sleep(delay_s)
            delay_s = min(delay_s * 2, 30)


def _limits(settings: WorkerSettings, queue: QueueSettings) -> JobLimits:
    return JobLimits(
        scratch=settings.scratch,
        max_bytes=UploadSettings().max_bytes,
        time_limit_s=settings.time_limit.total_seconds(),
        stall_s=settings.stall_after.total_seconds(),
        # A message comes back two thirds of its visibility after its worker died, at the soonest. The worker's claim
        # must be stale by then, or the message would meet a claim that nobody holds any more.
        stale_after=min(jobs.STALE_AFTER, timedelta(seconds=queue.visibility_s / 2)),
    )


def _origin(blobs: BlobStore, upload_id: UUID) -> str | None:
    """The trace header of the request that a file's form was made by."""
    info = blobs.info(upload_key(upload_id))
    return None if info is None else info.trace


def _obey_signals(consumer: Consumer, stop: threading.Event, drain_s: float) -> None:
    """On SIGTERM and SIGINT stop at the next frame, and if none comes in time, end the process all the same."""

    def end() -> None:
        # A call that does not return, such as one into a decoder, can be ended only with the process.
        logger.warning("the job did not stop in time; it is given back as it is")
        try:
            consumer.abandon()
        except AnprError as error:
            logger.warning("the message was not given back; it will come back by itself", reason=error.detail)
        finally:
            sys.stdout.flush()
            os._exit(0)

    def order(_number: int, _frame: FrameType | None) -> None:
        if not stop.is_set():
            stop.set()
            timer = threading.Timer(drain_s, end)
            timer.daemon = True
            timer.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, order)
