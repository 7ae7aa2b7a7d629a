"""A clip goes in by a presigned form and its plates come out of the API: everything real but the cloud."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from anpr_client import Client
from infra.local.clip.scene import DURATION_S, FPS, PLATES, Scene
from infra.local.place import Running
from tests.e2e.api_calls import send
from tests.e2e.conftest import CAPTURED_AT
from tests.e2e.inside import Inside

pytestmark = pytest.mark.timeout(300)

Finish = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def processed(api: Client, camera_id: str, clip: Path) -> str:
    """The upload of the rendered clip."""
    return send(api, clip, camera_id, CAPTURED_AT)


def test_each_car_is_one_event_with_its_plate_and_times(
    api: Client, processed: str, finish: Finish, camera_id: str
) -> None:
    job = finish(processed)

    assert (job["status"], job["progress"], job["failure_reason"]) == ("succeeded", 1, None)
    assert job["frames_done"] == DURATION_S * FPS
    events = [event for event in api.pages("/events", camera_id=camera_id) if event["upload_id"] == processed]
    read = [event for event in events if event["readable"]]
    assert Counter(event["plate"] for event in read) == Counter(PLATES)
    assert job["events_count"] == len(events)
    parked = next(event for event in read if event["plate"] == PLATES[-1])
    assert _seconds(parked["last_seen_at"]) - _seconds(parked["first_seen_at"]) > DURATION_S * 0.9
    for event in read:
        assert 0 <= _seconds(event["first_seen_at"]) <= _seconds(event["captured_at"]) <= DURATION_S
        assert event["frames_agreeing"] >= 2


def test_crops_and_frames_are_pictures_behind_signed_links(
    api: Client, processed: str, finish: Finish, camera_id: str
) -> None:
    finish(processed)

    event = next(event for event in api.pages("/events", camera_id=camera_id) if event["upload_id"] == processed)
    crop, frame = (_picture(event[name]) for name in ("crop_url", "frame_url"))

    assert frame.shape == Scene().frame(0).shape
    assert crop.shape[0] < frame.shape[0]
    assert crop.shape[1] < frame.shape[1]


def test_the_bus_carries_an_event_for_each_passage_and_one_for_the_upload(
    processed: str, finish: Finish, inside: Inside
) -> None:
    job = finish(processed)

    messages = [message for message in inside.tapped() if message["data"].get("upload_id") == processed]
    kinds = Counter(message["type"] for message in messages)
    assert kinds == {"event.created": job["events_count"], "upload.processed": 1}
    assert len({message["id"] for message in messages}) == len(messages)
    for message in messages:
        assert (message["source"], message["specversion"]) == ("anpr", "1.0")


def test_a_photo_is_an_upload_too(api: Client, camera_id: str, finish: Finish, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    assert cv2.imwrite(str(photo), Scene().frame(50))

    upload_id = send(api, photo, camera_id, CAPTURED_AT)
    job = finish(upload_id)

    assert job["status"] == "succeeded"
    plates = {event["plate"] for event in api.pages("/events", camera_id=camera_id) if event["upload_id"] == upload_id}
    assert {PLATES[0], PLATES[-1]} <= plates


def test_every_function_answers(api: Client, processed: str, finish: Finish) -> None:
    finish(processed)

    health = api.get("/admin/health")

    assert health["ok"], health
    assert set(health["checks"]) == {"database", "bucket", "queue", "bus"}
    # The backend is shared with other tests, which make users of their own.
    assert "admin@example.com" in {user["email"] for user in api.pages("/users")}
    assert api.get("/openapi.json")["openapi"].startswith("3.")


def test_the_set_up_finds_nothing_to_do_the_second_time(inside: Inside, api: Client) -> None:
    before = api.get("/users/me")

    again = inside.set_up()

    assert again["admin_created"] is False
    assert api.get("/users/me") == before


def test_browsers_of_allowed_origins_may_call_the_api_and_post_files(site: Running, inside: Inside) -> None:
    preflight = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}
    for url in (f"{site.api_url}/uploads", inside.bucket_url):
        answer = httpx.options(url, headers=preflight, timeout=10, trust_env=False)
        assert answer.headers["access-control-allow-origin"] in ("*", "https://example.com")
        assert {"POST", "*"} & set(answer.headers["access-control-allow-methods"].replace(" ", "").split(","))


def _seconds(moment: str) -> float:
    return (datetime.fromisoformat(moment) - CAPTURED_AT) / timedelta(seconds=1)


def _picture(url: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    answer = httpx.get(url, timeout=10, trust_env=False).raise_for_status()
    assert answer.headers["content-type"] == "image/jpeg"
    decoded = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded.astype(np.uint8, copy=False)
