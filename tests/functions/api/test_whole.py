"""All groups in one process, under any ASGI server: no Lambda, no gateway, no Powertools."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from anpr.models import Role
from functions.api.telemetry import PlainTelemetry
from functions.api.whole import TOGETHER, WholeApi, segments_of
from tests.functions.api.client import PASSWORD, RULES, Api


@pytest.fixture
def telemetry() -> PlainTelemetry:
    return PlainTelemetry(logging.getLogger("whole"))


@dataclass
class Server:
    """Serves requests from inside this process."""

    app: WholeApi

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://api.example.org") as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def stop(self) -> list[str]:
        """Start and stop, as a server tells an application; gives what it answers."""
        told = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        answers: list[str] = []

        async def receive() -> dict[str, Any]:
            return told.pop(0)

        async def send(message: MutableMapping[str, Any]) -> None:
            answers.append(message["type"])

        asyncio.run(self.app({"type": "lifespan"}, receive, send))
        return answers


@pytest.fixture
def client(api: Api, telemetry: PlainTelemetry) -> Server:
    return Server(WholeApi(api.services, telemetry))


def test_every_group_answers(client: Server) -> None:
    lowest = {
        group.name: min(
            path for (method, path) in RULES if method == "GET" and "{" not in path and path[1:] in segments_of(group)
        )
        for group in TOGETHER
    }
    answers = {name: client.get(path).status_code for name, path in lowest.items()}
    assert answers == {"identity": 200, "capture": 401, "review": 401, "alerts": 401, "governance": 401}


def test_a_token_of_one_group_is_good_for_the_others(
    client: Server, telemetry: PlainTelemetry, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        reply = client.request("POST", "/auth/login", json={"email": f"{Role.ADMIN}@example.org", "password": PASSWORD})
    assert reply.status_code == 200, reply.text
    headers = {"authorization": f"Bearer {reply.json()['access_token']}"}
    for path in ("/users", "/cameras", "/events", "/bolos", "/licenses", "/metrics"):
        assert client.get(path, headers=headers).status_code == 200, path
    assert telemetry.counts == {"anpr_logins_total": 1}
    (record,) = [record for record in caplog.records if record.name == "whole"]
    assert (vars(record)["path"], vars(record)["status"]) == ("/auth/login", 200)
    assert vars(record)["request_id"] == reply.headers["x-request-id"]


def test_what_nobody_serves_is_a_problem(client: Server) -> None:
    for path in ("/", "/nothing", "/user", "//users"):
        reply = client.get(path)
        assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json"), path


def test_a_client_cannot_choose_the_id_of_its_request(client: Server) -> None:
    replies = [client.get("/nothing", headers={"x-request-id": "mine"}) for _ in range(2)]
    assert len({reply.headers["x-request-id"] for reply in replies} | {"mine"}) == 3


def test_connections_end_with_the_server(api: Api, telemetry: PlainTelemetry) -> None:
    closed: list[object] = []
    event.listen(api.database.engine, "close", lambda *_arguments: closed.append(1))
    server = Server(WholeApi(api.services, telemetry))
    assert server.get("/users", headers={"authorization": f"Bearer {api.admin.token}"}).status_code == 200
    before = len(closed)
    assert server.stop() == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert len(closed) > before


def test_an_application_brings_no_host_along() -> None:
    """In a process of its own, since this one has imported every host already."""
    loaded = "import sys, functions.api.whole; print(*{name.split('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True).stdout.split()
    assert "fastapi" in found
    assert {"mangum", "aws_lambda_powertools", "snapshot_restore_py"} & set(found) == set()
