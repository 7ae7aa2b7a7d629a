"""The whole backend, as `make up` runs it: started once for all tests that use it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from anpr_client import Client
from infra.console.browser import browser as started
from infra.local import selfhost
from infra.local import site as aws
from infra.local.console import Console
from infra.local.demo import rendered_clip
from infra.local.keep import Launch
from infra.local.place import Place, Running
from infra.local.scratch import scratch
from infra.local.selfhost import SelfHostedSite
from infra.local.site import Site
from tests.e2e.api_calls import camera_named
from tests.e2e.browsing import Reader, reading
from tests.e2e.inside import Inside, inside_of

CAPTURED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
_ENDED = ("succeeded", "failed", "expired")


LAUNCHES: dict[str, Launch] = {"aws": aws.launch, "selfhost": selfhost.launch}
"""By mode, what starts a backend: one suite for all of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that use the same servers on the same xdist worker, and the others of a file together.

    A test that is about one mode says so, with the reason (`only`), and is skipped in the others.
    """
    for item in items:
        if not item.path.is_relative_to(Path(__file__).parent):
            continue
        parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
        mode = parameters.get("site")
        item.add_marker(pytest.mark.xdist_group(item.path.stem if mode is None else f"site {mode}"))
        only = item.get_closest_marker("only")
        if only is not None and mode is not None and mode != only.args[0]:
            item.add_marker(pytest.mark.skip(reason=only.kwargs["reason"]))


@pytest.fixture(scope="session", params=sorted(LAUNCHES))
def site(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The deployed backend, with a worker, in each mode."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        running = LAUNCHES[request.param](Place.temporary(folder, folder / "logs"), Console(quiet=True), stack)
        running.start_worker(stack)
        yield running


@pytest.fixture(scope="session")
def inside(site: Site | SelfHostedSite) -> Iterator[Inside]:
    """What is behind the API."""
    found = inside_of(site)
    yield found
    found.close()


@pytest.fixture(scope="session")
def api(site: Running) -> Iterator[Client]:
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
def finish(api: Client, site: Running) -> Callable[[str], dict[str, Any]]:
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's Chromium.

    No longer than a module: as long as it is there, its event loop counts as running, and no other test could run one.
    """
    with started() as found:
        yield found


@pytest.fixture
def reader(browser: Browser, site: Running) -> Iterator[Reader]:
    """Somebody at the console; what the browser complains about fails the test."""
    with reading(browser, site) as found:
        yield found
