"""Each engine's message, made from its public description, to reads; and what is wrong with a message, in words."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import pytest

from anpr.capture.passages import PlateBox
from anpr.capture.reads import NewRead, Picture
from anpr.errors import Unprocessable
from functions.api.engines import ENGINES
from functions.api.engines.payload import Payload
from functions.api.routes.reads import EngineName

SAMPLES = Path(__file__).parent / "samples"
AT = datetime(2026, 3, 1, 8, 0, 0, 250_000, tzinfo=UTC)
LOCAL = datetime(2026, 3, 1, 9, 0, 0, 250_000)  # noqa: DTZ001 - the camera's clock
JPEG = b"\xff\xd8\xff\xe0 crop \r\n\r\n--bound\x00\xff\xd9"
FRAME = b"\xff\xd8\xff\xe0 frame \r\n--bound\r\n not the boundary \n\xff\xd9"


def sample(name: str) -> str:
    return (SAMPLES / name).read_text()


def as_json(name: str, **changes: Any) -> Payload:
    return Payload.of("application/json", json.dumps({**json.loads(sample(name)), **changes}).encode())


def form(*parts: tuple[str, str, bytes]) -> Payload:
    """A form as devices send it: name, content type, content."""
    body = b"".join(
        b"--boundary\r\n"
        + f'Content-Disposition: form-data; name="{name}"; filename="{name}"\r\n'.encode()
        + f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, kind, content in parts
    )
    return Payload.of('multipart/form-data; boundary="boundary"', body + b"--boundary--\r\n")


def read(engine: str, payload: Payload) -> NewRead:
    [found] = ENGINES[engine](payload)
    return found


def test_every_engine_has_its_place_in_the_path() -> None:
    assert set(get_args(EngineName)) == set(ENGINES)


def test_plate_recognizers_stream() -> None:
    first, second = ENGINES["platerecognizer"](
        form(
            ("json", "application/json", sample("platerecognizer_stream.json").encode()),
            ("upload", "image/jpeg", FRAME),
        )
    )

    assert (first.plate, first.captured_at, first.score, first.dscore) == ("b77anp", AT, 0.939, 0.741)
    assert (first.cameras, first.region) == (("north-gate", "north-gate"), ("de", 0.613))
    assert first.box == PlateBox(460, 57, 557, 82)
    assert first.candidates == (("b77anp", 0.939), ("b77amp", 0.71))
    assert first.vehicle is not None
    assert first.vehicle["type"] == "Sedan"
    assert first.pictures == {Picture.FRAME: FRAME}
    assert (second.plate, second.region, second.candidates) == ("kx19dmv", None, (("kx19dmv", 0.0),))
    assert first.read_id != second.read_id


def test_plate_recognizers_snapshot_with_plates_as_objects() -> None:
    found = read("platerecognizer", as_json("platerecognizer_snapshot.json"))

    assert (found.plate, found.score, found.dscore, found.region) == ("b77anp", 0.939, 0.74, ("de", 0.613))
    assert (found.box, found.cameras) == (PlateBox(460, 57, 557, 82), ("north-gate", "479"))
    assert found.candidates == (("b77anp", 0.939), ("b77amp", 0.71))


def test_rekors_group() -> None:
    found = read("rekor", as_json("rekor_group.json"))

    assert (found.plate, found.captured_at, found.score, found.dscore) == ("8TRK592", AT, 0.925, 0.925)
    assert found.cameras == ("North gate", "AGENT7SAMPLE-12", "12")
    assert (found.region, found.read_id) == (("us-ca", 0.88), "AGENT7SAMPLE/AGENT7SAMPLE-12-1772352000500")
    assert found.box == PlateBox(429, 498, 498, 530)
    assert found.candidates == (("8TRK592", 0.925), ("8TRK59Z", 0.812))
    best = {**json.loads(sample("rekor_group.json"))["best_plate"], "plate_crop_jpeg": base64.b64encode(JPEG).decode()}
    with_pictures = read(
        "rekor", as_json("rekor_group.json", best_plate=best, vehicle_crop_jpeg=best["plate_crop_jpeg"])
    )
    # The box is of the frame, which did not come along.
    assert (with_pictures.pictures, with_pictures.box) == ({Picture.CROP: JPEG, Picture.FRAME: JPEG}, None)
    assert ENGINES["rekor"](as_json("rekor_group.json", data_type="heartbeat")) == []


def test_hikvisions_alert_with_its_pictures() -> None:
    found = read(
        "hikvision",
        form(
            ("anpr.xml", 'text/xml; charset="UTF-8"', sample("hikvision_anpr.xml").encode()),
            ("licensePlatePicture.jpg", "image/pjpeg", JPEG),
            ("detectionPicture.jpg", "image/pjpeg", FRAME),
        ),
    )

    assert (found.plate, found.score) == ("B77ANP", 0.97)
    assert found.captured_at == datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=1)))
    assert found.cameras == ("Camera 01", "DS-SAMPLE 00000001", "28:57:be:ee:d1:5a", "192.0.2.64")
    assert (found.read_id, found.box) == ("5f1f2a52-0000-4000-8000-000000000001", PlateBox(430, 275, 536, 300))
    assert found.candidates == (("B 77-ANP", 0.0),)
    assert found.vehicle == {"type": "vehicle", "direction": "forward", "color": "blue"}
    assert found.pictures == {Picture.CROP: JPEG, Picture.FRAME: FRAME}


def test_hikvisions_alert_alone_of_an_older_camera_and_of_other_events() -> None:
    text = sample("hikvision_anpr.xml")
    older = text.replace("<UUID>5f1f2a52-0000-4000-8000-000000000001</UUID>", "")

    found = read("hikvision", Payload.of("application/xml", older.encode()))

    assert found.read_id == "28:57:be:ee:d1:5a|1|2026-03-01T09:00:00+01:00|1|B77ANP"
    assert found.pictures == {}
    for change in (("<eventType>ANPR", "<eventType>VMD"), ("B77ANP</licensePlate>", "unknown</licensePlate>")):
        assert ENGINES["hikvision"](Payload.of("application/xml", text.replace(*change).encode())) == []
    empty = form(("anpr.xml", "text/xml", text.encode()), ("licensePlatePicture.jpg", "image/pjpeg", b""))
    assert read("hikvision", empty).pictures == {}


def test_axis_push_events() -> None:
    picture = base64.b64encode(JPEG).decode()
    event = {**json.loads(sample("axis_push.json")), "imageArray": picture}
    lost = {**event, "carState": "lost"}

    found = read("axis", Payload.of("", json.dumps([event, lost]).encode()))

    assert (found.plate, found.captured_at, found.score) == ("B77ANP", AT, 0.727815)
    assert (found.cameras, found.region) == (("North gate", "B8A44F000001"), ("de", None))
    assert found.box == PlateBox(420, 180, 776, 246)
    assert found.vehicle == {"type": "VAN", "color": "RED", "make": "Ford", "direction": "in"}
    assert found.pictures == {Picture.CROP: JPEG}
    by_the_clock = read("axis", as_json("axis_push.json", capture_timestamp=None))
    assert by_the_clock.captured_at == LOCAL
    assert by_the_clock.captured_at.tzinfo is None


@pytest.mark.parametrize("name", ["genetec_read.json", "genetec_read.xml"])
def test_genetecs_export(name: str) -> None:
    picture = base64.b64encode(JPEG).decode()
    text = sample(name).replace('"ContextImage": ""', f'"ContextImage": "{picture}"')
    text = text.replace("<ContextImage/>", f"<ContextImage>{picture}</ContextImage>")

    found = read("genetec", Payload.of("", text.encode()))

    assert found.cameras == ("SHARPV00001", "Lpr Camera", "Context Camera")
    assert found.pictures == {Picture.FRAME: JPEG}
    if name.endswith("json"):
        assert (found.plate, found.captured_at, found.score) == ("8TRK592", LOCAL, 0.93)
        assert (found.region, found.vehicle) == (("us-ca", None), {"motion": "Closer"})
    else:
        assert (found.plate, found.captured_at, found.score) == ("AA7D2", AT, 1.0)
        assert (found.region, found.vehicle) == (None, None)


def test_dahuas_picture() -> None:
    picture = {**json.loads(sample("dahua_tollgate.json"))["Picture"]}
    picture["CutoutPic"] = {"Content": base64.b64encode(JPEG).decode()}
    picture["NormalPic"] = {"Content": "data:image/jpeg;base64," + base64.b64encode(FRAME).decode()}

    found = read("dahua", as_json("dahua_tollgate.json", Picture=picture))

    assert (found.plate, found.captured_at, found.score) == ("B77ANP", LOCAL, 0.95)
    assert (found.cameras, found.read_id) == (("9J0SAMPLE00001",), "9J0SAMPLE00001|2026-03-01 09:00:00.250|1|B77ANP")
    assert found.pictures == {Picture.CROP: JPEG, Picture.FRAME: FRAME}
    assert found.vehicle == {"type": "Car", "color": "Black", "make": "Ford", "direction": "Obverse"}
    assert found.box is None
    assert ENGINES["dahua"](Payload.of("", b'{"Active": "keepAlive"}')) == []


def test_unifis_alarm() -> None:
    alarm = json.loads(sample("unifi_alarm.json"))["alarm"]
    alarm["thumbnail"] = "data:image/jpeg;base64," + base64.b64encode(FRAME).decode()

    found = read("unifi", as_json("unifi_alarm.json", alarm=alarm))

    assert (found.plate, found.captured_at, found.score) == ("B77ANP", AT, 0.0)
    assert (found.cameras, found.read_id) == (("28704E000001",), "68ce4d9c0000000000000002|B77ANP")
    assert found.pictures == {Picture.FRAME: FRAME}


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"{",
        b"<a/>",
        b"<a",
        b'"text"',
        b"\xff\xfe",
        b'{"data": 1, "alarm": 1, "Picture": 1}',
    ],
)
def test_what_is_none_of_its_messages_is_refused_or_is_no_read(engine: str, body: bytes) -> None:
    """Whatever a stranger sends, it is an error in words, or nothing; never a crash, and never a read."""
    found: list[NewRead] = []
    with suppress(Unprocessable):
        found = ENGINES[engine](Payload.of("application/json", body))
    assert found == []


@pytest.mark.parametrize(
    ("engine", "name", "changes", "pointer"),
    [
        ("platerecognizer", "platerecognizer_stream.json", {"data": {"results": [{"plate": "a"}]}}, "/data/timestamp"),
        ("platerecognizer", "platerecognizer_stream.json", {"data": {"results": {}}}, "/data/results"),
        ("rekor", "rekor_group.json", {"epoch_start": "soon"}, "/epoch_start"),
        ("rekor", "rekor_group.json", {"epoch_start": 1e300}, "/epoch_start"),
        ("rekor", "rekor_group.json", {"epoch_start": 12}, "/epoch_start"),
        ("rekor", "rekor_group.json", {"best_uuid": None}, "/best_uuid"),
        ("rekor", "rekor_group.json", {"candidates": [7]}, "/candidates/0"),
        ("rekor", "rekor_group.json", {"best_confidence": "NaN"}, "/best_confidence"),
        ("rekor", "rekor_group.json", {"vehicle_crop_jpeg": "%%"}, "/vehicle_crop_jpeg"),
        ("axis", "axis_push.json", {"carState": "parked"}, "/carState"),
        ("axis", "axis_push.json", {"plateCoordinates": [1, 2, 3]}, "/plateCoordinates"),
        ("axis", "axis_push.json", {"capture_timestamp": None, "datetime": "now"}, "/datetime"),
        ("axis", "axis_push.json", {"plateText": ""}, "/plateText"),
        ("genetec", "genetec_read.json", {"Timestamp": "yesterday"}, "/Timestamp"),
        ("genetec", "genetec_read.json", {"PlateRead": "a\u0000b"}, "/PlateRead"),
        (
            "dahua",
            "dahua_tollgate.json",
            {"Picture": {"Plate": {"PlateNumber": "A"}}},
            "/Picture/SnapInfo/AccurateTime",
        ),
        (
            "unifi",
            "unifi_alarm.json",
            {"alarm": {"triggers": [{"key": "license_plate_known"}]}},
            "/alarm/triggers/0/value",
        ),
    ],
)
def test_what_is_wrong_is_said_by_its_place(engine: str, name: str, changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        ENGINES[engine](as_json(name, **changes))

    assert refused.value.extra["errors"] == [{"pointer": pointer, "detail": refused.value.detail.partition(": ")[2]}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_that_could_expand_is_refused_before_it_does(encoding: str) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]><EventNotificationAlert>&l9;</EventNotificationAlert>'

    with pytest.raises(Unprocessable, match="document type"):
        ENGINES["hikvision"](Payload.of("text/xml", bomb.encode(encoding)))
    outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    with pytest.raises(Unprocessable, match="document type"):
        ENGINES["hikvision"](Payload.of("text/xml", outside.encode(encoding)))


def test_a_form_without_parts_is_refused() -> None:
    with pytest.raises(Unprocessable, match="has none"):
        Payload.of("multipart/form-data; boundary=x", b"nothing of the kind")
