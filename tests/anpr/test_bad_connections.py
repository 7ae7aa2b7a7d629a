"""Servers whose certificate has expired, or who do not know us: an outage, with the reason for the log alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from anpr.adapters.selfhost import object_store
from anpr.adapters.selfhost.redis_queue import RedisQueue, connect
from anpr.adapters.selfhost.settings import ObjectStoreSettings
from anpr.adapters.supabase.auth import SupabaseLogins
from anpr.adapters.supabase.settings import ProjectSettings
from anpr.db import Database, make_engine
from anpr.errors import NotFound, Unavailable
from anpr.settings import DatabaseSettings, StorageSettings
from infra.local.postgres import Postgres
from infra.local.servers import SeaweedFS, Valkey
from tests.tls_server import TlsServer, serving

Ask = Callable[[TlsServer], object]


def ask_database(server: TlsServer) -> None:
    url = f"postgresql://anpr@127.0.0.1:{server.port}/anpr"
    settings = DatabaseSettings(url=url, ssl_root_cert=str(server.authority), connect_timeout_s=5)
    with Database(make_engine(make_url(url), settings)).transaction() as session:
        session.execute(text("SELECT 1"))


def ask_storage(server: TlsServer) -> None:
    keys = ObjectStoreSettings(access_key_id="anpr", secret_access_key="not-to-be-told")
    storage = StorageSettings(bucket="anpr", endpoint_url=f"https://127.0.0.1:{server.port}")
    object_store.blob_store(storage, keys).check()


def ask_auth(server: TlsServer) -> None:
    SupabaseLogins(ProjectSettings(url=f"https://127.0.0.1:{server.port}")).check()


def ask_redis(server: TlsServer) -> None:
    url = f"rediss://:not-to-be-told@127.0.0.1:{server.port}/0?ssl_ca_certs={server.authority}"
    RedisQueue(connect(url), "q", max_receives=3).check()


@pytest.mark.parametrize("ask", [ask_database, ask_storage, ask_auth, ask_redis])
def test_an_expired_certificate_is_an_outage_whose_reason_is_in_the_log_and_in_no_answer(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serving(tmp_path, expired=True) as server:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(server.authority))
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        with pytest.raises(Unavailable) as refused:
            ask(server)

    assert "certificate has expired" in refused.value.explained
    assert "certificate" not in refused.value.detail
    assert "not-to-be-told" not in refused.value.explained


def test_a_password_that_the_database_does_not_take_is_said(postgres: Postgres) -> None:
    url = f"postgresql://nobody_of_ours:not-to-be-told@127.0.0.1:{postgres.port}/postgres"
    database = Database(make_engine(make_url(url), DatabaseSettings(url=url, ssl=False)))

    with pytest.raises(Unavailable) as refused, database.transaction() as session:
        session.execute(text("SELECT 1"))

    assert 'role "nobody_of_ours" does not exist' in refused.value.explained
    assert "not-to-be-told" not in refused.value.explained


def test_a_password_that_the_queues_server_does_not_take_is_said(valkey: Valkey) -> None:
    client = connect(valkey.url.replace("//", "//nobody-of-ours:not-to-be-told@"))
    try:
        with pytest.raises(Unavailable) as refused:
            RedisQueue(client, "q", max_receives=3).check()
    finally:
        client.close()

    assert "password" in refused.value.explained
    assert "not-to-be-told" not in refused.value.explained


def test_a_key_that_the_storage_does_not_take_is_said(seaweedfs: SeaweedFS) -> None:
    keys = ObjectStoreSettings(access_key_id="nobody-of-ours", secret_access_key="not-to-be-told")
    blobs = object_store.blob_store(StorageSettings(bucket="anpr", endpoint_url=seaweedfs.endpoint), keys)

    with pytest.raises(Unavailable) as refused:
        blobs.put("k", b"x", content_type="text/plain")

    assert "InvalidAccessKeyId" in refused.value.explained
    assert "not-to-be-told" not in refused.value.explained


def test_what_has_no_cause_explains_itself() -> None:
    assert NotFound("There is none.").explained == "There is none."
