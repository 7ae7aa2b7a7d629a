"""The console in a real browser: one page of one reader, and everything that the browser complained about."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from anpr_client import Login

# The emulator starts a function at its first call, on a machine that does other things besides.
PATIENCE_MS: Final = 60_000
# Chromium complains of itself where a map is drawn without a graphics card.
_DRAWN_WITHOUT_A_CARD: Final = "GPU stall due to ReadPixels"
_REPORT_VIOLATIONS: Final = """
document.addEventListener('securitypolicyviolation', event =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
"""
_SETTLED: Final = """
() => Promise.allSettled(document.getAnimations()
  .filter(one => one.effect.getComputedTiming().endTime !== Infinity)
  .map(one => one.finished))
"""


class Consoled(Protocol):
    """A backend that has a console."""

    @property
    def console_url(self) -> str:
        """Where it is."""


@dataclass
class Reader:
    """Somebody at the console.

    Attributes:
        page: what they look at.
        context: their browser profile.
        url: the console's address.
        complaints: what the browser complained about: errors on its console and of scripts, requests that failed,
            violations of the policy, requests to strangers.
        expected: patterns of complaints that the test provokes.
    """

    page: Page
    context: BrowserContext
    url: str
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def open(self, hash_: str = "") -> None:
        """Go to a page of the console by its hash."""
        self.page.goto(self.url + hash_)

    def log_in(self, login: Login) -> None:
        """Fill in the form that is shown and send it."""
        self.page.get_by_label("E-mail address").fill(login.email)
        self.page.get_by_label("Password").fill(login.password)
        self.page.get_by_role("button", name="Log in", exact=True).click()

    def enter(self, login: Login, hash_: str = "#/live", heading: str = "Live") -> None:
        """Go to a page and log in, until the page is there."""
        self.open(hash_)
        self.log_in(login)
        expect(self.page.get_by_role("heading", name=heading, level=1)).to_be_visible()

    def say_why(self, reason: str) -> None:
        """Answer the question for the reason of a search."""
        self.page.get_by_label("Reason or case number").fill(reason)
        self.page.get_by_role("button", name="Go on", exact=True).click()

    def expect_complaint(self, pattern: str) -> None:
        """Say that the test provokes a complaint, by a regular expression."""
        self.expected.append(pattern)

    def surprises(self) -> list[str]:
        """The complaints that nobody expected."""
        return [one for one in self.complaints if not any(re.search(pattern, one) for pattern in self.expected)]

    def find_barriers(self) -> list[str]:
        """What axe has against what is shown, by the rules of WCAG 2.2 AA and its best practices."""
        # What fades in is pale for a moment.
        self.page.evaluate(_SETTLED)
        found: Any = Axe().run(self.page).response
        return [
            f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes']][:3]}"
            for one in found["violations"]
        ]


@contextmanager
def reading(browser: Browser, site: Consoled, **options: Any) -> Iterator[Reader]:
    """Open a browser profile of its own; whatever the browser complained about fails the test at its end.

    Args:
        browser: the browser.
        site: the backend.
        options: Playwright's, such as `color_scheme`, `viewport`, `locale`.
    """
    settings = {"locale": "en-GB", "timezone_id": "Europe/London", "viewport": {"width": 1440, "height": 900}} | options
    context = browser.new_context(**settings)
    try:
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        context.add_init_script(_REPORT_VIOLATIONS)
        reader = Reader(context.new_page(), context, site.console_url)
        _listen(reader)
        yield reader
        # Said in words: outside of a test's own module an assertion does not show what it compared.
        assert not reader.surprises(), reader.surprises()
    finally:
        context.close()


def answer(route: Route, status: int, detail: str, **headers: str) -> None:
    """Answer in the API's place with a problem."""
    problem = {"type": "about:blank", "title": detail, "status": status, "detail": detail}
    route.fulfill(
        status=status, headers={"content-type": "application/problem+json"} | headers, body=json.dumps(problem)
    )


def _listen(reader: Reader) -> None:
    complain = reader.complaints.append
    page = reader.page
    page.on(
        "console",
        lambda said: (
            complain(f"console: {said.text}")
            if said.type in ("error", "warning") and _DRAWN_WITHOUT_A_CARD not in said.text
            else None
        ),
    )
    page.on("pageerror", lambda error: complain(f"error: {error}"))
    page.on(
        "requestfailed",
        # A page that is left gives up what it asked for.
        lambda asked: (
            None if "ERR_ABORTED" in (asked.failure or "") else complain(f"failed: {asked.url} {asked.failure}")
        ),
    )
    page.on(
        "request",
        lambda asked: complain(f"stranger: {asked.url}") if _is_strange(asked.url) else None,
    )


def _is_strange(url: str) -> bool:
    """Whether an address is of another machine: whatever is asked for has to be on this one."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme.startswith("http") and host != "127.0.0.1" and not host.endswith("localhost")
