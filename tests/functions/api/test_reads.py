"""What other engines read, over HTTP: recorded once, matched, metered and kept like footage."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from anpr.alerts.bolos import Matcher
from anpr.capture import reads
from anpr.capture.reads import NewRead, ReadServices
from anpr.governance import retention, signing, subjects, usage
from anpr.governance.subjects import ErasureRequest
from anpr.messages import UploadProcessed
from anpr.models import AuditRecord, BoloMatch, Camera, Event, HandedRead, OutboxMessage, Role, Upload
from anpr.settings import LicenseSettings, ReadSettings, RetentionSettings
from tests.builders import add_user
from tests.functions.api.client import Api, Client, Reply
from tests.functions.api.engines.test_engines import FRAME, JPEG, form, sample

READ: dict[str, Any] = {
    "read_id": "gate-7/1",
    "engine": "acme",
    "camera": "North gate",
    "plate": "b 77-anp",
    "captured_at": "2026-03-01T09:00:00.250",
    "score": 0.93,
    "dscore": 0.8,
    "region": {"code": "DE", "score": 0.7},
    "box": {"xmin": 812, "ymin": 440, "xmax": 934, "ymax": 472},
    "candidates": [{"plate": "B77AMP", "score": 0.05}],
    "vehicle": {"color": "blue", "axles": 2},
}
INLINE = {"crop": base64.b64encode(JPEG).decode(), "frame": base64.b64encode(FRAME).decode()}


@pytest.fixture
def camera(api: Api) -> str:
    made = api.admin.post(
        "/cameras", {"name": "North gate", "time_zone": "Europe/Berlin", "serial": "28:57:be:ee:d1:5a"}
    )
    assert made.status == 201, made.body
    assert made.json()["serial"] == "2857BEEED15A"
    return str(made.json()["id"])


def to_come(size: int) -> dict[str, Any]:
    return {"size_bytes": size, "sha256": "0" * 64}


def hand_in(api: Api, **changes: Any) -> Reply:
    return api.reviewer.post("/reads", {**READ, **changes})


def counts(api: Api) -> tuple[int, int, int]:
    with api.database.transaction() as session:
        events, uploads, handed = (
            session.scalar(select(func.count()).select_from(table)) or 0 for table in (Event, Upload, HandedRead)
        )
    return events, uploads, handed


def key(api: Api, **limits: Any) -> Client:
    body = {"name": "gate box", "role": "reviewer", "permissions": ["reads:write"], **limits}
    made = api.admin.post("/auth/keys", body)
    assert made.status == 201, made.body
    return Client(api.handler, made.json()["key"])


def test_a_read_is_a_passage_like_any_other(api: Api, camera: str) -> None:
    reply = hand_in(api, **INLINE)

    assert (reply.status, reply.json()["outcome"], reply.json()["camera_id"]) == (201, "recorded", camera)
    # The clock at the camera, which is in Berlin.
    assert reply.json()["captured_at"] == "2026-03-01T08:00:00.250000Z"
    event = api.viewer.get(f"/events/{reply.json()['event_id']}").json()
    assert (event["engine"], event["plate"], event["raw_plate"], event["readable"]) == (
        "acme",
        "B77ANP",
        "b 77-anp",
        True,
    )
    assert (event["score"], event["dscore"], event["region"]) == (0.93, 0.8, {"code": "de", "score": 0.7})
    assert event["box"] == READ["box"]
    assert event["candidates"] == [{"plate": "B77ANP", "score": 0.93}, {"plate": "B77AMP", "score": 0.05}]
    assert event["vehicle"] == READ["vehicle"]
    assert event["captured_at"] == event["first_seen_at"] == event["last_seen_at"]
    for kind, body in (("crop", JPEG), ("frame", FRAME)):
        key = f"{kind}s/{event['upload_id']}/000001-{hashlib.sha256(body).hexdigest()}.jpg"
        assert api.blobs.objects[key] == body
        assert key in event[f"{kind}_url"]
    assert [
        found["id"] for found in api.viewer.get("/events", params={"plate": "B77*", "reason": "test"}).json()["items"]
    ] == [event["id"]]
    assert [one["event"]["id"] for one in api.reviewer.get("/feedback/queue").json()["items"]] == [event["id"]]
    assert {one.type for one in api.bus.events} == {"event.created", "upload.processed"}


def test_a_read_that_knows_little_is_a_passage_too_and_invents_nothing(api: Api, camera: str) -> None:
    little = {name: READ[name] for name in ("read_id", "engine", "camera", "plate", "captured_at")}

    reply = api.reviewer.post("/reads", little)

    event = api.viewer.get(f"/events/{reply.json()['event_id']}").json()
    assert (event["score"], event["box"], event["region"], event["vehicle"]) == (0.0, None, None, None)
    assert (event["crop_url"], event["frame_url"]) == (None, None)
    assert (reply.json()["crop_form"], reply.json()["frame_form"]) == (None, None)


def test_a_read_sent_twice_counts_once(api: Api, camera: str) -> None:
    first, again = hand_in(api, crop_to_come=to_come(100)), hand_in(api, crop_to_come=to_come(100))
    other_engine = hand_in(api, engine="emca", captured_at="2026-03-01T12:00:00")

    assert (first.status, again.status, again.json()["outcome"]) == (201, 200, "repeated")
    assert again.json()["event_id"] == first.json()["event_id"]
    # Whoever asks again has not posted yet: the form is given anew.
    assert again.json()["crop_form"]["fields"]["key"] == first.json()["crop_form"]["fields"]["key"]
    assert other_engine.json()["outcome"] == "recorded"
    assert counts(api) == (2, 2, 2)


def test_reads_of_one_vehicle_within_seconds_are_one_passage(api: Api, camera: str) -> None:
    def at(second: int, plate: str = "B77ANP", **more: Any) -> Reply:
        moment = datetime(2026, 3, 1, 8, 0, tzinfo=UTC) + timedelta(seconds=second)
        return hand_in(api, read_id=f"r{second}{plate}", plate=plate, captured_at=moment.isoformat(), **more)

    first = at(0)
    replies = [at(9), at(18, "B77AMP"), at(19, "877ANP"), at(29, **INLINE), at(60)]

    assert [reply.json()["outcome"] for reply in replies] == [
        "stitched",
        "recorded",
        "stitched",
        "stitched",
        "recorded",
    ]
    event = api.viewer.get(f"/events/{first.json()['event_id']}").json()
    assert (event["first_seen_at"], event["last_seen_at"]) == ("2026-03-01T08:00:00Z", "2026-03-01T08:00:29Z")
    assert (event["plate"], event["frames_seen"], event["frames_agreeing"]) == ("B77ANP", 4, 3)
    assert [one["plate"] for one in event["candidates"]] == ["B77ANP", "B77AMP", "877ANP"]
    # Pictures that came later are the passage's, which had none.
    assert f"000001-{hashlib.sha256(JPEG).hexdigest()}.jpg" in event["crop_url"]
    assert counts(api)[0] == 3


def test_another_camera_or_engine_sees_another_passage(api: Api, camera: str) -> None:
    api.admin.post("/cameras", {"name": "South gate"})
    hand_in(api)

    assert hand_in(api, read_id="2", camera="South gate").json()["outcome"] == "recorded"
    assert hand_in(api, read_id="3", engine="emca").json()["outcome"] == "recorded"


@pytest.mark.parametrize("plate", ["B77ANP", "877ANP"])
def test_a_wanted_plate_raises_its_hit_once_by_whichever_read_shows_it(api: Api, camera: str, plate: str) -> None:
    wanted = api.admin.post("/bolos/lists", {"name": "stolen"}).json()["id"]
    api.reviewer.post("/bolos", {"list_id": wanted, "pattern": plate, "reason": "stolen", "tolerance": "confusables"})

    hand_in(api)
    hand_in(api, read_id="again", plate="877ANP")

    [hit] = api.viewer.get("/bolos/hits").json()["items"]
    assert (hit["bolo"]["pattern"], hit["event"]["engine"]) == (plate, "acme")
    assert [one.type for one in api.bus.events].count("bolo.matched") == 1


def test_pictures_come_by_forms_of_their_own_size(api: Api, camera: str) -> None:
    reply = hand_in(api, crop_to_come=to_come(4312), frame_to_come=to_come(200_000))

    upload_id = api.viewer.get(f"/events/{reply.json()['event_id']}").json()["upload_id"]
    for name, size in (("crop", "4312"), ("frame", "200000")):
        fields = reply.json()[f"{name}_form"]["fields"]
        assert fields == {
            "key": f"{name}s/{upload_id}/000001-{'0' * 64}.jpg",
            "Content-Type": "image/jpeg",
            "size": size,
        }


@pytest.mark.parametrize(
    ("changes", "status", "pointer"),
    [
        ({"plate": "---"}, 422, "/plate"),
        ({"plate": "A" * 17}, 422, "/plate"),
        ({"plate": "A\u0000B"}, 422, "/plate"),
        ({"captured_at": "yesterday"}, 422, "/captured_at"),
        ({"captured_at": "2199-01-01T00:00:00Z"}, 422, "/captured_at"),
        ({"camera": "South gate"}, 404, None),
        ({"score": 1.5}, 422, "/score"),
        ({"box": {"xmin": 5, "ymin": 0, "xmax": 4, "ymax": 1}}, 422, "/box"),
        ({"crop": "%%%"}, 422, "/crop"),
        ({"crop": base64.b64encode(b"GIF89a").decode()}, 422, "/crop"),
        ({"crop": INLINE["crop"], "crop_to_come": {"size_bytes": 3, "sha256": "0" * 64}}, 422, ""),
        ({"frame_to_come": {"size_bytes": 3_000_000, "sha256": "0" * 64}}, 422, "/frame"),
        ({"engine": "Acme Inc"}, 422, "/engine"),
        ({"colour": "red"}, 422, "/colour"),
        ({"read_id": ""}, 422, "/read_id"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(
    api: Api, camera: str, changes: dict[str, Any], status: int, pointer: str | None
) -> None:
    reply = hand_in(api, **changes)

    assert reply.status == status, reply.body
    assert reply.headers["content-type"] == "application/problem+json"
    if pointer is not None:
        assert reply.json()["errors"][0]["pointer"] == pointer
    assert counts(api) == (0, 0, 0)
    assert api.blobs.objects == {}


def test_a_storage_that_is_down_stores_no_read_without_its_pictures(api: Api, camera: str) -> None:
    api.blobs.down = True
    assert hand_in(api, **INLINE).status == 503
    assert counts(api) == (0, 0, 0)
    api.blobs.down = False
    assert hand_in(api, **INLINE).status == 201


def test_a_body_is_bounded(api: Api, camera: str) -> None:
    assert hand_in(api, crop="A" * (5 * 1024**2)).status == 413


@pytest.mark.parametrize(
    ("engine", "name", "camera_name"),
    [
        ("platerecognizer", "platerecognizer_stream.json", "North-Gate 7"),
        ("rekor", "rekor_group.json", "North gate"),
        ("hikvision", "hikvision_anpr.xml", "North gate"),
        ("axis", "axis_push.json", "North gate"),
        ("genetec", "genetec_read.json", "North gate"),
        ("genetec", "genetec_read.xml", "North gate"),
        ("dahua", "dahua_tollgate.json", "North gate"),
        ("unifi", "unifi_alarm.json", "North gate"),
    ],
)
def test_each_engines_own_message_becomes_events(api: Api, engine: str, name: str, camera_name: str) -> None:
    serials = {
        "platerecognizer": "north-gate",
        "hikvision": "28-57-BE-EE-D1-5A",
        "genetec": "sharpv00001",
        "dahua": "9J0SAMPLE00001",
        "unifi": "28:70:4E:00:00:01",
    }
    body = {"name": camera_name, "time_zone": "Europe/Berlin", "serial": serials.get(engine)}
    assert api.admin.post("/cameras", body).status == 201
    kind = {"content-type": "application/xml" if name.endswith("xml") else "application/json"}

    reply, again = (api.reviewer.request("POST", f"/reads/{engine}", raw=sample(name), headers=kind) for _ in range(2))

    assert (reply.status, again.status) == (200, 200), reply.body
    outcomes = [item["outcome"] for item in reply.json()["items"]]
    assert outcomes == ["recorded"] * (2 if engine == "platerecognizer" else 1)
    assert [item["outcome"] for item in again.json()["items"]] == ["repeated"] * len(outcomes)
    events = api.viewer.get("/events").json()["items"]
    assert {event["engine"] for event in events} == {engine}
    # All samples are of the same moment, however they tell it; Hikvision tells whole seconds.
    assert {event["captured_at"][:20] for event in events} <= {"2026-03-01T08:00:00.", "2026-03-01T08:00:00Z"}


def test_a_form_with_pictures_is_taken_apart(api: Api, camera: str) -> None:
    message = form(
        ("anpr.xml", "text/xml", sample("hikvision_anpr.xml").encode()),
        ("licensePlatePicture.jpg", "image/pjpeg", JPEG),
        ("detectionPicture.jpg", "image/pjpeg", FRAME),
    )

    reply = api.reviewer.request(
        "POST", "/reads/hikvision", raw_bytes=message.body, headers={"content-type": message.content_type}
    )

    assert [item["outcome"] for item in reply.json()["items"]] == ["recorded"], reply.body
    assert sorted(api.blobs.objects.values()) == sorted([JPEG, FRAME])


def test_of_a_message_all_reads_are_recorded_or_none(api: Api, camera: str) -> None:
    message = json.loads(sample("platerecognizer_stream.json"))
    message["data"]["results"][1]["plate"] = "?!"

    reply = api.reviewer.post("/reads/platerecognizer", message, params={"camera": "North gate"})

    assert (reply.status, reply.json()["errors"][0]["pointer"]) == (422, "/plate")
    assert counts(api) == (0, 0, 0)


def test_a_message_that_is_no_read_is_taken_and_an_unknown_engine_is_not(api: Api) -> None:
    nothing = api.reviewer.post("/reads/rekor", {"data_type": "heartbeat"})
    assert (nothing.status, nothing.json()) == (200, {"items": []})
    unknown = api.reviewer.post("/reads/acme", {})
    assert unknown.status == 422
    assert "rekor" in unknown.json()["detail"]


def test_the_query_says_which_camera_a_message_is_of(api: Api, camera: str) -> None:
    lost = api.reviewer.post("/reads/unifi", json.loads(sample("unifi_alarm.json")))
    found = api.reviewer.post("/reads/unifi", json.loads(sample("unifi_alarm.json")), params={"camera": camera})

    assert (lost.status, "28704E000001" in lost.json()["detail"]) == (404, True)
    assert found.json()["items"][0]["camera_id"] == camera


def test_a_machine_hands_in_with_its_own_permission_and_for_its_own_cameras(api: Api, camera: str) -> None:
    other = api.admin.post("/cameras", {"name": "South gate"}).json()["id"]
    box = key(api, cameras={"camera_ids": [camera]})
    uploader = key(api, permissions=["uploads:write"])

    assert box.post("/reads", READ).status == 201
    assert box.post("/reads", {**READ, "camera": "South gate"}).status == 404
    assert box.post("/reads", {**READ, "camera": other}).status == 404
    assert box.get("/events").status == 403
    refused = uploader.post("/reads", READ)
    assert (refused.status, "reads:write" in refused.json()["detail"]) == (403, True)
    assert api.viewer.post("/reads", READ).status == 403


def test_a_device_that_knows_only_names_and_passwords_sends_the_key_as_one(api: Api, camera: str) -> None:
    box = key(api)

    def as_basic(password: str | None) -> Reply:
        told = base64.b64encode(f"gate:{password}".encode()).decode()
        return api.anonymous.post("/reads", READ, headers={"authorization": f"Basic {told}"})

    assert as_basic(box.token).status == 201
    for wrong in ("correct horse battery staple", "anpr_wrong", ""):
        assert as_basic(wrong).status == 401
    assert api.anonymous.post("/reads", READ, headers={"authorization": "Basic %%"}).status == 401


def test_an_inactive_camera_takes_no_reads(api: Api, camera: str) -> None:
    api.admin.patch(f"/cameras/{camera}", {"active": False})
    assert hand_in(api).status == 409


def test_reads_are_no_files_and_no_jobs(api: Api, camera: str) -> None:
    hand_in(api)
    assert api.viewer.get("/uploads").json()["items"] == []
    assert api.viewer.get("/jobs").json()["items"] == []
    metrics = api.admin.get("/metrics").body
    assert "anpr_events_processed_total 1" in metrics
    assert "anpr_jobs_processed_total 0" in metrics


def test_reads_are_metered_and_audited_and_stop_with_the_licence(api: Api, camera: str) -> None:
    hand_in(api)
    hand_in(api, read_id="stitched")
    with api.database.transaction() as session:
        [told] = session.scalars(select(OutboxMessage).where(OutboxMessage.type == "upload.processed"))
        assert usage.record(session, UploadProcessed.model_validate(told.data), told.id)
        audited = session.scalars(select(AuditRecord.detail).where(AuditRecord.action == "upload.created")).all()
    period = {"start": datetime.now(UTC).date().isoformat(), "end": datetime.now(UTC).date().isoformat()}
    [line] = api.reviewer.get("/usage", params=period).json()["items"]

    assert (line["uploads"], line["images"], line["events"]) == (1, 1, 1)
    assert audited == [{"camera_id": camera, "kind": "read", "engine": "acme"}]
    _, issuer = signing.new_signing_key()
    spent = api.with_services(licensing=LicenseSettings(public_keys=issuer, evaluation_minutes=0))
    refused = spent.reviewer.post("/reads", {**READ, "read_id": "late"})
    assert (refused.status, "minutes" in refused.json()["detail"]) == (402, True)
    assert spent.reviewer.post("/reads/unifi", json.loads(sample("unifi_alarm.json"))).status == 402


def test_reads_go_in_their_time_and_on_request(api: Api, camera: str) -> None:
    hand_in(api, **INLINE)
    with api.database.transaction() as session:
        session.execute(update(Event).values(processed_at=func.now() - timedelta(days=400)))
        session.execute(
            update(Upload).values(
                created_at=func.now() - timedelta(days=400), finished_at=func.now() - timedelta(days=400)
            )
        )
    report = retention.run(api.database, api.blobs, RetentionSettings(events_days=90), seconds=30)

    assert report.complete
    assert counts(api) == (0, 0, 0)
    assert api.blobs.objects == {}

    little = {name: READ[name] for name in ("read_id", "engine", "camera", "plate", "captured_at")}
    api.reviewer.post("/reads", little)
    erased = subjects.erase(
        api.database, api.blobs, add_user(api.database, Role.ADMIN).actor, "B77ANP", ErasureRequest(reason="asked")
    )
    assert (erased.complete, counts(api)[0], counts(api)[2]) == (True, 0, 0)


def test_serial_numbers_are_one_cameras_alone(api: Api, camera: str) -> None:
    taken = api.admin.post("/cameras", {"name": "South gate", "serial": "2857beeed15a"})
    other = api.admin.post("/cameras", {"name": "2857BEEED15A"}).json()["id"]

    assert (taken.status, "serial number" in taken.json()["detail"]) == (409, True)
    assert api.admin.patch(f"/cameras/{other}", {"serial": "28-57-BE-EE-D1-5A"}).status == 409
    # A name goes before a serial number.
    assert hand_in(api, camera="2857BEEED15A").json()["camera_id"] == other
    assert hand_in(api, camera="28:57:BE:EE:D1:5A").json()["camera_id"] == camera
    assert api.admin.patch(f"/cameras/{camera}", {"serial": None}).json()["serial"] is None
    assert api.admin.patch(f"/cameras/{camera}", {"serial": "::"}).status == 422
    with api.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(BoloMatch)) == 0
        assert session.get_one(Camera, UUID(camera)).serial is None


def test_two_copies_at_once_are_one_passage(api: Api, camera: str) -> None:
    """The second waits for the first: each in a transaction of its own, on the same camera."""
    services = ReadServices(api.blobs, Matcher(), ReadSettings())
    actor = add_user(api.database).actor

    def one(number: int) -> str:
        read = NewRead(
            engine="acme",
            read_id=f"{number % 3}",
            cameras=("North gate",),
            plate="B77ANP",
            captured_at=datetime(2026, 3, 1, tzinfo=UTC),
            pictures={},
            awaited={},
        )
        with api.database.transaction() as session:
            return reads.record(session, actor, [read], services)[0].outcome

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(one, range(12)))

    assert outcomes == ["recorded", *["repeated"] * 9, *["stitched"] * 2]
    assert counts(api) == (1, 1, 3)
