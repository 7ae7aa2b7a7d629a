"""The console's page of administration, in a real browser: people, machines, cameras, and one's own account."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from anpr_client import Client, Login
from infra.local.place import Running
from tests.e2e.api_calls import camera_named
from tests.e2e.browsing import Reader, answer, reading

pytestmark = pytest.mark.timeout(600)

PASSWORD = "correct horse battery staple"
SECTIONS = {
    "viewer": ["Cameras", "Known vehicles", "Licence", "My account"],
    "reviewer": ["Cameras", "Known vehicles", "Licence", "Exports", "My account"],
    "admin": [
        *("Users", "Camera groups", "Cameras", "Known vehicles", "API keys", "Licence", "Exports"),
        *("Retention", "Legal holds", "Data subjects", "Audit log", "Health", "My account"),
    ],
}


@pytest.fixture
def name() -> str:
    """A name that nothing else has."""
    return f"Adm {uuid4().hex[:8]}"


@pytest.fixture
def account(api: Client) -> Callable[[str], Login]:
    """Makes accounts of a role."""

    def make(role: str) -> Login:
        login = Login(f"{role}-{uuid4().hex[:8]}@example.org", PASSWORD)
        api.post("/users", {"email": login.email, "password": login.password, "role": role})
        return login

    return make


def row(page: Page, text: str) -> Locator:
    """The row of a list that has a text."""
    return page.get_by_role("row").filter(has_text=text)


def form(page: Page) -> Locator:
    """The form over the page."""
    return page.get_by_role("dialog")


def confirmed(page: Page, action: str) -> None:
    """Say yes to the question."""
    form(page).get_by_role("button", name=action, exact=True).click()


def found(items: list[dict[str, Any]], **values: object) -> dict[str, Any]:
    """The one of some items that has these values."""
    [one] = [item for item in items if all(item[key] == value for key, value in values.items())]
    return one


def test_an_account_is_made_limited_and_disabled(browser: Browser, site: Running, api: Client, name: str) -> None:
    email = f"{name[4:]}@example.org"
    camera = camera_named(api, name)
    with reading(browser, site) as reader:
        # The first try has an address that somebody has already.
        reader.expect_complaint("status of 409")
        reader.enter(site.admin, "#/admin/users", "Admin")
        page = reader.page
        page.get_by_role("button", name="New account").click()
        form(page).get_by_label("E-mail address").fill(site.admin.email)
        form(page).get_by_label("Name").fill("Ana Pop")
        form(page).get_by_label("Password").fill(PASSWORD)
        form(page).get_by_role("button", name="Make the account").click()
        expect(form(page).get_by_role("alert")).to_contain_text("There is an account")
        expect(form(page).get_by_label("Name")).to_have_value("Ana Pop")
        form(page).get_by_label("E-mail address").fill(email)
        form(page).get_by_label("Role").select_option("reviewer")
        form(page).get_by_role("button", name="Make the account").click()
        expect(row(page, email)).to_contain_text("Reviewer")

        row(page, email).get_by_role("button", name=f"Cameras of {email}").click()
        form(page).get_by_label("Limited to some cameras").check()
        form(page).get_by_label(name).check()
        form(page).get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        user = found(list(api.pages("/users")), email=email)
        assert user["full_name"] == "Ana Pop"
        limit = {"limited": True, "camera_ids": [camera], "group_ids": []}
        assert api.get(f"/users/{user['id']}/cameras") == limit

        with reading(browser, site) as theirs:
            theirs.enter(Login(email, PASSWORD), "#/admin/cameras", "Admin")
            expect(row(theirs.page, name)).to_be_visible()
            assert theirs.page.get_by_role("row").count() == 2

        row(page, email).get_by_role("button", name=f"Change {email}").click()
        form(page).get_by_label("May log in").uncheck()
        form(page).get_by_role("button", name="Save").click()
        expect(row(page, email)).to_contain_text("disabled")
    refused = httpx.post(
        f"{site.api_url}/auth/login", json={"email": email, "password": PASSWORD}, timeout=60, trust_env=False
    )
    assert refused.status_code == 401


def test_what_was_typed_outlives_an_outage_and_the_login(reader: Reader, site: Running, api: Client, name: str) -> None:
    reader.expect_complaint("status of (401|503)|ERR_INTERNET_DISCONNECTED")
    email = f"{name[4:]}@example.org"
    reader.enter(site.admin, "#/admin/users", "Admin")
    page = reader.page
    page.get_by_role("button", name="New account").click()
    form(page).get_by_label("E-mail address").fill(email)
    form(page).get_by_label("Password").fill(PASSWORD)
    make = form(page).get_by_role("button", name="Make the account")
    page.route(re.compile("/users$"), lambda route: answer(route, 503, "The database is waking up."))
    make.click()
    expect(form(page).get_by_role("alert")).to_contain_text("The database is waking up.")
    page.unroute(re.compile("/users$"))
    reader.context.set_offline(True)
    make.click()
    expect(form(page).get_by_role("alert")).to_contain_text("No connection")
    reader.context.set_offline(False)

    # The login has run out, and so has the cookie.
    over = {"in": False}

    def refuse(route: Route) -> None:
        over["in"] |= route.request.method == "POST" and "/auth/session" in route.request.url
        if over["in"]:
            route.continue_()
        else:
            answer(route, 401, "This login has ended; log in again.")

    page.route(re.compile("/(users|auth/session)$"), refuse)
    make.click()
    again = page.get_by_role("dialog", name="Log in again")
    again.get_by_label("Password").fill(site.admin.password)
    again.get_by_role("button", name="Log in", exact=True).click()
    expect(again).to_have_count(0)
    # It goes on by itself, with what was typed before.
    expect(row(page, email)).to_be_visible()
    assert found(list(api.pages("/users")), email=email)["role"] == "viewer"


def test_a_password_is_set_anew_for_who_forgot_it(
    reader: Reader, site: Running, account: Callable[[str], Login]
) -> None:
    login = account("viewer")
    reader.enter(site.admin, "#/admin/users", "Admin")
    page = reader.page
    row(page, login.email).get_by_role("button", name=f"Change {login.email}").click()
    form(page).get_by_label("New password").fill("another long password")
    form(page).get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    with Client(site.api_url, Login(login.email, "another long password")) as theirs:
        assert theirs.get("/users/me")["email"] == login.email


@pytest.mark.parametrize("role", SECTIONS)
def test_each_role_sees_its_sections_and_is_told_of_the_others(
    reader: Reader, site: Running, account: Callable[[str], Login], role: str
) -> None:
    reader.enter(account(role), "#/admin", "Admin")
    page = reader.page
    tabs = page.get_by_role("navigation", name="Admin").get_by_role("link")
    expect(tabs).to_have_text(SECTIONS[role])
    if role == "admin":
        return
    expect(page.get_by_role("button", name="New camera")).to_have_count(0)
    reader.open("#/admin/users")
    expect(page.get_by_role("heading", name="Not for your role")).to_be_visible()
    reader.open("#/admin/licences")
    expect(page.get_by_role("region", name="What may be used now")).to_be_visible()
    expect(page.get_by_role("button", name="Activate a licence")).to_have_count(0)


def test_a_group_of_cameras_is_made_changed_and_removed(reader: Reader, site: Running, api: Client, name: str) -> None:
    one, other = camera_named(api, f"{name} one"), camera_named(api, f"{name} other")
    reader.enter(site.admin, "#/admin/groups", "Admin")
    page = reader.page
    page.get_by_role("button", name="New group").click()
    form(page).get_by_label("Group").fill(name)
    form(page).get_by_label(f"{name} one").check()
    form(page).get_by_role("button", name="Save").click()
    expect(row(page, name)).to_contain_text(f"{name} one")
    assert found(api.get("/cameras/groups")["items"], name=name)["camera_ids"] == [one]

    row(page, name).get_by_role("button", name=f"Change {name}").click()
    form(page).get_by_label(f"{name} one").uncheck()
    form(page).get_by_label(f"{name} other").check()
    form(page).get_by_role("button", name="Save").click()
    expect(row(page, f"{name} other")).to_be_visible()
    assert found(api.get("/cameras/groups")["items"], name=name)["camera_ids"] == [other]

    row(page, name).get_by_role("button", name=f"Remove {name}").click()
    confirmed(page, "Remove")
    expect(page.get_by_text(f"{name} is removed.")).to_be_visible()
    expect(row(page, name)).to_have_count(0)
    assert name not in {group["name"] for group in api.get("/cameras/groups")["items"]}


def test_a_key_is_shown_once_does_what_was_ticked_and_ends(
    reader: Reader, site: Running, api: Client, name: str
) -> None:
    reader.expect_complaint("status of 422")
    camera = camera_named(api, name)
    reader.enter(site.admin, "#/admin/keys", "Admin")
    page = reader.page
    page.get_by_role("button", name="New key").click()
    form(page).get_by_label("What it is for").fill(name)
    # What could never be used is refused, and it is said at the field.
    form(page).get_by_label("uploads:write").check()
    form(page).get_by_role("button", name="Make the key").click()
    expect(form(page).get_by_role("alert").first).to_contain_text("uploads:write")
    form(page).get_by_label("uploads:write").uncheck()
    form(page).get_by_label("cameras:read").check()
    form(page).get_by_label("Limited to some cameras").check()
    form(page).get_by_label(name, exact=True).check()
    form(page).get_by_role("button", name="Make the key").click()
    shown = page.get_by_role("dialog", name=f"The key {name}")
    key = shown.get_by_label("Key", exact=True).input_value()
    shown.get_by_role("button", name="I have kept it").click()
    expect(row(page, name)).to_contain_text("cameras:read")
    assert key not in page.content()

    def cameras() -> httpx.Response:
        return httpx.get(f"{site.api_url}/cameras", headers={"x-api-key": key}, timeout=60, trust_env=False)

    assert [one["id"] for one in cameras().json()["items"]] == [camera]
    row(page, name).get_by_role("button", name=f"Revoke {name}").click()
    confirmed(page, "Revoke")
    expect(row(page, name)).to_have_count(0)
    assert cameras().status_code == 401
    page.get_by_label("Expired and revoked ones too").check()
    expect(row(page, name)).to_contain_text("revoked")
    expect(page).to_have_url(re.compile("show=all"))


def test_a_camera_is_registered_placed_and_removed(reader: Reader, site: Running, api: Client, name: str) -> None:
    reader.enter(site.admin, "#/admin/cameras", "Admin")
    page = reader.page
    page.get_by_role("button", name="New camera").click()
    form(page).get_by_label("Name").fill(name)
    form(page).get_by_label("Latitude").fill("44.4268")
    form(page).get_by_label("Longitude").fill("26.1025")
    form(page).get_by_label("Looks to", exact=True).fill("270")
    expect(form(page).get_by_role("img", name="Looks to 270°")).to_be_visible()
    form(page).get_by_label("Time zone").fill("Europe/Bucharest")
    form(page).get_by_role("button", name="Save").click()
    expect(row(page, name).get_by_role("img", name="Looks to 270°")).to_be_visible()

    row(page, name).get_by_role("button", name=f"Change {name}").click()
    form(page).get_by_label("Looks to", exact=True).fill("")
    form(page).get_by_label("active").uncheck()
    form(page).get_by_role("button", name="Save").click()
    expect(row(page, name)).to_contain_text("off")
    camera = found(list(api.pages("/cameras")), name=name)
    assert [camera[field] for field in ("latitude", "heading", "time_zone", "active")] == [
        44.4268,
        None,
        "Europe/Bucharest",
        False,
    ]

    row(page, name).get_by_role("button", name=f"Remove {name}").click()
    confirmed(page, "Remove")
    expect(row(page, name)).to_have_count(0)
    assert name not in {one["name"] for one in api.pages("/cameras")}


def test_a_live_stream_is_set_told_of_and_taken_away(reader: Reader, site: Running, api: Client, name: str) -> None:
    reader.expect_complaint("status of 422")
    camera = camera_named(api, name)
    reader.enter(site.admin, f"#/admin/cameras?name={name}", "Admin")
    page = reader.page
    row(page, name).get_by_role("button", name=f"Live stream of {name}").click()
    address = form(page).get_by_label("Address")
    address.fill("http://10.20.0.7/stream")
    form(page).get_by_role("button", name="Save").click()
    expect(form(page).get_by_role("alert").first).to_contain_text("rtsp://")
    expect(address).to_have_value("http://10.20.0.7/stream")
    address.fill("rtsp://viewer:secret@10.20.0.7/stream")
    form(page).get_by_role("button", name="Save").click()

    # Nobody reads it here: why is said, and that the camera is silent.
    stream = row(page, name)
    expect(stream).to_contain_text("waits for a reader")
    expect(stream).to_contain_text("No process reads this stream")
    expect(stream.get_by_text("silent", exact=True)).to_be_visible()
    assert "secret" not in page.content()
    page.get_by_label("Show").select_option("silent")
    expect(stream).to_be_visible()
    expect(page).to_have_url(re.compile("show=silent"))

    def connect(route: Route) -> None:
        """As when a process reads it."""
        answer = api.get("/cameras", limit=200) | {"next_cursor": None}
        now = {"state": "connected", "reason": None, "connected_since": "2026-11-25T08:00:00Z"}
        for one in answer["items"]:
            if one["id"] == camera:
                one["stream"] |= now | {"fps_in": 25.0, "fps_read": 8.0, "lag_s": 0.4}
        route.fulfill(json=answer)

    page.route(re.compile(r"/cameras\?"), connect)
    page.get_by_label("Show").select_option("streams")
    expect(stream).to_contain_text("connected")
    expect(stream).to_contain_text("25 pictures/s come · 8/s are looked at · 0.4 s behind")
    page.unroute(re.compile(r"/cameras\?"))

    stream.get_by_role("button", name=f"Take the live stream of {name} away").click()
    confirmed(page, "Stop")
    expect(stream).to_have_count(0)
    assert api.get(f"/cameras/{camera}")["stream"] is None


def test_ones_own_password_ends_the_login_and_the_new_one_goes_on(
    reader: Reader, site: Running, account: Callable[[str], Login]
) -> None:
    reader.expect_complaint("status of 4(01|22)")
    login = account("viewer")
    reader.enter(login, "#/admin/account", "Admin")
    page = reader.page
    password = page.get_by_role("form", name="Password")
    password.get_by_label("Present password").fill("not the password")
    password.get_by_label("New password").fill("another long password")
    password.get_by_role("button", name="Change the password").click()
    expect(password.get_by_role("alert").first).to_contain_text("wrong")
    password.get_by_label("Present password").fill(PASSWORD)
    password.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("The password is changed.")).to_be_visible()

    again = page.get_by_role("dialog", name="Log in again")
    expect(again).to_be_visible()
    again.get_by_label("Password").fill("another long password")
    again.get_by_role("button", name="Log in", exact=True).click()
    expect(again).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="here")).to_be_visible()


def test_a_login_that_was_left_behind_is_ended(
    browser: Browser, site: Running, account: Callable[[str], Login]
) -> None:
    login = account("viewer")
    with reading(browser, site) as there, reading(browser, site) as here:
        there.expect_complaint("status of 401")
        there.enter(login)
        here.enter(login, "#/admin/account", "Admin")
        logins = here.page.get_by_role("region", name="Where I am logged in")
        # The table's head, and two.
        expect(logins.get_by_role("row")).to_have_count(3)
        logins.get_by_role("button", name="End", exact=True).click()
        confirmed(here.page, "End")
        expect(logins.get_by_role("row")).to_have_count(2)
        expect(logins.get_by_role("row").filter(has_text="here")).to_be_visible()

        expect(there.page.get_by_role("dialog", name="Log in again")).to_be_visible()
