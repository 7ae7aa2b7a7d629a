from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from anpr.models import AuditRecord
from tests.builders import CAPTURED_AT, add_event, add_upload
from tests.functions.api.client import Api


def found(api: Api, **params: Any) -> list[dict[str, Any]]:
    if "plate" in params:
        params.setdefault("reason", "case 7")
    reply = api.viewer.get("/events", params=params)
    assert reply.status == 200, reply.body
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


def test_a_passage_is_shown_with_the_fields_own_names(api: Api) -> None:
    event = add_event(api.database)

    (shown,) = found(api)

    assert shown["id"] == str(event.id)
    assert (shown["plate"], shown["plate_normalized"], shown["raw_plate"]) == ("LS15EBC", "LS15EBC", "LS15 EBC")
    assert (shown["score"], shown["dscore"]) == (0.97, 0.88)
    assert shown["region"] == {"code": "gb", "score": 0.9}
    assert shown["box"] == {"xmin": 10.0, "ymin": 20.0, "xmax": 110.0, "ymax": 45.0}
    assert shown["candidates"] == [{"plate": "LS15EBC", "score": 0.97}, {"plate": "LS15E8C", "score": 0.02}]
    assert shown["captured_at"] == "2026-03-01T12:00:00.500000Z"
    assert (shown["frames_seen"], shown["frames_agreeing"]) == (20, 18)
    assert shown["crop_url"].startswith(f"https://blobs.invalid/crops/{event.upload_id}/000000-")
    assert shown["frame_url"].startswith(f"https://blobs.invalid/frames/{event.upload_id}/000000-")
    assert shown["match"] is None
    assert api.viewer.get(f"/events/{event.id}").json() == shown


def test_images_that_were_deleted_have_no_link(api: Api) -> None:
    add_event(api.database, media_deleted_at=CAPTURED_AT)
    (shown,) = found(api)
    assert (shown["crop_url"], shown["frame_url"]) == (None, None)


def test_a_search_tells_how_each_plate_matches(api: Api) -> None:
    upload = add_upload(api.database)
    for plate in ("LS15EBC", "L515E8C", "LS15EBX"):
        add_event(api.database, upload=upload, plate=plate)

    (exact,) = found(api, plate="ls15 ebc")
    assert exact["match"] == {"how": "exact", "distance": 0}
    fuzzy = {event["plate"]: event["match"] for event in found(api, plate="LS15EBC", match="fuzzy")}
    assert fuzzy == {
        "LS15EBC": {"how": "exact", "distance": 0},
        "L515E8C": {"how": "confusable", "distance": 0},
        "LS15EBX": {"how": "edit", "distance": 1},
    }
    assert {event["match"]["how"] for event in found(api, plate="LS15*")} == {"wildcard"}


def test_filters_come_from_the_query(api: Api) -> None:
    here, there = add_event(api.database), add_event(api.database, score=0.3, readable=False)
    cameras = [str(here.camera_id), str(there.camera_id)]

    assert len(found(api, camera_id=cameras)) == 2
    assert [event["id"] for event in found(api, camera_id=cameras[0])] == [str(here.id)]
    assert [event["id"] for event in found(api, min_score=0.5)] == [str(here.id)]
    assert [event["id"] for event in found(api, readable="false")] == [str(there.id)]
    assert len(found(api, captured_from="2026-03-01T13:00:00+01:00", captured_to="2026-03-01T12:00:01Z")) == 2
    assert found(api, captured_from="2026-03-01T12:00:01Z") == []
    assert found(api, camera_id=str(uuid4())) == []


def test_pages_follow_their_cursor(api: Api) -> None:
    upload = add_upload(api.database)
    made = {str(add_event(api.database, upload=upload).id) for _ in range(3)}
    first = api.viewer.get("/events", params={"limit": 2}).json()
    second = api.viewer.get("/events", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert {event["id"] for event in first["items"] + second["items"]} == made
    assert second["next_cursor"] is None


def test_bad_queries_are_refused_where_they_are_bad(api: Api) -> None:
    bad: list[tuple[dict[str, Any], int, str]] = [
        ({"cursor": "garbage"}, 400, ""),
        ({"cursor": "a\x00b"}, 422, "/query/cursor"),
        ({"limit": 0}, 422, "/query/limit"),
        ({"limit": 201}, 422, "/query/limit"),
        ({"limit": "many"}, 422, "/query/limit"),
        ({"captured_from": "2026-03-01T12:00:00"}, 422, "/query/captured_from"),
        ({"captured_from": "2026-03-01T12:00:00 02:00"}, 422, "/query/captured_from"),
        ({"captured_from": "1767225600"}, 422, "/query/captured_from"),
        ({"captured_from": "2026-03-02T00:00:00Z", "captured_to": "2026-03-01T00:00:00Z"}, 422, "/query/captured_from"),
        ({"camera_id": "north"}, 422, "/query/camera_id/0"),
        ({"camera_id": [str(uuid4())] * 51}, 422, "/query/camera_id"),
        ({"plate": "B[0-9]+", "reason": "case 7"}, 422, "/query/plate"),
        ({"plate": "B\x00", "reason": "case 7"}, 422, "/query/plate"),
        ({"plate": "", "reason": "case 7"}, 422, "/query/plate"),
        ({"plate": "--", "reason": "case 7"}, 422, "/query/plate"),
        ({"plate": "?A?", "reason": "case 7"}, 422, "/query/plate"),
        ({"plate": "B172WAW"}, 422, "/query/reason"),
        ({"plate": "B172WAW", "reason": "x"}, 422, "/query/reason"),
        ({"plate": "B172WAW", "reason": "case 7", "match": "regex"}, 422, "/query/match"),
        ({"plate": "B172WAW", "reason": "case 7", "max_edits": 1}, 422, "/query/max_edits"),
        ({"plate": "B172WAW", "reason": "case 7", "match": "fuzzy", "max_edits": 3}, 422, "/query/max_edits"),
        ({"min_score": "NaN"}, 422, "/query/min_score"),
        ({"min_score": 1.1}, 422, "/query/min_score"),
        ({"review_status": "done"}, 422, "/query/review_status"),
        ({"plates": "B172WAW"}, 422, "/query/plates"),
    ]
    for params, status, pointer in bad:
        reply = api.viewer.get("/events", params=params)
        assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json"), params
        if pointer:
            assert reply.json()["errors"][0]["pointer"] == pointer, params


@pytest.mark.parametrize("plate", ["B172WAW", "B17*"])
def test_a_search_that_finds_nothing_is_on_record_with_its_reason(api: Api, plate: str) -> None:
    assert found(api, plate=plate, reason="case 7") == []
    with api.database.transaction() as session:
        record = session.scalars(select(AuditRecord)).one()
    assert (record.action, record.target, record.reason) == ("plate.searched", f"plate:{plate}", "case 7")
    assert (record.actor, record.detail["found"]) == ("viewer@example.org", 0)
    assert record.request_id


def test_an_unknown_event_is_not_found(api: Api) -> None:
    assert api.viewer.get(f"/events/{uuid4()}").status == 404
    assert api.viewer.get("/events/7").status == 422
