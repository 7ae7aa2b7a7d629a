"""The console's map, in a real browser: cameras with where they look, silent ones, and choosing by the map."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from anpr_client import Client
from infra.local.clip.scene import PLATES
from infra.local.place import Running
from tests.e2e.api_calls import send
from tests.e2e.browsing import Reader, reading

pytestmark = pytest.mark.timeout(600)

Finish = Callable[[str], dict[str, Any]]
TILE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154081d63885a10050002ac0155450b1e"
    "df0000000049454e44ae426082"
)
"""A PNG of one green pixel."""
TELL = """
document.addEventListener('DOMContentLoaded', () => {
  for (const [name, content] of Object.entries(told))
    document.head.append(Object.assign(document.createElement('meta'), { name, content }));
});
"""
STREAM = "rtsp://10.0.0.9:554/stream1"


@pytest.fixture
def cameras(api: Client) -> dict[str, str]:
    """Three cameras of its own by name: one that looks east, one that streams and is silent, one that is nowhere."""
    word = uuid4().hex[:6]
    east: dict[str, object] = {"latitude": 53.55, "longitude": 9.99, "heading": 90, "time_zone": "Europe/Berlin"}
    places: dict[str, dict[str, object]] = {
        "East": east,
        "Silent": {"latitude": 53.57, "longitude": 10.02},
        "Nowhere": {},
    }
    made = {
        f"{name} {word}": api.post("/cameras", {"name": f"{name} {word}", **place})["id"]
        for name, place in places.items()
    }
    api.put(f"/cameras/{made[named(made, 'Silent')]}/stream", {"url": STREAM})
    return made


def named(cameras: dict[str, str], name: str) -> str:
    return next(one for one in cameras if one.startswith(name))


def open_map(reader: Reader, site: Running, word: str, hash_: str = "#/map") -> Locator:
    """Go to the map and find the cameras of a word; returns the list's entries."""
    reader.enter(site.admin, hash_, "Map")
    reader.page.get_by_label("Find a camera").fill(word)
    expect(reader.page.locator(".map")).to_have_attribute("data-state", "ready")
    return reader.page.get_by_role("region", name="Cameras", exact=True).get_by_role("listitem")


def press_middle(page: Page) -> None:
    """Press on what is in the middle of the map."""
    box = page.locator(".map canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_the_list_says_what_the_map_shows_and_a_sign_on_it_can_be_pressed(
    browser: Browser, site: Running, api: Client, cameras: dict[str, str], clip: Path, finish: Finish
) -> None:
    name = named(cameras, "East")
    finish(send(api, clip, cameras[name], datetime.now(UTC)))
    # Without motion the map is where it goes to at once.
    with reading(browser, site, reduced_motion="reduce") as reader:
        entries = open_map(reader, site, name.split(" ")[1])
        page = reader.page
        expect(entries).to_have_count(3)
        entry = entries.filter(has_text=name)
        expect(entry).to_contain_text("looks east (90°)")
        expect(entry.get_by_role("link")).to_have_attribute("href", re.compile("passage="))
        expect(entries.filter(has_text="Silent").get_by_text("silent", exact=True)).to_be_visible()
        expect(entries.filter(has_text="Nowhere")).to_contain_text("nobody has said where it is")

        entry.get_by_role("button", name=name).click()
        expect(entry).to_have_attribute("aria-current", "true")
        assert f"camera={cameras[name]}" in page.url
        # The map went to the camera, so that its sign is in the middle; pressing it puts the camera away again.
        page.wait_for_timeout(1000)
        press_middle(page)
        expect(entry).not_to_have_attribute("aria-current", "true")
        assert "camera=" not in page.url

        page.get_by_role("switch", name="Silent ones only").check()
        expect(entries).to_have_count(1)
        assert "silent=yes" in page.url
        entries.get_by_role("button", name="Silent").click()
        page.get_by_role("link", name="Passages").click()
        expect(page.get_by_role("heading", name="Search", level=1)).to_be_visible()


def test_cameras_are_chosen_for_a_search_on_the_map(reader: Reader, site: Running, cameras: dict[str, str]) -> None:
    name = named(cameras, "East")
    reader.enter(site.admin, "#/search", "Search")
    page = reader.page
    page.locator(".picker summary").click()
    page.get_by_role("button", name="On the map").click()
    dialog = page.get_by_role("dialog", name="Cameras on the map")
    expect(dialog.locator(".map")).to_have_attribute("data-state", "ready")
    dialog.get_by_role("checkbox", name=name).check()
    dialog.get_by_role("button", name="Done: 1 camera").click()
    expect(page.locator(".picker summary")).to_contain_text(name)
    assert f"camera={cameras[name]}" in page.url

    page.locator(".picker summary").click()
    page.get_by_role("button", name="On the map").click()
    dialog.get_by_role("button", name="All cameras").click()
    taking = dialog.get_by_role("button", name=re.compile(r"^Take the [1-9]\d* in sight$"))
    taking.click()
    expect(dialog.get_by_role("checkbox", name=name)).to_be_checked()
    assert reader.find_barriers() == []


def test_the_way_of_a_plate_is_on_the_map(
    reader: Reader, site: Running, api: Client, cameras: dict[str, str], clip: Path, finish: Finish
) -> None:
    for hours, name in enumerate(("East", "Silent")):
        finish(send(api, clip, cameras[named(cameras, name)], datetime.now(UTC) - timedelta(hours=hours)))
    reader.enter(site.admin, f"#/search?plate={PLATES[2]}&camera={cameras[named(cameras, 'East')]}", "Search")
    reader.say_why("Where did it go?")
    page = reader.page
    page.locator("tr.leads a").first.click()
    page.get_by_role("button", name="Show them on the map").click()
    expect(page.locator(".map-way .map")).to_have_attribute("data-state", "ready")
    expect(page.get_by_role("region", name=re.compile("^Map of where the plate was seen"))).to_be_visible()
    assert reader.find_barriers() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_the_map_and_nothing_runs_over_on_a_phone(
    browser: Browser, site: Running, cameras: dict[str, str], theme: str
) -> None:
    with reading(browser, site, color_scheme=theme) as reader:
        entries = open_map(reader, site, named(cameras, "East").split(" ")[1])
        expect(entries).to_have_count(3)
        assert reader.find_barriers() == []
        reader.page.set_viewport_size({"width": 360, "height": 740})
        assert reader.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_map_that_does_not_come_leaves_the_list_and_another_try(
    reader: Reader, site: Running, cameras: dict[str, str]
) -> None:
    reader.expect_complaint("ERR_FAILED|Failed to fetch|dynamically imported")
    page = reader.page
    outlines = re.compile(r"countries-110m\.json")
    page.route(outlines, lambda route: route.abort())
    reader.enter(site.admin, "#/map", "Map")
    page.get_by_label("Find a camera").fill(named(cameras, "East").split(" ")[1])
    expect(page.locator(".map")).to_have_attribute("data-state", "broken")
    expect(page.get_by_role("region", name="Cameras", exact=True).get_by_role("listitem")).to_have_count(3)
    page.unroute(outlines)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".map")).to_have_attribute("data-state", "ready")


def test_an_operator_s_own_tiles_are_what_the_map_is_drawn_on(
    reader: Reader, site: Running, cameras: dict[str, str]
) -> None:
    page = reader.page
    # As the page of a console with these settings has it; its policy lets in its own server.
    told = {"map-style": urljoin(site.console_url, "tiles/{z}/{x}/{y}.png"), "map-attribution": "Example & Sons"}
    reader.context.add_init_script(f"const told = {json.dumps(told)};{TELL}")
    asked: list[str] = []

    def tile(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(content_type="image/png", body=TILE)

    page.route(re.compile(r"/console/tiles/"), tile)
    with page.expect_request(re.compile(r"/console/tiles/")):
        open_map(reader, site, named(cameras, "East").split(" ")[1])
    expect(page.get_by_text("Example & Sons")).to_be_visible()
    assert [url for url in asked if not re.search(r"/tiles/\d+/\d+/\d+\.png$", url)] == []
