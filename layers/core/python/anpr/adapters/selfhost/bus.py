"""`anpr.ports.EventBus` on queues: each event goes to the queue of everyone who takes its type, by the table.

A message names the event and no more: the outbox has it, whoever takes the message reads it there, and what was erased
meanwhile is told to nobody.
"""

from collections.abc import Mapping, Sequence

from anpr import tracing
from anpr.errors import Unavailable
from anpr.messages import CloudEvent, EventDue
from anpr.ports import JobQueue, Published
from anpr.rules import consumers_of


class QueueBus:
    """A bus that has no server of its own."""

    def __init__(self, queues: Mapping[str, JobQueue], tap: JobQueue | None = None) -> None:
        """Make a bus.

        Args:
            queues: by the consumer's name.
            tap: gets every event as it is.
        """
        self._queues = queues
        self._tap = tap

    def publish(self, events: Sequence[CloudEvent]) -> Published:
        done = Published()
        try:
            for event in events:
                self._publish(event)
                done.taken.append(event)
        except Unavailable:
            # What went before must be reported as gone; only where nothing went is it an outage.
            if not done.taken:
                raise
        return done

    def _publish(self, event: CloudEvent) -> None:
        due = EventDue(event_id=event.id).model_dump_json()
        with tracing.continued(event.trace):
            for consumer in consumers_of(event.type):
                self._queues[consumer.name].send(due)
            if self._tap is not None:
                self._tap.send(event.model_dump_json())

    def check(self) -> None:
        for queue in self._queues.values():
            queue.check()
            return
