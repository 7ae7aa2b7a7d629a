"""The family `aws`: settings in, adapters out."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.orm import Session

from anpr import migrations
from anpr.adapters.aws.client import make_client
from anpr.adapters.aws.cloudwatch import CloudWatchActivity
from anpr.adapters.aws.eventbridge import EventBridgeBus
from anpr.adapters.aws.functions import FunctionCall, FunctionStarter
from anpr.adapters.aws.idleness import WasActive
from anpr.adapters.aws.rds import DatabaseToken
from anpr.adapters.aws.s3 import S3BlobStore
from anpr.adapters.aws.s3_anchors import S3AnchorStore
from anpr.adapters.aws.s3_archive import S3ArchiveStore
from anpr.adapters.aws.secrets import NamedSecrets, SecretsManagerStore
from anpr.adapters.aws.settings import (
    AdminSettings,
    AlertSettings,
    AnchorKeySettings,
    BusSettings,
    IdlenessSettings,
    JobQueueSettings,
    NetworkSettings,
    PosterSettings,
    SigningSettings,
    WebhookKeySettings,
    WebhookQueueSettings,
)
from anpr.adapters.aws.sns import SnsNotifier
from anpr.adapters.aws.sqs import SqsJobQueue
from anpr.adapters.aws.xray import XraySegments
from anpr.adapters.family import Misconfigured
from anpr.alerts import posting
from anpr.alerts.egress import policy_of
from anpr.alerts.posting import Poster
from anpr.db import Database, make_engine
from anpr.errors import Unavailable
from anpr.identity.providers import LoginProvider
from anpr.ports import (
    AnchorStore,
    ArchiveStore,
    BlobStore,
    Checked,
    EventBus,
    JobQueue,
    Notifier,
    Secret,
    SecretStore,
    WorkQueue,
)
from anpr.settings import AnchorSettings, DatabaseSettings, StorageSettings, WebhookSettings

POSTER_GRACE_S: Final = 10
"""How much longer than a request the function that makes it may take, which may have to start first."""

_SECRET_IDS: Final[dict[str, Callable[[], str]]] = {
    Secret.SIGNING_KEY: lambda: SigningSettings().secret_id,
    Secret.WEBHOOK_KEY: lambda: WebhookKeySettings().key_secret_id,
    Secret.ANCHOR_KEY: lambda: AnchorKeySettings().key_secret_id,
    Secret.ADMIN: lambda: AdminSettings().secret_id,
}
"""Where each secret lies; read when it is asked for, as each function is told only of those that it may read."""


class AwsAdapters:
    """`anpr.adapters.family.Adapters` on AWS, and what only the functions of AWS ask for."""

    def engine(self, settings: DatabaseSettings) -> Engine:
        password = None
        if settings.host is not None and settings.user is not None:
            password = DatabaseToken(settings.host, settings.port, settings.user)
        return make_engine(self._database_url(settings), settings, password=password)

    def upgrade(self, engine: Engine) -> str | None:
        revision = migrations.upgrade(engine)
        migrations.let_in_by_iam(engine)
        return revision

    def login_provider(self) -> LoginProvider | None:
        return None

    def look(self, session: Session) -> Iterator[Checked]:
        del session
        yield from ()

    def blob_store(self, settings: StorageSettings) -> BlobStore:
        return S3BlobStore(_client("s3", settings.endpoint_url), settings)

    def archive_store(self, settings: StorageSettings, *, fetchers: int) -> ArchiveStore:
        return S3ArchiveStore(_client("s3", settings.endpoint_url, connections=fetchers + 1), settings)

    def anchor_store(self, settings: AnchorSettings) -> AnchorStore | None:
        if settings.bucket is None:
            return None
        return S3AnchorStore(_client("s3", settings.endpoint_url), settings.bucket)

    def job_queue(self) -> JobQueue:
        return SqsJobQueue(_client("sqs"), JobQueueSettings().url)

    def count_dead_jobs(self) -> int:
        return SqsJobQueue(_client("sqs"), JobQueueSettings().dead_letter_url).depth()

    def webhook_queue(self) -> JobQueue:
        return SqsJobQueue(_client("sqs"), WebhookQueueSettings().queue_url)

    def queue(self, name: str) -> WorkQueue:
        raise Misconfigured(f"On AWS the queue {name} is SQS's; look at it, and put back its dead letters, there.")

    def event_bus(self) -> EventBus:
        return EventBridgeBus(_client("events"), BusSettings())

    def poster(self, settings: WebhookSettings) -> Poster:
        where = PosterSettings()
        if where.function is None:
            return posting.direct(policy_of(settings))
        client = _client("lambda", once_within_s=settings.longest_post_s + POSTER_GRACE_S)
        return posting.by_call(FunctionCall(client, where.function))

    def notifier(self) -> Notifier:
        return SnsNotifier(_client("sns"), AlertSettings())

    def notices_topic(self) -> str | None:
        return AlertSettings().notices_topic

    def notice_sender(self, database: Database) -> Callable[[str], str]:
        raise Misconfigured("On AWS it is SNS that sends notices.")

    def secret_store(self) -> SecretStore:
        return NamedSecrets(SecretsManagerStore(_client("secretsmanager")), _SECRET_IDS)

    def trace_segments(self) -> Callable[[Sequence[str]], None]:
        return XraySegments(_client("xray"))

    def activity_meter(self, settings: IdlenessSettings) -> WasActive:
        """What tells whether anybody used the backend."""
        return CloudWatchActivity(_client("cloudwatch"), settings).is_active

    def function_starter(self) -> Callable[[str], None]:
        """What has a function run, by its name."""
        return FunctionStarter(_client("lambda"))

    def _database_url(self, settings: DatabaseSettings) -> URL:
        if settings.url is not None:
            return make_url(str(settings.url))
        address: dict[str, Any] = {
            "host": settings.host,
            "port": settings.port,
            "dbname": settings.name,
            "username": settings.user,
        }
        if settings.secret_id is not None:
            secret = SecretsManagerStore(_client("secretsmanager")).get(settings.secret_id)
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


def _client(
    service: str, endpoint_url: str | None = None, *, connections: int = 10, once_within_s: float | None = None
) -> Any:
    ipv6 = NetworkSettings().ipv6
    return make_client(service, endpoint_url, connections=connections, ipv6=ipv6, once_within_s=once_within_s)
