"""Jobs as spans: each goes on with the trace of the request that asked for it, or begins one."""

import threading
from collections.abc import Callable
from uuid import UUID

from anpr import tracing
from anpr.errors import AnprError
from gpu_worker.service.consumer import ForwardedJobs, JobOutcome, Jobs
from gpu_worker.service.logs import logger


class TracedJobs(ForwardedJobs):
    """`gpu_worker.service.consumer.Jobs`, each run of which is recorded.

    Which trace a job belongs to, the first of these says that says anything: the message; the stored file, whose form
    was made by a request; nothing, and a trace begins.
    """

    def __init__(self, jobs: Jobs, origin: Callable[[UUID], str | None]) -> None:
        """Make the recorder.

        Args:
            jobs: does the work.
            origin: finds the trace header that an upload's file was stored with.
        """
        super().__init__(jobs)
        self._origin = origin

    def run(self, upload_id: UUID, stop: threading.Event) -> JobOutcome:
        """Do one job and record it."""
        header = tracing.current_header() or self._found(upload_id)
        with tracing.continued(header), tracing.span("job", {"upload_id": str(upload_id)}) as span:
            outcome = super().run(upload_id, stop)
            span.note("outcome", outcome.value)
        return outcome

    def _found(self, upload_id: UUID) -> str | None:
        try:
            return self._origin(upload_id)
        except AnprError as error:
            # The job will meet the same outage and say so; a trace of its own is no reason to fail.
            logger.info("the job's trace could not be found", reason=error.detail)
            return None
