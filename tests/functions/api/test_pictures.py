"""One picture answered at once, over HTTP, by the real engines: in the backend's own form and in another service's."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import cv2
import pytest
from sqlalchemy import func, select

from anpr.governance import signing, usage
from anpr.models import BoloMatch, Camera, Event, HandedRead, OutboxMessage, Role, Upload, UploadKind, UsageRecord
from anpr.settings import LicenseSettings, PictureSettings
from functions.api.services.reader import ReaderServices
from gpu_worker.vision.engines import model_of
from gpu_worker.vision.settings import VisionSettings
from tests.functions.api.client import Api, Client, Reply
from tests.gpu_worker.scenes import road

PLATES = ("AB12CDE", "XY98ZTR")


def jpeg(*plates: tuple[str, int, int]) -> bytes:
    encoded, data = cv2.imencode(".jpg", road(plates)[0], [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert encoded
    return bytes(data.tobytes())


def form(*parts: tuple[str, str, str, bytes]) -> tuple[bytes, str]:
    """A form as programs send it, of name, file name, content type and content; returns it with its type."""
    body = b""
    for name, file_name, kind, content in parts:
        named = f'; filename="{file_name}"' if file_name else ""
        typed = f"Content-Type: {kind}\r\n" if kind else ""
        body += f'--limit\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{typed}\r\n'.encode()
        body += content + b"\r\n"
    return body + b"--limit--\r\n", "multipart/form-data; boundary=limit"


PICTURE = jpeg((PLATES[0], 80, 260), (PLATES[1], 400, 230))
EMPTY_ROAD = jpeg()


@pytest.fixture
def camera(api: Api) -> str:
    made = api.admin.post("/cameras", {"name": "North gate", "time_zone": "Europe/Berlin", "serial": "GATE-7"})
    assert made.status == 201, made.body
    return str(made.json()["id"])


def key(api: Api, **changes: Any) -> str:
    body = {"name": "gate", "role": "reviewer", "permissions": ["pictures:write"], **changes}
    made = api.admin.post("/auth/keys", body)
    assert made.status == 201, made.body
    return str(made.json()["key"])


def ask(api: Api, picture: bytes = PICTURE, **params: Any) -> Reply:
    sent = {"content-type": "image/jpeg"}
    return api.reviewer.request("POST", "/read", params=params, raw_bytes=picture, headers=sent)


def snapshot(
    api: Api, fields: Sequence[tuple[str, str]] = (), *, picture: bytes = PICTURE, token: str | None = None
) -> Reply:
    parts = [*((name, "", "", value.encode()) for name, value in fields), ("upload", "car.jpg", "image/jpeg", picture)]
    body, kind = form(*parts)
    return post_snapshot(api, body, kind, token)


def post_snapshot(api: Api, body: bytes, kind: str, token: str | None = None) -> Reply:
    headers = {"content-type": kind, "authorization": f"Token {token or key(api)}"}
    return api.anonymous.request("POST", "/v1/plate-reader/", raw_bytes=body, headers=headers)


def rows(api: Api) -> dict[str, int]:
    """How much is kept."""
    tables = (Event, Upload, HandedRead, OutboxMessage)
    with api.database.transaction() as session:
        return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def booked(api: Api) -> list[tuple[Any, int, int]]:
    """What was booked at once: the camera, pictures and passages."""
    with api.database.transaction() as session:
        return [(row.camera_id, row.images, row.events) for row in session.scalars(select(UsageRecord))]


def test_a_picture_is_answered_and_nothing_of_it_is_kept(api: Api) -> None:
    before = rows(api)

    reply = ask(api)

    assert reply.status == 200, reply.body
    answer = reply.json()
    assert {plate["plate"] for plate in answer["plates"]} == set(PLATES)
    assert (answer["width"], answer["height"], answer["camera_id"], answer["captured_at"]) == (640, 360, None, None)
    [first] = [plate for plate in answer["plates"] if plate["plate"] == PLATES[0]]
    assert (first["readable"], first["outcome"], first["event_id"]) == (True, None, None)
    assert first["candidates"][0]["plate"] == PLATES[0]
    assert first["box"] == pytest.approx({"xmin": 80, "ymin": 260, "xmax": 240, "ymax": 298}, abs=15)
    assert rows(api) == before
    assert api.blobs.objects == {}


def test_a_picture_of_a_camera_becomes_passages_of_one_upload(api: Api, camera: str) -> None:
    reply = ask(api, camera="gate-7", captured_at="2026-03-01T09:00:00")

    assert reply.status == 200, reply.body
    answer = reply.json()
    # The clock at the camera, which is in Berlin.
    assert (answer["camera_id"], answer["captured_at"]) == (camera, "2026-03-01T08:00:00Z")
    assert [plate["outcome"] for plate in answer["plates"]] == ["recorded", "recorded"]
    with api.database.transaction() as session:
        events = session.scalars(select(Event)).all()
        [upload] = session.scalars(select(Upload)).all()
        assert (upload.kind, upload.status, upload.events_count) == (UploadKind.READ, "succeeded", 2)
        assert {event.plate for event in events} == set(PLATES)
        assert {(event.engine, event.model) for event in events} == {("anpr", model_of(VisionSettings()))}
        for event in events:
            crop, frame = (api.blobs.objects[name] for name in (event.crop_key, event.frame_key))
            assert crop[:3] == frame[:3] == b"\xff\xd8\xff"
    shown = api.reviewer.get(f"/events/{answer['plates'][0]['event_id']}").json()
    assert shown["plate"] == answer["plates"][0]["plate"]


def test_a_waiting_vehicle_is_one_passage_and_every_picture_is_booked(api: Api, camera: str) -> None:
    at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    outcomes = [
        {
            plate["outcome"]
            for plate in ask(api, camera=camera, captured_at=(at + timedelta(seconds=s)).isoformat()).json()["plates"]
        }
        for s in (0, 5, 10, 60)
    ]

    assert outcomes == [{"recorded"}, {"stitched"}, {"stitched"}, {"recorded"}]
    with api.database.transaction() as session:
        lengths = sorted((event.last_seen_at - event.first_seen_at).seconds for event in session.scalars(select(Event)))
    assert lengths == [0, 0, 10, 10]
    # The two pictures that made uploads are booked when these are processed.
    assert [(images, events) for _, images, events in booked(api)] == [(1, 0), (1, 0)]
    assert rows(api)["uploads"] == 2


def test_a_picture_that_is_sent_twice_counts_once(api: Api, camera: str) -> None:
    first, second = (ask(api, camera=camera, captured_at="2026-03-01T08:00:00Z").json() for _ in range(2))

    assert [plate["outcome"] for plate in second["plates"]] == ["repeated", "repeated"]
    assert [plate["event_id"] for plate in first["plates"]] == [plate["event_id"] for plate in second["plates"]]
    with api.database.transaction() as session:
        assert {event.frames_seen for event in session.scalars(select(Event))} == {1}


def test_a_wanted_plate_is_a_hit(api: Api, camera: str) -> None:
    made = api.admin.post("/bolos/lists", {"name": "stolen"})
    wanted = api.admin.post("/bolos", {"list_id": made.json()["id"], "pattern": PLATES[1], "reason": "case 7"})
    assert wanted.status == 201, wanted.body

    reply = ask(api, camera=camera)

    [event_id] = [plate["event_id"] for plate in reply.json()["plates"] if plate["plate"] == PLATES[1]]
    with api.database.transaction() as session:
        assert [str(match.event_id) for match in session.scalars(select(BoloMatch))] == [event_id]
    assert "bolo.matched" in {event.type for event in api.bus.events}


def test_pictures_without_a_camera_are_booked_where_only_who_sees_all_cameras_sees_them(api: Api, camera: str) -> None:
    ask(api)
    ask(api, EMPTY_ROAD, camera=camera)

    assert {(str(camera_id), images) for camera_id, images, _ in booked(api)} == {
        (str(usage.NO_CAMERA), 1),
        (camera, 1),
    }
    with api.database.transaction() as session:
        assert usage.of_month(session, datetime.now(UTC)).minutes == pytest.approx(2 / 60)
    today = datetime.now(UTC).date().isoformat()
    lines = api.admin.get("/usage", params={"start": today, "end": today}).json()["items"]
    assert {(line["camera_id"], line["camera_name"]) for line in lines} >= {(str(usage.NO_CAMERA), None)}


def test_no_picture_is_read_once_the_months_minutes_are_used_up(api: Api, camera: str) -> None:
    strict = api.with_services(
        licensing=LicenseSettings(public_keys=signing.new_signing_key()[1], evaluation_minutes=0)
    )

    for reply in (ask(strict), ask(strict, camera=camera), snapshot(strict)):
        assert reply.status == 402, reply.body
    assert booked(api) == []
    assert rows(api)["events"] == 0


@pytest.mark.parametrize(
    ("params", "status", "told"),
    [
        ({"camera": "South gate"}, 404, "no camera named 'South gate'"),
        ({"camera": "North gate", "captured_at": "2126-03-01T08:00:00Z"}, 422, "lies in the future"),
        ({"camera": "North gate", "captured_at": "yesterday"}, 422, "/query/captured_at"),
        ({"region": "nowhere"}, 422, "country or state"),
        ({"colour": "red"}, 422, "/query/colour"),
    ],
)
def test_a_wrong_question_is_refused_in_words(
    api: Api, camera: str, params: dict[str, str], status: int, told: str
) -> None:
    reply = ask(api, PICTURE, **params)

    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json")
    assert told in reply.body
    assert rows(api)["events"] == 0


def test_a_camera_that_is_not_active_takes_no_pictures(api: Api, camera: str) -> None:
    api.admin.patch(f"/cameras/{camera}", {"active": False})

    assert ask(api, camera=camera).status == 409


def bomb() -> bytes:
    """A PNG that says it has 40,000 x 40,000 pixels."""
    size = (40_000).to_bytes(4)
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + size + size + b"\x08\x02\0\0\0" + bytes(64)


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 and so on", "no picture"),
        (PICTURE[:300], "damaged or cut off"),
        (bomb(), "at most 64000000"),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp41isom" + bytes(64), "no picture"),
    ],
    ids=["empty", "no picture", "cut off", "bomb", "video"],
)
def test_a_hostile_picture_is_refused_in_words(api: Api, picture: bytes, told: str) -> None:
    reply = ask(api, picture)
    assert (reply.status, reply.headers["content-type"]) == (422, "application/problem+json")
    assert told in reply.json()["detail"]

    theirs = snapshot(api, picture=picture)
    assert (theirs.status, theirs.json()["status_code"]) == (400, 400)
    assert told in theirs.json()["detail"]
    assert booked(api) == []


def test_a_picture_that_is_too_large_is_told_where_to_go(api: Api) -> None:
    small = api.with_services(pictures=PictureSettings(max_bytes=len(PICTURE) - 1))

    reply = ask(small)
    assert (reply.status, reply.headers["content-type"]) == (413, "application/problem+json")
    assert f"{len(PICTURE)} bytes" in reply.json()["detail"]
    assert "POST /uploads" in reply.json()["detail"]
    assert "6 MB" in reply.json()["detail"]

    theirs = snapshot(small)
    assert (theirs.status, theirs.json()["status_code"]) == (413, 413)


def test_a_least_score_gives_what_is_unsure_too(api: Api) -> None:
    blurred = cv2.GaussianBlur(road([("AB12CDE", 80, 260)], width=60)[0], (0, 0), 1.2)
    picture = bytes(cv2.imencode(".png", blurred)[1].tobytes())

    sure, unsure = ask(api, picture).json(), ask(api, picture, least_score=0).json()

    assert sure["plates"] == []
    assert [plate["readable"] for plate in unsure["plates"]] == [False]


def test_nothing_of_a_plate_is_logged(api: Api, camera: str, capfd: pytest.CaptureFixture[str]) -> None:
    ask(api)
    ask(api, camera=camera)
    snapshot(api)

    said = "".join(capfd.readouterr())
    assert [plate for plate in PLATES if plate.casefold() in said.casefold()] == []


def test_a_key_needs_the_permission_of_its_own(api: Api) -> None:
    others = Client(api.handler, key(api, permissions=["uploads:write", "reads:write"]))
    reply = others.request("POST", "/read", raw_bytes=PICTURE)
    assert (reply.status, "pictures:write" in reply.body) == (403, True)
    assert Client(api.handler, key(api)).request("POST", "/read", raw_bytes=PICTURE).status == 200


def test_a_key_that_is_limited_to_cameras_asks_for_these_alone(api: Api, camera: str) -> None:
    other = api.admin.post("/cameras", {"name": "South gate"}).json()["id"]
    limited = Client(api.handler, key(api, cameras={"camera_ids": [other]}))

    assert limited.request("POST", "/read", params={"camera": camera}, raw_bytes=PICTURE).status == 404
    assert limited.request("POST", "/read", params={"camera": other}, raw_bytes=PICTURE).status == 200


# As Plate Recognizer's Snapshot API does.


def test_a_snapshot_is_answered_in_their_form(api: Api) -> None:
    reply = snapshot(api, [("regions", "gb"), ("regions", "us-ca"), ("mmc", "true"), ("config", '{"mode": "fast"}')])

    assert reply.status == 200, reply.body
    answer = reply.json()
    assert set(answer) == {"processing_time", "results", "filename", "version", "camera_id", "timestamp"}
    assert (answer["filename"], answer["version"], answer["camera_id"]) == ("car.jpg", 1, None)
    assert datetime.fromisoformat(answer["timestamp"]).tzinfo is not None
    assert {result["plate"] for result in answer["results"]} == {"ab12cde", "xy98ztr"}
    for result in answer["results"]:
        assert set(result) >= {"box", "plate", "region", "score", "candidates", "dscore", "vehicle"}
        assert result["candidates"][0] == {"score": result["score"], "plate": result["plate"]}
        assert {type(side) for side in result["box"].values()} == {int}
        assert set(result["vehicle"]) == {"score", "type", "box"}
        assert set(result["region"]) == {"code", "score"}
    assert rows(api)["events"] == 0


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
@pytest.mark.parametrize("kind", ["multipart", "urlencoded", "json"])
def test_a_picture_may_come_in_base64(api: Api, kind: str, prefix: str) -> None:
    text = prefix + base64.b64encode(PICTURE).decode()
    if kind == "multipart":
        body, sent = form(("upload", "", "", text.encode()), ("camera_id", "", "", b""))
    elif kind == "urlencoded":
        body, sent = urlencode({"upload": text}).encode(), "application/x-www-form-urlencoded"
    else:
        body, sent = json.dumps({"upload": text, "regions": ["gb"], "mmc": True}).encode(), "application/json"

    reply = post_snapshot(api, body, sent)

    assert reply.status == 200, reply.body
    assert {result["plate"] for result in reply.json()["results"]} == {"ab12cde", "xy98ztr"}
    assert (reply.json()["filename"], reply.json()["camera_id"]) == ("upload.jpg", None)


def test_a_snapshot_that_names_a_camera_is_recorded(api: Api, camera: str) -> None:
    reply = snapshot(api, [("camera_id", "North gate"), ("timestamp", "2026-03-01T08:00:00.250Z")])

    assert reply.status == 200, reply.body
    assert reply.json()["timestamp"] == "2026-03-01T08:00:00.250000Z"
    assert reply.json()["camera_id"] == "North gate"
    with api.database.transaction() as session:
        events = session.scalars(select(Event)).all()
        assert {str(event.id) for event in events} == {result["event_id"] for result in reply.json()["results"]}
        assert session.scalars(select(Camera.name).where(Camera.id == events[0].camera_id)).one() == "North gate"


def test_their_path_has_a_slash_at_its_end_or_none(api: Api) -> None:
    body, kind = form(("upload", "car.jpg", "image/jpeg", EMPTY_ROAD))
    headers = {"content-type": kind, "authorization": f"Token {key(api)}"}
    for path in ("/v1/plate-reader/", "/v1/plate-reader"):
        reply = api.anonymous.request("POST", path, raw_bytes=body, headers=headers)
        assert (reply.status, reply.json()["results"]) == (200, [])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ([("camera_id", "South gate")], "no camera named 'South gate'"),
        ([("timestamp", "yesterday"), ("camera_id", "North gate")], "timestamp"),
        ([("config", "{")], "config"),
        ([("config", '{"threshold_d": "much"}')], "threshold_d"),
    ],
)
def test_a_wrong_snapshot_is_refused_in_their_form(
    api: Api, camera: str, fields: list[tuple[str, str]], told: str
) -> None:
    reply = snapshot(api, fields)

    assert (reply.status, set(reply.json())) == (400, {"detail", "status_code"})
    assert told in reply.json()["detail"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"nothing", "text/plain"),
        (b'{"upload_url": "https://example.org/car.jpg"}', "application/json"),
        (b'{"upload": 7}', "application/json"),
        (b"[]", "application/json"),
        (b"{", "application/json"),
        (b"mmc=true", "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_without_a_picture_is_refused_in_their_form(api: Api, body: bytes, kind: str) -> None:
    reply = post_snapshot(api, body, kind)

    assert (reply.status, set(reply.json())) == (400, {"detail", "status_code"})


def test_whoever_may_not_is_forbidden_as_there(api: Api) -> None:
    for token in (
        "3a0effff73919f898b69ac65a32dc12347769564",
        key(api)[:-1] + "x",
        key(api, permissions=["reads:write"]),
    ):
        reply = snapshot(api, token=token)
        assert (reply.status, reply.json()["status_code"]) == (403, 403)
    # A person's token is no key.
    assert snapshot(api, token=api.reviewer.token).status == 403


def test_pictures_are_read_with_the_cameras_region_in_mind(api: Api) -> None:
    """Where nobody says otherwise: what is wanted comes to the reader."""
    api.admin.post("/cameras", {"name": "West gate", "region_hint": "pl"})
    heard: list[frozenset[str]] = []
    services = api.services["reader"]
    assert isinstance(services, ReaderServices)
    real = services.reader

    class Listening:
        def read(self, picture: bytes, wanted: Any) -> Any:
            heard.append(wanted.regions)
            return real.read(picture, wanted)

    listening = replace(api, services={**api.services, "reader": replace(services, reader=Listening())}).with_services()
    for params in ({"camera": "West gate"}, {"camera": "West gate", "region": "de"}, {}):
        assert ask(listening, PICTURE, **params).status == 200

    assert heard == [frozenset({"pl"}), frozenset({"de"}), frozenset()]


def test_no_viewer_has_pictures_read(api: Api) -> None:
    assert (
        Client(api.handler, api.token(api.users[Role.VIEWER])).request("POST", "/read", raw_bytes=PICTURE).status == 403
    )
