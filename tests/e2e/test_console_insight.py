"""The console's figures, in a real browser: what they say is what was read, and each has its numbers."""

import csv
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from anpr_client import Client, Login
from infra.local.place import Running
from tests.e2e.browsing import Reader, reading

pytestmark = pytest.mark.timeout(600)

# Half past eleven in London, half past twelve in Berlin.
HALF_PAST = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)
DAYS = "from=2026-03-01&to=2026-03-04"


@pytest.fixture
def camera(api: Client) -> dict[str, Any]:
    """A camera in Berlin that three vehicles passed in one hour and one two days later; one of the reads was judged."""
    made: dict[str, Any] = api.post("/cameras", {"name": f"Figures {uuid4().hex[:6]}", "time_zone": "Europe/Berlin"})
    times = [
        HALF_PAST,
        HALF_PAST + timedelta(minutes=5),
        HALF_PAST + timedelta(minutes=9),
        HALF_PAST + timedelta(days=2),
    ]
    for number, at in enumerate(times):
        read = {
            "read_id": f"{made['id']}/{number}",
            "engine": "figures",
            "camera": made["name"],
            "plate": f"ZZ{number:05}",
            "captured_at": at.isoformat(),
            "score": 0.9,
        }
        api.post("/reads", read)
    first = api.get("/events", camera_id=made["id"])["items"][-1]
    api.post(f"/feedback/events/{first['id']}", {"verdict": "confirmed"})
    return made


def numbers(page: Page, title: str) -> Locator:
    """The rows of a chart's numbers."""
    chart = page.get_by_role("region", name=title, exact=True)
    expect(chart.locator(".chart")).to_have_attribute("data-ready", "true")
    chart.get_by_text("The numbers", exact=True).click()
    return chart.locator("tbody tr")


def cells(row: Locator) -> list[str]:
    return [text.strip() for text in row.get_by_role("cell").all_inner_texts()]


def test_passages_are_counted_by_the_clock_at_their_camera(
    reader: Reader, site: Running, camera: dict[str, Any]
) -> None:
    reader.enter(site.admin, f"#/insight?camera={camera['id']}&{DAYS}", "Insight")
    page = reader.page
    rows = numbers(page, "Passages by hour")
    expect(rows).to_have_count(2)
    assert cells(rows.nth(0)) == ["Mon 2 Mar, 12:00", camera["name"], "3", "0", "100%"]
    assert cells(rows.nth(1)) == ["Wed 4 Mar, 12:00", camera["name"], "1", "0", "100%"]
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save Passages by hour as CSV").click()
    saved = list(csv.DictReader(saving.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["Time"], row["Camera"], row["Passages"]) for row in saved] == [
        ("2026-03-02T12:00", camera["name"], "3"),
        ("2026-03-04T12:00", camera["name"], "1"),
    ]
    by_hour = numbers(page, "Hours of the day")
    assert cells(by_hour.nth(12))[:2] == ["12:00", "4"]

    page.get_by_role("button", name="By day", exact=True).click()
    rows = numbers(page, "Passages by day")
    expect(rows).to_have_count(2)
    assert cells(rows.nth(0))[2] == "3"
    assert "step=day" in page.url


def test_people_and_machine_and_what_was_used_are_told(reader: Reader, site: Running, camera: dict[str, Any]) -> None:
    reader.enter(site.admin, f"#/insight?camera={camera['id']}&{DAYS}", "Insight")
    page = reader.page
    [row] = numbers(page, "Agreement of people and machine").all()
    # Week, camera, confirmed, corrected, rejected, plates right.
    assert cells(row)[1:6] == [camera["name"], "1", "0", "0", "100%"]
    licence = page.get_by_role("region", name="Use against the licence")
    expect(licence).to_contain_text("Active cameras")
    expect(page.get_by_role("region", name="By camera").get_by_role("rowheader")).to_have_text([camera["name"]])


def test_a_period_that_is_too_long_says_so_and_an_empty_one_too(reader: Reader, site: Running) -> None:
    # Use is asked for by another bound, which is another refusal.
    reader.expect_complaint("status of 4(00|22)")
    reader.enter(site.admin, "#/insight?from=2020-01-01&to=2026-01-01", "Insight")
    page = reader.page
    expect(page.get_by_text("by at most 366 days")).to_be_visible()
    page.get_by_label("First day").fill("2025-12-30")
    expect(page.get_by_role("region", name="Passages by hour")).to_contain_text("There is nothing in this period.")


def test_viewers_see_what_passed_and_not_how_people_judged(browser: Browser, site: Running, api: Client) -> None:
    login = Login(f"viewer-{uuid4().hex[:8]}@example.org", "correct horse battery staple")
    api.post("/users", {"email": login.email, "password": login.password, "role": "viewer"})
    with reading(browser, site) as reader:
        reader.enter(login, "#/insight", "Insight")
        expect(reader.page.get_by_role("region", name="Passages by hour")).to_be_visible()
        expect(reader.page.get_by_role("region", name="Use against the licence")).to_be_visible()
        expect(reader.page.get_by_role("region", name="Agreement of people and machine")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_figures_and_nothing_runs_over_on_a_phone(
    browser: Browser, site: Running, camera: dict[str, Any], theme: str
) -> None:
    with reading(browser, site, color_scheme=theme) as reader:
        reader.enter(site.admin, f"#/insight?camera={camera['id']}&{DAYS}", "Insight")
        expect(numbers(reader.page, "Passages by hour")).to_have_count(2)
        expect(numbers(reader.page, "Agreement of people and machine")).to_have_count(1)
        assert reader.find_barriers() == []
        reader.page.set_viewport_size({"width": 360, "height": 740})
        reader.page.wait_for_timeout(500)
        assert reader.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
