"""What outlives a snapshot of a function's memory, and what must not: here in one process, as Lambda's hooks run."""

import importlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import jwt
import pytest
import snapshot_restore_py
from sqlalchemy import make_url, text

from anpr.db import Database, make_engine
from anpr.errors import Unavailable
from anpr.identity import tokens
from anpr.settings import DatabaseSettings
from functions.api.aws.host import LambdaHandler
from functions.api.groups.identity import GROUP
from functions.api.services import ApiServices
from tests.functions.api.client import PASSWORD, Api, Client


def connections(api: Api) -> int:
    """How many connections to the database are open, not counting the one that asks."""
    with api.database.transaction() as session:
        found = session.execute(
            text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        )
        return int(found.scalar_one())


def log_in(client: Client) -> str:
    """Log in, and give the name of the key that signed the token."""
    reply = client.request("POST", "/auth/login", body={"email": "admin@example.org", "password": PASSWORD})
    assert reply.status == 200, reply.body
    header = jwt.get_unverified_header(reply.json()["access_token"])
    return str(header["kid"])


@dataclass
class Function:
    """A function's process: its handler, and the services that were made for it."""

    handler: LambdaHandler
    made: list[ApiServices]

    @property
    def client(self) -> Client:
        return Client(self.handler)


@pytest.fixture
def function(api: Api, database_url: str) -> Iterator[Function]:
    """The group that logs people in, with a connection pool of its own."""
    made: list[ApiServices] = []

    def services() -> ApiServices:
        own = Database(make_engine(make_url(database_url), DatabaseSettings(url=database_url, ssl=False)))
        made.append(replace(api.services["identity"], database=own))
        return made[-1]

    yield Function(LambdaHandler(GROUP, services), made)
    for one in made:
        one.database.engine.dispose()


def test_the_snapshot_has_the_application_and_the_first_request_only_uses_it(function: Function) -> None:
    function.handler.before_snapshot()
    assert len(function.made) == 1

    function.handler.after_restore()
    assert function.client.get("/nothing").status == 404
    assert log_in(function.client)
    assert len(function.made) == 1


def test_the_snapshot_has_no_connection(api: Api, function: Function) -> None:
    log_in(function.client)
    assert connections(api) == 1

    function.handler.before_snapshot()
    # The server's own process for a connection that was closed ends a moment after.
    deadline = time.monotonic() + 10
    while connections(api) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert connections(api) == 0

    function.handler.after_restore()
    assert log_in(function.client)


def test_a_key_that_was_replaced_since_the_snapshot_is_not_used_after_it(api: Api, function: Function) -> None:
    old = log_in(function.client)
    function.handler.before_snapshot()

    # Hours later: the signing key was replaced, and the old one must not count any more.
    api.secrets.put("signing", {})
    with api.database.transaction() as session:
        new = tokens.ensure_signing_key(session, api.secrets, "signing")
        session.execute(text("UPDATE signing_keys SET retired_at = now() WHERE kid = :kid"), {"kid": old})

    function.handler.after_restore()
    assert log_in(function.client) == new != old


def test_a_key_that_was_withdrawn_since_the_snapshot_opens_nothing(api: Api, function: Function) -> None:
    token = api.admin.token
    as_admin = Client(function.handler, token)
    assert as_admin.get("/users/me").status == 200
    function.handler.before_snapshot()

    with api.database.transaction() as session:
        session.execute(text("UPDATE signing_keys SET retired_at = now()"))

    function.handler.after_restore()
    assert as_admin.get("/users/me").status == 401


def test_siblings_from_one_snapshot_draw_different_numbers(function: Function) -> None:
    function.handler.before_snapshot()
    snapshot = random.getstate()
    drawn = set()
    for _ in range(3):
        random.setstate(snapshot)
        function.handler.after_restore()
        drawn.add(random.getstate())

    assert len(drawn) == 3


def test_where_nothing_is_set_up_yet_the_snapshot_is_taken_all_the_same(api: Api) -> None:
    ready: list[bool] = []

    def services() -> ApiServices:
        if not ready:
            raise Unavailable("The database is not set up yet: its secret has no value.")
        return api.services["identity"]

    handler = LambdaHandler(GROUP, services)
    handler.before_snapshot()
    handler.after_restore()
    assert Client(handler).get("/nothing").status == 503

    ready.append(True)
    assert Client(handler).get("/nothing").status == 404


@pytest.mark.parametrize("group", ["identity", "capture", "review", "alerts", "governance"])
def test_lambda_runs_the_hooks_of_every_group(group: str) -> None:
    handler = importlib.import_module(f"functions.api.aws.{group}").handler

    assert (handler.before_snapshot, (), {}) in snapshot_restore_py.get_before_snapshot()
    assert (handler.after_restore, (), {}) in snapshot_restore_py.get_after_restore()
