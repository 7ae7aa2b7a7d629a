"""The family `selfhost`: settings in, adapters out."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.orm import Session

from anpr import migrations
from anpr.adapters.aws.s3_anchors import S3AnchorStore
from anpr.adapters.family import Misconfigured
from anpr.adapters.selfhost import object_store
from anpr.adapters.selfhost.bus import QueueBus
from anpr.adapters.selfhost.mailing import Mailer, link_key
from anpr.adapters.selfhost.notices import ADMINS, QueuedNotices
from anpr.adapters.selfhost.postgres_queue import PostgresQueue
from anpr.adapters.selfhost.secret_folder import SecretFolder
from anpr.adapters.selfhost.settings import (
    EventTapSettings,
    MailSettings,
    ObjectStoreSettings,
    QueueChoiceSettings,
    RedisSettings,
    SecretFolderSettings,
)
from anpr.alerts import posting
from anpr.alerts.egress import policy_of
from anpr.alerts.posting import Poster
from anpr.db import Database, make_engine
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
from anpr.rules import CONSUMERS
from anpr.settings import AnchorSettings, DatabaseSettings, QueueSettings, StorageSettings, WebhookSettings

if TYPE_CHECKING:
    import redis

JOBS: Final = "video_processing"
"""The queue of detection jobs; `LLEN` of this list is the backlog."""

WEBHOOKS: Final = "webhook_sender"
TAP: Final = "event_tap"
_QUEUE_CONNECTIONS: Final = 3


class SelfHostedAdapters:
    """`anpr.adapters.family.Adapters` on servers of one's own."""

    def engine(self, settings: DatabaseSettings) -> Engine:
        return make_engine(database_url(settings), settings)

    def upgrade(self, engine: Engine) -> str | None:
        return migrations.upgrade(engine)

    def login_provider(self) -> LoginProvider | None:
        return None

    def look(self, session: Session) -> Iterator[Checked]:
        del session
        yield from ()

    def blob_store(self, settings: StorageSettings) -> BlobStore:
        return object_store.blob_store(settings, ObjectStoreSettings())

    def archive_store(self, settings: StorageSettings, *, fetchers: int) -> ArchiveStore:
        return object_store.archive_store(settings, ObjectStoreSettings(), fetchers=fetchers)

    def anchor_store(self, settings: AnchorSettings) -> AnchorStore | None:
        if settings.bucket is None:
            return None
        return S3AnchorStore(object_store.make_client(settings.endpoint_url, ObjectStoreSettings()), settings.bucket)

    def job_queue(self) -> JobQueue:
        return self.queue(JOBS)

    def count_dead_jobs(self) -> int:
        return self.queue(JOBS).count_dead()

    def webhook_queue(self) -> JobQueue:
        return self.queue(WEBHOOKS)

    def queue(self, name: str) -> WorkQueue:
        """One of the queues, by its name: `video_processing`, a consumer's of the table, or `event_tap`."""
        most = deliveries_of(name)
        if self._choice.queue == "postgres":
            return PostgresQueue(self._queue_database, name, max_receives=most)
        # Where the database keeps the queues, redis need not be installed.
        from anpr.adapters.selfhost.redis_queue import RedisQueue  # noqa: PLC0415

        return RedisQueue(self._redis, name, max_receives=most)

    def event_bus(self) -> EventBus:
        queues = {name: self.queue(name) for name, consumer in CONSUMERS.items() if consumer.on}
        return QueueBus(queues, self.queue(TAP) if EventTapSettings().tap else None)

    def poster(self, settings: WebhookSettings) -> Poster:
        return posting.direct(policy_of(settings))

    def notifier(self) -> Notifier:
        return QueuedNotices(Database(self.engine(DatabaseSettings())), self.queue("notice_sender"), MailSettings())

    def notices_topic(self) -> str | None:
        return ADMINS

    def notice_sender(self, database: Database) -> Callable[[str], str]:
        return Mailer(database, MailSettings(), link_key(self.secret_store())).send

    def secret_store(self) -> SecretStore:
        return SecretFolder(SecretFolderSettings().dir)

    def trace_segments(self) -> Callable[[Sequence[str]], None]:
        raise Misconfigured("ANPR_WORKER_TRACING sends segments to AWS X-Ray; unset it outside AWS.")

    @cached_property
    def _choice(self) -> QueueChoiceSettings:
        return QueueChoiceSettings()

    @cached_property
    def _redis(self) -> "redis.Redis":
        from anpr.adapters.selfhost.redis_queue import connect  # noqa: PLC0415

        return connect(RedisSettings().url.get_secret_value())

    @cached_property
    def _queue_database(self) -> Database:
        """Connections of the queues' own: to keep a message hidden must never wait for a job's."""
        return Database(self.engine(DatabaseSettings().for_threads(_QUEUE_CONNECTIONS)))


def deliveries_of(queue: str) -> int:
    """After how many a message of a queue is dead."""
    return CONSUMERS[queue].max_receives if queue in CONSUMERS else QueueSettings().max_receives


def database_url(settings: DatabaseSettings) -> URL:
    """Where the database is, with the password that stands in a setting of its own."""
    if settings.url is not None:
        url = make_url(str(settings.url))
        return url if settings.password is None else url.set(password=settings.password.get_secret_value())
    return URL.create(
        "postgresql",
        username=settings.user,
        password=None if settings.password is None else settings.password.get_secret_value(),
        host=settings.host,
        port=settings.port,
        database=settings.name,
    )
