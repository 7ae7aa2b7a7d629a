"""A camera that reads by itself: from its message to a signed request at a receiver; and pictures by their forms."""

import hashlib
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from anpr_client import ApiKey, Client
from infra.local.site import Site
from infra.packaging import ROOT
from tests.e2e.api_calls import post_form
from tests.receiver import Receiver, listening

pytestmark = pytest.mark.timeout(300)

PLATE = "EV26TST"
CROP = b"\xff\xd8\xff\xe0 a plate \xff\xd9"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as running:
        yield running


def _until(condition: Callable[[], bool], what: str, timeout_s: float = 180) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_a_cameras_own_read_of_a_wanted_plate_reaches_a_receiver(site: Site, api: Client, receiver: Receiver) -> None:
    mac = "28:57:be:00:00:01"
    api.cameras.create("reads by itself", time_zone="Europe/Berlin", serial=mac)
    wanted = api.bolos.create_list("reads", priority="high", alert_interval_s=0)
    entry = api.bolos.add(wanted.id, PLATE, reason="a test")
    webhook = api.post("/webhooks", {"url": receiver.url, "list_ids": [str(wanted.id)]})
    key = api.post("/auth/keys", {"name": "camera", "role": "reviewer", "permissions": ["reads:write"]})["key"]
    sample = ROOT / "tests" / "functions" / "api" / "engines" / "samples" / "hikvision_anpr.xml"
    alert = sample.read_text().replace("28:57:be:ee:d1:5a", mac).replace("B77ANP", PLATE)
    parts = {
        "anpr.xml": ("anpr.xml", alert.encode(), "text/xml"),
        "licensePlatePicture.jpg": ("licensePlatePicture.jpg", CROP, "image/jpeg"),
    }

    # As such a camera sends it: a form, with a name and a password.
    with httpx.Client(auth=("camera", key), trust_env=False, timeout=60) as camera:
        sent = [camera.post(f"{site.api_url}/reads/hikvision", files=parts) for _ in range(2)]
    _until(lambda: len(receiver.taken) >= 1, "no webhook came")

    assert [reply.status_code for reply in sent] == [200, 200], sent[0].text
    assert [reply.json()["items"][0]["outcome"] for reply in sent] == ["recorded", "repeated"]
    [body] = receiver.verified(webhook["secret"])
    assert (body["data"]["event"]["plate"], body["data"]["event"]["engine"]) == (PLATE, "hikvision")
    assert body["data"]["event"]["captured_at"].startswith("2026-03-01T08:00:00")
    assert httpx.get(body["data"]["event"]["crop_url"], trust_env=False, timeout=60).content == CROP
    assert body["data"]["event"]["frame_url"] is None
    [hit] = api.hits.list(list_id=wanted.id)
    assert hit.event.engine == "hikvision"
    api.bolos.update(entry.id, active=False)
    api.delete(f"/webhooks/{webhook['id']}")


def test_a_read_in_the_backends_own_form_has_its_picture_posted(site: Site, api: Client) -> None:
    camera = api.cameras.create("reads of its own form")
    key = api.post("/auth/keys", {"name": "box", "role": "reviewer", "permissions": ["reads:write"]})["key"]
    read = {
        "read_id": "1",
        "engine": "acme",
        "camera": "reads of its own form",
        "plate": "own 123",
        "captured_at": "2026-03-01T08:00:00Z",
        "crop_to_come": {"size_bytes": len(CROP), "sha256": hashlib.sha256(CROP).hexdigest()},
    }
    with Client(site.api_url, ApiKey(key)) as box:
        recorded = box.post("/reads", read)
    post_form(recorded["crop_form"], CROP, content_type="image/jpeg")

    [event] = api.events.search(camera_id=camera.id)
    assert (str(event.id), event.plate, event.engine) == (recorded["event_id"], "OWN123", "acme")
    assert event.crop_url is not None
    assert api.events.image(event.crop_url) == CROP
    assert event.frame_url is None
    assert event.box is None
