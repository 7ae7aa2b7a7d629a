"""Metering, machines' keys, camera limits, the audit log, retention and erasure, in the deployed backend."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx
import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session

from anpr import audit
from anpr.audit import SYSTEM, Action
from anpr.models import AuditRecord
from anpr_client import ApiError, Client, Login
from infra.local.clip.scene import PLATES, Scene
from infra.local.place import Running
from tests.e2e.api_calls import camera_named, post_form, send
from tests.e2e.conftest import CAPTURED_AT
from tests.e2e.inside import Inside
from tests.receiver import listening

pytestmark = pytest.mark.timeout(300)

Finish = Callable[[str], dict[str, Any]]
REASON = "request 12"


@pytest.fixture(scope="module")
def owner(site: Running) -> Iterator[Connection]:
    """The database as its owner sees it, who may do what the functions may not."""
    engine = create_engine(
        f"postgresql+pg8000://anpr@127.0.0.1:{site.place.port('database')}/postgres", isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def camera(api: Client) -> str:
    """A camera that nothing else uses."""
    made: str = camera_named(api, f"governance {time.monotonic_ns()}")
    return made


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """One frame of the clip: two cars."""
    path = tmp_path / "photo.png"
    assert cv2.imwrite(str(path), Scene().frame(50))
    return path


@pytest.fixture
def read(api: Client, finish: Finish, camera: str, photo: Path) -> dict[str, Any]:
    """The job of a photo that was read; whatever other tests left wanted is not, for a hit would be kept longer."""
    for entry in api.pages("/bolos", active=True):
        api.patch(f"/bolos/{entry['id']}", {"active": False})
    job = finish(send(api, photo, camera, CAPTURED_AT))
    assert job["status"] == "succeeded"
    return job


def eventually(look: Callable[[], Any], what: str, *, timeout_s: float = 90) -> Any:
    """Look again until there is something to see."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()):
        assert time.monotonic() < deadline, what
        time.sleep(0.3)
    return found


def objects(inside: Inside, upload_id: str) -> set[str]:
    """The kinds of objects that are kept of an upload: uploads, crops, frames."""
    listed = inside.s3.list_objects_v2(Bucket=inside.bucket).get("Contents", [])
    return {each["Key"].split("/")[0] for each in listed if upload_id in each["Key"]}


def test_what_an_upload_used_is_booked_once(
    inside: Inside, api: Client, read: dict[str, Any], camera: str, owner: Connection
) -> None:
    today = datetime.now(UTC).date()
    period = {"start": str(today - timedelta(days=1)), "end": str(today), "camera_id": camera}
    [line] = eventually(lambda: api.get("/usage", **period)["items"], "the upload was not booked")
    assert (line["uploads"], line["images"], line["events"]) == (1, 1, read["events_count"])
    # The same event again, as the bus may deliver it.
    row = owner.execute(
        text("SELECT id, data FROM outbox WHERE type = 'upload.processed' AND subject = :id"), {"id": read["id"]}
    ).one()
    owner.execute(text("UPDATE outbox SET published_at = NULL WHERE id = :id"), {"id": row.id})
    inside.run("outbox_relay")
    time.sleep(2)
    assert api.get("/usage", **period)["items"] == [line]
    assert api.get("/licenses/current")["standing"] == "unlimited"


def test_a_machine_uploads_with_its_key_until_it_is_revoked(site: Running, api: Client, camera: str) -> None:
    made = api.post(
        "/auth/keys",
        {
            "name": "box 7",
            "role": "reviewer",
            "permissions": ["uploads:write", "jobs:read"],
            "cameras": {"camera_ids": [camera]},
        },
    )
    upload = {
        "file_name": "a.png",
        "content_type": "image/png",
        "size_bytes": 10,
        "camera_id": camera,
        "captured_at": CAPTURED_AT.isoformat(),
    }
    other = camera_named(api, "end to end")
    with httpx.Client(base_url=site.api_url, headers={"X-API-Key": made["key"]}, trust_env=False, timeout=60) as box:
        created = box.post("/uploads", json=upload)
        assert created.status_code == 201, created.text
        assert box.get(f"/jobs/{created.json()['id']}").status_code == 200
        assert box.post("/uploads", json={**upload, "camera_id": other}).status_code == 404
        assert box.get("/events").status_code == 403
        api.delete(f"/auth/keys/{made['id']}")
        assert box.post("/uploads", json=upload).status_code == 401


def test_a_user_who_is_limited_sees_no_other_camera(
    site: Running, api: Client, read: dict[str, Any], camera: str
) -> None:
    login = Login(f"{camera}@example.org", "correct horse battery staple")
    user = api.post("/users", {"email": login.email, "password": login.password, "role": "viewer"})
    body = {"limited": True, "camera_ids": [camera]}
    api.put(f"/users/{user['id']}/cameras", body)
    with Client(site.api_url, login) as viewer:
        assert {event["camera_id"] for event in viewer.pages("/events")} == {camera}
        assert [each["id"] for each in viewer.pages("/cameras")] == [camera]
        assert [each["id"] for each in viewer.pages("/jobs")] == [read["id"]]


def test_guessing_a_password_is_slowed_down(site: Running) -> None:
    guess = {"email": "nobody@example.org", "password": "a guess"}
    with httpx.Client(base_url=site.api_url, trust_env=False, timeout=60) as http:
        statuses = [http.post("/auth/login", json=guess).status_code for _ in range(20)]
        refused = http.post("/auth/login", json=guess)
    assert set(statuses) == {401}
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60


def test_a_tampered_audit_record_is_found(api: Client, read: dict[str, Any], owner: Connection) -> None:
    assert read["id"]
    before = api.get("/admin/audit/verification")
    assert before["ok"], before
    [victim] = api.get("/admin/audit", action="upload.created", target=f"upload:{read['id']}")["items"]
    changed = {"seq": victim["seq"]}
    owner.execute(text("ALTER TABLE audit_logs DISABLE TRIGGER audit_logs_append_only"))
    try:
        owner.execute(text("UPDATE audit_logs SET actor = 'somebody else' WHERE seq = :seq"), changed)
        after = api.get("/admin/audit/verification")
        assert (after["ok"], after["broken_at"]) == (False, victim["seq"])
    finally:
        owner.execute(
            text("UPDATE audit_logs SET actor = :actor WHERE seq = :seq"), {**changed, "actor": victim["actor"]}
        )
        owner.execute(text("ALTER TABLE audit_logs ENABLE TRIGGER audit_logs_append_only"))
    assert api.get("/admin/audit/verification")["ok"]


@pytest.fixture
def anchored(inside: Inside, api: Client) -> dict[str, Any]:
    """What verification says of a log that has an anchor: the deployed function's, written by its schedule or now."""
    inside.run("retention")
    found: dict[str, Any] = api.get("/admin/audit/verification")
    assert (found["ok"], found["findings"]) == (True, [])
    assert found["anchors"] >= 1
    return found


@pytest.fixture
def tampering(owner: Connection) -> Iterator[Connection]:
    """The log in the owner's hands; it is put back as it was afterwards."""
    owner.execute(text("CREATE TABLE audit_logs_before AS SELECT * FROM audit_logs"))
    owner.execute(text("ALTER TABLE audit_logs DISABLE TRIGGER USER"))
    yield owner
    owner.execute(text("DELETE FROM audit_logs"))
    owner.execute(text("INSERT INTO audit_logs SELECT * FROM audit_logs_before"))
    owner.execute(text("ALTER TABLE audit_logs ENABLE TRIGGER USER"))
    owner.execute(text("DROP TABLE audit_logs_before"))


def empty(owner: Connection, _: int) -> None:
    owner.execute(text("DELETE FROM audit_logs"))


def cut_the_end(owner: Connection, anchored: int) -> None:
    owner.execute(text("DELETE FROM audit_logs WHERE seq >= :anchored"), {"anchored": anchored})


def cut_the_front(owner: Connection, _: int) -> None:
    """As if it had been pruned: with the record that the backend itself would write."""
    with Session(owner) as session:
        first = session.get_one(AuditRecord, 1)
        detail = {"through_seq": 1, "head": first.hash.hex()}
        session.execute(text("DELETE FROM audit_logs WHERE seq = 1"))
        session.expunge_all()
        audit.record(session, SYSTEM, Action.AUDIT_PRUNED, "audit", detail=detail)
        session.commit()


@pytest.mark.parametrize(
    ("crime", "words"),
    [
        (empty, "The log is empty"),
        (cut_the_end, "found record {anchored} at the log's end, which is gone"),
        (cut_the_front, "Records 1 to 1 are gone, and no anchor says that they were to be pruned"),
    ],
)
def test_what_somebody_with_the_database_hides_is_found_by_the_anchors(
    api: Client,
    anchored: dict[str, Any],
    tampering: Connection,
    crime: Callable[[Connection, int], None],
    words: str,
) -> None:
    if crime is cut_the_end and anchored["anchored_seq"] == 1:
        # The log was anchored at its first record, so nothing is left of it.
        words = "The log is empty"
    crime(tampering, anchored["anchored_seq"])

    found = api.get("/admin/audit/verification")

    assert (found["ok"], found["broken_at"]) == (False, None)
    assert words.format(anchored=anchored["anchored_seq"]) in " ".join(found["findings"])


def test_an_anchor_is_kept_by_whoever_asked_for_it(
    inside: Inside, api: Client, anchored: dict[str, Any], owner: Connection
) -> None:
    with listening() as receiver:
        hook = api.post("/webhooks", {"url": receiver.url, "event_types": ["audit.anchored"]})
        # The anchor's event once more, as the bus may deliver it.
        owner.execute(text("UPDATE outbox SET published_at = NULL WHERE type = 'audit.anchored'"))
        inside.run("outbox_relay")
        bodies = eventually(lambda: receiver.verified(hook["secret"]), "the anchor at its receiver")
        api.delete(f"/webhooks/{hook['id']}")

    for body in bodies:
        key = f"anchors/{body['data']['no']:08d}.json"
        stored = inside.s3.get_object(Bucket=inside.anchors, Key=key)["Body"].read()
        assert json.loads(stored) == body["data"]
    assert anchored["anchor_key"] == bodies[0]["data"]["key"]


def test_retention_deletes_what_is_past_its_time_once(
    inside: Inside, api: Client, read: dict[str, Any], owner: Connection
) -> None:
    assert objects(inside, read["id"]) == {"uploads", "crops", "frames"}
    old = {"upload": read["id"], "at": datetime.now(UTC) - timedelta(days=91)}
    owner.execute(text("UPDATE events SET processed_at = :at WHERE upload_id = :upload"), old)
    owner.execute(text("UPDATE uploads SET created_at = :at, finished_at = :at WHERE id = :upload"), old)

    # The schedule may be at it too; what either deletes is on a receipt.
    inside.run("retention")
    again = inside.run("retention")

    assert again["deleted"] == {}
    assert again["complete"]
    assert objects(inside, read["id"]) == set()
    with pytest.raises(ApiError) as caught:
        api.get(f"/uploads/{read['id']}")
    assert caught.value.status == 404
    receipts = [each for each in api.pages("/admin/receipts") if each["kind"] == "retention"]
    assert sum(each["deleted"].get("uploads", 0) for each in receipts) >= 1


@pytest.mark.only(
    "aws", reason="only S3 tells of a second file; elsewhere it lies unread beside the version that was read"
)
def test_a_file_that_was_read_cannot_be_replaced_and_one_that_was_erased_not_be_put_back(
    inside: Inside, api: Client, finish: Finish, camera: str, photo: Path
) -> None:
    content, wanted = photo.read_bytes(), {"file_name": "photo.png", "content_type": "image/png", "camera_id": camera}
    size_and_time = {"size_bytes": len(content), "captured_at": CAPTURED_AT.isoformat()}
    upload = api.post("/uploads", wanted | size_and_time)
    path, key = f"/uploads/{upload['id']}", f"uploads/{upload['id']}/source"
    post_form(upload["form"], content, content_type="image/png")
    read = finish(upload["id"])
    assert read["source_sha256"] == hashlib.sha256(content).hexdigest()

    # The storage takes it, as the form is still good.
    post_form(upload["form"], bytes(len(content)), content_type="image/png")
    noticed = eventually(lambda: (now := api.get(path))["replacements"] and now, "the replacement on record")
    assert (noticed["source_version_id"], noticed["status"]) == (read["source_version_id"], "succeeded")
    eventually(lambda: inside.run("retention") and stored(inside, key) == content, "the file that was read")

    plate = PLATES[0]
    assert api.delete(f"/admin/subjects/{plate}", reason=REASON)["complete"]
    assert stored(inside, key) is None
    post_form(upload["form"], content, content_type="image/png")
    assert stored(inside, key) == content
    eventually(lambda: inside.run("retention") and stored(inside, key) is None, "the file to be gone again")
    assert "Versions" not in inside.s3.list_object_versions(Bucket=inside.bucket, Prefix=key)


def stored(inside: Inside, key: str) -> bytes | None:
    """What the bucket has under a key now."""
    s3 = inside.s3
    try:
        body: bytes = s3.get_object(Bucket=inside.bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return body


def test_a_vehicle_is_handed_out_held_and_erased(
    inside: Inside, api: Client, read: dict[str, Any], camera: str
) -> None:
    plate = PLATES[0]
    kept = [event["id"] for event in api.pages("/events", camera_id=camera) if event["plate"] == plate]
    assert kept
    subject = api.get(f"/admin/subjects/{plate}", reason=REASON)
    assert set(kept) <= {item["id"] for item in subject["items"]}
    assert httpx.get(subject["items"][0]["crop_url"], trust_env=False, timeout=60).is_success

    hold = api.post("/admin/holds", {"case_number": "C-7", "reason": "court order", "camera_id": camera})
    held = api.delete(f"/admin/subjects/{plate}", reason=REASON)
    assert (held["held"], held["complete"]) == (len(kept), True)
    assert objects(inside, read["id"]) == {"uploads", "crops", "frames"}

    api.delete(f"/admin/holds/{hold['id']}", reason="case closed")
    erased = api.delete(f"/admin/subjects/{plate}", reason=REASON)
    assert (erased["deleted"]["events"], erased["held"]) == (len(kept), 0)
    assert "uploads" not in objects(inside, read["id"])
    left = {event["id"] for event in api.pages("/events", camera_id=camera)}
    assert left.isdisjoint(kept)
    # Hits that other files made of this plate stay: nobody leaves a list of wanted plates by asking.
    subject = api.get(f"/admin/subjects/{plate}", reason=REASON)
    assert {item["id"] for item in subject["items"]}.isdisjoint(kept)
