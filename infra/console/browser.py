"""A real browser, for tests and pictures of the console: the machine's own Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS: Final = (
    # As root, where continuous integration runs, Chromium has no sandbox to offer.
    "--no-sandbox",
    # The browser itself asks nobody for anything.
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
MISSING: Final = "There is no Chromium here: apt-get install chromium (on macOS: brew install --cask google-chrome)."


class BrowserError(RuntimeError):
    """There is no browser; the text says what to install."""


def chromium() -> str:
    """Path of the machine's Chromium, or of a browser of its kind.

    Raises:
        BrowserError: there is none.
    """
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise BrowserError(MISSING)
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the browser, without a window.

    Raises:
        BrowserError: there is none.
    """
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield started
        finally:
            started.close()
