"""The console, used in a real browser against the one-machine run."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from anpr_client import Client, Login
from infra.local.clip.scene import PLATES
from infra.local.place import Running
from tests.e2e.api_calls import camera_named, send
from tests.e2e.browsing import Reader, answer, reading

pytestmark = pytest.mark.timeout(600)

Finish = Callable[[str], dict[str, Any]]

CAMERA = "Console, north gate"
HOSTILE = "<img src=x onerror=alert(1)>"
THEMES = ("light", "dark")
WANTED = PLATES[0]


@pytest.fixture(scope="module")
def passed(api: Client, clip: Path) -> str:
    """Id of the upload of a clip that has passed one camera."""
    return send(api, clip, camera_named(api, CAMERA), datetime.now(UTC) - timedelta(hours=1))


@pytest.fixture
def account(api: Client) -> Callable[[str], Login]:
    """Makes accounts of a role."""

    def make(role: str) -> Login:
        login = Login(f"{role}-{uuid4().hex[:8]}@example.org", "correct horse battery staple")
        api.post("/users", {"email": login.email, "password": login.password, "role": role, "full_name": "Ana Pop"})
        return login

    return make


def asked(route: Route) -> dict[str, Any]:
    """What the API answers, asked for in the page's place: names below `localhost` are known to browsers alone."""
    url = urlsplit(route.request.url)
    headers = {name: value for name, value in route.request.headers.items() if name in ("accept", "authorization")}
    address = f"http://127.0.0.1:{url.port}{url.path}?{url.query}"
    answer = httpx.get(address, headers=headers | {"host": url.netloc}, timeout=60, trust_env=False)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def test_what_passes_appears_by_itself_and_can_be_searched_for(
    reader: Reader, site: Running, api: Client, clip: Path, finish: Finish
) -> None:
    reader.enter(site.admin)
    page = reader.page
    expect(page.locator(".pulse")).to_have_text("Watching")

    camera = f"Console {uuid4().hex[:6]}"
    job = send(api, clip, camera_named(api, camera), datetime.now(UTC))
    cards = page.locator(".passage-card").filter(has_text=camera)
    assert finish(job)["status"] == "succeeded"
    expect(cards).to_have_count(len(PLATES))
    # The pictures are those of the bucket, by signed links that the policy lets in.
    for picture in cards.locator("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 0

    page.get_by_role("link", name="Search").click()
    page.get_by_role("searchbox").fill(f"{WANTED[:3]}*")
    page.keyboard.press("Enter")
    reader.say_why("Case 4711/26")
    rows = page.locator("tr.leads")
    expect(rows.first).to_be_visible()
    assert {plate.strip() for plate in page.locator("tr.leads .plate .text").all_inner_texts()} == {WANTED}
    expect(page).to_have_url(re.compile(rf"#/search\?plate={WANTED[:3]}\*"))
    # Why is asked once: the next search goes on at once.
    page.get_by_role("searchbox").fill(PLATES[1])
    page.keyboard.press("Enter")
    expect(page.locator("tr.leads .plate .text").first).to_have_text(PLATES[1])
    audited = next(iter(api.pages("/admin/audit", action="plate.searched", target=f"plate:{PLATES[1]}")))
    assert audited["reason"] == "Case 4711/26"

    rows.first.get_by_role("link").click()
    aside = page.get_by_role("complementary", name="Passage")
    expect(aside.get_by_role("heading", level=2)).to_have_text(PLATES[1])
    expect(aside.locator("svg.frame .box")).to_be_visible()
    expect(aside.get_by_text("Other passages of this plate")).to_be_visible()
    assert "passage=" in page.url
    page.keyboard.press("Escape")
    expect(aside).to_have_count(0)
    assert "passage=" not in page.url


def test_a_passages_address_shows_it_to_somebody_else(
    reader: Reader, site: Running, api: Client, passed: str, finish: Finish
) -> None:
    finish(passed)
    event = next(one for one in api.pages("/events") if one["upload_id"] == passed)

    reader.open(f"#/search?passage={event['id']}")
    # The login page has its own address for nobody: after it, one is where one wanted to be.
    reader.log_in(site.admin)

    aside = reader.page.get_by_role("complementary", name="Passage")
    expect(aside.get_by_text(event["id"])).to_be_visible()
    expect(aside.get_by_role("button", name="Evidence sheet")).to_be_visible()


def test_filters_are_in_the_address_and_what_is_found_can_be_saved(
    reader: Reader, site: Running, passed: str, finish: Finish, tmp_path: Path
) -> None:
    finish(passed)
    reader.enter(site.admin, "#/search?readable=yes&score=0.5", "Search")
    page = reader.page
    expect(page.get_by_label("Readable", exact=True)).to_have_value("yes")
    expect(page.get_by_label("Score from")).to_have_value("0.5")
    page.get_by_label("Review", exact=True).select_option("rejected")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page).to_have_url(re.compile(r"#/search$"))
    page.get_by_role("button", name="Wall of crops").click()
    expect(page.locator(".wall li").first).to_be_visible()

    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export").click()
    saved = tmp_path / "passages.csv"
    waiting.value.save_as(saved)
    with saved.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(PLATES) <= {row["plate"] for row in rows}


def test_a_hit_goes_to_the_top_and_is_counted_until_somebody_has_looked(
    reader: Reader, site: Running, api: Client, clip: Path
) -> None:
    name = f"Console list {uuid4().hex[:6]}"
    list_id = api.post("/bolos/lists", {"name": name, "priority": "critical"})["id"]
    wanted = api.post("/bolos", {"list_id": list_id, "pattern": PLATES[2], "reason": "stolen"})
    try:
        reader.enter(site.admin)
        page = reader.page
        send(api, clip, camera_named(api, f"Console {uuid4().hex[:6]}"), datetime.now(UTC))

        news = page.get_by_role("region", name="Wanted")
        card = news.locator(".passage-card").filter(has_text=name)
        expect(card).to_have_count(1)
        expect(card.locator(".plate")).to_contain_text(PLATES[2])
        expect(page).to_have_title(re.compile(r"^\(\d+\) Live"))
        # Counted wherever one is.
        page.get_by_role("link", name="Search").click()
        expect(page).to_have_title(re.compile(r"^\(\d+\) Search"))
        page.get_by_role("link", name="Live").click()
        page.get_by_role("button", name="Mark all as seen").click()
        expect(news).to_have_count(0)
        expect(page).to_have_title("Live · ANPR")
    finally:
        api.patch(f"/bolos/{wanted['id']}", {"active": False})


def test_a_pause_holds_the_page_still_and_says_what_waits(
    reader: Reader, site: Running, api: Client, clip: Path
) -> None:
    reader.enter(site.admin)
    page = reader.page
    expect(page.locator(".pulse")).to_have_text("Watching")
    page.get_by_role("button", name="Pause").click()
    camera = f"Console {uuid4().hex[:6]}"
    send(api, clip, camera_named(api, camera), datetime.now(UTC))

    expect(page.locator(".pulse")).to_have_text(re.compile(r"Paused; [1-9]\d* new passages? waits?"))
    expect(page.locator(".passage-card").filter(has_text=camera)).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".passage-card").filter(has_text=camera)).to_have_count(len(PLATES))


def test_no_script_can_read_the_login_and_a_logout_ends_it(reader: Reader, site: Running) -> None:
    reader.enter(site.admin)
    page = reader.page
    [cookie] = reader.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (
        "anpr_refresh",
        True,
        True,
        "Strict",
    )
    assert cookie["path"] == "/auth"
    assert page.evaluate("document.cookie") == ""
    kept = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "eyJ" not in kept

    page.reload()
    expect(page.get_by_role("heading", name="Live", level=1)).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Number plates")).to_be_visible()
    assert reader.context.cookies() == []
    page.reload()
    expect(page.get_by_role("heading", name="Number plates")).to_be_visible()


def test_a_wrong_password_is_said_and_what_was_typed_stays(reader: Reader, site: Running) -> None:
    reader.expect_complaint("status of 401")
    reader.open()
    reader.log_in(Login(site.admin.email, "not the password"))

    expect(reader.page.get_by_role("alert")).to_contain_text("password is wrong")
    expect(reader.page.get_by_label("E-mail address")).to_have_value(site.admin.email)


def test_a_login_that_expires_is_asked_for_over_the_page_and_nothing_is_lost(reader: Reader, site: Running) -> None:
    reader.expect_complaint("status of 401")
    reader.enter(site.admin, "#/search", "Search")
    page = reader.page
    refused = {"over": False}

    def refuse(route: Route) -> None:
        if refused["over"] or (route.request.method == "POST" and "/auth/session" in route.request.url):
            refused["over"] = True
            route.continue_()
        else:
            answer(route, 401, "This login has ended; log in again.")

    # Both what is asked and the renewal: as when the cookie has run out.
    page.route(re.compile("/(events|auth/session)"), refuse)
    page.get_by_role("searchbox").fill(WANTED)
    page.keyboard.press("Enter")
    reader.say_why("Case 4711/26")
    dialog = page.get_by_role("dialog", name="Log in again")
    expect(dialog).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value(site.admin.email)
    page.get_by_label("Password").fill(site.admin.password)
    dialog.get_by_role("button", name="Log in", exact=True).click()

    expect(dialog).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_have_value(WANTED)
    # What was asked before is answered now.
    expect(page.locator(".results, .face").first).to_be_visible()
    assert f"plate={WANTED}" in page.url


@pytest.mark.parametrize(
    ("status", "title"),
    [(403, "Not for your role"), (409, "Changed meanwhile"), (429, "Too many requests"), (503, "Not available")],
)
def test_each_refusal_has_a_calm_face(reader: Reader, site: Running, status: int, title: str) -> None:
    reader.expect_complaint(f"status of {status}")
    reader.enter(site.admin)
    page = reader.page
    page.route(re.compile(r"/events\?"), lambda route: answer(route, status, "In words.", **{"retry-after": "1"}))
    page.get_by_role("link", name="Search").click()

    face = page.get_by_role("alert")
    expect(face.get_by_role("heading")).to_contain_text(title)
    expect(face).to_contain_text("In words.")
    page.unroute(re.compile(r"/events\?"))
    if status in (409, 429, 503):
        page.get_by_role("button", name="Try again", exact=True).click()
        expect(page.locator(".results, .empty")).to_be_visible()


def test_without_a_connection_the_page_stays_and_goes_on_by_itself(reader: Reader, site: Running, passed: str) -> None:
    reader.expect_complaint("ERR_INTERNET_DISCONNECTED")
    reader.enter(site.admin)
    page = reader.page
    expect(page.locator(".passage-card").first).to_be_visible()
    cards = page.locator(".passage-card").count()

    reader.context.set_offline(True)
    expect(page.get_by_text("The server cannot be reached")).to_be_visible()
    assert page.locator(".passage-card").count() == cards
    reader.context.set_offline(False)
    expect(page.get_by_text("The server cannot be reached")).to_have_count(0)
    expect(page.locator(".pulse")).to_have_text("Watching")


def test_whatever_a_plate_or_a_name_holds_is_text(reader: Reader, site: Running, api: Client, passed: str) -> None:
    api.cameras.create(f"{HOSTILE} {uuid4().hex[:6]}")

    def paint(route: Route) -> None:
        """What somebody could paint on a car, if a reader were to read it."""
        body = asked(route)
        for item in body["items"]:
            item |= {"plate": HOSTILE, "effective_plate": HOSTILE, "raw_plate": HOSTILE, "readable": True}
            item["candidates"] = [{"plate": HOSTILE, "score": 0.9}, {"plate": HOSTILE, "score": 0.1}]
        route.fulfill(json=body)

    def paint_one(route: Route) -> None:
        route.fulfill(json=asked(route) | {"plate": HOSTILE, "effective_plate": HOSTILE})

    page = reader.page
    page.route(re.compile(r"/events\?"), paint)
    page.route(re.compile(r"/events/[0-9a-f-]{36}$"), paint_one)
    page.on("dialog", lambda dialog: reader.complaints.append(f"alert: {dialog.message}"))
    reader.enter(site.admin, "#/search", "Search")

    expect(page.locator("tr.leads .plate .text").first).to_have_text(HOSTILE)
    page.locator("tr.leads a").first.click()
    expect(page.locator(".passage h2 .text")).to_have_text(HOSTILE)
    page.get_by_label("Cameras: All cameras").click()
    expect(page.locator(".picker").get_by_text(HOSTILE).first).to_be_visible()
    assert page.locator("img[src='x']").count() == 0


def test_a_role_sees_what_it_may_and_nothing_else(
    browser: Browser, site: Running, api: Client, passed: str, finish: Finish, account: Callable[[str], Login]
) -> None:
    finish(passed)
    event = next(one for one in api.pages("/events") if one["upload_id"] == passed and one["readable"])
    for role, shown in (("viewer", set()), ("reviewer", {"Review"}), ("admin", {"Review", "Place a hold"})):
        with reading(browser, site) as reader:
            reader.open(f"#/search?passage={event['id']}")
            reader.log_in(account(role))
            aside = reader.page.get_by_role("complementary", name="Passage")
            expect(aside.get_by_text(event["id"])).to_be_visible()
            for name in ("Review", "Place a hold"):
                expect(aside.locator("a, button").filter(has_text=name)).to_have_count(1 if name in shown else 0)


def test_german_and_times_in_the_cameras_zone(
    browser: Browser, site: Running, api: Client, clip: Path, finish: Finish
) -> None:
    camera = api.post("/cameras", {"name": f"Tokio {uuid4().hex[:6]}", "time_zone": "Asia/Tokyo"})
    at = datetime(2026, 3, 1, 20, tzinfo=UTC)
    finish(send(api, clip, camera["id"], at))
    with reading(browser, site, locale="de-DE") as reader:
        reader.open(f"#/search?camera={camera['id']}")
        page = reader.page
        page.get_by_label("E-Mail-Adresse").fill(site.admin.email)
        page.get_by_label("Passwort").fill(site.admin.password)
        page.get_by_role("button", name="Anmelden").click()
        expect(page.get_by_role("heading", name="Suche", level=1)).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "de"

        # Eight in the evening in UTC is five in the morning of the next day there.
        time = page.locator("tr.leads time").first
        expect(time).to_contain_text("02.03.")
        expect(time).to_contain_text("05:00")
        expect(time).to_have_attribute("title", re.compile(r"^2026-03-01 20:00:\d\d UTC"))


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(
    browser: Browser, site: Running, api: Client, passed: str, finish: Finish, theme: str
) -> None:
    finish(passed)
    event = next(one for one in api.pages("/events") if one["upload_id"] == passed and one["readable"])
    with reading(browser, site, color_scheme=theme) as reader:
        page = reader.page
        reader.open()
        expect(page.get_by_label("Password")).to_be_visible()
        barriers = {"login": reader.find_barriers()}
        reader.enter(site.admin)
        expect(page.locator(".passage-card").first).to_be_visible()
        barriers["live"] = reader.find_barriers()
        reader.open("#/search")
        expect(page.locator("tr.leads").first).to_be_visible()
        page.get_by_role("button", name="Filters").click()
        barriers["search"] = reader.find_barriers()
        reader.open(f"#/search?passage={event['id']}")
        expect(page.locator("svg.frame .box")).to_be_visible()
        barriers["passage"] = reader.find_barriers()
        page.get_by_role("button", name="Wall of crops").click()
        page.get_by_role("searchbox").fill("ZZ99*")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Why do you search?")).to_be_visible()
        barriers["reason"] = reader.find_barriers()
    assert {page: found for page, found in barriers.items() if found} == {}


@pytest.mark.parametrize("width", [360, 3840])
def test_nothing_is_cut_off_on_a_phone_or_at_4k(
    browser: Browser, site: Running, api: Client, passed: str, finish: Finish, width: int
) -> None:
    finish(passed)
    event = next(one for one in api.pages("/events") if one["upload_id"] == passed and one["readable"])
    with reading(browser, site, viewport={"width": width, "height": 800 if width < 1000 else 2160}) as reader:
        page = reader.page
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        reader.enter(site.admin)
        expect(page.locator(".passage-card").first).to_be_visible()
        assert page.evaluate(wider) <= 0
        for hash_ in ("#/search", f"#/search?passage={event['id']}"):
            reader.open(hash_)
            expect(page.locator("tr.leads, .passage h2").first).to_be_visible()
            assert page.evaluate(wider) <= 0, hash_


def test_the_keyboard_alone_is_enough(reader: Reader, site: Running, passed: str) -> None:
    reader.open()
    page = reader.page
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.keyboard.type(site.admin.email)
    page.keyboard.press("Tab")
    page.keyboard.type(site.admin.password)
    page.keyboard.press("Enter")
    expect(page.locator(".passage-card").first).to_be_visible()

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    card = page.locator(".passage-card a").first
    card.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Passage")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary", name="Passage")).to_have_count(0)
    expect(card).to_be_focused()


def test_the_apis_description_shows_itself_without_asking_anybody(reader: Reader, site: Running) -> None:
    reader.page.goto(site.docs_url)

    expect(reader.page.get_by_role("heading", name="ANPR")).to_be_visible()
    reader.page.get_by_role("button", name="Expand operation").first.click()
    expect(reader.page.get_by_text("Log in with a browser")).to_be_visible()
