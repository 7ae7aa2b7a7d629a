"""The console's webhooks, in a real browser: made, tested, changed, given another secret, replayed, removed."""

import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from anpr_client import Client, Login
from infra.local.place import Running
from tests.e2e.browsing import Reader, reading
from tests.receiver import Receiver, listening

pytestmark = pytest.mark.timeout(600)

PATIENCE_S = 180


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as running:
        yield running


@pytest.fixture
def webhook(api: Client, receiver: Receiver) -> Iterator[dict[str, Any]]:
    """A webhook with one delivery in its log."""
    made = api.post("/webhooks", {"url": receiver.url, "description": "Dispatch"})
    api.post(f"/webhooks/{made['id']}/test")
    yield made
    if made["id"] in [one["id"] for one in api.get("/webhooks")["items"]]:
        api.delete(f"/webhooks/{made['id']}")


def test_a_webhook_is_made_and_tested(reader: Reader, site: Running, api: Client, receiver: Receiver) -> None:
    reader.expect_complaint("status of 422")
    name = f"Wanted {uuid4().hex[:6]}"
    list_id = api.post("/bolos/lists", {"name": name})["id"]
    reader.enter(site.admin, "#/wanted/webhooks", "Wanted")
    page = reader.page
    page.get_by_role("button", name="New webhook").click()
    form = page.get_by_role("dialog")
    address = form.get_by_label("Address", exact=True)
    address.fill("ftp://dispatch.example.org/")
    form.get_by_role("button", name="Save").click()
    expect(address).to_have_attribute("aria-invalid", "true")
    address.fill(receiver.url)
    form.get_by_role("checkbox", name="silent cameras").check()
    form.get_by_role("checkbox", name=name).check()
    form.get_by_role("button", name="Save").click()
    # The secret is shown now, and is in nothing that can be asked for afterwards.
    shown = page.get_by_role("dialog", name=re.compile("secret$"))
    secret = shown.locator("code").inner_text()
    assert reader.find_barriers() == []
    shown.get_by_role("button", name="I have kept it").click()
    [made] = [one for one in api.get("/webhooks")["items"] if one["url"] == receiver.url]
    assert (set(made["event_types"]), made["list_ids"]) == (
        {"bolo.matched", "bolo.updated", "camera.silent"},
        [list_id],
    )

    page.get_by_role("link", name=receiver.url).click()
    page.get_by_role("button", name="Send a test").click()
    log = page.get_by_role("region", name="Deliveries")
    expect(log.get_by_text("delivered", exact=True)).to_be_visible()
    assert [one["type"] for one in receiver.verified(secret)] == ["webhook.ping"]
    log.get_by_role("button", name="1 attempt").click()
    attempts = page.get_by_role("dialog", name="Attempts")
    expect(attempts.get_by_text("204", exact=True)).to_be_visible()
    attempts.get_by_role("button", name="Close").click()
    log.get_by_role("button", name="Send again").click()
    path = f"/webhooks/{made['id']}/deliveries"
    [delivery] = api.get(path)["items"]
    deadline = time.monotonic() + PATIENCE_S
    while len(api.get(f"{path}/{delivery['id']}")["log"]) < 2:
        assert time.monotonic() < deadline, "it was not sent again"
        time.sleep(0.2)
    log.get_by_role("button", name=re.compile("attempt")).click()
    expect(attempts.get_by_text("204", exact=True)).to_have_count(2)
    attempts.get_by_role("button", name="Close").click()
    assert len(receiver.verified(secret)) == 2
    api.delete(f"/webhooks/{made['id']}")


def test_a_webhook_gets_another_secret_is_switched_off_and_goes(
    reader: Reader, site: Running, api: Client, webhook: dict[str, Any]
) -> None:
    reader.enter(site.admin, f"#/wanted/webhooks/{webhook['id']}", "Wanted")
    page = reader.page
    form = page.get_by_role("dialog")
    page.get_by_role("button", name="New secret").click()
    form.get_by_role("button", name="New secret").click()
    shown = page.get_by_role("dialog", name=re.compile("secret$"))
    renewed = shown.locator("code").inner_text()
    shown.get_by_role("button", name="I have kept it").click()
    assert renewed.startswith("whsec_")
    assert renewed != webhook["secret"]
    page.get_by_role("button", name="Change", exact=True).click()
    form.get_by_label("active").uncheck()
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text=webhook["url"]).get_by_text("off", exact=True)).to_be_visible()
    changed = api.get(f"/webhooks/{webhook['id']}")
    assert (changed["active"], changed["list_ids"], changed["event_types"]) == (False, None, webhook["event_types"])

    page.get_by_role("button", name="Remove", exact=True).click()
    form.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("link", name=webhook["url"])).to_have_count(0)
    assert webhook["id"] not in [one["id"] for one in api.get("/webhooks")["items"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_at_a_webhook(browser: Browser, site: Running, webhook: dict[str, Any], theme: str) -> None:
    with reading(browser, site, color_scheme=theme) as reader:
        reader.enter(site.admin, f"#/wanted/webhooks/{webhook['id']}", "Wanted")
        log = reader.page.get_by_role("region", name="Deliveries")
        expect(log.get_by_text("delivered", exact=True)).to_be_visible()
        found = {"webhook": reader.find_barriers()}
        reader.page.get_by_role("button", name="Change", exact=True).click()
        expect(reader.page.get_by_role("dialog")).to_be_visible()
        found["form"] = reader.find_barriers()
    assert {page: barriers for page, barriers in found.items() if barriers} == {}


def test_webhooks_are_not_for_reviewers(browser: Browser, site: Running, api: Client) -> None:
    login = Login(f"reviewer-{uuid4().hex[:8]}@example.org", "correct horse battery staple")
    api.post("/users", {"email": login.email, "password": login.password, "role": "reviewer"})
    with reading(browser, site) as reader:
        reader.enter(login, "#/wanted/webhooks", "Wanted")
        expect(reader.page.get_by_role("heading", name="There is no such page")).to_be_visible()
        expect(reader.page.get_by_role("link", name="Webhooks")).to_have_count(0)
