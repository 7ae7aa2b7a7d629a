from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from anpr.alerts.webhooks.sealing import Seal
from anpr.capture import streams
from anpr.capture.streams import Condition
from anpr.models import Stream, StreamState
from tests.functions.api.client import Api, Reply

URL = "rtsp://viewer:s3cret@cam.example.org:8554/live?key=k3y"


def camera_with_stream(api: Api) -> str:
    camera: str = api.admin.post("/cameras", {"name": "North gate"}).json()["id"]
    assert put(api, camera, URL).status == 200
    return camera


def put(api: Api, camera: str, url: str) -> Reply:
    return api.admin.request("PUT", f"/cameras/{camera}/stream", body={"url": url})


def shown(api: Api, camera: str) -> dict[str, Any]:
    found: dict[str, Any] = api.viewer.get(f"/cameras/{camera}").json()["stream"]
    return found


def test_a_cameras_stream_is_shown_without_what_is_secret_in_its_address(api: Api) -> None:
    camera = camera_with_stream(api)
    everything = api.admin.get("/cameras").body + api.admin.get("/admin/audit").body
    assert "stream.set" in everything
    assert shown(api, camera)["place"] == "cam.example.org:8554"
    assert not [secret for secret in ("s3cret", "viewer:", "k3y", "/live") if secret in everything]


def test_how_a_stream_does_is_known_only_while_a_process_reads_it(api: Api) -> None:
    camera = camera_with_stream(api)
    assert (shown(api, camera)["state"], shown(api, camera)["reason"]) == (
        "waiting",
        "No process reads this stream at present.",
    )
    now = datetime.now(UTC)
    with api.database.transaction() as session:
        (held,) = streams.take(session, Seal.load(api.secrets, "webhook-key"), limit=1)
        streams.keep(session, held, Condition(StreamState.CONNECTED, now, now, 25.0, 9.5, 0.2))
    assert held.url == URL
    assert (shown(api, camera)["state"], shown(api, camera)["reason"]) == ("connected", None)
    assert (shown(api, camera)["fps_in"], shown(api, camera)["lag_s"]) == (25.0, 0.2)
    with api.database.transaction() as session:
        session.execute(update(Stream).values(leased_until=now - timedelta(seconds=1)))
    assert shown(api, camera)["state"] == "waiting"


def test_a_stream_is_taken_away_once_and_for_all(api: Api) -> None:
    camera = camera_with_stream(api)
    for _ in range(2):
        assert api.admin.delete(f"/cameras/{camera}/stream").status == 204
    assert api.viewer.get(f"/cameras/{camera}").json()["stream"] is None


@pytest.mark.parametrize("url", ["https://cam.example.org/", "rtsp://", "file:///etc/passwd", "rtsp://a:70000/x"])
def test_an_address_that_is_none_of_a_stream_is_refused_in_words(api: Api, url: str) -> None:
    camera = api.admin.post("/cameras", {"name": "South gate"}).json()["id"]
    refused = put(api, camera, url)
    assert refused.status == 422
    assert "/url" in str(refused.json()["errors"])


def test_a_camera_that_is_not_there_has_no_stream(api: Api) -> None:
    assert put(api, str(UUID(int=1)), URL).status == 404
