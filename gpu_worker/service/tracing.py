"""Jobs as segments of X-Ray traces: each goes on with the trace of the request that asked for it, or begins one."""

import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final
from uuid import UUID

from aws_xray_sdk.core.models.segment import Segment
from aws_xray_sdk.core.models.subsegment import Subsegment
from aws_xray_sdk.core.models.trace_header import TraceHeader

from anpr import tracing
from anpr.errors import AnprError
from gpu_worker.service.consumer import ForwardedJobs, JobOutcome, Jobs
from gpu_worker.service.logs import logger

NAME: Final = "anpr-worker"
"""The worker's node on the service map."""

_FRAMES_OF_A_FAULT: Final = 10

_open: ContextVar[Any] = ContextVar("segment", default=None)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Show a part of a job as a bar of its own in the job's trace; where no trace is recorded, do nothing."""
    segment = _open.get()
    if segment is None:
        yield
        return
    part = Subsegment(name, "local", segment)
    segment.add_subsegment(part)
    try:
        yield
    finally:
        part.close()


class TracedJobs(ForwardedJobs):
    """`gpu_worker.service.consumer.Jobs`, each run of which is recorded.

    Which trace a job belongs to, the first of these says that says anything: the message; the stored file, whose form
    was made by a request; nothing, and a trace begins. A trace that its first service chose not to record is not
    recorded here either.
    """

    def __init__(self, jobs: Jobs, send: Callable[[Sequence[str]], None], origin: Callable[[UUID], str | None]) -> None:
        """Make the recorder.

        Args:
            jobs: does the work.
            send: takes segment documents.
            origin: finds the trace header that an upload's file was stored with.
        """
        super().__init__(jobs)
        self._send = send
        self._origin = origin

    def run(self, upload_id: UUID, stop: threading.Event) -> JobOutcome:
        """Do one job and record it."""
        upstream = TraceHeader.from_header_str(tracing.current_header() or self._found(upload_id))
        if upstream.sampled == 0:
            return super().run(upload_id, stop)
        segment = Segment(NAME, traceid=upstream.root, parent_id=upstream.parent)
        segment.put_annotation("upload_id", str(upload_id))
        header = TraceHeader(root=segment.trace_id, parent=segment.id, sampled=1).to_header_str()
        token = _open.set(segment)
        try:
            with tracing.continued(header):
                outcome = super().run(upload_id, stop)
            segment.put_annotation("outcome", outcome.value)
        except Exception as error:
            segment.add_exception(error, traceback.extract_tb(error.__traceback__, limit=_FRAMES_OF_A_FAULT))
            raise
        finally:
            _open.reset(token)
            segment.close()
            self._deliver(segment)
        return outcome

    def _found(self, upload_id: UUID) -> str | None:
        try:
            return self._origin(upload_id)
        except AnprError as error:
            # The job will meet the same outage and say so; a trace of its own is no reason to fail.
            logger.info("the job's trace could not be found", reason=error.detail)
            return None

    def _deliver(self, segment: Any) -> None:
        try:
            self._send([segment.serialize()])
        except AnprError as error:
            logger.warning("a trace was lost", reason=error.detail)
