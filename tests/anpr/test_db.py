import gc
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import IntegrityError

from anpr.db import RDS_AUTHORITIES, Database, after_commit, make_engine
from anpr.errors import NotFound, Unavailable
from anpr.models import Camera
from anpr.settings import DatabaseSettings
from infra.local.postgres import Postgres, free_port


def connect(url: str, **settings: float) -> Database:
    return Database(make_engine(make_url(url), DatabaseSettings(url=url, ssl=False, **settings)))  # type: ignore[arg-type] # all of them are numbers


def names(database: Database) -> list[str]:
    with database.transaction() as session:
        return list(session.scalars(select(Camera.name)))


def test_a_transaction_commits_at_its_end(database: Database) -> None:
    with database.transaction() as session:
        camera = Camera(name="north gate")
        session.add(camera)

    assert names(database) == ["north gate"]
    assert camera.name == "north gate"  # readable after the commit


@pytest.mark.parametrize("error", [RuntimeError("a bug"), NotFound("no such camera")])
def test_a_transaction_that_raises_leaves_nothing_and_passes_the_error_on(database: Database, error: Exception) -> None:
    def work() -> None:
        with database.transaction() as session:
            session.add(Camera(name="north gate"))
            session.flush()
            raise error

    with pytest.raises(type(error)) as caught:
        work()

    assert caught.value is error
    assert names(database) == []


def test_a_broken_rule_is_not_an_outage(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add_all([Camera(name="twice"), Camera(name="twice")])


def test_a_database_that_is_down_is_unavailable() -> None:
    database = connect(f"postgresql://anpr@127.0.0.1:{free_port()}/anpr", connect_timeout_s=1)

    with pytest.raises(Unavailable), database.transaction() as session:
        session.execute(text("SELECT 1"))


def test_a_statement_that_takes_too_long_is_unavailable_and_the_next_one_works(database_url: str) -> None:
    database = connect(database_url, statement_timeout_s=0.2)

    with pytest.raises(Unavailable, match="too long"), database.transaction() as session:
        session.execute(text("SELECT pg_sleep(20)"))

    assert names(database) == []
    database.engine.dispose()


def test_a_connection_that_was_closed_in_the_meantime_is_replaced(database: Database, database_url: str) -> None:
    assert names(database) == []
    other = connect(database_url)
    with other.transaction() as session:
        session.execute(
            text(
                # The second argument makes it wait until the other server process has ended, in milliseconds.
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.engine.dispose()

    assert names(database) == []


def test_a_connection_that_breaks_within_a_transaction_is_an_outage(database: Database) -> None:
    with pytest.raises(Unavailable), database.transaction() as session:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    assert names(database) == []


def test_a_server_that_comes_back_is_used_again() -> None:
    with TemporaryDirectory(prefix="anpr-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "data", free_port(), durable=False)
        database = connect(server.url(), connect_timeout_s=1)
        try:
            server.start()
            with database.transaction() as session:
                session.execute(text("SELECT 1"))
            server.stop()
            with pytest.raises(Unavailable), database.transaction() as session:
                session.execute(text("SELECT 1"))
            server.start()
            with database.transaction() as session:
                assert session.execute(text("SELECT 1")).scalar_one() == 1
        finally:
            database.engine.dispose()
            server.remove()


def test_no_free_connection_is_unavailable(database_url: str) -> None:
    database = connect(database_url, pool_size=1, connect_timeout_s=0.1)

    with database.transaction() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(Unavailable), database.transaction() as second:
            second.execute(text("SELECT 1"))
    database.engine.dispose()


def test_times_come_back_in_utc(database: Database) -> None:
    with database.transaction() as session:
        session.add(Camera(name="north gate"))
        session.flush()
        created_at = session.scalars(select(Camera.created_at)).one()

    assert created_at.utcoffset() is not None
    assert not created_at.utcoffset()


# The driver leaves the socket of a login that failed to the garbage collector, here before the next test's time.
@pytest.mark.filterwarnings("ignore:.*unclosed <socket:ResourceWarning")
def test_a_server_that_takes_the_connection_and_says_nothing_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://anpr@127.0.0.1:{silent.getsockname()[1]}/anpr"
        database = connect(url, connect_timeout_s=0.2, statement_timeout_s=0.1)

        with pytest.raises(Unavailable, match="does not answer") as caught, database.transaction() as session:
            session.execute(text("SELECT 1"))
        assert caught.value.retry_after_s
        del caught
        gc.collect()


def test_each_connection_is_opened_with_a_password_of_its_own(database_url: str) -> None:
    given = iter(["first", "second"])
    asked = []

    def password() -> str:
        asked.append(next(given))
        return asked[-1]

    settings = DatabaseSettings(url=database_url, ssl=False)
    database = Database(make_engine(make_url(database_url), settings, password=password))

    assert names(database) == names(database) == []
    assert asked == ["first"]
    database.engine.dispose()
    assert names(database) == []
    assert asked == ["first", "second"]
    database.engine.dispose()


def test_the_authorities_of_rds_sign_for_themselves_and_for_years_to_come() -> None:
    authorities = x509.load_pem_x509_certificates(RDS_AUTHORITIES.read_bytes())

    assert len(authorities) > 20
    for authority in authorities:
        authority.verify_directly_issued_by(authority)
        assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert authority.not_valid_after_utc > datetime.now(UTC) + timedelta(days=3650)
        assert "Amazon RDS" in authority.subject.rfc4514_string()


def test_what_comes_after_a_commit_comes_after_it_and_once(database: Database) -> None:
    said: list[object] = []

    def add(name: str) -> None:
        with database.transaction() as session:
            session.add(Camera(name=name))
            after_commit(session, lambda: said.append(names(database)))
            assert said == []

    add("gate")
    assert said == [["gate"]]
    said.clear()
    with pytest.raises(IntegrityError):
        add("gate")
    assert said == []
