from typing import Any
from uuid import uuid4

import pytest

from anpr.alerts.webhooks.endpoints import EVENT_TYPES
from anpr.messages import WebhookDue
from tests.functions.api.client import Api
from tests.memory import MemoryQueue

URL = "https://hooks.example.org/anpr"


def _queue(api: Api) -> MemoryQueue:
    queue = api.alerts.deliveries
    assert isinstance(queue, MemoryQueue)
    return queue


@pytest.fixture
def webhook(api: Api) -> dict[str, Any]:
    made = api.admin.post("/webhooks", {"url": URL})
    assert made.status == 201
    found: dict[str, Any] = made.json()
    return found


def test_a_secret_is_shown_when_it_is_made_and_never_again(api: Api, webhook: dict[str, Any]) -> None:
    path = f"/webhooks/{webhook['id']}"
    assert webhook["secret"].startswith("whsec_")
    rotated = api.admin.post(f"{path}/secret")
    assert rotated.status == 201
    assert rotated.json()["secret"] != webhook["secret"]
    for reply in (api.admin.get(path), api.admin.get("/webhooks"), api.admin.patch(path, {"description": "x"})):
        assert reply.status == 200
        assert webhook["secret"][6:] not in reply.body
        assert rotated.json()["secret"][6:] not in reply.body
    assert api.admin.get(path).json()["previous_secret_until"] is not None


def test_an_endpoint_s_life(api: Api, webhook: dict[str, Any]) -> None:
    path = f"/webhooks/{webhook['id']}"
    list_id = api.admin.post("/bolos/lists", {"name": "stolen"}).json()["id"]
    changed = api.admin.patch(path, {"list_ids": [list_id], "event_types": ["bolo.matched"], "active": False}).json()
    assert (changed["list_ids"], changed["event_types"], changed["active"]) == ([list_id], ["bolo.matched"], False)
    assert api.admin.patch(path, {"list_ids": None}).json()["list_ids"] is None
    assert api.admin.delete(path).status == 204
    assert api.admin.get(path).status == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://hooks.example.org/"}, "/url"),
        ({"url": "https://127.0.0.1/"}, "/url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "/url"),
        ({"url": "https://user:pw@hooks.example.org/"}, "/url"),
        ({"url": "hooks.example.org"}, "/url"),
        ({"url": URL, "event_types": ["event.created"]}, "/event_types/0"),
        ({"url": URL, "event_types": []}, "/event_types"),
        ({"url": URL, "list_ids": [str(uuid4())]}, "/list_ids"),
        ({"url": URL, "secret": "whsec_mine"}, "/secret"),
    ],
)
def test_endpoints_that_cannot_be(api: Api, body: dict[str, Any], pointer: str) -> None:
    refused = api.admin.post("/webhooks", body)
    assert refused.status == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_an_endpoint_is_told_of_everything_that_there_is(api: Api) -> None:
    made = api.admin.post("/webhooks", {"url": URL, "event_types": list(EVENT_TYPES)})
    assert (made.status, made.json()["event_types"]) == (201, list(EVENT_TYPES))


@pytest.mark.parametrize("body", [{}, {"url": None}, {"url": "https://10.0.0.1/"}])
def test_changes_that_cannot_be(api: Api, webhook: dict[str, Any], body: dict[str, Any]) -> None:
    assert api.admin.patch(f"/webhooks/{webhook['id']}", body).status == 422


def test_a_test_message_and_its_replay_are_queued_and_logged(api: Api, webhook: dict[str, Any]) -> None:
    path = f"/webhooks/{webhook['id']}"
    sent = api.admin.post(f"{path}/test")
    assert (sent.status, sent.json()["type"], sent.json()["status"]) == (202, "webhook.ping", "pending")
    [listed] = api.admin.get(f"{path}/deliveries", params={"status": "pending"}).json()["items"]
    assert listed["id"] == sent.json()["id"]
    detail = api.admin.get(f"{path}/deliveries/{listed['id']}").json()
    assert (detail["log"], detail["message_id"]) == ([], listed["message_id"])
    assert api.admin.post(f"{path}/deliveries/{listed['id']}/replay").status == 202
    due = WebhookDue(delivery_id=listed["id"], attempt=0).model_dump_json()
    assert _queue(api).waiting == [due, due]
    assert api.admin.get(f"{path}/deliveries/{uuid4()}").status == 404
    assert api.admin.patch(path, {"active": False}).status == 200
    assert api.admin.post(f"{path}/test").status == 409


def test_before_the_set_up_the_key_is_missing_and_only_webhooks_wait_for_it(api: Api) -> None:
    api.secrets.values["webhook-key"] = None
    unready = api.with_services()
    assert unready.admin.post("/webhooks", {"url": URL}).status == 503
    assert unready.anonymous.get("/health").status == 200
