"""Fixtures that every part shares: a real PostgreSQL, and a fresh, migrated database for each test."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from anpr import migrations
from anpr.capture.pictures import PictureReader
from anpr.db import Database, make_engine
from anpr.settings import DatabaseSettings
from infra.local.postgres import Postgres, free_port
from infra.local.servers import SeaweedFS, Valkey, start_seaweedfs, start_valkey
from tests.supabase.pooler import MISSING, Pooler, program


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of a group on one worker, as `xdist_group` promises.

    pytest-xdist 3.8 names the group in an attribute of items that pytest 9.2 does not read any more: without this, each
    worker would start each of the backends.
    """
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        groups = {str(mark.args[0]) for mark in item.iter_markers("xdist_group")}
        if groups and "@" not in item.nodeid.rpartition("]")[2]:
            item._id = item.id.parse(f"{item.nodeid}@{'_'.join(sorted(groups))}")


@pytest.fixture(autouse=True)
def _no_real_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may reach an account of the person who runs it."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "ANPR_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole run (one for each xdist worker)."""
    with tempfile.TemporaryDirectory(prefix="anpr-pg-", ignore_cleanup_errors=True) as folder:
        # The unprivileged user that runs the server must be able to walk to its data.
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "data", free_port(), durable=False)
        server.start()
        try:
            yield server
        finally:
            server.remove()


@pytest.fixture(scope="session")
def _server(postgres: Postgres) -> Iterator[Engine]:
    """Connections to the server's maintenance database, which has a migrated database to copy from."""
    engine = create_engine(
        make_url(postgres.url()).set(drivername="postgresql+pg8000"), isolation_level="AUTOCOMMIT", pool_size=1
    )
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE template_anpr"))
    template = make_engine(
        make_url(postgres.url("template_anpr")), DatabaseSettings(url=postgres.url("template_anpr"), ssl=False)
    )
    migrations.upgrade(template)
    template.dispose()
    yield engine
    engine.dispose()


@pytest.fixture
def database_url(postgres: Postgres, _server: Engine) -> Iterator[str]:
    """URL of a migrated database of the test's own."""
    name = f"test_{uuid4().hex}"
    with _server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_anpr STRATEGY FILE_COPY"))
    yield postgres.url(name)
    with _server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database of the test's own."""
    engine = make_engine(make_url(database_url), DatabaseSettings(url=database_url, ssl=False, pool_size=5))
    yield Database(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """A Valkey server for the whole run (one for each xdist worker that asks for it)."""
    with tempfile.TemporaryDirectory(prefix="anpr-valkey-", ignore_cleanup_errors=True) as folder:
        server = start_valkey(Path(folder) / "data", Path(folder) / "log")
        try:
            server.wait()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def pooler(postgres: Postgres) -> Iterator[Pooler]:
    """A transaction pooler in front of the PostgreSQL server."""
    if program() is None:
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="anpr-pooler-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        started = Pooler(postgres, Path(folder) / "pgbouncer")
        try:
            yield started
        finally:
            started.stop()


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[SeaweedFS]:
    """An S3 server that is none of Amazon's, for the whole run (one for each xdist worker that asks for it)."""
    with tempfile.TemporaryDirectory(prefix="anpr-weed-", ignore_cleanup_errors=True) as folder:
        server = start_seaweedfs(Path(folder) / "data", Path(folder) / "log")
        try:
            server.wait()
            yield server
        finally:
            server.kill()


@pytest.fixture(scope="session")
def reader() -> PictureReader:
    """The real engines, for the whole run."""
    # They take a while to load, which only tests that read pictures should wait for.
    from gpu_worker.service.picture_reader import ReaderSettings, build_picture_reader  # noqa: PLC0415
    from gpu_worker.vision.settings import VisionSettings  # noqa: PLC0415

    return build_picture_reader(VisionSettings(), ReaderSettings())
