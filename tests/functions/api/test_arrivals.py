"""GET /events/recent: what watchers ask for every other second."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from anpr.models import Role
from tests.builders import CAPTURED_AT, add_event, add_upload
from tests.functions.api.client import Api, Reply


def watch(api: Api, etag: str | None = None, **params: Any) -> Reply:
    return api.viewer.get("/events/recent", params=params, headers={"if-none-match": etag} if etag else None)


def plates(reply: Reply) -> list[str]:
    return [item["plate"] for item in reply.json()["items"]]


def test_the_order_is_that_of_recording_and_not_of_capture(api: Api) -> None:
    add_event(api.database, plate="OLD1", captured_at=CAPTURED_AT, processed_at=CAPTURED_AT + timedelta(hours=2))
    add_event(api.database, plate="NEW1", captured_at=CAPTURED_AT + timedelta(hours=1), processed_at=CAPTURED_AT)

    reply = watch(api)

    assert plates(reply) == ["OLD1", "NEW1"]
    assert plates(watch(api, limit=1)) == ["OLD1"]
    assert reply.json()["items"][0]["crop_url"].startswith("https://blobs.invalid/")


def test_as_long_as_nothing_changes_the_answer_is_empty(api: Api) -> None:
    event = add_event(api.database)
    etag = watch(api).headers["etag"]

    unchanged = watch(api, etag)
    assert (unchanged.status, unchanged.body, unchanged.headers["etag"]) == (304, "", etag)

    assert api.reviewer.post(f"/feedback/events/{event.id}", {"verdict": "confirmed"}).status == 201
    reviewed = watch(api, etag)
    assert (reviewed.status, reviewed.json()["items"][0]["review_status"]) == (200, "confirmed")

    add_event(api.database, upload=add_upload(api.database))
    assert watch(api, reviewed.headers["etag"]).status == 200


def test_a_hit_is_told_with_its_passage_and_its_disposition_is_news(api: Api) -> None:
    list_id = api.admin.post("/bolos/lists", {"name": "Stolen", "priority": "critical"}).json()["id"]
    event = add_event(api.database, captured_at=datetime.now(UTC) - timedelta(days=3))
    wanted = {"list_id": list_id, "pattern": "LS15*", "reason": "stolen", "search_back_days": 30}
    assert api.reviewer.post("/bolos", wanted).status == 201

    reply = watch(api)
    [item] = reply.json()["items"]
    [hit] = item["hits"]

    assert item["id"] == str(event.id)
    assert (hit["list_name"], hit["priority"], hit["pattern"]) == ("Stolen", "critical", "LS15*")
    assert (hit["matched_by"], hit["status"], hit["historical"]) == ("wildcard", "unverified", True)

    assert api.reviewer.patch(f"/bolos/hits/{hit['id']}", {"status": "verified"}).status == 200
    changed = watch(api, reply.headers["etag"])
    assert changed.json()["items"][0]["hits"][0]["status"] == "verified"


def test_only_the_cameras_that_are_named_and_may_be_seen_are_watched(api: Api) -> None:
    one, two = (str(add_event(api.database, plate=plate).camera_id) for plate in ("ONE1", "TWO2"))

    assert plates(watch(api, camera_id=one)) == ["ONE1"]

    limited = {"limited": True, "camera_ids": [two]}
    assert api.admin.request("PUT", f"/users/{api.users[Role.VIEWER]}/cameras", body=limited).status == 200
    assert plates(watch(api)) == ["TWO2"]
    assert watch(api, camera_id=one).status == 404
    assert watch(api, camera_id=str(uuid4())).status == 404
