"""`python -m server api` as a process: it serves before its servers are there, and ends as it should."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from infra.images import NO_SERVERS
from infra.local.postgres import free_port
from infra.packaging import ROOT
from tests.otlp_receiver import Collector, collecting

PLATE = "AB12CDE"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@contextmanager
def serving(**variables: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A process without any of its servers, and its address."""
    port = free_port()
    path = os.pathsep.join((str(ROOT / "layers" / "core" / "python"), str(ROOT)))
    told = os.environ | NO_SERVERS | {"PYTHONPATH": path, "ANPR_SERVER_PORT": str(port)} | variables
    process = subprocess.Popen([sys.executable, "-m", "server", "api"], env=told, stdout=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 60
        while ask(f"http://127.0.0.1:{port}/health") != 200:
            assert time.monotonic() < deadline, "it does not serve"
            time.sleep(0.2)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate(timeout=30)


def ask(url: str) -> int | None:
    try:
        return httpx.get(url, timeout=10, trust_env=False).status_code
    except httpx.HTTPError:
        return None


def test_what_was_traced_is_sent_before_it_ends_and_no_plate_with_it(collector: Collector) -> None:
    with serving(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as (process, url):
        assert ask(f"{url}/admin/subjects/{PLATE}") == 401
        assert ask(f"{url}/events?plate={PLATE}") == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    names = {span.name for span in collector.spans}
    assert {"GET /admin/subjects/{plate}", "GET /events"} <= names
    assert "GET /health" not in names
    assert "http.server.request.duration" in collector.figures["anpr-api"]
    assert not any(PLATE.encode() in body for body in collector.bodies)


def test_a_collector_that_is_down_keeps_nobody_waiting() -> None:
    with serving(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}") as (process, url):
        assert [ask(f"{url}/events") for _ in range(5)] == [401] * 5
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert output.decode().count("traces or figures are lost") == 1
