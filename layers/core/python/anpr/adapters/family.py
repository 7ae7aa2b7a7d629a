"""What a family of adapters is: one for each kind of place that the backend runs on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from anpr.alerts.posting import Poster
from anpr.db import Database
from anpr.identity.providers import LoginProvider
from anpr.ports import (
    AnchorStore,
    ArchiveStore,
    BlobStore,
    Checked,
    EventBus,
    JobQueue,
    Notifier,
    SecretStore,
    WorkQueue,
)
from anpr.settings import FILE_SUFFIX, AnchorSettings, DatabaseSettings, Settings, StorageSettings, WebhookSettings


class Adapters(Protocol):
    """The adapters of one place. Each is made when it is asked for, so that nobody needs a setting for the rest.

    Every method may raise `pydantic.ValidationError` where a setting that it needs is missing or wrong.
    """

    def engine(self, settings: DatabaseSettings) -> Engine:
        """Make the engine on the database.

        Raises:
            anpr.errors.Unavailable: what says where the database is cannot be read, or has no value yet.
        """

    def upgrade(self, engine: Engine) -> str | None:
        """Bring the database's schema to the newest revision, with what this place needs beside; returns it.

        Raises:
            Misconfigured: the engine does not reach the database in a way that allows it.
        """

    def login_provider(self) -> LoginProvider | None:
        """The service that logs people in; None where the backend does it itself."""

    def look(self, session: Session) -> Iterator[Checked]:
        """Look at what only this place has, for whoever checks a set-up."""

    def blob_store(self, settings: StorageSettings) -> BlobStore:
        """The bucket of footage and crops."""

    def archive_store(self, settings: StorageSettings, *, fetchers: int) -> ArchiveStore:
        """The same bucket, for whoever writes archives of it with so many threads that fetch."""

    def anchor_store(self, settings: AnchorSettings) -> AnchorStore | None:
        """The bucket of the audit log's anchors; None where the deployment has none."""

    def job_queue(self) -> JobQueue:
        """The queue of detection jobs."""

    def count_dead_jobs(self) -> int:
        """Count the detection jobs that were delivered too often, and wait for people.

        Raises:
            anpr.errors.Unavailable: the queue does not answer.
        """

    def webhook_queue(self) -> JobQueue:
        """The queue of webhook deliveries that are due."""

    def queue(self, name: str) -> WorkQueue:
        """One of the queues that the backend keeps itself, by its name.

        Raises:
            Misconfigured: a service keeps the queues here.
        """

    def event_bus(self) -> EventBus:
        """The bus that domain events go to."""

    def poster(self, settings: WebhookSettings) -> Poster:
        """What makes the requests that webhooks are."""

    def notifier(self) -> Notifier:
        """The topics that people are told by."""

    def notices_topic(self) -> str | None:
        """The topic that administrators subscribe to; None where nobody is to be told."""

    def notice_sender(self, database: Database) -> Callable[[str], str]:
        """What sends the notices of the queue `notice_sender`, and says what became of each.

        Raises:
            Misconfigured: a service sends them here.
        """

    def secret_store(self) -> SecretStore:
        """The deployment's secrets, each by its name in `anpr.ports.Secret`."""

    def trace_segments(self) -> Callable[[Sequence[str]], None]:
        """What takes the segments of traces, for a process that nothing traces by itself."""


class Misconfigured(ValueError):
    """The environment says what cannot be meant; the text names the variables."""


def names_of(classes: Iterable[type[Settings]]) -> frozenset[str]:
    """The environment variables that settings classes are read from."""
    return frozenset(name for each in classes for name in each.variables().values())


def refuse_strangers(mode: str, known: Mapping[str, frozenset[str]], environment: Mapping[str, str]) -> None:
    """Refuse variables that only other modes understand: whoever set one expects something that will not happen.

    Args:
        mode: the mode that the backend runs in.
        known: by mode, the variables that are not common to all modes.
        environment: what is set.

    Raises:
        Misconfigured: some are set.
    """
    wrong = []
    for name in sorted(name for name, value in environment.items() if value):
        whose = [other for other, names in known.items() if name.removesuffix(FILE_SUFFIX) in names or name in names]
        if whose and mode not in whose:
            wrong.append(f"{name} belongs to ANPR_MODE={' or '.join(whose)}")
    if wrong:
        raise Misconfigured(f"ANPR_MODE is {mode}, but {'; '.join(wrong)}. Unset it, or set the other mode.")
