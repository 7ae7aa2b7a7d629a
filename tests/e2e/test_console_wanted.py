"""The console's page of wanted plates, in a real browser: a list, an entry, its hit, and what a person says of it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from anpr_client import Client
from infra.local.clip.scene import PLATES
from infra.local.place import Running
from tests.e2e.api_calls import camera_named, send
from tests.e2e.browsing import Reader, reading

pytestmark = pytest.mark.timeout(600)

Finish = Callable[[str], dict[str, Any]]


@pytest.fixture
def hit(api: Client, clip: Path, finish: Finish) -> None:
    """A list with a wanted plate, and a hit on it."""
    name = f"Wanted {uuid4().hex[:6]}"
    list_id = api.post("/bolos/lists", {"name": name})["id"]
    api.post("/bolos", {"list_id": list_id, "pattern": PLATES[1], "reason": "stolen"})
    finish(send(api, clip, camera_named(api, f"Camera {name}"), datetime.now(UTC)))


def remove_entries(page: Page, entries: Locator, form: Locator) -> None:
    """One that has hits stays, and it is said why; one without goes."""
    entries.get_by_role("button", name=f"Remove {PLATES[1]}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("would lose their reason")).to_be_visible()
    entries.get_by_role("button", name="New entry").click()
    form.get_by_label("Plate", exact=True).fill("ZZ99ZZZ")
    form.get_by_role("button", name="Save").click()
    entries.get_by_role("button", name="Remove ZZ99ZZZ").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(entries.get_by_role("row").filter(has_text="ZZ99ZZZ")).to_have_count(0)


def test_a_list_is_made_an_entry_mended_and_its_hit_judged(
    reader: Reader, site: Running, api: Client, clip: Path, finish: Finish
) -> None:
    reader.expect_complaint("status of 4(09|22)")
    name = f"Wanted {uuid4().hex[:6]}"
    reader.enter(site.admin, "#/wanted/lists", "Wanted")
    page = reader.page
    page.get_by_role("button", name="New list").click()
    # What is wrong with a field stands at the field.
    title = page.get_by_label("List", exact=True)
    title.fill("   ")
    page.get_by_role("button", name="Save").click()
    expect(title).to_have_attribute("aria-invalid", "true")
    title.fill(name)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name=name).click()

    entries = page.get_by_role("region", name=name)
    entries.get_by_role("button", name="New entry").click()
    form = page.get_by_role("dialog")
    form.get_by_label("How it is written").select_option(label="a regular expression")
    form.get_by_label("Plate", exact=True).fill("B(")
    form.get_by_role("button", name="Save").click()
    # What is wrong is said at the field, and what was typed stays.
    field = form.get_by_label("Plate", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("no regular expression"))
    expect(field).to_have_value("B(")
    form.get_by_label("How it is written").select_option(label="a plate")
    field.fill(PLATES[1])
    form.get_by_label("Reason").fill("stolen")
    form.get_by_role("button", name="Save").click()
    expect(entries.get_by_role("row").filter(has_text=PLATES[1])).to_be_visible()
    assert reader.find_barriers() == []

    finish(send(api, clip, camera_named(api, f"Camera {name}"), datetime.now(UTC)))
    list_id = page.url.rsplit("/", 1)[-1]
    reader.open(f"#/wanted/hits?list={list_id}")
    card = page.get_by_role("listitem").filter(has_text=name)
    expect(card.get_by_text("open", exact=True)).to_be_visible()
    card.get_by_role("button", name="wrong vehicle").click()
    expect(card.get_by_role("button", name="wrong vehicle")).to_have_attribute("aria-pressed", "true")
    assert [hit["status"] for hit in api.get("/bolos/hits", list_id=list_id)["items"]] == ["wrong_vehicle"]
    expect(card.get_by_role("list", name="What became of it")).to_contain_text("wrong vehicle")
    card.get_by_role("button", name=f"Note on {PLATES[1]}").click()
    form.get_by_label("Note").fill("a bus")
    form.get_by_role("button", name="Save").click()
    expect(card.get_by_text("a bus", exact=True)).to_be_visible()
    assert [hit["status_note"] for hit in api.get("/bolos/hits", list_id=list_id)["items"]] == ["a bus"]

    page.get_by_role("link", name="Lists").click()
    page.get_by_role("link", name=name).click()
    entries.get_by_role("button", name=f"Change {PLATES[1]}").click()
    form.get_by_label("Reason").fill("found")
    form.get_by_role("button", name="Save").click()
    expect(entries.get_by_text("found")).to_be_visible()
    remove_entries(page, entries, form)
    assert [one["pattern"] for one in api.get("/bolos", list_id=list_id)["items"]] == [PLATES[1]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_inbox(browser: Browser, site: Running, hit: None, theme: str) -> None:
    with reading(browser, site, color_scheme=theme) as reader:
        reader.enter(site.admin, "#/wanted/hits?status=any", "Wanted")
        expect(reader.page.locator(".hit-card").first).to_be_visible()
        barriers = {"hits": reader.find_barriers()}
        reader.open("#/wanted/lists")
        expect(reader.page.locator("tr.leads").first).to_be_visible()
        barriers["lists"] = reader.find_barriers()
    assert {page: found for page, found in barriers.items() if found} == {}
