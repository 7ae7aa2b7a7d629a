"""What a PATCH says of null and of nothing, the same at every route."""

from typing import Any

import pytest

from anpr.models import Role
from functions.api.openapi import document
from tests.builders import add_event
from tests.functions.api.client import Api

DOCUMENT = document()
PATCHES = {path: item["patch"] for path, item in DOCUMENT["paths"].items() if "patch" in item}


def properties(path: str) -> dict[str, dict[str, Any]]:
    reference = PATCHES[path]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    found: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"][reference.rsplit("/", 1)[1]]["properties"]
    return found


def may_be_null(field: dict[str, Any]) -> bool:
    return {"type": "null"} in field.get("anyOf", [])


@pytest.fixture
def paths(api: Api) -> dict[str, str]:
    """One of everything that can be changed, with all that there may be of it."""
    camera = {"name": "gate", "latitude": 46.8, "longitude": 23.6, "heading": 90, "region_hint": "ro", "serial": "A1"}
    bolo_list = api.admin.post("/bolos/lists", {"name": "stolen", "description": "of the county"}).json()["id"]
    entry = {
        "list_id": bolo_list,
        "pattern": "CJ01ABC",
        "region": "ro",
        "reason": "stolen",
        "case_number": "17",
        "valid_from": "2020-05-01T00:00:00Z",
        "valid_until": "2099-05-01T00:00:00Z",
    }
    webhook = {"url": "https://hooks.example.org/anpr", "description": "theirs", "list_ids": [bolo_list]}
    vehicle = {"plate": "CJ 03 DEF", "region": "ro", "name": "post van", "note": "yellow"}
    made = {
        "/users/{user_id}": str(api.users[Role.VIEWER]),
        "/cameras/{camera_id}": api.admin.post("/cameras", camera).json()["id"],
        "/bolos/lists/{list_id}": bolo_list,
        "/bolos/{bolo_id}": api.admin.post("/bolos", entry).json()["id"],
        "/vehicles/{vehicle_id}": api.admin.post("/vehicles", vehicle).json()["id"],
        "/webhooks/{webhook_id}": api.admin.post("/webhooks", webhook).json()["id"],
    }
    api.admin.post("/bolos", {"list_id": bolo_list, "pattern": "CJ02XYZ", "reason": "stolen"})
    add_event(api.database, plate="CJ02XYZ")
    [hit] = api.admin.get("/bolos/hits").json()["items"]
    made["/bolos/hits/{hit_id}"] = hit["id"]
    return {path: f"{path.rsplit('/', 1)[0]}/{found}" for path, found in made.items()}


def test_null_takes_away_what_there_may_be_none_of_and_is_refused_elsewhere(api: Api, paths: dict[str, str]) -> None:
    assert paths.keys() == PATCHES.keys()
    cleared = set()
    for path, url in paths.items():
        for name, field in properties(path).items():
            before = api.admin.get(url).json()
            # Of a place, neither half makes sense without the other.
            pair = {"latitude": "longitude", "longitude": "latitude"}
            body = {name: None} | ({pair[name]: None} if name in pair else {})
            reply = api.admin.patch(url, body)
            if may_be_null(field):
                assert (reply.status, reply.json()[name]) == (200, None), (path, name, reply.body)
                assert api.admin.get(url).json()[name] is None
                cleared.add(name)
            else:
                assert reply.status == 422, (path, name, reply.body)
                assert f"/{name}" in [error["pointer"] for error in reply.json()["errors"]], (path, name, reply.body)
                assert api.admin.get(url).json() == before
    assert cleared == {
        *("latitude", "longitude", "heading", "region_hint", "serial"),
        *("region", "case_number", "valid_from", "valid_until", "list_ids"),
    }


def test_null_is_refused_in_words_beside_what_is_good(api: Api, paths: dict[str, str]) -> None:
    url = paths["/users/{user_id}"]
    reply = api.admin.patch(url, {"active": None, "full_name": "V."})
    assert reply.json()["errors"] == [
        {"pointer": "/active", "detail": "This cannot be null; leave it out to keep it as it is."}
    ]
    assert api.admin.get(url).json()["full_name"] == ""


def test_a_change_of_nothing_is_refused(api: Api, paths: dict[str, str]) -> None:
    for path, url in paths.items():
        reply = api.admin.patch(url, {})
        assert reply.status == 422, (path, reply.body)
    reply = api.admin.patch(paths["/bolos/{bolo_id}"], {"confirm_broad": True})
    assert (reply.status, "Nothing to change" in reply.json()["detail"]) == (422, True)
