import base64
import gzip
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from anpr.errors import BadRequest
from anpr.models import Role
from functions.api.schemas.bolos import inflated
from tests.builders import add_event
from tests.functions.api.client import Api, Client
from tests.lambda_context import lambda_context
from tests.memory import MemoryNotifier


@pytest.fixture
def list_id(api: Api) -> str:
    made = api.admin.post("/bolos/lists", {"name": "stolen", "priority": "high"})
    assert made.status == 201
    return str(made.json()["id"])


def _csv(client: Client, list_id: str, content: bytes, **headers: str) -> Any:
    return client.request(
        "POST",
        f"/bolos/lists/{list_id}/import",
        raw=content.decode("latin-1"),
        headers={"content-type": "text/csv", **headers},
    )


def test_a_list_s_life(api: Api, list_id: str) -> None:
    assert api.viewer.get(f"/bolos/lists/{list_id}").json()["priority"] == "high"
    changed = api.admin.patch(f"/bolos/lists/{list_id}", {"alert_interval_s": 60, "active": False}).json()
    assert (changed["alert_interval_s"], changed["active"], changed["name"]) == (60, False, "stolen")
    assert [one["id"] for one in api.viewer.get("/bolos/lists").json()["items"]] == [list_id]
    assert api.admin.post("/bolos/lists", {"name": "stolen"}).status == 409
    assert api.admin.delete(f"/bolos/lists/{list_id}").status == 204
    assert api.viewer.get(f"/bolos/lists/{list_id}").status == 404


def test_an_entry_raises_a_hit_that_a_reviewer_judges(api: Api, list_id: str) -> None:
    entry = api.reviewer.post(
        "/bolos", {"list_id": list_id, "pattern": "ls15-ebc", "reason": "stolen in March", "case_number": "17"}
    )
    assert entry.status == 201
    assert (entry.json()["pattern"], entry.json()["kind"]) == ("LS15EBC", "exact")
    event = add_event(api.database, plate="LS15EBC")

    [hit] = api.viewer.get("/bolos/hits", params={"list_id": list_id, "status": "unverified"}).json()["items"]
    assert (hit["plate"], hit["matched_by"], hit["alert"]) == ("LS15EBC", "exact", True)
    assert hit["event"]["id"] == str(event.id)
    assert hit["event"]["crop_url"].startswith("https://blobs.invalid/crops/")
    assert (hit["bolo"]["case_number"], hit["list"]["priority"]) == ("17", "high")

    judged = api.reviewer.patch(f"/bolos/hits/{hit['id']}", {"status": "verified", "note": "two pictures"})
    assert judged.status == 200
    assert (judged.json()["status"], judged.json()["status_by"]) == ("verified", str(api.users[Role.REVIEWER]))
    assert api.viewer.get(f"/bolos/hits/{hit['id']}").json()["status_note"] == "two pictures"
    assert {"bolo.matched", "bolo.updated"} <= {published.type for published in api.bus.events}
    assert api.reviewer.delete(f"/bolos/{entry.json()['id']}").status == 409


def test_entries_are_listed_changed_and_removed(api: Api, list_id: str) -> None:
    made = [
        api.reviewer.post("/bolos", {"list_id": list_id, "pattern": plate}).json()["id"]
        for plate in ("AB12CDE", "AB12*", "XY34ZZZ")
    ]
    listed = api.viewer.get("/bolos", params={"list_id": list_id, "limit": 2}).json()
    assert [one["id"] for one in listed["items"]] == made[:0:-1]
    rest = api.viewer.get("/bolos", params={"list_id": list_id, "cursor": listed["next_cursor"]}).json()
    assert [one["id"] for one in rest["items"]] == made[:1]
    assert [one["id"] for one in api.viewer.get("/bolos", params={"plate": "ab12cde"}).json()["items"]] == made[:1]
    changed = api.reviewer.patch(f"/bolos/{made[0]}", {"tolerance": "one_edit", "region": "gb"}).json()
    assert (changed["tolerance"], changed["region"], changed["pattern"]) == ("one_edit", "gb", "AB12CDE")
    assert api.reviewer.delete(f"/bolos/{made[0]}").status == 204
    assert api.viewer.get(f"/bolos/{made[0]}").status == 404


@pytest.mark.parametrize(
    ("body", "said", "pointer"),
    [
        ({"pattern": "(", "kind": "regex"}, "RE2", "/pattern"),
        ({"pattern": "???????"}, "confirm_broad", "/pattern"),
        ({"pattern": "--"}, "letters and digits", "/pattern"),
        ({"pattern": "AB#12"}, "No plate has", "/pattern"),
        ({"pattern": "A?12", "kind": "exact"}, "kind wildcard", "/pattern"),
        ({"pattern": "A.*", "kind": "regex", "tolerance": "confusables"}, "tolerance", "/tolerance"),
        ({"pattern": "AB1?", "tolerance": "one_edit"}, "one edit", "/tolerance"),
        ({"pattern": "AB12", "region": "ab-1234"}, "region", "/region"),
        (
            {"pattern": "AB12", "valid_from": "2026-03-02T12:00:00Z", "valid_until": "2026-03-01T12:00:00Z"},
            "later",
            "/valid_until",
        ),
        ({"pattern": "AB12", "valid_from": "2026-03-01T12:00:00"}, "zone", "/valid_from"),
        ({"pattern": "AB12", "region": "Great Britain"}, "region", "/region"),
        ({"pattern": "AB\x0012"}, "Control characters", "/pattern"),
        ({"pattern": "AB12", "colour": "red"}, "no such field", "/colour"),
        ({"pattern": "AB12", "search_back_days": 30}, "reason", ""),
    ],
)
def test_entries_that_cannot_be_are_refused_in_words_at_their_field(
    api: Api, list_id: str, body: dict[str, Any], said: str, pointer: str
) -> None:
    refused = api.reviewer.post("/bolos", {"list_id": list_id, **body})
    assert refused.status == 422
    assert said in refused.body
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_a_trial_is_refused_as_an_entry_is(api: Api) -> None:
    refused = api.reviewer.post("/bolos/preview", {"pattern": "(", "kind": "regex", "reason": "is it right?"})
    assert refused.status == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/pattern"]


def test_the_confirmation_of_a_broad_pattern(api: Api, list_id: str) -> None:
    body = {"list_id": list_id, "pattern": "???????", "confirm_broad": True}
    assert api.reviewer.post("/bolos", body).status == 201


@pytest.mark.parametrize("body", [{}, {"pattern": None}, {"confirm_broad": True}, {"list_id": str(uuid4())}])
def test_changes_that_cannot_be(api: Api, list_id: str, body: dict[str, Any]) -> None:
    bolo_id = api.reviewer.post("/bolos", {"list_id": list_id, "pattern": "AB12CDE"}).json()["id"]
    assert api.reviewer.patch(f"/bolos/{bolo_id}", body).status == 422


def test_a_preview_shows_the_past_and_a_back_search_records_it(api: Api, list_id: str) -> None:
    event = add_event(api.database, plate="LS15EBC", captured_at=datetime.now(UTC) - timedelta(days=3))
    body = {"pattern": "LS15*", "days": 30, "reason": "is it too broad?"}
    preview = api.reviewer.post("/bolos/preview", body).json()
    assert (preview["matched"], preview["by"], preview["complete"]) == (1, {"wildcard": 1}, True)
    assert preview["sample"][0]["event"]["id"] == str(event.id)
    assert api.reviewer.post("/bolos/preview", {"pattern": "LS15*"}).status == 422

    made = api.reviewer.post(
        "/bolos", {"list_id": list_id, "pattern": "LS15*", "reason": "stolen", "search_back_days": 30}
    )
    [hit] = api.viewer.get("/bolos/hits", params={"historical": "true"}).json()["items"]
    assert (hit["bolo"]["id"], hit["alert"]) == (made.json()["id"], False)
    again = api.reviewer.post(f"/bolos/{made.json()['id']}/back-search", {"days": 1, "reason": "once more"})
    assert again.json()["matched"] == 0


def test_a_file_is_imported_and_comes_back(api: Api, list_id: str) -> None:
    content = b"plate,reason\nAB12CDE,stolen\n--,wrong\n"
    dry = api.reviewer.request(
        "POST",
        f"/bolos/lists/{list_id}/import",
        params={"dry_run": "true"},
        raw=content.decode(),
        headers={"content-type": "text/csv"},
    ).json()
    assert (dry["added"], dry["rejected"], dry["dry_run"]) == (1, 1, True)
    report = _csv(api.reviewer, list_id, content).json()
    assert (report["added"], report["errors"][0]["line"]) == (1, 3)

    exported = api.reviewer.get(f"/bolos/lists/{list_id}/export")
    assert exported.headers["content-type"].startswith("text/csv")
    assert "AB12CDE,exact,none" in exported.body


@pytest.mark.parametrize(
    "packed", [{"content-type": "text/csv", "content-encoding": "gzip"}, {"content-type": "application/gzip"}]
)
def test_a_large_file_comes_in_gzip(api: Api, list_id: str, packed: dict[str, str]) -> None:
    content = gzip.compress(b"plate\n" + b"".join(b"AB%05d\n" % number for number in range(3000)))
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": f"/bolos/lists/{list_id}/import",
        "rawQueryString": "",
        "headers": {
            **packed,
            "host": "api.example.org",
            "authorization": f"Bearer {api.reviewer.token}",
        },
        "requestContext": {
            "requestId": uuid4().hex,
            "stage": "$default",
            "http": {
                "method": "POST",
                "path": f"/bolos/lists/{list_id}/import",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
            },
        },
        "isBase64Encoded": True,
        "body": base64.b64encode(content).decode(),
    }
    answer = api.handler(event, lambda_context("api"))
    assert answer["statusCode"] == 200, answer["body"]
    assert '"added":3000' in answer["body"].replace(" ", "")


@pytest.mark.parametrize(
    ("content", "encoding", "said"),
    [(b"plate\n", "br", "gzip or nothing"), (b"plate\n", "gzip", "not gzip"), (b"", "gzip", "cut off")],
)
def test_encodings_that_cannot_be_undone(content: bytes, encoding: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        inflated(content, encoding)


def test_a_gzip_bomb_is_not_unpacked() -> None:
    with pytest.raises(BadRequest, match="too large"):
        inflated(gzip.compress(bytes(80 * 1024**2)), "gzip")


def test_subscriptions(api: Api, list_id: str) -> None:
    path = f"/bolos/lists/{list_id}/subscriptions"
    made = api.admin.post(path, {"channel": "email", "address": "desk@example.org"})
    assert made.status == 201
    assert api.admin.post(path, {"channel": "email", "address": "desk@example.org"}).status == 409
    for body in ({"channel": "email", "address": "desk"}, {"channel": "sms", "address": "12"}):
        refused = api.admin.post(path, body)
        assert refused.status == 422
        assert [error["pointer"] for error in refused.json()["errors"]] == ["/address"]
    assert [one["address"] for one in api.admin.get(path).json()["items"]] == ["desk@example.org"]
    assert api.admin.delete(f"{path}/{made.json()['id']}").status == 204
    assert api.admin.get(path).json()["items"] == []


def test_a_notification_service_that_is_down_is_a_503(api: Api, list_id: str) -> None:
    broken = api.with_services(notifier=MemoryNotifier(down=True))
    body = {"channel": "email", "address": "desk@example.org"}
    assert broken.admin.post(f"/bolos/lists/{list_id}/subscriptions", body).status == 503
