"""/vehicles, and the names that passages show. Who may call what is in test_access."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from anpr.models import Role, Upload, UploadStatus
from tests.builders import add_event
from tests.functions.api.client import Api, Client

CHIEF = {"plate": "ls15-ebc", "region": "GB", "name": "Chief's car", "note": "Two keys."}


def named(api: Api, **changes: Any) -> dict[str, Any]:
    reply = api.reviewer.post("/vehicles", CHIEF | changes)
    assert reply.status == 201, reply.body
    made: dict[str, Any] = reply.json()
    return made


def key(api: Api, *permissions: str) -> Client:
    body = {"name": "box 7", "role": "reviewer", "permissions": list(permissions)}
    return Client(api.handler, api.admin.post("/auth/keys", body).json()["key"])


def shown_name(client: Client, path: str, **params: Any) -> Any:
    reply = client.get(path, params=params)
    assert reply.status == 200, reply.body
    body = reply.json()
    [item] = body.get("items", [body])
    return item.get("event", item)["known_as"]


def test_a_vehicle_is_named_found_changed_and_forgotten(api: Api) -> None:
    made = named(api)
    assert (made["plate"], made["region"], made["name"], made["note"]) == ("ls15-ebc", "gb", "Chief's car", "Two keys.")
    assert made["created_by"] == str(api.users[Role.REVIEWER])
    for found in ({"plate": "LS15 EBC"}, {"name": "chief"}, {}):
        assert api.viewer.get("/vehicles", params=found).json()["items"] == [made]
    assert api.viewer.get("/vehicles", params={"name": "post"}).json()["items"] == []

    changed = api.reviewer.patch(f"/vehicles/{made['id']}", {"name": "The chief", "region": None})
    assert (changed.status, changed.json()["name"], changed.json()["region"]) == (200, "The chief", None)
    assert api.viewer.get(f"/vehicles/{made['id']}").json() == changed.json()

    assert api.reviewer.delete(f"/vehicles/{made['id']}").status == 204
    assert api.reviewer.delete(f"/vehicles/{made['id']}").status == 404
    assert api.viewer.get("/vehicles").json() == {"items": [], "next_cursor": None}


def test_a_plate_that_is_known_already_is_a_conflict(api: Api) -> None:
    named(api)
    other = named(api, plate="XX11XXX")
    again = api.reviewer.post("/vehicles", CHIEF | {"plate": "L515E8C", "name": "another"})
    assert (again.status, "known already" in again.json()["detail"]) == (409, True)
    assert api.reviewer.patch(f"/vehicles/{other['id']}", {"plate": "LS15EBC"}).status == 409
    assert len(api.viewer.get("/vehicles").json()["items"]) == 2


@pytest.mark.parametrize(
    ("field", "value"), [("plate", "B17*"), ("plate", "--"), ("region", "Mars"), ("name", " "), ("name", "x" * 101)]
)
def test_what_can_be_no_vehicle_is_refused_at_its_field(api: Api, field: str, value: str) -> None:
    reply = api.reviewer.post("/vehicles", CHIEF | {field: value})
    assert (reply.status, [one["pointer"] for one in reply.json()["errors"]]) == (422, [f"/{field}"])


def test_the_list_is_asked_for_a_plate_and_no_pattern(api: Api) -> None:
    reply = api.viewer.get("/vehicles", params={"plate": "LS15*"})
    assert (reply.status, [one["pointer"] for one in reply.json()["errors"]]) == (422, ["/query/plate"])


def test_the_list_comes_in_pages(api: Api) -> None:
    for number in range(5):
        named(api, plate=f"CJ0{number}KLM", name=f"van {number}")
    names, cursor = [], None
    while True:
        params = {"limit": 2, "name": "VAN"} | ({"cursor": cursor} if cursor else {})
        page = api.viewer.get("/vehicles", params=params).json()
        names += [one["name"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == ["van 4", "van 3", "van 2", "van 1", "van 0"]


def test_wherever_a_passage_is_given_it_has_its_vehicles_name(api: Api) -> None:
    list_id = api.admin.post("/bolos/lists", {"name": "stolen"}).json()["id"]
    api.admin.post("/bolos", {"list_id": list_id, "pattern": "LS15EBC", "reason": "case 12"})
    event = add_event(api.database, plate="LS15EBC", captured_at=datetime.now(UTC) - timedelta(hours=1))
    [hit] = api.viewer.get("/bolos/hits").json()["items"]
    places: list[tuple[str, dict[str, str]]] = [
        ("/events", {}),
        ("/events", {"plate": "LS15*", "reason": "case 12"}),
        (f"/events/{event.id}", {}),
        ("/events/recent", {}),
        ("/feedback/queue", {}),
        ("/bolos/hits", {}),
        (f"/bolos/hits/{hit['id']}", {}),
        (f"/admin/subjects/{event.plate}", {"reason": "request 12"}),
    ]
    assert [shown_name(api.admin, path, **params) for path, params in places] == [None] * len(places)

    made = named(api)
    known = {"id": made["id"], "name": "Chief's car"}
    assert [shown_name(api.admin, path, **params) for path, params in places] == [known] * len(places)
    [claimed] = api.reviewer.post("/feedback/claims", {}).json()["items"]
    renewed = api.reviewer.request("PUT", f"/feedback/events/{event.id}/claim").json()
    asked = api.reviewer.post(f"/feedback/events/{event.id}/second-opinion", {"note": "?"}).json()
    judged = api.reviewer.patch(f"/bolos/hits/{hit['id']}", {"status": "verified"}).json()
    [past] = api.reviewer.post("/bolos/preview", {"pattern": "LS15*", "reason": "case 12"}).json()["sample"]
    assert [one["event"]["known_as"] for one in (claimed, renewed, asked, judged, past)] == [known] * 5


def test_a_name_follows_a_correction_and_is_news_to_whoever_watches(api: Api) -> None:
    event = add_event(api.database, plate="XX11XXX")
    before = api.viewer.get("/events/recent")
    named(api)
    unchanged = api.viewer.get("/events/recent", headers={"if-none-match": before.headers["etag"]})
    assert unchanged.status == 304

    corrected = {"verdict": "corrected", "plate": "LS15EBC"}
    assert api.reviewer.post(f"/feedback/events/{event.id}", corrected).status == 201
    seen = api.viewer.get("/events/recent")
    assert seen.json()["items"][0]["known_as"]["name"] == "Chief's car"

    vehicle = seen.json()["items"][0]["known_as"]["id"]
    assert api.reviewer.patch(f"/vehicles/{vehicle}", {"name": "The chief"}).status == 200
    renamed = api.viewer.get("/events/recent", headers={"if-none-match": seen.headers["etag"]})
    assert (renamed.status, renamed.json()["items"][0]["known_as"]["name"]) == (200, "The chief")


def test_a_key_sees_names_only_where_it_may_read_known_vehicles(api: Api) -> None:
    event = add_event(api.database, plate="LS15EBC")
    made = named(api)
    without, reader = key(api, "events:read"), key(api, "events:read", "vehicles:read")
    writer = key(api, "vehicles:write")

    for path in ("/events", f"/events/{event.id}"):
        assert shown_name(without, path) is None
        assert shown_name(reader, path) == {"id": made["id"], "name": "Chief's car"}
    assert without.get("/vehicles").status == writer.get("/vehicles").status == 403
    assert writer.patch(f"/vehicles/{made['id']}", {"note": "One key."}).status == 200
    assert reader.delete(f"/vehicles/{made['id']}").status == 403


def test_who_is_limited_to_cameras_keeps_the_list_and_learns_of_no_passage_by_it(api: Api) -> None:
    """The list is of plates: it says the same of one that others' cameras saw and of one that was never seen."""
    own, other = add_event(api.database, plate="XX11XXX"), add_event(api.database, plate="LS15EBC")
    limited = {"limited": True, "camera_ids": [str(own.camera_id)]}
    assert api.admin.request("PUT", f"/users/{api.users[Role.REVIEWER]}/cameras", body=limited).status == 200

    seen, unseen = named(api), named(api, plate="CJ01ABC", name="Never seen")
    assert seen.keys() == unseen.keys()
    for each in (seen, unseen):
        said = api.reviewer.get(f"/vehicles/{each['id']}")
        assert (said.status, said.json()) == (200, each)
        assert str(other.id) not in said.body
        assert str(other.camera_id) not in said.body
        conflict = api.reviewer.post("/vehicles", {"plate": each["plate"], "region": "gb", "name": "again"})
        assert conflict.status == 409
        assert api.reviewer.patch(f"/vehicles/{each['id']}", {"note": "x"}).status == 200
        assert api.reviewer.delete(f"/vehicles/{each['id']}").status == 204
    assert api.reviewer.get(f"/events/{other.id}").status == 404
    assert [one["id"] for one in api.reviewer.get("/events").json()["items"]] == [str(own.id)]


def test_a_vehicles_name_is_handed_out_and_erased_with_it_whatever_is_held(api: Api) -> None:
    event = add_event(api.database, plate="LS15EBC")
    with api.database.transaction() as session:
        session.execute(update(Upload).values(status=UploadStatus.SUCCEEDED))
    made, other = named(api), named(api, plate="XX11XXX", name="Beside LS15 EBC", note="follows ls15-ebc")
    hold = {"case_number": "12", "reason": "court order", "plate": "LS15EBC"}
    assert api.admin.post("/admin/holds", hold).status == 201

    told = api.admin.get("/admin/subjects/LS15EBC", params={"reason": "request 12"}).json()
    assert told["vehicles"] == [made]

    erased = api.admin.request("DELETE", "/admin/subjects/LS15EBC", params={"reason": "request 12"}).json()
    assert (erased["held"], erased["deleted"]["known_vehicles"], erased["complete"]) == (1, 1, True)
    assert api.viewer.get(f"/vehicles/{made['id']}").status == 404
    left = api.viewer.get(f"/vehicles/{other['id']}").json()
    assert (left["name"], left["note"]) == ("Beside [erased]", "follows [erased]")
    assert shown_name(api.viewer, f"/events/{event.id}") is None
    assert api.admin.get("/admin/subjects/LS15EBC", params={"reason": "request 12"}).json()["vehicles"] == []


def test_what_is_not_there_is_not_found(api: Api) -> None:
    for reply in (
        api.reviewer.patch(f"/vehicles/{uuid4()}", {"name": "x"}),
        api.viewer.get(f"/vehicles/{uuid4()}"),
    ):
        assert (reply.status, "no known vehicle" in reply.json()["detail"]) == (404, True)
