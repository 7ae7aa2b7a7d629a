"""What the console weighs and how long it takes, on the one-machine run: `python -m infra.console measure`.

For each page, in a browser profile that has never seen it: the requests and their bytes as they came over the wire, and
the time from opening its address to its content being there. How long after its row a passage is on the live page. And
how long the review page takes for a plate, by the keyboard, from one passage's picture to the next one's.
"""

import base64
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from playwright.sync_api import Browser, Page

from anpr_client import Client
from infra.console.browser import browser
from infra.console.pictures import fill, follow, log_in
from infra.local.console import Console
from infra.local.demo import rendered_clip
from infra.local.place import Place
from infra.local.scratch import scratch
from infra.local.site import Site, launch

_SHOWN: Final = {
    "login": ("", 'input[name="password"]'),
    "live": ("#/live", ".passage-card"),
    "search": ("#/search", "tr.leads"),
    "footage": ("#/footage", ".table tbody tr"),
    "wanted": ("#/wanted", ".hit-card"),
    "map": ("#/map", ".map[data-state=ready]"),
    "insight": ("#/insight", ".chart[data-ready=true] canvas"),
    "admin": ("#/admin/users", ".resource tbody tr"),
}
"""By page: its hash, and what is there when it can be used."""
_CLIPS: Final = 10
_REPEATS: Final = 5
_REVIEWED: Final = 200
_CORRECTED: Final = 5
"""One plate of so many is corrected, all others are confirmed."""
# Answers once the passage that is asked about has its picture decoded.
_SHOWS_ANOTHER: Final = """
async (before) => {
  for (const limit = performance.now() + 30_000; performance.now() < limit; ) {
    const shown = document.querySelector('.judging');
    const picture = shown?.querySelector('.stage img');
    if (shown && shown.getAttribute('aria-label') !== before && picture?.complete && picture.naturalWidth > 0)
      return shown.getAttribute('aria-label');
    await new Promise(requestAnimationFrame);
  }
  throw new Error(`no further passage came: ${document.body.innerText}`);
}
"""
# Notes in the page when each passage was first drawn.
_NOTE_ARRIVALS: Final = """
() => {
  window.arrived = {};
  const note = () => {
    for (const link of document.querySelectorAll('.passage-card a')) {
      const id = new URLSearchParams(link.hash.split('?')[1]).get('passage');
      window.arrived[id] ??= Date.now();
    }
  };
  note();
  new MutationObserver(note).observe(document.body, { childList: true, subtree: true });
}
"""


@dataclass(frozen=True, slots=True)
class Weight:
    """One visit of one page.

    Attributes:
        requests: how many.
        kilobytes: as they came, compressed; pictures of plates apart.
        seconds: until its content was there.
    """

    requests: int
    kilobytes: float
    seconds: float


def measure() -> Iterator[str]:
    """Start a backend, measure, and say what was found, line by line."""
    with ExitStack() as stack:
        state = stack.enter_context(scratch())
        site = launch(Place.temporary(state, state / "logs"), Console(quiet=True), stack)
        site.start_worker(stack)
        site.wake()
        fill(site)
        started = stack.enter_context(browser())
        for name in _SHOWN:
            visits = [_visit(started, site, name) for _ in range(_REPEATS)]
            seconds = statistics.median(visit.seconds for visit in visits)
            weight = f"{visits[-1].requests} requests, {visits[-1].kilobytes:.0f} kB"
            yield f"{name}: {weight}, {seconds:.2f} s (median of {_REPEATS})"
        delays = sorted(_delays(started, site))
        worst = delays[round(0.95 * (len(delays) - 1))]
        median = statistics.median(delays)
        yield f"live: {len(delays)} passages, {median:.2f} s after their rows (p50), {worst:.2f} s (p95)"
        taken = _review(started, site)
        worst = sorted(taken)[round(0.95 * (len(taken) - 1))]
        yield f"review: {len(taken)} plates, {statistics.median(taken):.2f} s a plate (p50), {worst:.2f} s (p95)"


def _visit(started: Browser, site: Site, name: str) -> Weight:
    hash_, selector = _SHOWN[name]
    context = started.new_context()
    context.set_default_timeout(60_000)
    try:
        page = context.new_page()
        if name != "login":
            log_in(page, site)
            # Another profile's cache would be another visitor's: the session alone is kept.
            kept = context.storage_state()
            context.close()
            context = started.new_context(storage_state=kept)
            context.set_default_timeout(60_000)
            page = context.new_page()
        sizes = _watch_sizes(page)
        begun = time.perf_counter()
        page.goto(site.console_url + hash_)
        page.locator(selector).first.wait_for()
        seconds = time.perf_counter() - begun
        ours = [size for url, size in sizes if not url.startswith(site.cloud.endpoint)]
        return Weight(len(ours), sum(ours) / 1000, seconds)
    finally:
        context.close()


def _watch_sizes(page: Page) -> list[tuple[str, int]]:
    """Address and size of each answer, filled in as they come."""
    urls: dict[str, str] = {}
    sizes: list[tuple[str, int]] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def sent(event: dict[str, Any]) -> None:
        urls[event["requestId"]] = event["request"]["url"]

    def finished(event: dict[str, Any]) -> None:
        sizes.append((urls.get(event["requestId"], ""), int(event["encodedDataLength"])))

    session.on("Network.requestWillBeSent", sent)
    session.on("Network.loadingFinished", finished)
    return sizes


def _delays(started: Browser, site: Site) -> Iterator[float]:
    """Seconds from each passage's row to its card, for a page that is looked at."""
    context = started.new_context()
    context.set_default_timeout(60_000)
    page = context.new_page()
    log_in(page, site)
    page.evaluate(_NOTE_ARRIVALS)
    before = set(page.evaluate("window.arrived"))
    with Client(site.api_url, site.admin) as api:
        camera = api.post("/cameras", {"name": "Measured"})["id"]
        for _ in range(_CLIPS):
            follow(api, str(api.uploads.send(rendered_clip(), camera=camera, captured_at=datetime.now(UTC)).id))
        page.wait_for_timeout(4000)
        arrived = page.evaluate("window.arrived")
        for event in api.pages("/events", camera_id=camera):
            if event["id"] in arrived and event["id"] not in before:
                yield arrived[event["id"]] / 1000 - datetime.fromisoformat(event["processed_at"]).timestamp()
    context.close()


def _review(started: Browser, site: Site) -> list[float]:
    """Seconds that each of `_REVIEWED` plates takes a hand that never waits."""
    with Client(site.api_url, site.admin) as api:
        camera = api.post("/cameras", {"name": "Reviewed"})["id"]
        seen = next(iter(api.pages("/events")))
        crop = base64.b64encode(httpx.get(seen["crop_url"], timeout=30).content).decode()
        for number in range(_REVIEWED + 1):
            read = {"read_id": str(number), "engine": "measure", "camera": camera, "plate": f"AB{number:03}CD"}
            api.post("/reads", {**read, "captured_at": datetime.now(UTC).isoformat(), "score": 0.5, "crop": crop})
    context = started.new_context()
    context.set_default_timeout(60_000)
    page = context.new_page()
    log_in(page, site)
    page.goto(f"{site.console_url}#/review?camera={camera}")
    shown = page.evaluate(_SHOWS_ANOTHER, None)
    taken = []
    for number in range(_REVIEWED):
        begun = time.perf_counter()
        if number % _CORRECTED == 0:
            page.keyboard.press("Q")
        page.keyboard.press("Enter")
        shown = page.evaluate(_SHOWS_ANOTHER, shown)
        taken.append(time.perf_counter() - begun)
    page.get_by_text("on their way").wait_for(state="hidden")
    context.close()
    return taken
