"""The family `supabase`: settings in, adapters out. What a project does not bring is as on servers of one's own."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from anpr.adapters.family import Misconfigured
from anpr.adapters.selfhost import object_store
from anpr.adapters.selfhost.postgres_queue import PostgresQueue
from anpr.adapters.selfhost.wiring import SelfHostedAdapters, database_url, deliveries_of
from anpr.adapters.supabase import looking, schema
from anpr.adapters.supabase.auth import SupabaseLogins
from anpr.adapters.supabase.settings import ProjectSettings, StorageKeySettings
from anpr.db import make_engine
from anpr.identity.providers import LoginProvider
from anpr.ports import AnchorStore, ArchiveStore, BlobStore, Checked, WorkQueue
from anpr.settings import AnchorSettings, DatabaseSettings, StorageSettings

_POOLERS_PORT: Final = 6543
_POLL_S: Final = 1.0
"""Nobody can be woken through a transaction pooler, and each look is some round trips over the internet."""


class SupabaseAdapters(SelfHostedAdapters):
    """`anpr.adapters.family.Adapters` on a Supabase project."""

    def engine(self, settings: DatabaseSettings) -> Engine:
        return make_engine(database_url(settings), settings, pooled=True, search_path=schema.SEARCH_PATH)

    def upgrade(self, engine: Engine) -> str | None:
        if engine.url.port == _POOLERS_PORT:
            raise Misconfigured(
                f"ANPR_DB_URL names port {_POOLERS_PORT}, the transaction pooler's; "
                "migrations need the direct address, or the session pooler's, on 5432."
            )
        return schema.upgrade(engine, StorageSettings().bucket)

    def login_provider(self) -> LoginProvider | None:
        return SupabaseLogins(ProjectSettings())

    def look(self, session: Session) -> Iterator[Checked]:
        yield from looking.look(session, StorageSettings().bucket, SupabaseLogins(ProjectSettings()))

    def blob_store(self, settings: StorageSettings) -> BlobStore:
        return object_store.blob_store(_reached(settings), StorageKeySettings(), versions=False)

    def archive_store(self, settings: StorageSettings, *, fetchers: int) -> ArchiveStore:
        return object_store.archive_store(_reached(settings), StorageKeySettings(), fetchers=fetchers, versions=False)

    def anchor_store(self, settings: AnchorSettings) -> AnchorStore | None:
        # Anchors need a store that keeps what was put over and what was deleted; this one keeps no versions.
        return None

    def queue(self, name: str) -> WorkQueue:
        return PostgresQueue(self._queue_database, name, max_receives=deliveries_of(name), poll_s=_POLL_S)


def _reached(settings: StorageSettings) -> StorageSettings:
    if settings.endpoint_url is None:
        raise Misconfigured("ANPR_S3_ENDPOINT_URL is not set: https://PROJECT.storage.supabase.co/storage/v1/s3")
    return settings
