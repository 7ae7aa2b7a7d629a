"""The queue's side of the worker: poll, keep a message hidden while its job runs, acknowledge, drain. Knows no vision.

What becomes of a message:

* its job is over, well or with a reason that is the file's own: acknowledged;
* it is none of ours, or names no known upload: logged and acknowledged, since it would be the same next time;
* a service is down, or the worker's disk fails it: a fresh copy is queued in its place, for that is no fault of the
  file's, and nothing more is taken until all answers again;
* something else went wrong: it comes back after a while, and after `max_receives` deliveries the upload is ended with
  the reason and the message goes to the dead letters;
* the worker is told to stop: a fresh copy is queued in its place, so that a roll-out does not use up the deliveries
  that are meant for failures;
* another worker has the upload: it comes back later, for the other may be dead and not yet cold. At its last delivery
  it is acknowledged instead: it is most likely a duplicate, which does not belong among the dead letters; the owner
  holds a message of its own, and the sweep sends the job again should both be lost.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from anpr import tracing
from anpr.errors import AnprError, NotFound, Unavailable
from anpr.messages import UnknownMessage, upload_ids_of
from anpr.ports import JobQueue, QueueMessage
from gpu_worker.service.logs import logger
from gpu_worker.service.scratch import ScratchUnusable

_LONGEST_OUTAGE_WAIT_S: Final = 30.0
_LONGEST_RETRY_WAIT_S: Final = 600
_LONGEST_DELAY_S: Final = 900


class JobOutcome(StrEnum):
    """How a job ended, as far as its message is concerned."""

    OVER = "over"
    BUSY = "busy"
    STOPPED = "stopped"


class Jobs(Protocol):
    """What a consumer needs of whoever does the work."""

    def run(self, upload_id: UUID, stop: threading.Event) -> JobOutcome:
        """Do one job, or leave it waiting for another try and raise.

        Args:
            upload_id: the upload that a message names.
            stop: set when the worker is told to stop; the job is then given back soon.
        """

    def fail(self, upload_id: UUID, reason: str) -> None:
        """End a waiting job that will not be tried again."""

    def abandon(self) -> None:
        """Give back the job that runs, from another thread, whatever it is doing."""

    def stalled(self) -> bool:
        """Tell whether a job runs that has not moved for far too long."""

    def check(self) -> None:
        """Raise `Unavailable` unless the services that jobs need answer."""


class ForwardedJobs:
    """Jobs that another does, for those to build on who add something to each run."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def run(self, upload_id: UUID, stop: threading.Event) -> JobOutcome:
        return self._jobs.run(upload_id, stop)

    def fail(self, upload_id: UUID, reason: str) -> None:
        self._jobs.fail(upload_id, reason)

    def abandon(self) -> None:
        self._jobs.abandon()

    def stalled(self) -> bool:
        return self._jobs.stalled()

    def check(self) -> None:
        self._jobs.check()


@dataclass(frozen=True, slots=True)
class ConsumerTiming:
    """How a consumer treats messages.

    Attributes:
        visibility_s: for how long a message stays hidden after the last sign of life.
        max_receives: deliveries after which a message goes to the dead letters, as in the queue's redrive policy.
        wait_s: the longest wait for a message. It bounds how soon an idle worker notices that it should stop.
        retry_s: wait before the second try; each further one doubles it.
    """

    visibility_s: int
    max_receives: int
    wait_s: int = 5
    retry_s: int = 20


class Consumer:
    """Takes one message at a time off a queue, until it is told to stop."""

    def __init__(
        self, queue: JobQueue, jobs: Jobs, timing: ConsumerTiming, stop: threading.Event, liveness: Path | None = None
    ) -> None:
        """Make a consumer.

        Args:
            queue: where the messages are.
            jobs: who does the work.
            timing: how messages are treated.
            stop: set to end `run`.
            liveness: a file whose modification time says that the worker lives, for a container's health check.
        """
        self._queue = queue
        self._jobs = jobs
        self._timing = timing
        self._stop = stop
        self._liveness = liveness
        self._held: QueueMessage | None = None

    def run(self) -> None:
        """Poll until told to stop. Nothing that a message holds ends this loop."""
        self._wait_until_fit(first_look_s=0)
        while not self._stop.is_set():
            self._show_life()
            try:
                self._poll_once()
            except Unavailable as error:
                logger.warning("a service is down", reason=error.explained)
                self._wait_until_fit(first_look_s=1)
            except Exception:  # noqa: BLE001 - the loop's boundary: one message must not end the worker
                logger.exception("the message could not be settled; it will come back")
                self._stop.wait(1)

    def abandon(self) -> None:
        """Give back the job and the message that are held, from another thread: the worker is about to end."""
        self._jobs.abandon()
        message = self._held
        if message is not None:
            self._requeue(message)

    def _poll_once(self) -> None:
        message = self._queue.receive(wait_s=self._timing.wait_s, visibility_s=self._timing.visibility_s)
        if message is None:
            return
        self._held = message
        try:
            self._handle(message)
        finally:
            self._held = None

    def _handle(self, message: QueueMessage) -> None:
        try:
            upload_ids = list(dict.fromkeys(upload_ids_of(message.body)))
        except UnknownMessage as error:
            logger.warning("a message that is none of ours was dropped", reason=str(error), body=message.body[:500])
            self._acknowledge(message)
            return
        try:
            outcomes, errors = self._run_all(message, upload_ids)
            if errors and JobOutcome.STOPPED not in outcomes:
                self._retry(message, errors)
                return
        except Unavailable:
            # No fault of the message's: a copy that was never delivered takes its place.
            self._put_off(message)
            raise
        if JobOutcome.STOPPED in outcomes:
            self._requeue(message)
        elif JobOutcome.BUSY in outcomes and message.receives < self._timing.max_receives:
            self._hide(message, self._timing.visibility_s)
        else:
            self._acknowledge(message)

    def _run_all(self, message: QueueMessage, upload_ids: list[UUID]) -> tuple[set[JobOutcome], dict[UUID, Exception]]:
        """Do a message's jobs, and tell what went wrong with which: one that fails is no reason to fail the others."""
        outcomes: set[JobOutcome] = set()
        errors: dict[UUID, Exception] = {}
        with self._kept_hidden(message), _trace_of(message):
            for upload_id in upload_ids:
                try:
                    outcomes.add(self._jobs.run(upload_id, self._stop))
                except Unavailable:
                    raise
                except Exception as error:  # noqa: BLE001 - whatever it is, the message's next delivery is the next try
                    logger.exception("a job could not be done", receives=message.receives)
                    errors[upload_id] = error
        return outcomes, errors

    def _retry(self, message: QueueMessage, errors: Mapping[UUID, Exception]) -> None:
        if message.receives < self._timing.max_receives:
            self._hide(message, min(self._timing.retry_s * 2 ** (message.receives - 1), _LONGEST_RETRY_WAIT_S))
            return
        for upload_id, error in errors.items():
            why = error.detail if isinstance(error, AnprError) else f"an internal error ({type(error).__name__})"
            # At another delivery its worker may have died, or a second one have been at it: not each was an error.
            self._jobs.fail(
                upload_id,
                f"The file was taken up {message.receives} times, outages not counted, and was never read to its end, "
                f"at last because of: {why}",
            )
        # The queue moves it to the dead letters in place of the next delivery.
        self._hide(message, 0)

    def _put_off(self, message: QueueMessage) -> None:
        try:
            self._requeue(message, delay_s=min(self._timing.retry_s, _LONGEST_DELAY_S))
        except Unavailable as error:
            # The first outage is the one to be told of.
            logger.warning("the queue is down too; the message will come back", reason=str(error))

    def _requeue(self, message: QueueMessage, *, delay_s: int = 0) -> None:
        try:
            # In this order a crash between the two leaves a duplicate, not a loss.
            with _trace_of(message):
                self._queue.send(message.body, delay_s=delay_s)
        except Unavailable as error:
            logger.warning("the message goes back as it is", reason=str(error))
            self._hide(message, delay_s)
        else:
            self._acknowledge(message)

    def _acknowledge(self, message: QueueMessage) -> None:
        try:
            self._queue.delete(message)
        except NotFound:
            logger.info("the message had come back already; its next delivery finds the job done")

    def _hide(self, message: QueueMessage, seconds: int) -> None:
        try:
            self._queue.extend(message, visibility_s=seconds)
        except NotFound:
            logger.info("the message had come back already")

    @contextmanager
    def _kept_hidden(self, message: QueueMessage) -> Iterator[None]:
        """Keep extending a message's visibility, and showing life, for as long as the job moves."""
        done = threading.Event()

        def extend_until_done() -> None:
            while not done.wait(self._timing.visibility_s / 3):
                if self._jobs.stalled():
                    # A call that never returns can be ended only with its process. That is for the health check, which
                    # sees no more life; meanwhile another worker may have the job.
                    logger.error("the job does not move any more; its message is no longer held")
                    return
                self._show_life()
                try:
                    self._queue.extend(message, visibility_s=self._timing.visibility_s)
                except AnprError as error:
                    logger.warning("the message could not be held", reason=str(error))

        thread = threading.Thread(target=extend_until_done, name="visibility", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            # Else a late extension could hide the message again after it was given back.
            thread.join()

    def _wait_until_fit(self, *, first_look_s: float) -> None:
        """Wait until what jobs need is there: to poll meanwhile would pass messages around that are fine.

        Whether the queue answers, the next poll will tell.
        """
        delay = first_look_s
        while not self._stop.wait(delay):
            delay = min(max(delay * 2, 1.0), _LONGEST_OUTAGE_WAIT_S)
            try:
                self._jobs.check()
            except ScratchUnusable as error:
                # Another machine could do the jobs: the health check is to see no life here.
                logger.error("the worker is not fit to work", reason=str(error), next_look_s=delay)
            except Exception as error:  # noqa: BLE001 - what cannot be asked is not there, and must not end the worker
                self._show_life()
                logger.warning("a service is down", reason=str(error), next_look_s=delay)
            else:
                self._show_life()
                logger.info("all that jobs need is there")
                return

    def _show_life(self) -> None:
        if self._liveness is not None:
            self._liveness.touch()


def _trace_of(message: QueueMessage) -> AbstractContextManager[None]:
    return tracing.continued(message.attributes.get(tracing.ATTRIBUTE))
