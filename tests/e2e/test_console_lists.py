"""Lists of wanted plates at the console, in a real browser: files of entries, trials on the past, and who is told."""

import csv
import re
from collections.abc import Callable, Iterator
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

DROP = """
([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: 'text/csv' }));
  document.body.dispatchEvent(new DragEvent('dragover', { bubbles: true, dataTransfer: data }));
  document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, dataTransfer: data }));
}
"""
FILE = """plate,reason
ZZ11 AAA,stolen
#REF!,lost to a spreadsheet
ZZ22 BBB,"two
lines"
ZZ11 AAA,the same again
"""


@pytest.fixture
def wanted(api: Client) -> Iterator[dict[str, Any]]:
    """A list of its own, which is gone afterwards."""
    made = api.post("/bolos/lists", {"name": f"List {uuid4().hex[:6]}"})
    yield made
    api.delete(f"/bolos/lists/{made['id']}")


def open_list(reader: Reader, site: Running, wanted: dict[str, Any]) -> Locator:
    reader.enter(site.admin, f"#/wanted/lists/{wanted['id']}", "Wanted")
    entries = reader.page.get_by_role("region", name=wanted["name"])
    expect(entries.get_by_role("button", name="Import CSV")).to_be_visible()
    return entries


def patterns(api: Client, wanted: dict[str, Any]) -> set[str]:
    return {entry["pattern"] for entry in api.get("/bolos", list_id=wanted["id"])["items"]}


def line(page: Page, number: int) -> Locator:
    return page.get_by_role("dialog").get_by_label(f"Line {number}", exact=True)


def test_a_dropped_file_shows_its_wrong_rows_and_is_taken_once_they_are_mended(
    reader: Reader, site: Running, api: Client, wanted: dict[str, Any]
) -> None:
    entries = open_list(reader, site, wanted)
    page = reader.page
    page.evaluate(DROP, ["wanted.csv", FILE])
    form = page.get_by_role("dialog")
    # The rows that are wrong stand as the file has them, each with what is wrong.
    expect(form.get_by_role("heading", name="2 rows are wrong")).to_be_visible()
    expect(line(page, 3)).to_have_value("#REF!,lost to a spreadsheet")
    expect(line(page, 3)).to_have_accessible_description(re.compile("spreadsheet's error"))
    expect(line(page, 6)).to_have_accessible_description("Line 2 has the same entry already.")
    assert patterns(api, wanted) == set()
    assert reader.find_barriers() == []

    line(page, 3).fill("ZZ33 CCC,found after all")
    form.get_by_role("button", name="Check again").click()
    expect(form.get_by_role("heading", name="1 row is wrong")).to_be_visible()
    expect(line(page, 3)).to_have_count(0)
    form.get_by_role("button", name="Import 3 rows").click()
    expect(form).to_have_count(0)
    expect(entries.get_by_role("row")).to_have_count(4)
    assert patterns(api, wanted) == {"ZZ11AAA", "ZZ22BBB", "ZZ33CCC"}

    with page.expect_download() as saving:
        entries.get_by_role("button", name="Save as CSV").click()
    saved = saving.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert {row["plate"] for row in csv.DictReader(saved) if row["plate"].startswith("ZZ")} == {
        "ZZ11AAA",
        "ZZ22BBB",
        "ZZ33CCC",
    }


def test_a_file_that_is_no_table_says_so_and_a_large_one_is_taken(
    reader: Reader, site: Running, api: Client, wanted: dict[str, Any], tmp_path: Path
) -> None:
    reader.expect_complaint("status of 400")
    entries = open_list(reader, site, wanted)
    page = reader.page

    def choose(file: Path) -> None:
        with page.expect_file_chooser() as choosing:
            entries.get_by_role("button", name="Import CSV").click()
        choosing.value.set_files(file)

    foreign = tmp_path / "foreign.csv"
    foreign.write_bytes("plate,reason\nZZ11AAA,Schlüssel\n".encode("latin-1"))
    choose(foreign)
    form = page.get_by_role("dialog")
    expect(form.get_by_role("alert")).to_contain_text("not UTF-8")
    expect(form.get_by_role("button", name="Import 0 rows")).to_be_disabled()
    form.get_by_role("button", name="Close").click()

    large = tmp_path / "large.csv"
    large.write_text("plate,reason\n" + "".join(f"ZZ{number:05},{'stolen ' * 8}\n" for number in range(10_000)))
    assert large.stat().st_size > 500_000
    choose(large)
    form.get_by_role("button", name="Import 10,000 rows").click()
    expect(form).to_have_count(0)
    expect(entries.get_by_role("row").first).to_be_visible()
    assert len(list(api.pages("/bolos", list_id=wanted["id"]))) == 10_000


def test_an_entry_is_tried_on_the_past_before_it_is_saved_and_searched_back_after(
    reader: Reader,
    site: Running,
    api: Client,
    wanted: dict[str, Any],
    clip: Path,
    finish: Callable[[str], dict[str, Any]],
) -> None:
    reader.expect_complaint("status of 422")
    finish(send(api, clip, camera_named(api, f"Camera {wanted['name']}"), datetime.now(UTC)))
    entries = open_list(reader, site, wanted)
    page = reader.page
    entries.get_by_role("button", name="New entry").click()
    form = page.get_by_role("dialog", name="New entry")
    field = form.get_by_label("Plate", exact=True)
    field.fill("A#1")
    form.get_by_role("button", name="What would this have matched?").click()
    reader.say_why("Is it too broad?")
    expect(field).to_have_accessible_description(re.compile("No plate has the character"))
    expect(field).to_have_value("A#1")

    field.fill(f"{PLATES[1][:4]}*")
    form.get_by_role("button", name="What would this have matched?").click()
    trial = form.get_by_role("region", name="What it would have matched")
    expect(trial.get_by_role("link").filter(has_text=PLATES[1]).first).to_be_visible()
    assert patterns(api, wanted) == set()
    assert reader.find_barriers() == []

    # What is saved is a plate that nothing wears, which leaves no hit to others.
    field.fill("ZZ99ZZZ")
    form.get_by_role("button", name="Save", exact=True).click()
    entries.get_by_role("button", name="Search back for ZZ99ZZZ").click()
    back = page.get_by_role("dialog", name="Search back for ZZ99ZZZ")
    back.get_by_label("How far back").select_option(label="7 days")
    back.get_by_role("button", name="Search", exact=True).click()
    expect(back.get_by_role("status")).to_contain_text("0 passages would have been hits since")
    searched = api.get("/admin/audit", action="bolo.searched_back")["items"]
    assert searched[0]["reason"] == "Is it too broad?"


@pytest.mark.only("aws", reason="a server of one's own sends mail only where a mail server is set up")
def test_who_is_told_of_a_list_s_hits(reader: Reader, site: Running, api: Client, wanted: dict[str, Any]) -> None:
    reader.expect_complaint("status of 4(09|22)")
    open_list(reader, site, wanted)
    page = reader.page
    told = page.get_by_role("region", name="Who is told")
    address = told.get_by_label("Address or number")
    address.fill("no address")
    told.get_by_role("button", name="Tell them").click()
    expect(address).to_have_attribute("aria-invalid", "true")
    address.fill("desk@example.org")
    told.get_by_role("button", name="Tell them").click()
    expect(told.get_by_role("listitem").filter(has_text="desk@example.org")).to_be_visible()
    address.fill("desk@example.org")
    told.get_by_role("button", name="Tell them").click()
    expect(told.get_by_role("alert")).to_contain_text("subscribed to this list already")
    path = f"/bolos/lists/{wanted['id']}/subscriptions"
    assert [one["address"] for one in api.get(path)["items"]] == ["desk@example.org"]
    told.get_by_role("button", name="Tell desk@example.org no more").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(told.get_by_role("listitem")).to_have_count(0)
    assert api.get(path)["items"] == []


@pytest.mark.only("selfhost", reason="AWS always has a notification service")
def test_that_no_mail_server_is_set_up_is_said(reader: Reader, site: Running, wanted: dict[str, Any]) -> None:
    reader.expect_complaint("status of 422")
    open_list(reader, site, wanted)
    told = reader.page.get_by_role("region", name="Who is told")
    told.get_by_label("Address or number").fill("desk@example.org")
    told.get_by_role("button", name="Tell them").click()
    expect(told.get_by_role("alert")).to_contain_text("E-mail is not set up here")
    expect(told.get_by_label("Address or number")).to_have_value("desk@example.org")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_at_a_list_and_nothing_runs_over_on_a_phone(
    browser: Browser, site: Running, api: Client, wanted: dict[str, Any], theme: str
) -> None:
    api.post("/bolos", {"list_id": wanted["id"], "pattern": "ZZ99ZZZ", "reason": "stolen"})
    with reading(browser, site, color_scheme=theme, viewport={"width": 360, "height": 740}) as reader:
        entries = open_list(reader, site, wanted)
        expect(entries.get_by_role("row").filter(has_text="ZZ99ZZZ")).to_be_visible()
        found = {"list": reader.find_barriers()}
        entries.get_by_role("button", name="New entry").click()
        expect(reader.page.get_by_role("dialog")).to_be_visible()
        found["entry"] = reader.find_barriers()
        assert reader.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert {page: barriers for page, barriers in found.items() if barriers} == {}
