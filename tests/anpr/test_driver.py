from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpr.db import Database, make_engine
from anpr.errors import Conflict, Unavailable, Unprocessable
from anpr.models import Camera, OutboxMessage
from anpr.settings import DatabaseSettings


class Odd:
    """A parameter that nothing takes for a text until pg8000 writes it, in the middle of a query."""

    def __str__(self) -> str:
        return "\ud800"


@pytest.fixture
def one(database_url: str) -> Iterator[Database]:
    """A database on one connection, so that each transaction gets what the one before left."""
    settings = DatabaseSettings(url=database_url, ssl=False, pool_size=1, connect_timeout_s=1, statement_timeout_s=1)
    engine = make_engine(make_url(database_url), settings)
    yield Database(engine)
    engine.dispose()


def pid(session: Session) -> int:
    return int(session.execute(text("SELECT pg_backend_pid()")).scalar_one())


def pid_of(database: Database) -> int:
    with database.transaction() as session:
        return pid(session)


def answers_are_its_own(database: Database) -> bool:
    for number in range(5):
        with database.transaction() as session:
            if session.execute(text("SELECT CAST(:n AS int)"), {"n": number}).scalar_one() != number:
                return False
    return True


def test_an_error_between_two_messages_costs_the_connection(one: Database) -> None:
    before = pid_of(one)
    with pytest.raises(UnicodeEncodeError), one.transaction() as session:
        session.execute(text("SELECT :odd"), {"odd": Odd()})

    assert answers_are_its_own(one)
    assert pid_of(one) != before


def test_an_error_between_two_messages_costs_the_connection_though_it_is_caught_inside(one: Database) -> None:
    with suppress(Exception), one.transaction() as session, suppress(ValueError):
        session.execute(text("SELECT :odd"), {"odd": Odd()})

    assert answers_are_its_own(one)


def test_an_interruption_in_the_middle_of_a_query_costs_the_connection(one: Database) -> None:
    class Interrupting:
        def __str__(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), one.transaction() as session:
        session.execute(text("SELECT :odd"), {"odd": Interrupting()})

    assert answers_are_its_own(one)


def test_a_reply_that_cannot_be_read_costs_the_connection(one: Database) -> None:
    # PostgreSQL's days end at 24:00, Python's before, and pg8000 reads each row as it comes.
    with pytest.raises(ValueError, match="24:00"), one.transaction() as session:
        session.execute(text("SELECT time '24:00', n FROM generate_series(1, 1000) AS n"))

    assert answers_are_its_own(one)


@pytest.mark.parametrize("error", [Conflict("taken"), RuntimeError("a bug"), OSError("no such file")])
def test_an_error_of_the_block_costs_no_connection_and_stays_what_it_is(one: Database, error: Exception) -> None:
    before = pid_of(one)

    def fail() -> None:
        with one.transaction() as session:
            session.add(Camera(name="gate"))
            session.flush()
            raise error

    with pytest.raises(type(error)) as caught:
        fail()
    assert caught.value is error
    assert pid_of(one) == before


def test_an_answer_of_the_server_costs_no_connection(one: Database) -> None:
    before = pid_of(one)
    with pytest.raises(IntegrityError), one.transaction() as session:
        session.add_all([Camera(name="twice"), Camera(name="twice")])

    assert pid_of(one) == before
    assert answers_are_its_own(one)


def test_a_server_that_stops_answering_in_the_middle_of_a_query_is_unavailable(one: Database) -> None:
    def wait() -> None:
        with one.transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = 0"))
            session.execute(text("SELECT pg_sleep(20)"))

    with pytest.raises(Unavailable, match="does not answer"):
        wait()

    assert answers_are_its_own(one)


@pytest.mark.parametrize("unsendable", ["\ud800", "half \udfff a pair", "nul\0", "\0"])
def test_a_text_that_cannot_be_sent_is_the_senders_fault_and_is_not_sent(one: Database, unsendable: str) -> None:
    before = pid_of(one)

    def where(session: Session) -> None:
        session.scalars(select(Camera).where(Camera.name == unsendable)).all()

    def value(session: Session) -> None:
        session.add(Camera(name=unsendable))
        session.flush()

    def many(session: Session) -> None:
        session.add_all([Camera(name="good"), Camera(name=unsendable)])
        session.flush()

    def array(session: Session) -> None:
        session.execute(text("SELECT CAST(:names AS text[])"), {"names": ["good", unsendable]})

    def json_value(session: Session) -> None:
        session.add(OutboxMessage(type="t", subject="s", data={"a": [{"b": unsendable}]}))
        session.flush()

    def json_key(session: Session) -> None:
        session.add(OutboxMessage(type="t", subject="s", data={unsendable: 1}))
        session.flush()

    for use in (where, value, many, array, json_value, json_key):
        with pytest.raises(Unprocessable, match="valid Unicode"), one.transaction() as session:
            use(session)
        assert pid_of(one) == before, use.__name__


@pytest.mark.parametrize(
    "made_by_the_server",
    ["SELECT convert_from(decode('00', 'hex'), 'UTF8')", "SELECT CAST('{\"a\": \"\\u0000\"}' AS jsonb) ->> 'a'"],
)
def test_a_character_that_the_server_refuses_is_no_error_of_ours(one: Database, made_by_the_server: str) -> None:
    with pytest.raises(Unprocessable, match="cannot be stored"), one.transaction() as session:
        session.connection().exec_driver_sql(made_by_the_server)


def test_all_other_texts_come_back_as_they_were(one: Database) -> None:
    data = {"escape": "\\u0000", "two": "\\\\u0000", "astral": "\U0001f697", "accent": "é", "control": "\x01\x7f"}
    with one.transaction() as session:
        message = OutboxMessage(type="t", subject="\U0001f697 \x01", data=data)
        session.add(message)
    with one.transaction() as session:
        kept = session.get_one(OutboxMessage, message.id)
        assert (kept.subject, kept.data) == ("\U0001f697 \x01", data)
