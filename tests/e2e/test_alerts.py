"""A wanted plate is seen: from the clip to a signed request at a receiver, and what becomes of receivers that fail."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from anpr_client import Client
from infra.local.clip.scene import PLATES, Scene
from tests.e2e.api_calls import camera_named, send
from tests.e2e.conftest import CAPTURED_AT
from tests.receiver import Receiver, listening

pytestmark = pytest.mark.timeout(300)

Finish = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def camera(api: Client) -> str:
    """A camera of this file's own."""
    return camera_named(api, "alerts")


@pytest.fixture(scope="module")
def wanted(api: Client) -> Iterator[str]:
    """A list with a plate that the clip shows, by its id; it wants nothing any more once this file is done.

    The backend is shared with other files, and a hit outlives an ordinary passage.
    """
    made: str = api.post("/bolos/lists", {"name": "end to end", "priority": "high", "alert_interval_s": 0})["id"]
    entry = api.post("/bolos", {"list_id": made, "pattern": PLATES[0], "reason": "a test", "case_number": "e2e"})
    yield made
    api.patch(f"/bolos/{entry['id']}", {"active": False})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as running:
        yield running


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A still of the clip, with the wanted plate in it."""
    made = tmp_path_factory.mktemp("photo") / "photo.png"
    assert cv2.imwrite(str(made), Scene().frame(50))
    return made


def _until(condition: Callable[[], bool], what: str, timeout_s: float = 180) -> None:
    """Wait; a message whose first try broke off on a busy machine comes again after two minutes."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def _deliveries(api: Client, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    return list(api.pages(f"/webhooks/{webhook['id']}/deliveries"))


def test_a_wanted_plate_in_a_clip_reaches_a_receiver(
    api: Client, camera: str, wanted: str, receiver: Receiver, clip: Path, finish: Finish
) -> None:
    webhook = api.post("/webhooks", {"url": receiver.url, "list_ids": [wanted]})

    finish(send(api, clip, camera, CAPTURED_AT))
    _until(lambda: len(receiver.taken) >= 1, "no webhook came")

    [body] = receiver.verified(webhook["secret"])
    [hit] = api.pages("/bolos/hits", list_id=wanted, alert="true")
    assert (body["type"], body["data"]["hit"]["id"]) == ("bolo.matched", hit["id"])
    assert body["data"]["event"]["plate"] == PLATES[0]
    assert body["data"]["bolo"]["case_number"] == "e2e"
    _until(lambda: _deliveries(api, webhook)[0]["status"] == "delivered", "the delivery is not logged")
    [delivery] = _deliveries(api, webhook)
    assert delivery["message_id"] == receiver.taken[0].headers["webhook-id"]
    assert 0 < delivery["since_hit_s"] < 60

    api.patch(f"/bolos/hits/{hit['id']}", {"status": "dismissed", "note": "a test"})
    _until(lambda: len(receiver.taken) == 2, "the verdict did not come")
    assert receiver.verified(webhook["secret"])[1]["data"]["hit"]["status"] == "dismissed"
    api.delete(f"/webhooks/{webhook['id']}")


def test_a_receiver_that_was_down_gets_everything_once(
    api: Client, camera: str, wanted: str, receiver: Receiver, photo: Path, finish: Finish
) -> None:
    webhook = api.post("/webhooks", {"url": receiver.url, "list_ids": [wanted], "event_types": ["bolo.matched"]})
    receiver.status = 503
    for _ in range(3):
        finish(send(api, photo, camera, CAPTURED_AT))
    _until(lambda: len(receiver.requests) >= 3, "nothing was tried")

    receiver.status = 204
    _until(lambda: len(receiver.taken) >= 3, "not all came after all")

    assert len(receiver.verified(webhook["secret"])) == 3
    assert len({one.headers["webhook-id"] for one in receiver.taken}) == 3
    _until(lambda: all(one["status"] == "delivered" for one in _deliveries(api, webhook)), "not all are logged")
    detail = api.get(f"/webhooks/{webhook['id']}/deliveries/{_deliveries(api, webhook)[0]['id']}")
    assert [attempt["status_code"] for attempt in detail["log"]] == [503, 204]
    api.delete(f"/webhooks/{webhook['id']}")


def test_a_test_message_is_sent_and_gone_disables(api: Client, receiver: Receiver) -> None:
    webhook = api.post("/webhooks", {"url": receiver.url})
    api.post(f"/webhooks/{webhook['id']}/test", {})
    _until(lambda: len(receiver.taken) == 1, "the test message did not come")
    assert receiver.verified(webhook["secret"])[0]["type"] == "webhook.ping"

    receiver.status = 410
    api.post(f"/webhooks/{webhook['id']}/test", {})
    _until(lambda: not api.get(f"/webhooks/{webhook['id']}")["active"], "the endpoint is still active")
    assert "410" in api.get(f"/webhooks/{webhook['id']}")["disabled_reason"]
    api.delete(f"/webhooks/{webhook['id']}")
