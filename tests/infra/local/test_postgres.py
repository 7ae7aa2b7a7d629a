"""The server of the one-machine run: made, found again, and gone when it is stopped."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from infra.local import postgres
from infra.local.postgres import Postgres, PostgresError, free_port, is_free


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the unprivileged user may enter."""
    with tempfile.TemporaryDirectory(prefix="anpr-pg-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


def run(server: Postgres, statement: str) -> object:
    engine = create_engine(make_url(server.url()).set(drivername="postgresql+pg8000"))
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


def test_data_is_found_again_after_a_stop(folder: Path) -> None:
    server = Postgres(folder / "data", free_port(), durable=False)
    try:
        server.start()
        run(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        server.stop()
        assert is_free(server.port)

        moved = Postgres(folder / "data", free_port(), durable=False)
        moved.start()

        assert run(moved, "SELECT answer FROM kept") == 42
        moved.remove()
        assert not (folder / "data").exists()
    finally:
        server.remove()


def test_a_port_that_is_taken_is_said_in_words(folder: Path) -> None:
    first = Postgres(folder / "first", free_port(), durable=False)
    first.start()
    try:
        with pytest.raises(PostgresError, match="Address already in use"):
            Postgres(folder / "second", first.port, durable=False).start()
    finally:
        first.remove()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user to run the server")
def test_root_is_told_where_the_unprivileged_user_cannot_go(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(PostgresError, match="no other user can reach"):
        Postgres(closed / "data", free_port()).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user to run the server")
def test_programs_in_a_closed_folder_are_run_from_a_copy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reachable = postgres._reachable
    monkeypatch.setattr(postgres, "_reachable", lambda path: "site-packages" not in str(path) and reachable(path))
    server = Postgres(folder / "data", free_port(), durable=False)
    try:
        server.start()

        assert run(server, "SELECT 1") == 1
        assert str(run(server, "SHOW data_directory")) == str(folder / "data")
    finally:
        server.remove()
