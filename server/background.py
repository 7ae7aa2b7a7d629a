"""`python -m server background`: the table's other host. It consumes the queues and keeps the schedule.

Any number of these processes may run: a queue gives each message to one of them, and what the schedule starts does no
harm where two do it at once. A message is kept hidden for as long as its work runs, and comes again, later each time,
where that fails; a process that is killed is missed after the length of its lease.
"""

import json
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from aws_lambda_powertools import Logger

from anpr import bootstrap, outbox, tracing
from anpr.background.services import Run, Services
from anpr.errors import AnprError, NotFound
from anpr.messages import EventDue
from anpr.ports import JobQueue, QueueMessage
from anpr.rules import CONSUMERS, SCHEDULE, Consumer, Task
from server.settings import ServerSettings

THREADS: Final[Mapping[str, int]] = {"webhook_sender": 4, "bolo_notifier": 2}
"""How many messages of a queue are worked on at a time, where it is more than one: what waits for strangers."""

_WAIT_S: Final = 5
_LONGEST_RETRY_S: Final = 120
_OUTAGE_WAIT_S: Final = 2.0
_RELAYED: Final = 20


@dataclass(frozen=True, slots=True)
class Host:
    """What the threads share.

    Attributes:
        services: what the table's functions work with.
        lease_s: how long a message stays hidden after the last sign of life.
        stop: set when the process is told to stop.
    """

    services: Services
    lease_s: int
    stop: threading.Event

    @property
    def logger(self) -> Logger:
        """Where it is said what happens."""
        return self.services.logger


class QueueThread(threading.Thread):
    """Consumes one queue, a message at a time, until told to stop."""

    def __init__(self, host: Host, consumer: Consumer, queue: JobQueue) -> None:
        super().__init__(name=consumer.name, daemon=True)
        self._host = host
        self._consumer = consumer
        self._queue = queue

    def run(self) -> None:
        host = self._host
        while not host.stop.is_set():
            try:
                message = self._queue.receive(wait_s=_WAIT_S, visibility_s=host.lease_s)
                if message is not None:
                    self._handle(message)
            except AnprError as error:
                host.logger.warning("a service is down", consumer=self._consumer.name, reason=error.explained)
                host.stop.wait(_OUTAGE_WAIT_S)
            except Exception:
                host.logger.exception("a message could not be settled; it will come back")
                host.stop.wait(_OUTAGE_WAIT_S)

    def _handle(self, message: QueueMessage) -> None:
        host, name = self._host, self._consumer.name
        header = message.attributes.get(tracing.ATTRIBUTE)
        try:
            with (
                _KeptHidden(self._queue, message, host.lease_s),
                tracing.continued(header),
                tracing.span(name) as span,
            ):
                report = self._work(message)
                span.note("outcome", str(report.get("outcome", "done")))
        except Exception as error:  # noqa: BLE001 - whatever it is, the message's next delivery is the next try
            wait_s = min(2 ** min(message.receives, 10), _LONGEST_RETRY_S)
            reason = error.explained if isinstance(error, AnprError) else repr(error)
            host.logger.warning(
                "not done; tried again", consumer=name, reason=reason, receives=message.receives, again_in_s=wait_s
            )
            self._settle(lambda: self._queue.extend(message, visibility_s=wait_s))
            return
        self._settle(lambda: self._queue.delete(message))
        host.logger.info("done", consumer=name, **report)

    def _work(self, message: QueueMessage) -> dict[str, Any]:
        services = self._host.services
        began = time.monotonic()
        run = Run(services, lambda: self._consumer.time_s - (time.monotonic() - began))
        if self._consumer.messages is not None:
            report = run.message(self._consumer.name, message.body)
            # Such as an endpoint that was disabled, which is news for its administrators.
            outbox.relay(services.database, services.bus, limit=_RELAYED)
            return report
        due = EventDue.model_validate_json(message.body)
        with services.database.transaction() as session:
            event = outbox.find(session, due.event_id)
        return {"outcome": "erased"} if event is None else run.event(self._consumer.name, event)

    def _settle(self, act: Callable[[], None]) -> None:
        try:
            act()
        except NotFound:
            self._host.logger.info("the message had come back already", consumer=self._consumer.name)


class _KeptHidden:
    """Keeps a message hidden while the block runs."""

    def __init__(self, queue: JobQueue, message: QueueMessage, lease_s: int) -> None:
        self._queue = queue
        self._message = message
        self._lease_s = lease_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._extend, name="lease", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_exception: object) -> None:
        self._done.set()
        # Else a late extension could hide the message again after it was given back.
        self._thread.join()

    def _extend(self) -> None:
        while not self._done.wait(self._lease_s / 3):
            try:
                self._queue.extend(self._message, visibility_s=self._lease_s)
            except AnprError:
                # It may come to somebody else by then, who finds the work done, or does it over.
                continue


class TaskThread(threading.Thread):
    """Does what the clock starts by one name."""

    def __init__(self, host: Host, task: Task) -> None:
        super().__init__(name=f"{task.name}, every {task.every_minutes} min", daemon=True)
        self._host = host
        self._task = task

    def run(self) -> None:
        host, every_s = self._host, self._task.every_minutes * 60
        # At once, for what was left behind; then at times that differ from those of the other processes.
        wait_s = random.uniform(0, 5)  # noqa: S311 - no secret
        while not host.stop.wait(wait_s):
            wait_s = every_s * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
            began = time.monotonic()
            try:
                Run(host.services, lambda: self._task.time_s - (time.monotonic() - began)).task(self._task.name)  # noqa: B023 - called before the next turn
            except AnprError as error:
                host.logger.warning("a scheduled task was not done", task=self._task.name, reason=error.explained)
            except Exception:
                host.logger.exception("a scheduled task failed", task=self._task.name)


def main() -> int:
    """Run until SIGTERM or SIGINT; returns the exit status."""
    settings = ServerSettings()
    threads = sum(THREADS.get(name, 1) for name in CONSUMERS) + len(SCHEDULE)
    services = Services(Logger(service="background"), connections=max(settings.connections, threads // 2))
    # Made here, so that no two threads make them, and what is missing ends the process at once.
    for part in ("database", "bus", "blobs", "queue", "webhooks", "notifier", "archive", "licensing"):
        getattr(services, part)
    telemetry = bootstrap.telemetry("anpr-background")
    tracing.record_by(telemetry)
    stop = threading.Event()
    host = Host(services, settings.lease_s, stop)
    running: list[threading.Thread] = [TaskThread(host, task) for task in SCHEDULE.values()]
    for name, consumer in CONSUMERS.items():
        running += [QueueThread(host, consumer, bootstrap.queue(name)) for _ in range(THREADS.get(name, 1))]
    _obey_signals(stop)
    for thread in running:
        thread.start()
    services.logger.info("background started", threads=len(running))
    while not stop.wait(5):
        if settings.liveness_file is not None and all(thread.is_alive() for thread in running):
            settings.liveness_file.touch()
    until = time.monotonic() + settings.drain_s
    for thread in running:
        thread.join(timeout=max(until - time.monotonic(), 0))
    # What did not end in time comes again by its lease; daemon threads end with the process.
    services.logger.info("background stopped", left=[thread.name for thread in running if thread.is_alive()])
    services.close()
    if telemetry is not None:
        telemetry.close()
    return 0


def run_once(name: str) -> int:
    """Do what the clock starts by this name once, now, and print what was done as JSON; returns the exit status."""
    services = Services(Logger(service="task"))
    task = SCHEDULE[name]
    try:
        report = Run(services, lambda: task.time_s).task(name)
    finally:
        services.close()
    sys.stdout.write(f"{json.dumps(report, default=str)}\n")
    return 0


def _obey_signals(stop: threading.Event) -> None:
    def order(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, order)
