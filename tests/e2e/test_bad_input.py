"""What is wrong with a file, a form or a message is said in words, loses nothing and stops nobody."""

import json
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import numpy as np
import pytest

from anpr.messages import JobRequest, upload_key
from anpr_client import ApiError, Client, UploadRefused
from infra.local.clip.scene import DURATION_S, FPS
from tests.e2e.api_calls import post_form
from tests.e2e.conftest import CAPTURED_AT
from tests.e2e.inside import Inside

pytestmark = pytest.mark.timeout(300)

Finish = Callable[[str], dict[str, Any]]


def ask(api: Client, camera_id: str, *, size: int, content_type: str = "video/mp4") -> dict[str, Any]:
    """Ask for an upload form."""
    body = {
        "file_name": "clip.mp4",
        "content_type": content_type,
        "size_bytes": size,
        "camera_id": camera_id,
        "captured_at": CAPTURED_AT.isoformat(),
    }
    asked: dict[str, Any] = api.post("/uploads", body)
    return asked


def send(api: Client, camera_id: str, content: bytes) -> str:
    """Upload a file of the given content; returns the job's id."""
    upload = ask(api, camera_id, size=len(content))
    post_form(upload["form"], content, content_type="video/mp4")
    api.post(f"/uploads/{upload['id']}/complete", {})
    return str(upload["id"])


def sound(path: Path) -> bytes:
    """An MP4 file with a second of sound and no picture."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        frame.rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.mark.parametrize("length", [99, 101])
def test_the_store_refuses_another_size_than_the_form_was_made_for(api: Client, camera_id: str, length: int) -> None:
    upload = ask(api, camera_id, size=100)

    with pytest.raises(UploadRefused) as refused:
        post_form(upload["form"], b"x" * length, content_type="video/mp4")

    assert 400 <= refused.value.status < 500
    assert api.get(f"/jobs/{upload['id']}")["status"] == "awaiting_file"


@pytest.mark.parametrize("field", ["Content-Type", "key"])
def test_the_store_refuses_another_type_or_place_than_the_form_was_made_for(
    api: Client, camera_id: str, field: str
) -> None:
    upload = ask(api, camera_id, size=100)
    form = upload["form"]
    altered = form | {"fields": form["fields"] | {field: "text/html" if field != "key" else upload_key(uuid4())}}

    with pytest.raises(UploadRefused) as refused:
        post_form(altered, b"x" * 100, content_type="text/html")

    assert 400 <= refused.value.status < 500
    assert api.get(f"/jobs/{upload['id']}")["status"] == "awaiting_file"


def test_an_empty_file_is_not_even_given_a_form(api: Client, camera_id: str) -> None:
    with pytest.raises(ApiError) as refused:
        ask(api, camera_id, size=0)

    assert refused.value.status == 422


@pytest.mark.parametrize("kind", ["text", "sound", "headless"])
def test_a_file_without_a_picture_fails_with_its_reason_in_words(
    api: Client, camera_id: str, finish: Finish, clip: Path, tmp_path: Path, kind: str
) -> None:
    content = {
        "text": b"This is not a video. " * 50,
        "sound": sound(tmp_path / "sound.mp4"),
        # Half a file without its beginning, which says what it is.
        "headless": clip.read_bytes()[-(clip.stat().st_size // 2) :],
    }[kind]

    job = finish(send(api, camera_id, content))

    assert job["status"] == "failed"
    assert job["failure_reason"][0].isupper()
    assert job["failure_reason"].endswith(".")
    assert not {"Traceback", "Error", "errno", "<"} & set(job["failure_reason"].split())
    assert job["events_count"] == 0


def test_what_can_be_read_of_a_broken_file_is_kept(api: Client, camera_id: str, finish: Finish, clip: Path) -> None:
    whole = clip.read_bytes()

    job = finish(send(api, camera_id, whole[: len(whole) * 2 // 3]))

    assert job["status"] == "succeeded"
    assert job["warning"]
    assert 0 < job["frames_done"] < DURATION_S * FPS
    events = [event for event in api.pages("/events", camera_id=camera_id) if event["upload_id"] == job["id"]]
    assert len(events) == job["events_count"] > 0


def test_a_failed_job_can_be_tried_again_and_a_finished_one_cannot(
    api: Client, camera_id: str, finish: Finish, clip: Path
) -> None:
    failed = finish(send(api, camera_id, b"still not a video"))
    done = finish(send(api, camera_id, clip.read_bytes()))

    api.post(f"/jobs/{failed['id']}/retry", {})
    again = finish(failed["id"])
    with pytest.raises(ApiError) as refused:
        api.post(f"/jobs/{done['id']}/retry", {})

    assert again["failure_reason"] == failed["failure_reason"]
    assert refused.value.status == 409


def test_strange_messages_are_taken_off_the_queue_and_the_worker_goes_on(
    inside: Inside, api: Client, camera_id: str, finish: Finish
) -> None:
    job = finish(send(api, camera_id, b"not a video either"))
    stray = [
        json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": inside.bucket}),
        "neither JSON nor ours",
        JobRequest(upload_id=uuid4()).model_dump_json(),
        # A second delivery of what is done.
        JobRequest(upload_id=job["id"]).model_dump_json(),
    ]
    for body in stray:
        inside.send_job(body)
    for key in (upload_key(uuid4()), "uploads/loose file.mp4"):
        inside.s3.put_object(Bucket=inside.bucket, Key=key, Body=b"nobody's")

    after = finish(send(api, camera_id, b"nor is this"))

    assert after["status"] == "failed"
    assert api.get(f"/jobs/{job['id']}") == job
    _wait_until_empty(inside)
    assert inside.jobs()[1] == 0


def test_requests_that_make_no_sense_get_a_problem_document(api: Client, camera_id: str) -> None:
    nonsense: list[tuple[str, dict[str, Any], int]] = [
        ("/uploads", {"file_name": "a"}, 422),
        ("/uploads", _upload(camera_id, captured_at="2026-03-01T12:00:00"), 422),
        ("/uploads", _upload(camera_id, file_name="a\0b.mp4"), 422),
        ("/uploads", _upload(str(uuid4())), 404),
        ("/cameras", {"name": "\0"}, 422),
    ]
    for path, body, status in nonsense:
        with pytest.raises(ApiError) as refused:
            api.post(path, body)
        assert refused.value.status == status, (path, body)
    for query, statuses in (
        ({"cursor": "%%%"}, {400, 422}),
        ({"plate": "^AB.+[0-9]$", "reason": "test"}, {422}),
        ({"captured_from": "yesterday"}, {422}),
    ):
        with pytest.raises(ApiError) as refused:
            api.get("/events", **query)
        assert refused.value.status in statuses, query


def _upload(camera_id: str, **changes: str) -> dict[str, Any]:
    body = {"file_name": "clip.mp4", "content_type": "video/mp4", "size_bytes": 10, "camera_id": camera_id}
    return body | {"captured_at": CAPTURED_AT.isoformat()} | changes


def _wait_until_empty(inside: Inside) -> None:
    deadline = time.monotonic() + 20
    while inside.jobs()[0]:
        assert time.monotonic() < deadline, "the queue still holds messages"
        time.sleep(0.2)
