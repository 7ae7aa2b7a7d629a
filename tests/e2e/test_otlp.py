"""One trace hangs together from a form to a webhook, over three processes and their queues, and tells of no plate."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import pytest

from anpr_client import Client
from infra.local import selfhost
from infra.local.clip.scene import PLATES, Scene
from infra.local.console import Console
from infra.local.place import Place
from infra.local.scratch import scratch
from infra.local.selfhost import SelfHostedSite
from tests.e2e.api_calls import camera_named, send
from tests.e2e.conftest import CAPTURED_AT
from tests.otlp_receiver import Collector, SpanSeen, collecting
from tests.receiver import listening

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def traced(collector: Collector) -> Iterator[SelfHostedSite]:
    """A backend whose processes are told of the collector, each batch soon."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
        patch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "1000")
        folder = stack.enter_context(scratch())
        site = selfhost.launch(Place.temporary(folder, folder / "logs"), Console(quiet=True), stack)
        site.start_worker(stack)
        yield site


def until(condition: Callable[[], Any], what: str, timeout_s: float = 180) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def root_of(span: SpanSeen, trace: dict[str, SpanSeen]) -> str:
    """The name of what a span goes back to, parent by parent; empty where the chain breaks."""
    while span.parent_id:
        if span.parent_id not in trace:
            return ""
        span = trace[span.parent_id]
    return span.name


def test_from_the_form_to_the_webhook_it_is_one_trace(
    traced: SelfHostedSite, collector: Collector, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    assert cv2.imwrite(str(photo), Scene().frame(50))
    with Client(traced.api_url, traced.admin) as api, listening() as receiver:
        wanted = api.post("/bolos/lists", {"name": "traced", "priority": "high"})["id"]
        api.post("/bolos", {"list_id": wanted, "pattern": PLATES[0], "reason": "a test"})
        api.post("/webhooks", {"url": receiver.url, "list_ids": [wanted]})
        upload_id = send(api, photo, camera_named(api, "traced"), CAPTURED_AT)
        until(lambda: receiver.taken, "no webhook came")
        assert api.get("/events", plate=PLATES[0], reason="a test")["items"]

    expected = {
        ("anpr-api", "POST /uploads"),
        ("anpr-worker", "job"),
        ("anpr-worker", "fetch"),
        ("anpr-worker", "read"),
        ("anpr-background", "usage_meter"),
        ("anpr-background", "bolo_notifier"),
        ("anpr-background", "webhook_sender"),
    }

    def trace() -> dict[str, SpanSeen]:
        jobs = [span for span in collector.spans if span.attributes.get("anpr.upload_id") == upload_id]
        return collector.of_trace(jobs[0].trace_id) if jobs else {}

    until(lambda: expected <= {(span.service, span.name) for span in trace().values()}, "the trace is not whole")
    assert {root_of(span, trace()) for span in trace().values()} == {"POST /uploads"}

    until(lambda: [span for span in collector.spans if span.name == "GET /events"], "the search was not traced")
    assert not any(PLATES[0].encode() in body for body in collector.bodies), "a plate was sent"


def test_figures_come_from_the_api_and_from_the_worker(traced: SelfHostedSite, collector: Collector) -> None:
    with Client(traced.api_url, traced.admin) as api:
        api.get("/cameras")

    until(lambda: "http.server.request.duration" in collector.figures.get("anpr-api", ()), "none of the API's")
    until(lambda: "anpr_jobs_processed_total" in collector.figures.get("anpr-worker", ()), "none of the worker's")
