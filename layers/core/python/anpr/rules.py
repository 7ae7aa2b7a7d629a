"""What the bus, the queues and the clock start: the one table of it.

A host runs the table: on AWS a Lambda function for each name, elsewhere processes of our own. Rules and
schedules on AWS are made of it too. Like the wire contracts it imports nothing of the domain: what is to be called is
imported when it is first called, so that a function loads what its own work needs and infrastructure loads nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

from anpr.messages import EventType


@dataclass(frozen=True, slots=True)
class Work:
    """A function of the domain, by its place: `module:name`. It takes a `Run`, and what started it."""

    place: str

    def load(self) -> Callable[..., dict[str, Any]]:
        """Import it."""
        module, _, name = self.place.partition(":")
        found: Callable[..., dict[str, Any]] = getattr(import_module(module), name)
        return found


@dataclass(frozen=True, slots=True)
class Consumer:
    """What takes messages from the bus, or from a queue that others write to.

    Attributes:
        name: of its function on AWS, and of its queue elsewhere.
        on: what is done with an event (`Run`, `CloudEvent`), by its type.
        messages: what is done with a message of its own queue (`Run`, `str`), where it has one.
        max_receives: how often one is tried. What fails is an outage of something else, and outages end.
        time_s: how long one may take.
    """

    name: str
    on: Mapping[EventType, Work] = field(default_factory=dict)
    messages: Work | None = None
    max_receives: int = 50
    time_s: int = 60


@dataclass(frozen=True, slots=True)
class Task:
    """What the clock starts (`Run`). One that fails is not repeated: the next does the same work."""

    name: str
    every_minutes: int
    work: Work
    time_s: int = 60


_NOTIFY: Final = Work("anpr.background.alerts:notify")
_TELL: Final = Work("anpr.background.exports:tell")

CONSUMERS: Final = {
    each.name: each
    for each in (
        Consumer(
            "bolo_notifier",
            {
                EventType.BOLO_MATCHED: _NOTIFY,
                EventType.BOLO_UPDATED: _NOTIFY,
                EventType.WEBHOOK_DISABLED: _NOTIFY,
                EventType.LICENSE_WARNING: _NOTIFY,
                EventType.CAMERA_SILENT: _NOTIFY,
                EventType.CAMERA_BACK: _NOTIFY,
                EventType.AUDIT_ANCHORED: _NOTIFY,
                EventType.AUDIT_DISPUTED: _NOTIFY,
            },
        ),
        Consumer(
            "export_builder",
            {
                EventType.EXPORT_REQUESTED: Work("anpr.background.exports:build"),
                EventType.EXPORT_READY: _TELL,
                EventType.EXPORT_FAILED: _TELL,
            },
            time_s=900,
        ),
        Consumer("usage_meter", {EventType.UPLOAD_PROCESSED: Work("anpr.background.metering:book")}),
        Consumer("webhook_sender", messages=Work("anpr.background.alerts:send_webhook")),
        # Only where the backend sends e-mail itself; elsewhere a service does.
        Consumer("notice_sender", messages=Work("anpr.background.notices:send")),
    )
}
"""By name."""

SCHEDULE: Final = {
    each.name: each
    for each in (
        Task("outbox_relay", 1, Work("anpr.background.relaying:relay")),
        Task("export_builder", 5, Work("anpr.background.exports:sweep")),
        Task("retention", 5, Work("anpr.background.upkeep:look_after"), time_s=120),
        Task("webhook_sender", 1, Work("anpr.background.alerts:sweep_webhooks")),
    )
}
"""By name."""


def consumers_of(event_type: str) -> list[Consumer]:
    """Who takes events of a type."""
    return [each for each in CONSUMERS.values() if event_type in each.on]
