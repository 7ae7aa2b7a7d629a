"""The manifests' processes on real servers: each finds all that it needs in what its own pod is given."""

import asyncio
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml
from aws_lambda_powertools import Logger
from sqlalchemy import Engine, make_url, text

from anpr import bootstrap
from anpr.adapters.selfhost.postgres_queue import PostgresQueue
from anpr.adapters.selfhost.redis_queue import RedisQueue, connect
from anpr.adapters.selfhost.wiring import JOBS
from anpr.alerts.webhooks.sealing import Seal
from anpr.background.services import Run, Services
from anpr.cli import main as anpr
from anpr.db import Database
from anpr.operations import installing
from anpr.ports import Secret
from anpr.rules import CONSUMERS
from functions.api.telemetry import PlainTelemetry
from gpu_worker.service import stream, work
from gpu_worker.service.figures import keep_quiet
from infra import kubernetes
from infra.local.postgres import Postgres
from infra.local.servers import SeaweedFS, Valkey
from server import api, migrate
from server.settings import ServerSettings
from tests.test_kubernetes import of_kind, pod, variables

Become = Callable[[str], None]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """What `anpr init` makes, of which the cluster's secret is made."""
    installing.make_secrets(tmp_path / "keys", admin_email="me@example.org")
    return tmp_path / "keys"


@pytest.fixture
def become(
    keys: Path,
    postgres: Postgres,
    _server: Engine,
    valkey: Valkey,
    seaweedfs: SeaweedFS,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Any:
    """Gives this process the environment and the files of a pod's, with the servers where they are here."""
    run = uuid4().hex[:12]
    with _server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE pods_{run}"))
    here = make_url(postgres.url(f"pods_{run}"))
    (keys / "redis_url").write_text(valkey.url)
    (keys / "s3_secret_key").write_text(seaweedfs.keys.secret)
    moved = {
        "ANPR_DB_HOST": str(here.host),
        "ANPR_DB_PORT": str(here.port),
        "ANPR_DB_USER": str(here.username),
        "ANPR_DB_NAME": str(here.database),
        # The servers of tests have no certificates.
        "ANPR_DB_SSL": "false",
        "ANPR_S3_ENDPOINT_URL": seaweedfs.endpoint,
        "ANPR_ANCHOR_ENDPOINT_URL": seaweedfs.endpoint,
        "ANPR_S3_ACCESS_KEY_ID": seaweedfs.keys.access,
        "ANPR_S3_BUCKET": f"pods-{run}",
        "ANPR_ANCHOR_BUCKET": f"anchors-{run}",
    }
    told: set[str] = set()

    def become(process: str) -> None:
        for name in told:
            monkeypatch.delenv(name, raising=False)
        (mounted,) = (each["secret"] for each in pod("cpu", process)["volumes"] if "secret" in each)
        folder = tmp_path / process
        folder.mkdir(exist_ok=True)
        for item in mounted["items"]:
            (folder / item["path"]).write_bytes((keys / item["key"]).read_bytes())
        environment = variables("cpu", process)
        # No value is made up: what is moved was there.
        environment |= {name: value for name, value in moved.items() if name in environment or name == "ANPR_DB_PORT"}
        for name, value in environment.items():
            monkeypatch.setenv(name, re.sub(r"^(/run/anpr|/var/lib/anpr|/tmp)\b", str(folder), value))
            told.add(name)

    yield become
    with _server.connect() as connection:
        connection.execute(text(f"DROP DATABASE pods_{run} WITH (FORCE)"))


def test_each_process_does_its_work_with_what_its_pod_has(
    become: Become, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    become("worker")
    assert anpr(["wait", "--within", "0"]) == 2
    assert "`migrate` must run" in capsys.readouterr().err
    become("migrate")
    assert migrate.main() == 0
    become("api")
    assert anpr(["wait", "--within", "0"]) == 0

    asyncio.run(_use_the_api(keys))
    assert bootstrap.secret_store().get(Secret.ADMIN) is None, "the API needs no password of the first administrator's"

    become("background")
    services = Services(Logger(service="test"))
    try:
        assert Run(services, lambda: 60.0).task("retention")["anchored"] == 1
        assert Seal.load(bootstrap.secret_store(), Secret.WEBHOOK_KEY) is not None
        assert bootstrap.notice_sender(services.database) is not None
        assert [bootstrap.queue(name).depth() for name in CONSUMERS] == [0] * len(CONSUMERS)
    finally:
        services.close()

    become("stream")
    process = stream._process((), keep_quiet)
    process.round()
    process.finish()
    process._services.database.engine.dispose()

    become("worker")
    assert work.WorkerSettings().scratch == Path(os.environ["TMPDIR"])
    bootstrap.blob_store().check()
    assert bootstrap.job_queue().receive(wait_s=0, visibility_s=1) is None


async def _use_the_api(keys: Path) -> None:
    app = api.make_app(ServerSettings(), PlainTelemetry())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        login = await client.post("/auth/login", json=json.loads((keys / "admin.json").read_text()))
        bearer = {"authorization": f"Bearer {login.json()['access_token']}"}
        # Each of these wants a key, a server, or both.
        camera = await client.post("/cameras", headers=bearer, json={"name": "Gate"})
        stream_url = {"url": "rtsp://camera.example/1"}
        put = await client.put(f"/cameras/{camera.json()['id']}/stream", headers=bearer, json=stream_url)
        assert put.status_code == 200
        assert (await client.get("/notices/confirm?token=none")).status_code == 401
        scrape = {"authorization": f"Bearer {(keys / 'metrics_token').read_text()}"}
        assert "anpr_queue_size 0" in (await client.get("/metrics", headers=scrape)).text
        health = (await client.get("/admin/health", headers=bearer)).json()
        assert health["ok"], health
    messages = iter(("lifespan.startup", "lifespan.shutdown"))

    async def receive() -> dict[str, Any]:
        return {"type": next(messages)}

    async def send(_message: object) -> None: ...

    await app({"type": "lifespan"}, receive, send)


def test_the_scaler_looks_at_what_the_queue_keeps_in_redis(valkey: Valkey) -> None:
    client = connect(valkey.url)
    queue = RedisQueue(client, JOBS, max_receives=3)
    (triggers,) = (each["spec"]["triggers"] for each in of_kind("cpu", "ScaledObject"))
    keys = {each["name"]: each["metadata"]["listName"] for each in triggers}

    def lengths() -> dict[str, int]:
        # As KEDA's scaler does: by what kind of thing it is.
        count: dict[str, Callable[[str], Any]] = {"list": client.llen, "zset": client.zcard, "none": lambda _key: 0}
        return {name: count[str(client.type(key))](key) for name, key in keys.items()}

    try:
        queue.send("job")
        assert lengths() == {"waiting": 1, "leased": 0}
        message = queue.receive(wait_s=1, visibility_s=30)
        assert message is not None
        assert lengths() == {"waiting": 0, "leased": 1}
        queue.delete(message)
        assert lengths() == {"waiting": 0, "leased": 0}
    finally:
        client.flushdb()
        client.close()


def test_the_scaler_asks_the_database_for_the_same(database: Database) -> None:
    scaled = next(yaml.safe_load_all((kubernetes.FOLDER / "components/postgres-queue/scaling.yaml").read_text()))
    queue = PostgresQueue(database, JOBS, max_receives=3)

    def counts() -> dict[str, int]:
        with database.engine.connect() as connection:
            return {
                each["name"]: connection.execute(text(each["metadata"]["query"])).scalar_one()
                for each in scaled["spec"]["triggers"]
            }

    queue.send("job")
    PostgresQueue(database, "webhook_sender", max_receives=3).send("none of the worker's")
    assert counts() == {"waiting": 1, "leased": 0}
    message = queue.receive(wait_s=1, visibility_s=30)
    assert message is not None
    assert counts() == {"waiting": 0, "leased": 1}
    queue.delete(message)
    assert counts() == {"waiting": 0, "leased": 0}
