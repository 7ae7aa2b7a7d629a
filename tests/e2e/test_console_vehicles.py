"""Vehicles that people know by name, at the console in a real browser: named where one sees them, and in their list."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from anpr_client import Client, Login
from infra.local.clip.scene import PLATES
from infra.local.place import Running
from tests.e2e.api_calls import camera_named, send
from tests.e2e.browsing import Reader, reading

pytestmark = pytest.mark.timeout(600)

Finish = Callable[[str], dict[str, Any]]
PLATE = PLATES[2]


@pytest.fixture
def camera(api: Client, clip: Path, finish: Finish) -> dict[str, str]:
    """A camera that a clip has passed; nobody knows its vehicles yet."""
    for known in list(api.vehicles.list(plate=PLATE)):
        api.vehicles.delete(known.id)
    name = f"Known {uuid4().hex[:6]}"
    camera_id = camera_named(api, name)
    finish(send(api, clip, camera_id, datetime.now(UTC)))
    return {"id": camera_id, "name": name}


def save(page: Page, **fields: str) -> None:
    """Fill in the form of a vehicle and send it."""
    form = page.get_by_role("dialog")
    for label, text in fields.items():
        form.get_by_label(label, exact=True).fill(text)
    form.get_by_role("button", name="Save").click()


def test_a_vehicle_is_named_from_its_passage_and_shows_it_wherever_it_passes(
    reader: Reader, browser: Browser, site: Running, api: Client, camera: dict[str, str]
) -> None:
    reader.expect_complaint("status of 409")
    found = f"#/search?camera={camera['id']}"
    reader.enter(site.admin, found, "Search")
    page = reader.page
    rows = page.locator("tr.leads")
    row = rows.filter(has_text=PLATE)
    expect(rows).to_have_count(len(PLATES))
    row.get_by_role("link").click()
    aside = page.get_by_role("complementary", name="Passage")
    aside.get_by_role("button", name="Name this vehicle").click()
    expect(page.get_by_role("dialog").get_by_label("Plate", exact=True)).to_have_value(PLATE)
    save(page, Name="Post van", Note="yellow")
    expect(aside.get_by_text("Post van", exact=True)).to_be_visible()
    # The row beside it says so at once, and no other one does.
    expect(row.get_by_text("Post van", exact=True)).to_be_visible()
    expect(page.locator("tr.leads .known")).to_have_count(1)
    assert reader.find_barriers() == []
    page.reload()
    expect(row.get_by_text("Post van", exact=True)).to_be_visible()
    expect(aside.get_by_text("Post van", exact=True)).to_be_visible()

    aside.get_by_role("button", name="Change Post van").click()
    expect(page.get_by_role("dialog").get_by_label("Note", exact=True)).to_have_value("yellow")
    save(page, Name="The post")
    expect(row.get_by_text("The post", exact=True)).to_be_visible()
    reader.open("#/live")
    card = page.locator(".passage-card").filter(has_text=camera["name"]).filter(has_text=PLATE)
    expect(card.get_by_text("The post", exact=True)).to_be_visible()
    assert [(one.plate, one.name, one.note) for one in api.vehicles.list(plate=PLATE)] == [
        (PLATE, "The post", "yellow")
    ]

    login = Login(f"viewer-{uuid4().hex[:8]}@example.org", "correct horse battery staple")
    api.post("/users", {"email": login.email, "password": login.password, "role": "viewer", "full_name": "Ana Pop"})
    with reading(browser, site) as viewer:
        viewer.enter(login, found, "Search")
        viewer.page.locator("tr.leads").filter(has_text=PLATE).get_by_role("link").click()
        seen = viewer.page.get_by_role("complementary", name="Passage")
        expect(seen.get_by_text("The post", exact=True)).to_be_visible()
        expect(seen.get_by_role("button", name="Change The post")).to_have_count(0)
        viewer.open("#/admin/vehicles")
        expect(viewer.page.get_by_role("row").filter(has_text="The post")).to_be_visible()
        expect(viewer.page.get_by_role("button", name="Name a vehicle")).to_have_count(0)


def test_the_list_of_known_vehicles_is_kept_by_hand(
    reader: Reader, site: Running, api: Client, camera: dict[str, str]
) -> None:
    reader.expect_complaint("status of 4(09|22)")
    reader.enter(site.admin, "#/admin/vehicles", "Admin")
    page = reader.page
    page.get_by_role("button", name="Name a vehicle").click()
    form = page.get_by_role("dialog")
    save(page, Name="Post van", Plate=f"{PLATE[:2]}*")
    expect(form.get_by_label("Plate", exact=True)).to_have_accessible_description(re.compile("no pattern"))
    save(page, Plate=f"{PLATE[:2]}-{PLATE[2:]}".lower())
    listed = page.get_by_role("row").filter(has_text="Post van")
    expect(listed).to_be_visible()
    # A plate has one name.
    page.get_by_role("button", name="Name a vehicle").click()
    save(page, Name="Another", Plate=PLATE)
    expect(form.get_by_role("alert")).to_contain_text("known already")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    page.get_by_role("searchbox", name="Name").fill("post")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("name=post"))
    expect(listed).to_be_visible()
    page.get_by_role("searchbox", name="Plate").fill("ZZ99ZZZ")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No known vehicle fits")).to_be_visible()
    reader.open("#/admin/vehicles")
    expect(listed).to_be_visible()
    assert reader.find_barriers() == []

    listed.get_by_role("button", name="Remove the name Post van").click()
    form.get_by_role("button", name="Remove", exact=True).click()
    expect(listed).to_have_count(0)
    assert list(api.vehicles.list(plate=PLATE)) == []
    reader.open(f"#/search?camera={camera['id']}")
    expect(page.locator("tr.leads")).to_have_count(len(PLATES))
    expect(page.locator(".known")).to_have_count(0)
