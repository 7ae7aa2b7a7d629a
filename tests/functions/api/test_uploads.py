from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from anpr.errors import Unavailable
from anpr.messages import upload_ids_of
from anpr.models import Upload, UploadKind, UploadStatus
from tests.functions.api.client import Api


@pytest.fixture
def camera(api: Api) -> str:
    made: str = api.admin.post("/cameras", {"name": "North gate"}).json()["id"]
    return made


def body(camera: str, **changes: object) -> dict[str, Any]:
    return {
        "file_name": "gate.mp4",
        "content_type": "video/mp4",
        "size_bytes": 1000,
        "camera_id": camera,
        "captured_at": "2026-05-01T14:30:00+02:00",
        **changes,
    }


def set_status(api: Api, upload: str, **values: object) -> None:
    with api.database.transaction() as session:
        session.execute(update(Upload).where(Upload.id == UUID(upload)).values(**values))


def test_an_upload_comes_with_a_form_for_exactly_its_file(api: Api, camera: str) -> None:
    reply = api.reviewer.post("/uploads", body(camera))

    assert reply.status == 201
    upload = reply.json()
    assert (upload["status"], upload["captured_at"]) == ("awaiting_file", "2026-05-01T12:30:00Z")
    assert upload["form"]["fields"]["key"] == f"uploads/{upload['id']}/source"
    assert upload["form"]["fields"]["Content-Type"] == "video/mp4"
    assert upload["form"]["fields"]["size"] == "1000"
    form = upload.pop("form")
    assert datetime.fromisoformat(form["expires_at"]) > datetime.now(UTC)
    assert api.viewer.get(f"/uploads/{upload['id']}").json() == upload
    assert api.viewer.get("/uploads").json() == {"items": [upload], "next_cursor": None}


def test_a_bad_upload_is_refused_where_it_is_bad(api: Api, camera: str) -> None:
    bad: list[tuple[dict[str, object], str]] = [
        ({"captured_at": "2026-05-01T12:30:00"}, "/captured_at"),
        ({"captured_at": "2026-05-01"}, "/captured_at"),
        ({"captured_at": 1777630000}, "/captured_at"),
        ({"captured_at": "yesterday"}, "/captured_at"),
        ({"captured_at": "0001-01-01T00:00:00+14:00"}, "/captured_at"),
        ({"captured_at": "9999-12-31T23:59:59-14:00"}, "/captured_at"),
        ({"captured_at": (datetime.now(UTC) + timedelta(days=2)).isoformat()}, "/captured_at"),
        ({"size_bytes": 0}, "/size_bytes"),
        ({"size_bytes": -1}, "/size_bytes"),
        ({"size_bytes": 5 * 1024**3 + 1}, "/size_bytes"),
        ({"size_bytes": 10**30}, "/size_bytes"),
        ({"size_bytes": "big"}, "/size_bytes"),
        ({"content_type": "text/plain"}, "/content_type"),
        ({"content_type": "image/heic"}, "/content_type"),
        ({"content_type": "video/mp4; codecs=avc1"}, "/content_type"),
        ({"content_type": "video/"}, "/content_type"),
        ({"file_name": ""}, "/file_name"),
        ({"file_name": "a\u0000b.mp4"}, "/file_name"),
        ({"file_name": "\ud800.mp4"}, "/file_name"),
        ({"camera_id": "north"}, "/camera_id"),
        ({"colour": "red"}, "/colour"),
        ({"\ud800": 1}, ""),
    ]
    for change, pointer in bad:
        reply = api.reviewer.post("/uploads", body(camera, **change))
        assert (reply.status, reply.headers["content-type"]) == (422, "application/problem+json"), change
        assert [error["pointer"] for error in reply.json()["errors"]] == [pointer], change
    assert api.viewer.get("/uploads").json()["items"] == []


def test_a_naive_time_is_refused_in_words(api: Api, camera: str) -> None:
    reply = api.reviewer.post("/uploads", body(camera, captured_at="2026-05-01T12:30:00"))
    assert reply.json()["detail"] == "/captured_at: The time has no zone; add Z or an offset such as +02:00."


def test_an_unknown_camera_is_not_found_and_an_inactive_one_takes_nothing(api: Api, camera: str) -> None:
    unknown = api.reviewer.post("/uploads", body(str(uuid4())))
    assert (unknown.status, unknown.json()["type"]) == (404, "urn:anpr:problem:not-found")

    api.admin.patch(f"/cameras/{camera}", {"active": False})
    assert api.reviewer.post("/uploads", body(camera)).status == 409


def test_a_repeated_request_with_its_key_makes_one_upload(api: Api, camera: str) -> None:
    key = {"idempotency-key": "gate-0830"}
    first = api.reviewer.post("/uploads", body(camera), headers=key)
    second = api.reviewer.post("/uploads", body(camera), headers=key)
    assert (second.status, second.json()["id"]) == (201, first.json()["id"])
    assert second.json()["form"]["fields"]["key"] == first.json()["form"]["fields"]["key"]
    assert len(api.viewer.get("/uploads").json()["items"]) == 1

    assert api.reviewer.post("/uploads", body(camera, size_bytes=2000), headers=key).status == 409
    # A key is its user's own.
    assert api.admin.post("/uploads", body(camera), headers=key).json()["id"] != first.json()["id"]

    set_status(api, first.json()["id"], status=UploadStatus.QUEUED)
    assert api.reviewer.post("/uploads", body(camera), headers=key).json()["form"] is None


def test_a_job_tells_how_it_goes(api: Api, camera: str) -> None:
    upload = api.reviewer.post("/uploads", body(camera)).json()["id"]
    job = api.viewer.get(f"/jobs/{upload}").json()
    assert (job["status"], job["progress"], job["finished_at"]) == ("awaiting_file", 0.0, None)

    set_status(
        api,
        upload,
        status=UploadStatus.PROCESSING,
        progress=0.4,
        frames_done=120,
        events_count=2,
        unreadable_count=1,
        warning="The end of the file is missing.",
    )
    job = api.viewer.get(f"/jobs/{upload}").json()
    assert (job["progress"], job["frames_done"], job["events_count"], job["unreadable_count"]) == (0.4, 120, 2, 1)
    assert job["warning"] == "The end of the file is missing."
    assert [found["id"] for found in api.viewer.get("/jobs", params={"status": "processing"}).json()["items"]] == [
        upload
    ]
    assert api.viewer.get("/jobs", params={"status": "failed"}).json()["items"] == []
    assert api.viewer.get("/jobs", params={"camera_id": str(uuid4())}).json()["items"] == []


def test_a_failed_job_is_queued_again(api: Api, camera: str) -> None:
    upload = api.reviewer.post("/uploads", body(camera)).json()["id"]
    set_status(api, upload, status=UploadStatus.FAILED, failure_reason="Not a video.", attempts=3, progress=0.7)

    reply = api.reviewer.post(f"/jobs/{upload}/retry")

    assert reply.status == 202
    job = reply.json()
    assert (job["status"], job["progress"], job["attempts"], job["failure_reason"]) == ("queued", 0.0, 0, None)
    assert job["queued_at"] is not None
    assert [upload_ids_of(message) for message in api.queue.waiting] == [[UUID(upload)]]
    assert api.reviewer.post(f"/jobs/{upload}/retry").status == 409
    assert len(api.queue.waiting) == 1


def test_a_retry_stands_although_its_message_could_not_be_sent(
    api: Api, camera: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_body: str) -> None:
        raise Unavailable("the queue is down")

    upload = api.reviewer.post("/uploads", body(camera)).json()["id"]
    set_status(api, upload, status=UploadStatus.FAILED)
    monkeypatch.setattr(api.queue, "send", refuse)

    assert api.reviewer.post(f"/jobs/{upload}/retry").status == 202
    assert api.viewer.get(f"/jobs/{upload}").json()["status"] == "queued"


def test_an_unknown_job_is_not_found(api: Api) -> None:
    path = f"/jobs/{uuid4()}"
    assert [api.viewer.get(path).status, api.reviewer.post(f"{path}/retry").status] == [404, 404]
    assert api.viewer.get(f"/uploads/{uuid4()}").status == 404


def test_an_upload_is_completed_by_whoever_sent_its_file(api: Api, camera: str) -> None:
    upload = api.reviewer.post("/uploads", body(camera, size_bytes=4)).json()
    path = f"/uploads/{upload['id']}/complete"
    assert api.viewer.post(path).status == 403
    early = api.reviewer.post(path)
    assert (early.status, early.json()["type"]) == (409, "urn:anpr:problem:conflict")

    api.blobs.objects[f"uploads/{upload['id']}/source"] = b"clip"
    for _ in range(2):
        reply = api.reviewer.post(path)
        assert (reply.status, reply.json()["status"]) == (202, "queued")

    assert [upload_ids_of(message) for message in api.queue.waiting] == [[UUID(upload["id"])]]
    assert api.reviewer.post("/uploads/00000000-0000-4000-8000-000000000000/complete").status == 404


def test_the_footage_is_watched_by_a_link_to_what_was_read_and_that_is_on_record(api: Api, camera: str) -> None:
    upload = api.reviewer.post("/uploads", body(camera)).json()["id"]
    why = {"reason": "case 4711"}
    early = api.reviewer.post(f"/uploads/{upload}/link", why)
    assert (early.status, "not come" in early.body) == (409, True)

    set_status(api, upload, status=UploadStatus.SUCCEEDED, source_version_id="v1")
    url = api.reviewer.post(f"/uploads/{upload}/link", why).json()["url"]
    assert url.startswith(f"https://blobs.invalid/uploads/{upload}/source?")
    assert "version_id=v1" in url
    [record] = api.admin.get("/admin/audit", params={"action": "upload.watched"}).json()["items"]
    assert (record["target"], record["reason"]) == (f"upload:{upload}", "case 4711")

    assert api.viewer.post(f"/uploads/{upload}/link", why).status == 403
    assert api.reviewer.post(f"/uploads/{upload}/link", {"reason": ""}).status == 422
    assert api.reviewer.post(f"/uploads/{uuid4()}/link", why).status == 404


@pytest.mark.parametrize(
    "gone",
    [
        {"source_deleted_at": datetime.now(UTC)},
        {"source_condemned_at": datetime.now(UTC)},
        {"kind": UploadKind.STREAM},
    ],
)
def test_footage_that_is_not_kept_cannot_be_watched(api: Api, camera: str, gone: dict[str, object]) -> None:
    upload = api.reviewer.post("/uploads", body(camera)).json()["id"]
    set_status(api, upload, status=UploadStatus.SUCCEEDED, **gone)
    assert api.reviewer.post(f"/uploads/{upload}/link", {"reason": "case 4711"}).status == 409
    assert api.admin.get("/admin/audit", params={"action": "upload.watched"}).json()["items"] == []
