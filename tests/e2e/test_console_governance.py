"""The console's page of administration, in a real browser: what is kept, held, erased, exported and on record."""

import csv
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from anpr_client import Client
from infra.local.place import Running
from tests.e2e.browsing import Reader, reading

pytestmark = pytest.mark.timeout(600)

THEMES = ("light", "dark")
SECTIONS = {
    "users": "tbody tr",
    "groups": ".resource-head",
    "cameras": "tbody tr",
    "vehicles": ".resource-head",
    "keys": ".resource-head",
    "licences": ".limits li",
    "exports": ".resource-head",
    "retention": ".facts dd",
    "holds": ".resource-head",
    "subjects": "form",
    "audit": "tbody tr",
    "health": ".checks-list li",
    "account": "tbody tr",
}


@pytest.fixture
def plate() -> str:
    """A plate that nobody else has."""
    return f"AD{uuid4().int % 10**6:06d}"


@pytest.fixture
def seen(api: Client, plate: str) -> str:
    """Id of the camera that the plate has passed twice."""
    name = f"Camera {plate}"
    camera = str(api.cameras.create(name).id)
    for number, minute in enumerate((10, 20)):
        read = {"read_id": f"{plate} {number}", "engine": "acme", "camera": name, "plate": plate}
        api.post("/reads", read | {"captured_at": f"2026-03-01T08:{minute}:00Z"})
    return camera


def row(page: Page, text: str) -> Locator:
    """The row of a list that has a text."""
    return page.get_by_role("row").filter(has_text=text)


def form(page: Page) -> Locator:
    """The form over the page."""
    return page.get_by_role("dialog")


def find(page: Page, plate: str, reason: str) -> None:
    """Ask what is kept of a vehicle."""
    asking = page.get_by_role("form", name="Data subjects")
    asking.get_by_label("Plate").fill(plate)
    asking.get_by_label("Reason or case number").fill(reason)
    asking.get_by_role("button", name="Find", exact=True).click()


def newest(api: Client, **query: Any) -> dict[str, Any]:
    """The newest record of the audit log that fits."""
    found: dict[str, Any] = api.get("/admin/audit", limit=1, **query)["items"][0]
    return found


def test_what_is_kept_of_a_vehicle_is_found_handed_out_and_erased(
    reader: Reader, site: Running, api: Client, plate: str, seen: str, tmp_path: Path
) -> None:
    reader.enter(site.admin, "#/admin/subjects", "Admin")
    page = reader.page
    find(page, plate, "Request 12")
    kept = page.get_by_role("region", name=f"What is kept of {plate}")
    expect(kept.locator(".wall li")).to_have_count(2)
    expect(page).to_have_url(re.compile(f"plate={plate}"))
    target = f"plate:{plate}"
    assert newest(api, action="subject.exported", target=target)["reason"] == "Request 12"

    with page.expect_download() as waiting:
        kept.get_by_role("button", name="Save for the person").click()
    saved = tmp_path / "subject.json"
    waiting.value.save_as(saved)
    document = json.loads(saved.read_text())
    assert (document["plate"], {item["plate"] for item in document["items"]}) == (plate, {plate})
    assert len(document["items"]) == 2

    kept.get_by_role("button", name="Erase…").click()
    expect(form(page)).to_contain_text("2 passages are deleted, with their pictures")
    expect(form(page)).to_contain_text("This cannot be undone.")
    form(page).get_by_role("button", name=f"Erase {plate} for ever").click()
    done = page.get_by_role("region", name="Erased")
    expect(done).to_contain_text("2 passages")
    expect(done.get_by_text("complete", exact=True)).to_be_visible()
    assert api.get("/events", camera_id=seen)["items"] == []
    assert newest(api, action="subject.erased")["reason"] == "Request 12"

    find(page, plate, "Request 12, once more")
    expect(page.get_by_role("heading", name=f"Nothing is kept of {plate}").or_(kept)).to_be_visible()
    reader.open("#/admin/retention")
    expect(row(page, "erased on request").first).to_contain_text("2 passages")


def test_a_hold_is_placed_found_by_its_case_and_released(
    reader: Reader, site: Running, api: Client, plate: str, seen: str
) -> None:
    reader.expect_complaint("status of 422")
    case = f"C-{plate}"
    reader.enter(site.admin, "#/admin/holds", "Admin")
    page = reader.page
    page.get_by_role("button", name="Place a hold").first.click()
    form(page).get_by_label("Case number").fill(case)
    form(page).get_by_label("Reason").fill("An investigation")
    form(page).get_by_label("Plate").fill(plate)
    form(page).get_by_label("From").fill("2026-03-02T00:00")
    form(page).get_by_label("Until").fill("2026-03-01T00:00")
    form(page).get_by_role("button", name="Place a hold").click()
    expect(form(page).get_by_role("alert").first).to_be_visible()
    expect(form(page).get_by_label("Case number")).to_have_value(case)
    form(page).get_by_label("From").fill("")
    form(page).get_by_label("Until").fill("")
    form(page).get_by_role("button", name="Place a hold").click()
    expect(row(page, case)).to_contain_text(plate)

    # What a case holds stays, whoever wants it erased.
    erased = api.delete(f"/admin/subjects/{plate}", reason="Request 13")
    assert erased["held"] == 2
    page.get_by_label("Case number").fill("another case")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="There is no legal hold")).to_be_visible()
    page.get_by_label("Case number").fill(case)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"case={case}"))
    row(page, case).get_by_role("button", name=f"Release the hold of {case}").click()
    form(page).get_by_label("Reason").fill("The case is closed")
    form(page).get_by_role("button", name="Release", exact=True).click()
    expect(row(page, case)).to_have_count(0)
    page.get_by_label("Released ones too").check()
    expect(row(page, case)).to_contain_text("Released")
    [hold] = api.get("/admin/holds", case_number=case, active=False)["items"]
    assert hold["released_at"] is not None
    assert newest(api, action="hold.released")["reason"] == "The case is closed"


def test_an_export_is_asked_for_made_downloaded_and_withdrawn(
    reader: Reader, site: Running, api: Client, plate: str, seen: str, tmp_path: Path
) -> None:
    reader.enter(site.admin, "#/admin/exports", "Admin")
    page = reader.page
    page.get_by_role("button", name="New export").click()
    form(page).get_by_label("Reason or case number").fill(f"Statistics {plate}")
    form(page).get_by_label("unreviewed").check()
    form(page).get_by_label(f"Camera {plate}").check()
    form(page).get_by_role("button", name="Make the export").click()

    export = row(page, plate)
    expect(export).to_contain_text("ready")
    with page.expect_download() as waiting:
        export.get_by_role("button", name=f"Download Statistics {plate}").click()
    saved = tmp_path / "export.zip"
    waiting.value.save_as(saved)
    with zipfile.ZipFile(saved) as archive:
        [table] = [name for name in archive.namelist() if name.endswith("events.csv")]
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open(table), encoding="utf-8-sig")))
    assert [one["plate"] for one in rows] == [plate, plate]

    export.get_by_role("button", name=f"Withdraw Statistics {plate}").click()
    form(page).get_by_role("button", name="Withdraw", exact=True).click()
    expect(export).to_contain_text("deleted")
    [one] = [one for one in api.pages("/exports") if one["reason"] == f"Statistics {plate}"]
    assert one["available"] is False


def test_a_licence_that_is_none_is_refused_and_what_was_pasted_stays(
    reader: Reader, site: Running, api: Client
) -> None:
    reader.expect_complaint("status of 4")
    reader.enter(site.admin, "#/admin/licences", "Admin")
    page = reader.page
    status = api.get("/licenses/current")
    assert status["standing"] == "unlimited"
    now = page.get_by_role("region", name="What may be used now")
    expect(now).to_contain_text("No issuer of licences is set here")
    [cameras] = [limit["used"] for limit in status["limits"] if limit["limit"] == "cameras"]
    expect(now).to_contain_text(f"{cameras:.0f}, no limit")
    page.get_by_role("button", name="Activate a licence").click()
    form(page).get_by_label("Licence", exact=True).fill("no licence at all")
    form(page).get_by_role("button", name="Activate a licence").click()
    expect(form(page).get_by_role("alert").first).to_be_visible()
    expect(form(page).get_by_label("Licence", exact=True)).to_have_value("no licence at all")
    assert api.get("/licenses")["items"] == []


def test_how_long_what_is_kept_is_said_as_the_deployment_has_it(reader: Reader, site: Running, api: Client) -> None:
    kept = api.get("/admin/retention")
    reader.enter(site.admin, "#/admin/retention", "Admin")
    terms = reader.page.get_by_role("region", name="How long what is kept")
    said = [f"{days} days" for days in kept.values()]
    expect(terms.locator("dd")).to_have_text(said)


def test_the_audit_log_is_narrowed_by_its_address_and_checked(
    reader: Reader, site: Running, api: Client, plate: str
) -> None:
    api.get(f"/admin/subjects/{plate}", reason="Request 14")
    reader.enter(site.admin, f"#/admin/audit?target=plate%3A{plate}", "Admin")
    page = reader.page
    records = page.get_by_role("region", name="Audit log")
    expect(records.get_by_role("row")).to_have_count(2)
    expect(row(page, plate)).to_contain_text("Request 14")
    row(page, plate).get_by_text("Details").click()
    record = newest(api, target=f"plate:{plate}")
    expect(row(page, plate)).to_contain_text(record["hash"])
    expect(page.get_by_label("To what")).to_have_value(f"plate:{plate}")

    page.get_by_label("What was done").fill("no.such")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No record fits")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page).to_have_url(re.compile(r"#/admin/audit$"))
    page.get_by_label("Who").select_option(label=site.admin.email)
    expect(records.get_by_role("row").nth(1)).to_contain_text(site.admin.email)

    page.get_by_role("button", name="Check now").click()
    check = page.get_by_role("region", name="Is the log as it was written?")
    expect(check.get_by_text("whole", exact=True)).to_be_visible()


def test_what_is_down_is_named_and_the_rest_is_still_told(reader: Reader, site: Running) -> None:
    reader.expect_complaint("status of 503")
    reader.enter(site.admin, "#/admin/health", "Admin")
    page = reader.page
    needs = page.get_by_role("region", name="What the backend needs")
    expect(needs.get_by_role("listitem")).to_have_count(5)
    expect(needs.get_by_text("answers", exact=True)).to_have_count(5)
    expect(page.get_by_role("region", name="What was done")).to_contain_text("Passages recorded")

    def down(route: Route) -> None:
        fine = {"ok": True, "latency_ms": 3.0, "error": None}
        bucket = {"ok": False, "latency_ms": 2000.0, "error": "The storage does not answer."}
        checks = {"database": fine, "bucket": bucket}
        route.fulfill(status=503, json={"ok": False, "checks": checks})

    page.route(re.compile("/admin/health$"), down)
    # What is dead, or was refused, is marked.
    backlog = {
        "jobs": {"awaiting_file": 0, "queued": 3, "processing": 1},
        "oldest_queued_at": datetime(2026, 11, 25, 8, tzinfo=UTC).isoformat(),
        "jobs_failed": 0,
        "queue_size": 3,
        "dead_letters": 2,
        "deliveries_pending": 0,
        "deliveries_failed": 0,
        "events_set_aside": 0,
    }
    page.route(re.compile("/admin/backlog$"), lambda route: route.fulfill(json=backlog))
    page.reload()
    expect(needs).to_contain_text("The storage does not answer.")
    expect(needs.get_by_text("does not answer", exact=True)).to_be_visible()
    waits = page.get_by_role("region", name="What waits")
    expect(waits.locator(".badge.bad")).to_have_text(["2"])
    expect(waits.get_by_role("link", name="queued")).to_have_attribute("href", "#/footage?status=queued")


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_in_any_section(
    browser: Browser, site: Running, api: Client, plate: str, seen: str, theme: str
) -> None:
    barriers = {}
    with reading(browser, site, color_scheme=theme) as reader:
        reader.enter(site.admin, "#/admin", "Admin")
        page = reader.page
        for section, selector in SECTIONS.items():
            reader.open(f"#/admin/{section}")
            expect(page.locator(selector).first).to_be_visible()
            expect(page.locator(".loading")).to_have_count(0)
            barriers[section] = reader.find_barriers()
        reader.open("#/admin/subjects")
        find(page, plate, "Request 15")
        page.get_by_role("button", name="Erase…").click()
        barriers["erase"] = reader.find_barriers()
        page.keyboard.press("Escape")
        for section, button in (("users", "New account"), ("cameras", "New camera"), ("keys", "New key")):
            reader.open(f"#/admin/{section}")
            page.get_by_role("button", name=button).click()
            expect(form(page)).to_be_visible()
            barriers[button] = reader.find_barriers()
            page.keyboard.press("Escape")
    assert {where: found for where, found in barriers.items() if found} == {}


@pytest.mark.parametrize("width", [360, 3840])
def test_no_section_is_cut_off_on_a_phone_or_at_4k(
    browser: Browser, site: Running, plate: str, seen: str, width: int
) -> None:
    with reading(browser, site, viewport={"width": width, "height": 800 if width < 1000 else 2160}) as reader:
        reader.enter(site.admin, "#/admin", "Admin")
        page = reader.page
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        cut = {}
        for section, selector in SECTIONS.items():
            reader.open(f"#/admin/{section}")
            expect(page.locator(selector).first).to_be_visible()
            cut[section] = page.evaluate(wider)
            # Where one is, is in sight.
            expect(page.locator(".tabs a[aria-current=page]")).to_be_in_viewport()
        assert {section: pixels for section, pixels in cut.items() if pixels > 0} == {}
