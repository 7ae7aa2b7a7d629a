"""A read is corrected through the API, and an export of it, built by the deployed function, says so."""

import csv
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import httpx
import pytest

from anpr_client import ApiError, Client
from infra.local.clip.scene import PLATES, Scene
from tests.e2e.api_calls import camera_named, send
from tests.e2e.conftest import CAPTURED_AT

pytestmark = pytest.mark.timeout(300)

Finish = Callable[[str], dict[str, Any]]
CORRECTED = "ZZ99ZZZ"


@pytest.fixture(scope="module")
def camera(api: Client) -> str:
    """A camera of this file's own."""
    return camera_named(api, "review and export")


def test_a_corrected_read_is_exported_as_people_say(api: Client, camera: str, finish: Finish, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    assert cv2.imwrite(str(photo), Scene().frame(50))
    finish(send(api, photo, camera, CAPTURED_AT))

    claimed = api.post("/feedback/claims", {"count": 20, "camera_ids": [camera]})["items"]
    readable = [one["event"] for one in claimed if one["event"]["readable"]]
    first = next(event for event in readable if event["plate"] == PLATES[0])
    for event in readable:
        body = {"verdict": "confirmed"} if event is not first else {"verdict": "corrected", "plate": CORRECTED}
        api.post(f"/feedback/events/{event['id']}", body)
    for plate in (PLATES[0], CORRECTED):
        found = api.pages("/events", plate=plate, camera_id=camera, reason="end to end")
        assert [one["id"] for one in found] == [first["id"]]

    wanted = {"contents": ["crops", "yolo", "jsonl"], "camera_ids": [camera], "validation_share": 0, "reason": "a test"}
    export = _ready(api, api.post("/exports", wanted)["id"])
    assert (export["events"], export["images_missing"]) == (len(readable), 0)

    files = _download(api.post(f"/exports/{export['id']}/link", {})["url"])
    labels = {row["image_path"]: row["plate_text"] for row in csv.DictReader(io.StringIO(files["labels.csv"].decode()))}
    assert labels == {f"crops/{event['id']}.jpg": CORRECTED if event is first else event["plate"] for event in readable}
    crop = httpx.get(first["crop_url"], timeout=10, trust_env=False).content
    assert files[f"crops/{first['id']}.jpg"] == crop
    manifest = json.loads(files.pop("manifest.json"))
    assert {one["path"]: one["sha256"] for one in manifest["files"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }


def test_an_export_of_nothing_is_refused(api: Client, camera: str) -> None:
    wanted = {"captured_from": "2019-01-01T00:00:00Z", "captured_to": "2019-01-02T00:00:00Z", "reason": "a test"}

    with pytest.raises(ApiError, match="nothing to export") as refused:
        api.post("/exports", {**wanted, "camera_ids": [camera]})
    assert refused.value.status == 422


def _ready(api: Client, export_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        export: dict[str, Any] = api.get(f"/exports/{export_id}")
        if export["status"] == "ready":
            return export
        assert export["status"] in ("queued", "building"), export
        assert time.monotonic() < deadline, export
        time.sleep(0.2)


def _download(url: str) -> dict[str, bytes]:
    archive = httpx.get(url, timeout=30, trust_env=False).raise_for_status().content
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}
