"""The database through a transaction pooler: what travels with each transaction, and what must not be relied on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import ProgrammingError

from anpr.db import Database, make_engine
from anpr.errors import Unavailable
from anpr.models import Camera
from anpr.settings import DatabaseSettings
from tests.supabase.pooler import Pooler

_SEEN = text(
    "SELECT current_user, session_user, current_setting('statement_timeout'), current_setting('timezone'),"
    " current_setting('search_path')"
)


@pytest.fixture
def pooled_url(pooler: Pooler, database_url: str) -> str:
    return pooler.url(str(make_url(database_url).database))


@pytest.fixture
def pooled(pooled_url: str) -> Iterator[Database]:
    settings = DatabaseSettings(url=pooled_url, ssl=False, role="anpr_app", pool_size=8, statement_timeout_s=2)
    engine = make_engine(make_url(pooled_url), settings, pooled=True, search_path="public, pg_catalog")
    yield Database(engine)
    engine.dispose()


def plain(url: str) -> Database:
    """Somebody else at the same pooler, who sets nothing."""
    return Database(
        make_engine(make_url(url), DatabaseSettings(url=url, ssl=False, statement_timeout_s=9), pooled=True)
    )


def test_role_limits_and_search_path_hold_in_each_transaction_and_nothing_is_left_behind(
    pooled: Database, pooled_url: str
) -> None:
    for _ in range(3):
        with pooled.transaction() as session:
            assert session.execute(_SEEN).one() == ("anpr_app", "anpr", "2s", "UTC", "public, pg_catalog")
    other = plain(pooled_url)
    for _ in range(6):
        with other.transaction() as session:
            user, _, timeout, _, path = session.execute(_SEEN).one()
            assert (user, timeout, path) == ("anpr", "9s", '"$user", public')
    other.engine.dispose()


def test_a_rolled_back_transaction_takes_its_role_with_it(pooled: Database, pooled_url: str) -> None:
    with pytest.raises(ProgrammingError), pooled.transaction() as session:
        session.execute(text("SELECT nothing_of_the_kind"))
    other = plain(pooled_url)
    with other.transaction() as session:
        assert session.execute(_SEEN).one()[0] == "anpr"
    other.engine.dispose()


def test_a_statement_that_takes_too_long_is_stopped(pooled: Database) -> None:
    with pytest.raises(Unavailable, match="too long"), pooled.transaction() as session:
        session.execute(text("SELECT pg_sleep(60)"))
    with pooled.transaction() as session:
        assert session.execute(text("SELECT 1")).scalar_one() == 1


def test_many_threads_share_few_connections_of_the_server(pooled: Database) -> None:
    def work(_number: int) -> None:
        name = f"camera {uuid4()}"
        with pooled.transaction() as session:
            session.add(Camera(name=name))
        with pooled.transaction() as session:
            assert session.scalar(select(Camera.name).where(Camera.name == name)) == name

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(80)))
    with pooled.transaction() as session:
        assert len(session.scalars(select(Camera.id)).all()) == 80


def test_start_up_parameters_as_elsewhere_would_be_refused(pooled_url: str) -> None:
    database = Database(make_engine(make_url(pooled_url), DatabaseSettings(url=pooled_url, ssl=False)))
    with pytest.raises(Unavailable) as refused, database.transaction() as session:
        session.execute(text("SELECT 1"))
    assert "unsupported startup parameter" in str(refused.value.__cause__)
    database.engine.dispose()
