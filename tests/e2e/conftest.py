"""The whole backend, as `make up` runs it: started once for all tests that use it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from anpr_client import Client
from infra.local.console import Console
from infra.local.demo import rendered_clip
from infra.local.place import Place
from infra.local.scratch import scratch
from infra.local.site import Site, launch
from tests.e2e.api_calls import camera_named

CAPTURED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
_ENDED = ("succeeded", "failed", "expired")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that use the same servers on the same xdist worker, and the others of a file together."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            shared = "site" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("site" if shared else item.path.stem))


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The deployed backend, with a worker."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        running = launch(Place.temporary(folder, folder / "logs"), Console(quiet=True), stack)
        running.start_worker(stack)
        yield running


@pytest.fixture(scope="session")
def api(site: Site) -> Iterator[Client]:
    """The API, as the first administrator uses it."""
    with Client(site.api_url, site.admin) as client:
        yield client


@pytest.fixture(scope="session")
def camera_id(api: Client) -> str:
    """A camera for uploads."""
    found: str = camera_named(api, "end to end")
    return found


@pytest.fixture(scope="session")
def clip() -> Path:
    """The rendered clip."""
    return rendered_clip()


@pytest.fixture
def finish(api: Client, site: Site) -> Callable[[str], dict[str, Any]]:
    """Waits until a job has ended and returns it."""

    def wait(job_id: str, timeout: timedelta = timedelta(minutes=2)) -> dict[str, Any]:
        deadline = time.monotonic() + timeout.total_seconds()
        while True:
            job: dict[str, Any] = api.get(f"/jobs/{job_id}")
            if job["status"] in _ENDED:
                return job
            if time.monotonic() > deadline:
                log = (site.place.logs / "worker.log").read_text()[-3000:]
                pytest.fail(f"the job is still {job['status']}; the worker's log ends\n{log}")
            time.sleep(0.2)

    return wait


@pytest.fixture
def tapped(site: Site) -> Callable[[], list[dict[str, Any]]]:
    """Takes the CloudEvents that have reached the bus's subscriber since the last call."""
    sqs = site.cloud.client("sqs")
    url = site.outputs["TapQueueUrl"]

    def take() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return take
