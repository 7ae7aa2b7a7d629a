from uuid import uuid4

from tests.functions.api.client import Api

GATE = {
    "name": "North gate",
    "latitude": 44.4268,
    "longitude": 26.1025,
    "heading": 270,
    "region_hint": "ro",
    "time_zone": "Europe/Bucharest",
}


def test_a_camera_is_made_read_changed_and_removed(api: Api) -> None:
    made = api.admin.post("/cameras", GATE)
    assert made.status == 201
    camera = made.json()
    assert {name: camera[name] for name in GATE} == GATE
    assert camera["active"] is True
    path = f"/cameras/{camera['id']}"
    assert api.viewer.get(path).json() == camera

    changed = api.admin.patch(path, {"heading": None, "active": False, "description": "two\nlines"})
    assert changed.json() == {**camera, "heading": None, "active": False, "description": "two\nlines"}

    assert api.admin.delete(path).status == 204
    assert api.viewer.get(path).status == 404


def test_a_bad_camera_is_refused_where_it_is_bad(api: Api) -> None:
    bad: list[tuple[dict[str, object], str]] = [
        ({"name": ""}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": "nu\u0000l"}, "/name"),
        ({"name": None}, "/name"),
        ({"latitude": 91}, "/latitude"),
        ({"longitude": -181}, "/longitude"),
        ({"latitude": None}, "/latitude"),
        ({"heading": 360}, "/heading"),
        ({"region_hint": "Romania"}, "/region_hint"),
        ({"time_zone": "Europe/Bukarest"}, "/time_zone"),
        ({"time_zone": "../../etc/passwd"}, "/time_zone"),
        ({"colour": "red"}, "/colour"),
    ]
    for change, pointer in bad:
        reply = api.admin.post("/cameras", {**GATE, **change})
        assert reply.status == 422, change
        assert pointer in [error["pointer"] for error in reply.json()["errors"]], change
    assert api.viewer.get("/cameras").json()["items"] == []


def test_what_is_not_a_number_is_refused(api: Api) -> None:
    for number in ("NaN", "Infinity", "-Infinity"):
        raw = f'{{"name": "x", "latitude": {number}, "longitude": 1}}'
        assert api.admin.request("POST", "/cameras", raw=raw).status == 422


def test_a_bad_change_is_refused_and_changes_nothing(api: Api) -> None:
    camera = api.admin.post("/cameras", GATE).json()
    changes: list[dict[str, object]] = [{}, {"name": None}, {"active": None}, {"latitude": None}, {"time_zone": "Mars"}]
    for change in changes:
        assert api.admin.patch(f"/cameras/{camera['id']}", change).status == 422, change
    assert api.viewer.get(f"/cameras/{camera['id']}").json() == camera


def test_names_are_taken_once(api: Api) -> None:
    api.admin.post("/cameras", GATE)
    assert api.admin.post("/cameras", GATE).status == 409
    other = api.admin.post("/cameras", {"name": "South gate"}).json()
    taken = api.admin.patch(f"/cameras/{other['id']}", {"name": "North gate"})
    assert taken.status == 409
    assert "North gate" in taken.json()["detail"]


def test_a_camera_with_uploads_is_kept(api: Api) -> None:
    camera = api.admin.post("/cameras", GATE).json()["id"]
    api.reviewer.post(
        "/uploads",
        {
            "file_name": "a.mp4",
            "content_type": "video/mp4",
            "size_bytes": 1,
            "camera_id": camera,
            "captured_at": "2026-05-01T12:00:00Z",
        },
    )
    assert api.admin.delete(f"/cameras/{camera}").status == 409
    assert api.viewer.get(f"/cameras/{camera}").status == 200


def test_an_unknown_camera_is_not_found(api: Api) -> None:
    path = f"/cameras/{uuid4()}"
    assert [api.viewer.get(path).status, api.admin.patch(path, {"active": False}).status] == [404, 404]
    assert api.admin.delete(path).status == 404


def test_a_list_may_be_geojson_by_either_way(api: Api) -> None:
    placed = api.admin.post("/cameras", GATE).json()
    api.admin.post("/cameras", {"name": "Somewhere"})

    plain = api.viewer.get("/cameras")
    assert plain.headers["content-type"] == "application/json"
    assert [camera["name"] for camera in plain.json()["items"]] == ["Somewhere", "North gate"]

    for reply in (
        api.viewer.get("/cameras", params={"format": "geojson"}),
        api.viewer.get("/cameras", headers={"accept": "application/geo+json"}),
    ):
        assert reply.headers["content-type"] == "application/geo+json"
        collection = reply.json()
        assert collection["type"] == "FeatureCollection"
        assert collection["features"][0]["geometry"] is None
        assert collection["features"][1] == {
            "type": "Feature",
            "id": placed["id"],
            "geometry": {"type": "Point", "coordinates": [26.1025, 44.4268]},
            "properties": placed,
        }


def test_inactive_cameras_can_be_left_out(api: Api) -> None:
    api.admin.post("/cameras", {**GATE, "active": False})
    api.admin.post("/cameras", {"name": "South gate"})
    listed = api.viewer.get("/cameras", params={"active": "true"}).json()["items"]
    assert [camera["name"] for camera in listed] == ["South gate"]
