"""What the API says of licences, use, the audit log, holds and erasure. Who may call what is in test_access."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text, update

from anpr.governance import license_keys, signing, usage
from anpr.governance.anchors import Series
from anpr.governance.license_keys import LicenseTerms
from anpr.messages import UploadProcessed, upload_key
from anpr.models import Event, Upload, UploadStatus
from anpr.settings import LicenseSettings, RetentionSettings
from tests.builders import add_event, add_upload
from tests.functions.api.client import Api

PEM, PUBLIC = signing.new_signing_key()
TODAY = datetime.now(UTC).date()

# Its limits are small enough to be reached in a test.
LICENSING = LicenseSettings(public_keys=PUBLIC, evaluation_cameras=2, evaluation_minutes=10)


@pytest.fixture
def licensed_api(api: Api) -> Api:
    """The API of a deployment that licences are sold for."""
    return api.with_services(licensing=LICENSING)


def key(**changes: Any) -> str:
    values = {
        "holder": "City of Cluj",
        "plan": "city",
        "cameras": 4,
        "monthly_minutes": 100,
        "starts_on": TODAY,
        "expires_on": TODAY + timedelta(days=100),
    }
    terms = LicenseTerms.model_validate(values | changes)
    return license_keys.issue(terms, signing.read_private_key(PEM))


def use_minutes(api: Api, minutes: float, *, camera_id: UUID | None = None) -> None:
    use = UploadProcessed(
        upload_id=uuid4(),
        camera_id=camera_id or uuid4(),
        media="video",
        duration_s=minutes * 60,
        frames=10,
        events=2,
        unreadable=0,
        finished_at=datetime.now(UTC),
    )
    with api.database.transaction() as session:
        usage.record(session, use, uuid4())


def upload_body(camera_id: object) -> dict[str, object]:
    return {
        "file_name": "a.mp4",
        "content_type": "video/mp4",
        "size_bytes": 1000,
        "camera_id": str(camera_id),
        "captured_at": "2026-05-01T08:30:00Z",
    }


def test_a_licence_is_activated_and_shown(licensed_api: Api) -> None:
    admin = licensed_api.admin
    assert admin.get("/licenses/current").json()["standing"] == "evaluation"
    reply = admin.post("/licenses/activate", {"key": key()})
    assert reply.status == 200
    assert (reply.json()["standing"], reply.json()["holder"]) == ("licensed", "City of Cluj")
    [listed] = admin.get("/licenses").json()["items"]
    assert (listed["cameras"], listed["expires_on"]) == (4, str(TODAY + timedelta(days=100)))


def test_a_key_that_nobody_signed_is_a_clear_problem(licensed_api: Api) -> None:
    reply = licensed_api.admin.post("/licenses/activate", {"key": "ANPR1.e30.AAAA"})
    assert reply.status == 422
    assert reply.json()["type"].endswith("invalid-license")


def test_uploads_are_refused_once_the_minutes_are_used(licensed_api: Api) -> None:
    admin = licensed_api.admin
    camera = admin.post("/cameras", {"name": "gate"}).json()["id"]
    assert "license-warning" not in admin.post("/uploads", upload_body(camera)).headers
    use_minutes(licensed_api, 8.5)
    warned = admin.post("/uploads", upload_body(camera))
    assert warned.status == 201
    assert "8 of 10 minutes" in warned.headers["license-warning"]
    use_minutes(licensed_api, 2)
    refused = admin.post("/uploads", upload_body(camera))
    assert refused.status == 402
    problem = refused.json()
    assert (problem["limit"], problem["allowed"], problem["used"]) == ("monthly_minutes", 10, 10.5)
    assert datetime.fromisoformat(problem["resets_at"]) > datetime.now(UTC)
    assert "content-type" in refused.headers
    # What was let in is still to be followed and read.
    assert len(admin.get("/jobs").json()["items"]) == 2
    assert admin.post("/licenses/activate", {"key": key()}).status == 200
    assert admin.post("/uploads", upload_body(camera)).status == 201


def test_cameras_are_refused_beyond_the_licence(licensed_api: Api) -> None:
    admin = licensed_api.admin
    ids = [admin.post("/cameras", {"name": f"camera {number}"}).json()["id"] for number in range(2)]
    refused = admin.post("/cameras", {"name": "camera 3"})
    assert (refused.status, refused.json()["limit"]) == (402, "cameras")
    inactive = admin.post("/cameras", {"name": "camera 3", "active": False})
    assert inactive.status == 201
    assert admin.patch(f"/cameras/{inactive.json()['id']}", {"active": True}).status == 402
    assert admin.patch(f"/cameras/{ids[0]}", {"active": True}).status == 200
    assert admin.patch(f"/cameras/{ids[0]}", {"active": False}).status == 200
    assert admin.patch(f"/cameras/{inactive.json()['id']}", {"active": True}).status == 200


def test_a_feature_that_is_not_licensed_is_refused(licensed_api: Api) -> None:
    body = {"name": "box", "role": "viewer", "permissions": ["jobs:read"]}
    assert licensed_api.admin.post("/auth/keys", body).status == 201
    licensed_api.admin.post("/licenses/activate", {"key": key(features=())})
    refused = licensed_api.admin.post("/auth/keys", body)
    assert (refused.status, refused.json()["limit"]) == (402, "api_keys")


def test_use_is_listed_as_json_and_csv(api: Api) -> None:
    camera = UUID(api.admin.post("/cameras", {"name": '=cmd|"x"'}).json()["id"])
    use_minutes(api, 1.5, camera_id=camera)
    period = {"start": str(TODAY), "end": str(TODAY)}
    [line] = api.reviewer.get("/usage", params=period).json()["items"]
    assert (line["camera_id"], line["minutes"], line["frames"], line["events"]) == (str(camera), 1.5, 10, 2)
    reply = api.reviewer.get("/usage", params=period, headers={"accept": "text/csv"})
    assert reply.headers["content-type"].startswith("text/csv")
    assert reply.body.splitlines()[1] == f'{TODAY},{camera},"\'=cmd|""x""",1,1.5,10,0,2'
    assert api.reviewer.get("/usage", params={**period, "format": "csv"}).body == reply.body


def test_reports_are_of_closed_months(api: Api) -> None:
    use_minutes(api, 1.5)
    assert api.reviewer.get("/usage/reports").json()["items"] == []
    month = f"{TODAY:%Y-%m}"
    assert api.reviewer.get(f"/usage/reports/{month}").status == 404
    with api.database.transaction() as session:
        usage.close_months(session, datetime.now(UTC) + timedelta(days=40))
    assert api.reviewer.get("/usage/reports").json()["items"] == [month]
    [line] = api.reviewer.get(f"/usage/reports/{month}").json()["items"]
    assert line["minutes"] == 1.5


@pytest.mark.parametrize("month", ["2026-13", "2026-5", "x", "0000-01"])
def test_what_is_no_month_is_a_clear_problem(api: Api, month: str) -> None:
    assert api.reviewer.get(f"/usage/reports/{month}").status == 422


def test_the_audit_log_is_read_and_checked(api: Api) -> None:
    api.viewer.get("/events", params={"plate": "B172WAW", "reason": "case 12"})
    query = {"target": "plate:B172WAW", "action": "plate.searched"}
    [record] = api.admin.get("/admin/audit", params=query).json()["items"]
    assert (record["actor"], record["reason"]) == ("viewer@example.org", "case 12")
    assert api.admin.get("/admin/audit", params={**query, "target": "plate:X"}).json()["items"] == []
    check = api.admin.get("/admin/audit/verification").json()
    assert (check["ok"], check["seq"]) == (True, record["seq"])
    with api.database.transaction() as session:
        session.execute(text("ALTER TABLE audit_logs DISABLE TRIGGER audit_logs_append_only"))
        session.execute(text("UPDATE audit_logs SET reason = 'none'"))
    check = api.admin.get("/admin/audit/verification").json()
    assert (check["ok"], check["broken_at"]) == (False, 1)


def test_a_tail_that_was_cut_off_is_found_by_what_is_kept_elsewhere(api: Api) -> None:
    for _ in range(3):
        api.viewer.get("/events", params={"plate": "B172WAW", "reason": "case 12"})
    key = Ed25519PrivateKey.generate()
    assert Series(api.database, api.anchors, lambda: key).keep_up(datetime.now(UTC))
    check = api.admin.get("/admin/audit/verification").json()
    assert (check["ok"], check["findings"], check["anchors"]) == (True, [], 1)
    assert (check["anchored_seq"], check["anchor_key"]) == (check["seq"], signing.public_text(key))
    with api.database.transaction() as session:
        session.execute(text("ALTER TABLE audit_logs DISABLE TRIGGER audit_logs_append_only"))
        session.execute(text("DELETE FROM audit_logs WHERE seq = :seq"), {"seq": check["seq"]})

    check = api.admin.get("/admin/audit/verification").json()

    assert (check["ok"], check["broken_at"]) == (False, None)
    assert f"record {check['anchored_seq']} at the log's end" in check["findings"][0]


def test_without_the_anchors_nobody_says_that_the_log_is_whole(api: Api) -> None:
    api.anchors.down = True

    assert api.admin.get("/admin/audit/verification").status == 503


def seed(api: Api) -> Event:
    upload = add_upload(api.database)
    event = add_event(api.database, upload=upload)
    with api.database.transaction() as session:
        session.execute(update(Upload).values(status=UploadStatus.SUCCEEDED))
    for name in (event.crop_key, event.frame_key, upload_key(upload.id)):
        api.blobs.objects[name] = b"x"
    return event


def test_what_is_kept_of_a_vehicle_is_handed_out_and_erased(api: Api) -> None:
    event = seed(api)
    reason = {"reason": "request 12"}
    subject = api.admin.get("/admin/subjects/LS15-EBC", params=reason).json()
    assert (subject["plate"], subject["passages"], subject["hits"]) == ("LS15EBC", 1, 0)
    assert [item["id"] for item in subject["items"]] == [str(event.id)]
    assert event.crop_key in subject["items"][0]["crop_url"]
    erased = api.admin.delete("/admin/subjects/LS15EBC", params=reason)
    assert erased.status == 200
    assert (erased.json()["deleted"]["events"], erased.json()["complete"]) == (1, True)
    assert api.blobs.objects == {}
    assert api.admin.get(f"/events/{event.id}").status == 404
    [receipt] = api.admin.get("/admin/receipts").json()["items"]
    assert (receipt["id"], receipt["kind"]) == (erased.json()["receipt_id"], "erasure")


def test_erasure_needs_a_reason(api: Api) -> None:
    seed(api)
    assert api.admin.delete("/admin/subjects/LS15EBC").status == 422
    assert api.admin.get("/admin/subjects/LS15EBC").status == 422
    with api.database.transaction() as session:
        assert session.scalars(select(Event)).all() != []


def test_a_camera_that_a_hold_names_is_not_removed(api: Api) -> None:
    camera = api.admin.post("/cameras", {"name": "gate"}).json()["id"]
    hold = {"case_number": "C-7", "reason": "court order", "camera_id": camera}
    assert api.admin.post("/admin/holds", hold).status == 201
    refused = api.admin.delete(f"/cameras/{camera}")
    assert (refused.status, "legal hold" in refused.json()["detail"]) == (409, True)


def test_a_reviewer_takes_no_entry_out_of_a_case_that_is_held(api: Api) -> None:
    reviewer = api.reviewer
    made = api.admin.post("/bolos/lists", {"name": "stolen"}).json()["id"]
    wanted = {"list_id": made, "pattern": "LS15EBC", "case_number": "C-7"}
    entry = reviewer.post("/bolos", wanted).json()["id"]
    hold = api.admin.post("/admin/holds", {"case_number": "C-7", "reason": "court order"}).json()["id"]
    refused = reviewer.patch(f"/bolos/{entry}", {"case_number": "C-8"})
    assert (refused.status, hold in refused.json()["detail"]) == (409, True)
    assert reviewer.get(f"/bolos/{entry}").json()["case_number"] == "C-7"


def test_a_file_that_was_deleted_in_its_time_is_not_read_again(api: Api) -> None:
    upload = add_upload(api.database, status=UploadStatus.FAILED, source_deleted_at=datetime.now(UTC))
    refused = api.admin.post(f"/jobs/{upload.id}/retry")
    assert (refused.status, "upload it anew" in refused.json()["detail"]) == (409, True)


def test_a_hold_keeps_a_vehicle_from_erasure_until_released(api: Api) -> None:
    seed(api)
    hold = {"case_number": "C-7", "reason": "court order", "plate": "LS15 EBC"}
    placed = api.admin.post("/admin/holds", hold)
    assert (placed.status, placed.json()["plate"]) == (201, "LS15EBC")
    kept = api.admin.delete("/admin/subjects/LS15EBC", params={"reason": "request 12"}).json()
    assert (kept["deleted"], kept["held"]) == ({}, 1)
    assert [each["id"] for each in api.admin.get("/admin/holds").json()["items"]] == [placed.json()["id"]]
    url = f"/admin/holds/{placed.json()['id']}"
    assert api.admin.delete(url).status == 422
    assert api.admin.delete(url, params={"reason": "case closed"}).json()["released_at"] is not None
    assert api.admin.get("/admin/holds").json()["items"] == []
    assert api.admin.delete("/admin/subjects/LS15EBC", params={"reason": "request 12"}).json()["held"] == 0


def test_administrators_see_how_long_what_is_kept(api: Api) -> None:
    kept = RetentionSettings(uploads_days=7, hits_days=None)
    found = api.with_services(retention=kept).admin.get("/admin/retention").json()
    assert found == {"uploads_days": 7, "crops_days": 30, "events_days": 90, "hits_days": None, "audit_days": 730}
