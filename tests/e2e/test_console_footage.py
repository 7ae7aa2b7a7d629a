"""The console's footage page, in a real browser: files are sent, read, and lead to their passages."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from anpr_client import Client, Login
from infra.local.clip.scene import PLATES
from infra.local.place import Running
from tests.e2e.api_calls import camera_named, send
from tests.e2e.browsing import Reader, reading

pytestmark = pytest.mark.timeout(600)

DROP = """
files => {
  const data = new DataTransfer();
  for (const [name, type, text] of files) data.items.add(new File([text], name, { type }));
  document.body.dispatchEvent(new DragEvent('dragover', { bubbles: true, dataTransfer: data }));
  document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, dataTransfer: data }));
}
"""


@pytest.fixture
def viewer(api: Client) -> Login:
    """An account that looks on."""
    login = Login(f"viewer-{uuid4().hex[:8]}@example.org", "correct horse battery staple")
    api.post("/users", {"email": login.email, "password": login.password, "role": "viewer"})
    return login


@pytest.fixture
def camera(api: Client) -> str:
    """Name of a camera of its own."""
    name = f"Footage {uuid4().hex[:6]}"
    camera_named(api, name)
    return name


def choose(page: Page, files: list[Path], camera: str) -> None:
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Choose files").click()
    choosing.value.set_files(files)
    page.get_by_role("dialog").get_by_label("Camera").select_option(label=camera)


def test_a_file_is_sent_read_and_leads_to_its_passages(reader: Reader, site: Running, clip: Path, camera: str) -> None:
    reader.enter(site.admin, "#/footage", "Footage")
    page = reader.page
    choose(page, [clip], camera)
    page.get_by_label("Time of the first frame").fill("2026-02-03T10:20:30")
    assert reader.find_barriers() == []
    page.get_by_role("button", name="Upload", exact=True).click()

    way = page.get_by_role("region", name="On their way")
    expect(way.get_by_text("sent", exact=True)).to_be_visible()
    row = page.get_by_role("row").filter(has_text=camera)
    expect(row.get_by_text("done", exact=True)).to_be_visible()
    row.get_by_role("button", name="Show passages").click()
    expect(page.get_by_role("heading", name="Search", level=1)).to_be_visible()
    expect(page.locator("tr.leads")).to_have_count(len(PLATES))
    assert "from=2026-02-03T10%3A20%3A30" in page.url


def test_a_lost_connection_gets_a_new_form_and_the_same_upload(
    reader: Reader, site: Running, api: Client, clip: Path, camera: str
) -> None:
    reader.expect_complaint("ERR_INTERNET_DISCONNECTED|ERR_FAILED")
    reader.enter(site.admin, "#/footage", "Footage")
    page = reader.page
    lost: list[str] = []
    asked: list[str] = []

    def lose(route: Route) -> None:
        if not lost:
            lost.append(route.request.url)
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.on(
        "request",
        lambda sent: (
            asked.append(sent.headers["idempotency-key"])
            if sent.method == "POST" and sent.url.endswith("/uploads")
            else None
        ),
    )
    choose(page, [clip], camera)
    page.get_by_role("button", name="Upload", exact=True).click(trial=True)
    page.route(lambda url: not re.search(r"/(uploads|jobs|events|cameras|users|auth|console)\b", url), lose)
    page.get_by_role("button", name="Upload", exact=True).click()

    expect(page.get_by_role("region", name="On their way").get_by_text("sent", exact=True)).to_be_visible()
    assert len(lost) == 1
    assert len(asked) == 2
    assert len(set(asked)) == 1
    camera_id = camera_named(api, camera)
    assert [one["camera_id"] for one in api.get("/uploads", camera_id=camera_id)["items"]] == [camera_id]


def test_dropped_files_go_at_once_and_what_is_no_footage_says_so(reader: Reader, site: Running, camera: str) -> None:
    reader.expect_complaint("status of 422")
    reader.enter(site.admin, "#/footage", "Footage")
    page = reader.page
    page.evaluate(DROP, [["broken.mp4", "video/mp4", "no video at all"], ["notes.txt", "text/plain", "words"]])
    page.get_by_role("dialog").get_by_label("Camera").select_option(label=camera)
    page.get_by_role("button", name="Upload", exact=True).click()

    way = page.get_by_role("region", name="On their way")
    refused = way.get_by_role("listitem").filter(has_text="notes.txt")
    expect(refused.get_by_role("alert")).to_contain_text("video/")
    row = page.get_by_role("row").filter(has_text=camera)
    expect(row.get_by_text("failed", exact=True)).to_be_visible()
    expect(row.locator(".error")).not_to_be_empty()
    row.get_by_role("button", name="Try again").click()
    expect(row.get_by_role("button", name="Try again")).to_be_visible()


def test_a_clip_plays_with_its_passages_on_its_line_of_time_and_that_is_on_record(
    reader: Reader, site: Running, api: Client, clip: Path, camera: str, finish: Callable[[str], dict[str, Any]]
) -> None:
    job = finish(send(api, clip, camera_named(api, camera), datetime(2026, 2, 4, 10, 20, 30, tzinfo=UTC)))
    reader.enter(site.admin, "#/footage", "Footage")
    page = reader.page
    page.get_by_role("row").filter(has_text=camera).get_by_role("link", name="Watch").click()
    reader.say_why("Case 12")
    passages = page.get_by_role("region", name="Passages")
    expect(passages.get_by_role("listitem")).to_have_count(len(PLATES))
    expect(page.get_by_role("img", name=f"{len(PLATES)} passages on the line of time")).to_be_visible()
    video = page.locator("video")
    expect(video).to_be_visible()

    passages.get_by_role("button", name=f"Go to {PLATES[0]}").click()
    # The picture is the file's own, at the time of the passage, with the box where the plate is.
    box = page.locator(".screen svg g").filter(has_text=PLATES[0])
    expect(box.locator("rect")).to_be_visible()
    assert video.evaluate("video => [video.videoWidth, video.videoHeight, video.error]") == [1280, 720, None]
    [event] = [one for one in api.pages("/events", camera_id=job["camera_id"]) if one["plate"] == PLATES[0]]
    best = datetime.fromisoformat(event["captured_at"]) - datetime(2026, 2, 4, 10, 20, 30, tzinfo=UTC)
    assert video.evaluate("video => video.currentTime") == pytest.approx(best.total_seconds(), abs=0.2)
    assert float(box.locator("rect").get_attribute("x") or 0) == pytest.approx(event["box"]["xmin"])
    assert reader.find_barriers() == []
    [record] = api.get("/admin/audit", action="upload.watched", target=f"upload:{job['id']}")["items"]
    assert record["reason"] == "Case 12"


@pytest.fixture
def failed(api: Client, camera: str, tmp_path: Path, finish: Callable[[str], dict[str, Any]]) -> str:
    """Name of a camera with a file that could not be read."""
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video at all")
    assert finish(send(api, broken, camera_named(api, camera), datetime.now(UTC)))["status"] == "failed"
    return camera


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_viewers_send_nothing(
    browser: Browser, site: Running, viewer: Login, failed: str, theme: str
) -> None:
    with reading(browser, site, color_scheme=theme) as reader:
        reader.enter(viewer, "#/footage", "Footage")
        expect(reader.page.get_by_role("row").filter(has_text=failed)).to_contain_text("broken.mp4")
        expect(reader.page.get_by_role("button", name="Choose files")).to_have_count(0)
        assert reader.find_barriers() == []
