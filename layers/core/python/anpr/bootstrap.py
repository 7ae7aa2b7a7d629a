"""The composition root: settings in, wired adapters out.

One function a thing, so that an entry point asks for what it uses and needs no permission or setting for the rest.
Nothing is kept: whoever wants one engine for many requests holds it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import URL, make_url

from anpr.adapters.aws.cloudwatch import CloudWatchActivity
from anpr.adapters.aws.functions import FunctionCall, FunctionStarter
from anpr.adapters.aws.rds import DatabaseToken
from anpr.adapters.aws.s3_archive import S3ArchiveStore
from anpr.adapters.aws.services import EventBridgeBus, S3BlobStore, SecretsManagerStore, SqsJobQueue, make_client
from anpr.adapters.aws.sns import SnsNotifier
from anpr.adapters.aws.xray import XraySegments
from anpr.alerts import posting
from anpr.alerts.egress import policy_of
from anpr.alerts.posting import Poster
from anpr.db import Database, make_engine
from anpr.errors import Unavailable
from anpr.ports import ActivityMeter, ArchiveStore, BlobStore, EventBus, JobQueue, Notifier, SecretStore
from anpr.settings import (
    AlertSettings,
    BusSettings,
    DatabaseSettings,
    IdlenessSettings,
    ModeSettings,
    PosterSettings,
    QueueSettings,
    StorageSettings,
    WebhookQueueSettings,
    WebhookSettings,
)

POSTER_GRACE_S: Final = 10
"""How much longer than a request the function that makes it may take, which may have to start first."""


def database(settings: DatabaseSettings | None = None) -> Database:
    """Connect to PostgreSQL; the first query opens the first connection.

    Raises:
        anpr.errors.Unavailable: the secret that says where the database is cannot be read, or has no value yet.
    """
    settings = settings or DatabaseSettings()
    password = None
    if settings.host is not None and settings.user is not None:
        password = DatabaseToken(settings.host, settings.port, settings.user)
    return Database(make_engine(_database_url(settings), settings, password=password))


def blob_store(settings: StorageSettings | None = None) -> BlobStore:
    """The bucket of footage and crops."""
    settings = settings or StorageSettings()
    return S3BlobStore(_client("s3", settings.endpoint_url), settings)


def archive_store(settings: StorageSettings | None = None, *, fetchers: int = 10) -> ArchiveStore:
    """The bucket of footage and crops, for whoever writes archives of it with so many threads that fetch."""
    settings = settings or StorageSettings()
    return S3ArchiveStore(_client("s3", settings.endpoint_url, connections=fetchers + 1), settings)


def job_queue(settings: QueueSettings | None = None) -> JobQueue:
    """The queue of detection jobs."""
    settings = settings or QueueSettings()
    return SqsJobQueue(_client("sqs"), settings.url)


def webhook_queue(settings: WebhookQueueSettings | None = None) -> JobQueue:
    """The queue of webhook deliveries that are due."""
    settings = settings or WebhookQueueSettings()
    return SqsJobQueue(_client("sqs"), settings.queue_url)


def event_bus(settings: BusSettings | None = None) -> EventBus:
    """The bus that domain events go to."""
    settings = settings or BusSettings()
    return EventBridgeBus(_client("events"), settings)


def poster(settings: WebhookSettings, where: PosterSettings | None = None) -> Poster:
    """What posts webhooks."""
    where = where or PosterSettings()
    if where.function is None:
        return posting.direct(policy_of(settings))
    client = _client("lambda", once_within_s=settings.longest_post_s + POSTER_GRACE_S)
    return posting.by_call(FunctionCall(client, where.function))


def activity_meter(settings: IdlenessSettings) -> ActivityMeter:
    """What tells whether anybody used the backend."""
    return CloudWatchActivity(_client("cloudwatch"), settings)


def function_starter() -> Callable[[str], None]:
    """What has a function run, by its name."""
    return FunctionStarter(_client("lambda"))


def notifier(settings: AlertSettings | None = None) -> Notifier:
    """The topics that people are told by."""
    settings = settings or AlertSettings()
    return SnsNotifier(_client("sns"), settings)


def trace_segments() -> Callable[[Sequence[str]], None]:
    """What takes the segments of traces, for a process that no service of AWS traces by itself."""
    return XraySegments(_client("xray"))


def secret_store() -> SecretStore:
    """The store of secrets."""
    return SecretsManagerStore(_client("secretsmanager"))


def _client(
    service: str, endpoint_url: str | None = None, *, connections: int = 10, once_within_s: float | None = None
) -> Any:
    ipv6 = ModeSettings().ipv6  # refuses a mode that there are no adapters for
    return make_client(service, endpoint_url, connections=connections, ipv6=ipv6, once_within_s=once_within_s)


def _database_url(settings: DatabaseSettings) -> URL:
    if settings.url is not None:
        return make_url(str(settings.url))
    address: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "dbname": settings.name,
        "username": settings.user,
    }
    if settings.secret_id is not None:
        secret = secret_store().get(settings.secret_id)
        if secret is None:
            raise Unavailable("The database is not set up yet: its secret has no value.")
        # A secret that RDS makes for a cluster's owner has name and password alone.
        address = {name: value for name, value in address.items() if value is not None} | secret
    return URL.create(
        "postgresql",
        username=address["username"],
        password=address.get("password"),
        host=address["host"],
        port=int(address["port"]),
        database=address["dbname"],
    )
