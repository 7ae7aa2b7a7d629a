"""The composition root: the mode picks a family of adapters, and settings become what the backend works with.

One function a thing, so that an entry point asks for what it uses and needs no permission or setting for the rest.
Nothing is kept: whoever wants one engine for many requests holds it.
"""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from anpr.adapters.aws import settings as aws
from anpr.adapters.family import Adapters, names_of, refuse_strangers
from anpr.adapters.selfhost import settings as selfhost
from anpr.adapters.supabase import settings as supabase
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
from anpr.settings import AnchorSettings, DatabaseSettings, ModeSettings, StorageSettings, WebhookSettings
from anpr.tracing import Recorder

if TYPE_CHECKING:
    from anpr.adapters.otlp import OtlpTelemetry

_OTLP_ENDPOINTS: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)

_KNOWN = {
    "aws": names_of(aws.SETTINGS) | aws.OWN,
    "selfhost": names_of(selfhost.SETTINGS) | selfhost.OWN,
    "supabase": names_of(supabase.SETTINGS) | supabase.OWN,
}
"""By mode, the variables that are not for all."""


def adapters() -> Adapters:
    """The family of adapters that the mode names. Only here is a mode told from another.

    Raises:
        pydantic.ValidationError: there is no such mode.
        anpr.adapters.family.Misconfigured: something is set that only another mode understands.
    """
    mode = ModeSettings().mode
    refuse_strangers(mode, _KNOWN, os.environ)
    if mode == "aws":
        # A family is imported where it is picked: none should have to load what another stands on.
        from anpr.adapters.aws.wiring import AwsAdapters  # noqa: PLC0415

        return AwsAdapters()
    if mode == "selfhost":
        from anpr.adapters.selfhost.wiring import SelfHostedAdapters  # noqa: PLC0415

        return SelfHostedAdapters()
    from anpr.adapters.supabase.wiring import SupabaseAdapters  # noqa: PLC0415

    return SupabaseAdapters()


def database(settings: DatabaseSettings | None = None) -> Database:
    """Connect to PostgreSQL; the first query opens the first connection.

    Raises:
        anpr.errors.Unavailable: the secret that says where the database is cannot be read, or has no value yet.
    """
    return Database(adapters().engine(settings or DatabaseSettings()))


def upgrade(engine: Engine) -> str | None:
    """Bring the schema to the newest revision, and return it."""
    return adapters().upgrade(engine)


def login_provider() -> LoginProvider | None:
    """The service that logs people in; None where the backend does it itself."""
    return adapters().login_provider()


def look(session: Session) -> Iterator[Checked]:
    """Look at what only the place has that the backend runs on."""
    return adapters().look(session)


def blob_store(settings: StorageSettings | None = None) -> BlobStore:
    """The bucket of footage and crops."""
    return adapters().blob_store(settings or StorageSettings())


def archive_store(settings: StorageSettings | None = None, *, fetchers: int = 10) -> ArchiveStore:
    """The bucket of footage and crops, for whoever writes archives of it with so many threads that fetch."""
    return adapters().archive_store(settings or StorageSettings(), fetchers=fetchers)


def anchor_store(settings: AnchorSettings | None = None) -> AnchorStore | None:
    """The bucket of the audit log's anchors; None where the deployment has none."""
    return adapters().anchor_store(settings or AnchorSettings())


def job_queue() -> JobQueue:
    """The queue of detection jobs."""
    return adapters().job_queue()


def count_dead_jobs() -> int:
    """Count the detection jobs that were delivered too often, and wait for people.

    Raises:
        anpr.errors.Unavailable: the queue does not answer.
    """
    return adapters().count_dead_jobs()


def webhook_queue() -> JobQueue:
    """The queue of webhook deliveries that are due."""
    return adapters().webhook_queue()


def queue(name: str) -> WorkQueue:
    """One of the queues that the backend keeps itself, by its name."""
    return adapters().queue(name)


def event_bus() -> EventBus:
    """The bus that domain events go to."""
    return adapters().event_bus()


def poster(settings: WebhookSettings) -> Poster:
    """What posts webhooks."""
    return adapters().poster(settings)


def notifier() -> Notifier:
    """The topics that people are told by."""
    return adapters().notifier()


def notices_topic() -> str | None:
    """The topic that administrators subscribe to."""
    return adapters().notices_topic()


def segment_recorder(service: str) -> Recorder:
    """What records traces on AWS, for a process that nothing traces by itself; `service` is its kind."""
    send = adapters().trace_segments()
    # Slow to import, and of AWS alone.
    from anpr.adapters.aws.segments import SegmentRecorder  # noqa: PLC0415

    return SegmentRecorder(service, send)


def telemetry(service: str) -> "OtlpTelemetry | None":
    """What sends traces and figures by OTLP; None where no endpoint is named, and then nothing of it is imported.

    Raises:
        anpr.adapters.family.Misconfigured: OpenTelemetry's variables ask for what is not there.
    """
    if not any(os.environ.get(name) for name in _OTLP_ENDPOINTS):
        return None
    from anpr.adapters.otlp import OtlpTelemetry  # noqa: PLC0415

    return OtlpTelemetry(service)


def notice_sender(database: Database) -> Callable[[str], str]:
    """What sends the notices of the queue `notice_sender`."""
    return adapters().notice_sender(database)


def secret_store() -> SecretStore:
    """The deployment's secrets, each by its name in `anpr.ports.Secret`."""
    return adapters().secret_store()
