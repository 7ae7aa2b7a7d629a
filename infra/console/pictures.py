"""Pictures of the console's pages, in both themes: `python -m infra.console pictures` puts them in docs/console.

They show a backend that was started for them, with cameras, a wanted plate and the clip that the project renders.
"""

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, ViewportSize

from anpr_client import Client
from infra.console.browser import browser
from infra.local.clip.scene import PLATES
from infra.local.console import Console
from infra.local.demo import rendered_clip
from infra.local.place import Place
from infra.local.scratch import scratch
from infra.local.site import Site, launch
from infra.packaging import ROOT

FOLDER: Final = ROOT / "docs" / "console"
THEMES: Final = ("light", "dark")
_DESK: Final[ViewportSize] = {"width": 1440, "height": 900}
_PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
_WAIT_S: Final = 240
_PATIENCE_MS: Final = 60_000
_CAMERAS: Final = (
    {"name": "North gate, in", "time_zone": "Europe/London", "latitude": 51.53, "longitude": -0.12, "heading": 190},
    {"name": "South ring, lane 2", "time_zone": "Europe/London", "latitude": 51.45, "longitude": -0.1, "heading": 20},
    {"name": "Harbour exit", "time_zone": "Europe/Berlin", "latitude": 53.54, "longitude": 9.98, "heading": 270},
)
# Nobody answers there, and nobody reads it.
_STREAM: Final = "rtsp://viewer:password@10.20.0.7/stream1"

_DECODED: Final = """
Promise.all([...document.images].filter(image => image.getBoundingClientRect().top < innerHeight)
  .map(image => image.decode().catch(() => undefined)))
"""
# A moment for what moves when a page appears.
_SETTLED_MS: Final = 500
# Without a graphics card a map takes its time.
_DRAWN_MS: Final = 3000

Show = Callable[[Page], None]


def _live(page: Page) -> None:
    page.goto(f"{_base(page)}#/live")
    page.locator(".passage-card img").first.wait_for()


def _search(page: Page) -> None:
    page.goto(f"{_base(page)}#/search?plate={PLATES[0][:3]}*")
    page.get_by_label("Reason or case number").or_(page.locator("tr.leads").first).first.wait_for()
    if page.get_by_role("dialog").count():
        page.get_by_label("Reason or case number").fill("Case 4711/26")
        page.get_by_role("button", name="Go on", exact=True).click()
    page.locator("tr.leads a").first.click()
    page.locator("svg.frame .box").wait_for()


def _wall(page: Page) -> None:
    page.goto(f"{_base(page)}#/search")
    page.get_by_role("button", name="Wall of crops").click()
    page.locator(".wall img").first.wait_for()


def _footage(page: Page) -> None:
    page.goto(f"{_base(page)}#/footage")
    page.get_by_role("button", name="Show passages").first.wait_for()


def _player(page: Page) -> None:
    page.goto(f"{_base(page)}#/footage")
    page.get_by_role("link", name="Watch").first.click()
    # A search was made before, so the reason is known.
    page.get_by_role("button", name=f"Go to {PLATES[1]}").click()
    page.locator(".screen .box").first.wait_for()


def _wanted(page: Page) -> None:
    page.goto(f"{_base(page)}#/wanted")
    page.locator(".hit-card img").first.wait_for()


def _map(page: Page) -> None:
    page.goto(f"{_base(page)}#/map")
    page.locator(".map[data-state=ready]").wait_for()
    page.wait_for_timeout(_DRAWN_MS)


def _insight(page: Page) -> None:
    page.goto(f"{_base(page)}#/insight")
    page.locator(".chart[data-ready=true] canvas").nth(3).wait_for()


def _cameras(page: Page) -> None:
    page.goto(f"{_base(page)}#/admin/cameras")
    page.get_by_text("waits for a reader").first.wait_for()


def _audit(page: Page) -> None:
    page.goto(f"{_base(page)}#/admin/audit")
    page.get_by_role("button", name="Check now").click()
    page.get_by_text("whole", exact=True).wait_for()


def _health(page: Page) -> None:
    page.goto(f"{_base(page)}#/admin/health")
    page.get_by_text("answers", exact=True).first.wait_for()


PAGES: Final[dict[str, Show]] = {
    "live": _live,
    "search": _search,
    "wall": _wall,
    "footage": _footage,
    "player": _player,
    "wanted": _wanted,
    "map": _map,
    "insight": _insight,
    "cameras": _cameras,
    "audit": _audit,
    "health": _health,
}
"""By the picture's name, how to get to what it shows, as somebody who is logged in."""


def take() -> None:
    """Start a backend, fill it, and take all pictures anew.

    Raises:
        infra.console.browser.BrowserError: there is no browser.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with ExitStack() as stack:
        state = stack.enter_context(scratch())
        site = launch(Place.temporary(state, state / "logs"), Console(), stack)
        site.start_worker(stack)
        site.wake()
        fill(site)
        started = stack.enter_context(browser())
        for theme in THEMES:
            context = started.new_context(
                viewport=_DESK, color_scheme=theme, locale="en-GB", timezone_id="Europe/London"
            )
            context.set_default_timeout(_PATIENCE_MS)
            page = context.new_page()
            page.goto(site.console_url)
            page.get_by_label("Password").wait_for()
            _picture(page, f"login-{theme}")
            log_in(page, site)
            for name, show in PAGES.items():
                show(page)
                _picture(page, f"{name}-{theme}")
            page.set_viewport_size(_PHONE)
            _live(page)
            _picture(page, f"phone-{theme}")
            context.close()


def log_in(page: Page, site: Site) -> None:
    """Log in as the administrator, until the live page is there."""
    page.goto(site.console_url)
    page.get_by_label("E-mail address").fill(site.admin.email)
    page.get_by_label("Password").fill(site.admin.password)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("heading", name="Live", level=1).wait_for()


def _base(page: Page) -> str:
    return page.url.split("#", maxsplit=1)[0]


def _picture(page: Page, name: str) -> None:
    page.evaluate(_DECODED)
    page.wait_for_timeout(_SETTLED_MS)
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


def fill(site: Site) -> None:
    """Three cameras, one of them with a live stream, a wanted plate, and a clip at each camera, until all are read."""
    with Client(site.api_url, site.admin) as api:
        lists = api.post("/bolos/lists", {"name": "Stolen vehicles", "priority": "high"})
        wanted = {"list_id": lists["id"], "pattern": PLATES[0], "reason": "Stolen on 1 March", "case_number": "4711/26"}
        api.post("/bolos", wanted)
        clip = rendered_clip()
        for hours, camera in enumerate(_CAMERAS):
            made = api.post("/cameras", camera)
            job = api.uploads.send(clip, camera=made["id"], captured_at=datetime.now(UTC) - timedelta(hours=hours))
            follow(api, str(job.id))
        api.put(f"/cameras/{made['id']}/stream", {"url": _STREAM})


def follow(api: Client, job_id: str) -> None:
    """Wait until a job has succeeded."""
    deadline = time.monotonic() + _WAIT_S
    while api.get(f"/jobs/{job_id}")["status"] != "succeeded":
        if time.monotonic() > deadline:
            raise TimeoutError(f"the job {job_id} has not succeeded in {_WAIT_S} s")
        time.sleep(1)


def missing(folder: Path = FOLDER) -> list[str]:
    """Names of the pictures that are not there."""
    names = [f"{name}-{theme}.png" for name in ("login", *PAGES, "phone") for theme in THEMES]
    return [name for name in names if not (folder / name).is_file()]
