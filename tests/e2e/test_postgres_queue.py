"""The self-hosted backend with its queues in the database: the whole way of a clip whose worker is killed."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from anpr_client import Client
from infra.local.clip.scene import PLATES
from infra.local.console import Console
from infra.local.place import Place
from infra.local.scratch import scratch
from infra.local.selfhost import SelfHostedSite, launch
from tests.e2e.api_calls import camera_named, send
from tests.e2e.conftest import CAPTURED_AT
from tests.e2e.inside import Inside, inside_of
from tests.receiver import listening

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def frugal() -> Iterator[SelfHostedSite]:
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        yield launch(Place.temporary(folder, folder / "logs"), Console(quiet=True), stack, queue="postgres")


@pytest.fixture(scope="module")
def looked_at(frugal: SelfHostedSite) -> Iterator[Inside]:
    found = inside_of(frugal)
    yield found
    found.close()


def until(condition: Callable[[], bool], what: str, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_a_clip_is_read_and_told_of_though_its_worker_is_killed(
    frugal: SelfHostedSite, looked_at: Inside, clip: Path
) -> None:
    assert frugal.valkey is None
    with Client(frugal.api_url, frugal.admin) as api, listening() as receiver, ExitStack() as stack:
        wanted = api.post("/bolos/lists", {"name": "wanted", "priority": "high"})["id"]
        api.post("/bolos", {"list_id": wanted, "pattern": PLATES[0], "reason": "a test"})
        api.post("/webhooks", {"url": receiver.url, "event_types": ["bolo.matched"]})
        first = frugal.start_worker(stack, ANPR_QUEUE_VISIBILITY_S="10")
        job_id = send(api, clip, camera_named(api, "gate"), CAPTURED_AT)

        def job() -> dict[str, Any]:
            found: dict[str, Any] = api.get(f"/jobs/{job_id}")
            return found

        until(lambda: job()["status"] == "processing", "nobody began the job")
        first.kill()
        assert looked_at.jobs() == (1, 0)
        frugal.start_worker(stack, ANPR_QUEUE_VISIBILITY_S="10")

        until(lambda: job()["status"] == "succeeded", "the job was not done after all")
        assert {event["plate"] for event in api.pages("/events")} == set(PLATES)
        until(lambda: len(receiver.taken) == 1, "no webhook came")
        until(lambda: looked_at.jobs() == (0, 0), "the message was not acknowledged")
