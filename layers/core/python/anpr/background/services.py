"""What the background's functions work with."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

from aws_lambda_powertools import Logger

from anpr import bootstrap
from anpr.db import Database
from anpr.messages import CloudEvent
from anpr.ports import ArchiveStore, BlobStore, EventBus, JobQueue, Notifier
from anpr.rules import CONSUMERS, SCHEDULE
from anpr.settings import DatabaseSettings, ExportSettings, LicenseSettings

Part = TypeVar("Part")

Report: TypeAlias = dict[str, Any]
"""What a run did, for the log."""


class Services:
    """Each is made when it is first used, and kept.

    So a host that runs one function needs the settings and the permissions of that one alone.
    """

    def __init__(self, logger: Logger, *, connections: int = 1) -> None:
        """Prepare to make them.

        Args:
            logger: where it is said what happens.
            connections: how many threads may use the database at a time.
        """
        self.logger = logger
        self._connections = connections
        self._made: dict[Callable[..., Any], Any] = {}

    @cached_property
    def database(self) -> Database:
        """Where everything is."""
        return bootstrap.database(DatabaseSettings().for_threads(self._connections))

    @cached_property
    def bus(self) -> EventBus:
        """Domain events."""
        return bootstrap.event_bus()

    @cached_property
    def blobs(self) -> BlobStore:
        """Footage and crops."""
        return bootstrap.blob_store()

    @cached_property
    def queue(self) -> JobQueue:
        """Detection jobs."""
        return bootstrap.job_queue()

    @cached_property
    def webhooks(self) -> JobQueue:
        """Webhook deliveries that are due."""
        return bootstrap.webhook_queue()

    @cached_property
    def notifier(self) -> Notifier:
        """Topics that people subscribe to."""
        return bootstrap.notifier()

    @cached_property
    def exports(self) -> ExportSettings:
        """What an export may hold."""
        return ExportSettings()

    @cached_property
    def archive(self) -> ArchiveStore:
        """The bucket, for whoever writes archives."""
        return bootstrap.archive_store(fetchers=self.exports.fetchers)

    @cached_property
    def licensing(self) -> LicenseSettings:
        """Whose licences count."""
        return LicenseSettings()

    def once(self, make: "Callable[[Services], Part]") -> Part:
        """What a function made of these, made once."""
        if make not in self._made:
            self._made[make] = make(self)
        made: Part = self._made[make]
        return made

    def close(self) -> None:
        """Give the connections to the database back, if there are any."""
        if "database" in vars(self):
            self.database.engine.dispose()


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a function of the table.

    Attributes:
        services: what it works with.
        remaining_s: tells how many seconds it may still take.
    """

    services: Services
    remaining_s: Callable[[], float]

    def event(self, consumer: str, event: CloudEvent) -> Report:
        """Do what a consumer does with an event; events that it did not ask for are nothing to it."""
        work = next((work for kind, work in CONSUMERS[consumer].on.items() if kind == event.type), None)
        return {} if work is None else work.load()(self, event)

    def message(self, consumer: str, body: str) -> Report:
        """Do what a consumer does with a message of its own queue."""
        work = CONSUMERS[consumer].messages
        if work is None:
            raise LookupError(f"{consumer} has no queue of its own")
        return work.load()(self, body)

    def task(self, name: str) -> Report:
        """Do what the clock starts by this name."""
        return SCHEDULE[name].work.load()(self)
