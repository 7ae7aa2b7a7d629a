"""The console's review page, in a real browser: by the keyboard alone, and without losing an answer."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from anpr_client import Client
from infra.local.clip.scene import PLATES
from infra.local.place import Running
from tests.e2e.api_calls import camera_named, send
from tests.e2e.browsing import Reader

pytestmark = pytest.mark.timeout(600)

Finish = Callable[[str], dict[str, Any]]


@pytest.fixture
def waiting(api: Client, clip: Path, finish: Finish) -> str:
    """A camera whose passages of one clip wait for review."""
    camera = camera_named(api, f"Review {time.monotonic_ns()}")
    finish(send(api, clip, camera, datetime.now(UTC) - timedelta(hours=1)))
    return camera


def statuses(api: Client, camera: str) -> dict[str, tuple[str, str]]:
    found = api.get("/events", camera_id=camera, limit=50)["items"]
    return {one["plate"]: (one["review_status"], one["effective_plate"]) for one in found if one["readable"]}


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.2)


def read(reader: Reader) -> str:
    """The plate that is shown, character by character."""
    return "".join(reader.page.locator(".reading .glyph").all_inner_texts())


def press(reader: Reader, *keys: str) -> None:
    for key in keys:
        reader.page.keyboard.press(key)


def test_passages_are_confirmed_corrected_and_rejected_by_the_keyboard_alone(
    reader: Reader, site: Running, api: Client, waiting: str
) -> None:
    reader.enter(site.admin, f"#/review?camera={waiting}", "Review")
    given: dict[str, str] = {}
    for keys, status in (
        (("Enter",), "confirmed"),
        (("ArrowLeft", "Q", "Enter"), "corrected"),
        (("x", "u"), "rejected"),
    ):
        expect(reader.page.locator(".reading .glyph").first).to_be_visible()
        plate = read(reader)
        given[plate] = status
        press(reader, *keys)
        expect(reader.page.locator(".judging")).not_to_have_attribute("aria-label", f"Passage {plate}")

    until(lambda: all(statuses(api, waiting)[plate][0] == status for plate, status in given.items()))
    corrected = next(plate for plate, status in given.items() if status == "corrected")
    assert statuses(api, waiting)[corrected][1] == corrected[:-1] + "Q"
    assert set(given) <= set(PLATES)


def test_no_key_is_lost_while_one_passage_gives_way_to_the_next(
    reader: Reader, site: Running, api: Client, waiting: str
) -> None:
    """A practised hand does not wait for what it knows to come."""
    reader.enter(site.admin, f"#/review?camera={waiting}", "Review")
    expect(reader.page.locator(".reading .glyph").first).to_be_visible()
    readable = statuses(api, waiting)
    for _ in readable:
        press(reader, "ArrowLeft", "Q", "Enter")

    until(lambda: all(status == "corrected" for status, _ in statuses(api, waiting).values()))
    assert {plate[:-1] + "Q" for plate in readable} == {now for _, now in statuses(api, waiting).values()}


def test_an_answer_is_taken_back_with_one_key(reader: Reader, site: Running, api: Client, waiting: str) -> None:
    reader.enter(site.admin, f"#/review?camera={waiting}", "Review")
    expect(reader.page.locator(".reading .glyph").first).to_be_visible()
    plate = read(reader)
    press(reader, "Enter")
    expect(reader.page.get_by_text("1 done")).to_be_visible()
    until(lambda: statuses(api, waiting)[plate][0] == "confirmed")
    press(reader, "Backspace")
    expect(reader.page.locator(".judging")).to_have_attribute("aria-label", f"Passage {plate}")
    until(lambda: statuses(api, waiting)[plate][0] == "unreviewed")


def test_answers_outlast_an_api_that_is_away_and_a_tab_that_is_loaded_anew(
    reader: Reader, site: Running, api: Client, waiting: str
) -> None:
    reader.enter(site.admin, f"#/review?camera={waiting}", "Review")
    expect(reader.page.locator(".reading .glyph").first).to_be_visible()
    reader.expect_complaint("503")

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=503, body="{}", content_type="application/problem+json")
        else:
            route.continue_()

    reader.page.route("**/feedback/events/*", refuse)
    plates = []
    for _ in range(2):
        plates.append(read(reader))
        press(reader, "Enter")
        expect(reader.page.locator(".judging")).not_to_have_attribute("aria-label", f"Passage {plates[-1]}")
    expect(reader.page.get_by_text("2 on their way")).to_be_visible()

    reader.page.unroute("**/feedback/events/*")
    reader.page.reload()
    expect(reader.page.get_by_role("heading", name="Review", level=1)).to_be_visible()
    until(lambda: all(statuses(api, waiting)[plate][0] == "confirmed" for plate in plates))
    expect(reader.page.get_by_text("on their way")).not_to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_the_review_page(reader: Reader, site: Running, waiting: str, theme: str) -> None:
    reader.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    reader.enter(site.admin, f"#/review?camera={waiting}", "Review")
    expect(reader.page.locator(".reading .glyph").first).to_be_visible()
    assert reader.find_barriers() == []
    press(reader, "?")
    expect(reader.page.get_by_role("dialog")).to_be_visible()
    assert reader.find_barriers() == []
