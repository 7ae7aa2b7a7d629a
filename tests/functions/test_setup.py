"""The set-up as CloudFormation runs it: what it does to the database, and what it answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from moto import mock_aws
from sqlalchemy import create_engine, make_url, text

from anpr.adapters.aws.client import make_client
from anpr.db import Database
from anpr.errors import Unavailable
from anpr.governance import signing
from functions.setup.handler import handler
from infra.local.postgres import Postgres, free_port

CONTEXT: Any = SimpleNamespace(
    function_name="setup", memory_limit_in_mb=1024, invoked_function_arn="arn:aws:lambda:x", aws_request_id="1"
)


@contextmanager
def mailbox() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that keeps what is put there, under its address."""
    found: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.append({"type": self.headers["Content-Type"], **json.loads(body)})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/answer?signature=1", found
        finally:
            server.shutdown()


@pytest.fixture
def empty_database(postgres: Postgres, _deployment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database that nobody set up, which the function's settings name."""
    name = f"setup_{uuid4().hex}"
    with postgres_session(postgres.url()) as run:
        run(f"CREATE DATABASE {name}")
    monkeypatch.setenv("ANPR_DB_URL", postgres.url(name))
    monkeypatch.setenv("ANPR_DB_SSL", "false")
    yield postgres.url(name)
    with postgres_session(postgres.url()) as run:
        run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgres_session(url: str) -> Iterator[Any]:
    """Statements outside of any transaction."""
    engine = create_engine(make_url(url).set(drivername="postgresql+pg8000"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield lambda statement: connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def _deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The secrets as CloudFormation leaves them."""
    with mock_aws():
        secrets = make_client("secretsmanager")
        secrets.create_secret(Name="admin", SecretString=json.dumps({"email": "a@example.com", "password": "x" * 24}))
        for name in ("signing", "webhooks", "anchors"):
            secrets.create_secret(Name=name, SecretString="{}")
        monkeypatch.setenv("ANPR_ADMIN_SECRET_ID", "admin")
        monkeypatch.setenv("ANPR_SIGNING_SECRET_ID", "signing")
        monkeypatch.setenv("ANPR_WEBHOOK_KEY_SECRET_ID", "webhooks")
        monkeypatch.setenv("ANPR_ANCHOR_KEY_SECRET_ID", "anchors")
        yield


def request(kind: str, url: str) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:x",
        "RequestId": str(uuid4()),
        "LogicalResourceId": "Migrations",
        "ResourceProperties": {"ServiceToken": "arn", "Code": "1"},
    }


def kept_key() -> str:
    """The public half of the key that signs the audit log's anchors."""
    secret = make_client("secretsmanager").get_secret_value(SecretId="anchors")["SecretString"]
    return signing.public_text(signing.read_private_key(json.loads(secret)["private_key"]))


def revision(url: str) -> str | None:
    with postgres_session(url) as run:
        found = run("SELECT to_regclass('alembic_version') IS NOT NULL").scalar_one()
        return str(run("SELECT version_num FROM alembic_version").scalar_one()) if found else None


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_deployment_migrates_and_is_told_so(empty_database: str, kind: str) -> None:
    with mailbox() as (url, answers):
        asked = request(kind, url)
        handler(asked, CONTEXT)

    assert revision(empty_database) is not None
    (answer,) = answers
    assert (answer["Status"], answer["RequestId"], answer["type"]) == ("SUCCESS", asked["RequestId"], "")
    assert {"StackId", "LogicalResourceId", "PhysicalResourceId"} <= answer.keys()


def test_a_second_run_by_hand_finds_nothing_to_do(empty_database: str) -> None:
    first, second = handler({}, CONTEXT), handler({}, CONTEXT)

    assert first == {"revision": revision(empty_database), "admin_created": True, "anchor_key": kept_key()}
    assert second == {"revision": revision(empty_database), "admin_created": False, "anchor_key": kept_key()}


def test_a_failure_fails_the_deployment_with_a_reason_and_leaves_nothing_half_done(empty_database: str) -> None:
    with postgres_session(empty_database) as run:
        # In the way of the first migration.
        run("CREATE TABLE cameras (id int)")

    with mailbox() as (url, answers):
        handler(request("Update", url), CONTEXT)

    (answer,) = answers
    assert answer["Status"] == "FAILED"
    assert "cameras" in answer["Reason"]
    assert len(json.dumps(answer)) < 4096
    assert revision(empty_database) is None


@pytest.mark.usefixtures("_deployment")
def test_a_database_that_is_down_fails_the_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPR_DB_URL", f"postgresql://anpr@127.0.0.1:{free_port()}/anpr")
    monkeypatch.setenv("ANPR_DB_SSL", "false")

    with mailbox() as (url, answers):
        handler(request("Create", url), CONTEXT)

    assert [answer["Status"] for answer in answers] == ["FAILED"]


def test_the_end_of_a_stack_touches_no_data(database: Database) -> None:
    with mailbox() as (url, answers):
        handler(request("Delete", url), CONTEXT)

    assert [answer["Status"] for answer in answers] == ["SUCCESS"]
    with database.transaction() as session:
        assert session.execute(text("SELECT count(*) FROM cameras")).scalar_one() == 0


def test_a_lost_answer_is_an_error() -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"

    with pytest.raises(Unavailable, match="could not be told"):
        handler(request("Delete", nobody), CONTEXT)
