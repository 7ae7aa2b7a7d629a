"""Plate Recognizer's webhooks, of Snapshot and of Stream; ParkPow passes the same on."""

import hashlib
from dataclasses import replace
from typing import Any

from anpr.capture.passages import PlateBox
from anpr.capture.reads import NewRead, Picture
from functions.api.engines.payload import Payload, list_at, moment_at, number_at, object_at, share_at, text_at


def reads(payload: Payload) -> list[NewRead]:
    """Read `{"hook": …, "data": {…}}`, alone or as the part `json` of a form whose part `upload` is the picture."""
    message = object_at(payload.json("json"), "")
    data = object_at(message.get("data"), "/data")
    hook = message.get("hook") or {}
    frame = payload.part("upload")
    named = tuple(str(name) for name in (data.get("camera_id"), object_at(hook, "/hook").get("id")) if name)
    found = []
    for number, item in enumerate(list_at(data.get("results", []), "/data/results")):
        at = f"/data/results/{number}"
        result = object_at(item, at)
        # Of a vehicle whose plate was not read, nothing can be recorded.
        if result.get("plate"):
            found.append(replace(_read(data, result, at, frame), cameras=named))
    return found


def _read(data: Any, result: Any, at: str, frame: bytes | None) -> NewRead:
    plate = result["plate"]
    # With detection of vehicles asked for, a plate is an object of its own.
    region = result.get("region") or {}
    if isinstance(plate, dict):
        props = object_at(plate.get("props") or {}, f"{at}/plate/props")
        texts = list_at(props.get("plate") or [], f"{at}/plate/props/plate")
        best = object_at(texts[0] if texts else {}, f"{at}/plate/props/plate/0")
        result = {**result, "box": plate.get("box"), "dscore": plate.get("score"), "score": best.get("score")}
        candidates, plate = [{"plate": one.get("value"), "score": one.get("score")} for one in texts], best.get("value")
        regions = list_at(props.get("region") or [], f"{at}/plate/props/region")
        region = {"code": regions[0].get("value"), "score": regions[0].get("score")} if regions else {}
        result["candidates"] = candidates
    # Stream says when by UTC; Snapshot when it was asked, which is near enough where no time was given to it.
    captured = data.get("timestamp_camera") or data.get("timestamp")
    text = text_at(plate, f"{at}/plate")
    told = f"{data.get('filename')}|{captured}|{text}|{result.get('box')}"
    return NewRead(
        engine="platerecognizer",
        read_id=hashlib.sha256(told.encode(errors="replace")).hexdigest(),
        cameras=(),
        plate=text,
        captured_at=moment_at(captured, "/data/timestamp"),
        score=share_at(result.get("score") or 0, f"{at}/score"),
        dscore=share_at(result.get("dscore") or 0, f"{at}/dscore"),
        region=_region(region, at),
        box=_box(result.get("box"), f"{at}/box"),
        candidates=tuple(_candidates(result.get("candidates") or [], f"{at}/candidates")),
        vehicle=result.get("vehicle") if isinstance(result.get("vehicle"), dict) else None,
        pictures={} if frame is None else {Picture.FRAME: frame},
        awaited={},
    )


def _region(region: Any, at: str) -> tuple[str, float | None] | None:
    told = object_at(region, f"{at}/region")
    if not told.get("code"):
        return None
    score = told.get("score")
    return text_at(told["code"], f"{at}/region/code"), None if score is None else share_at(score, f"{at}/region/score")


def _box(box: Any, at: str) -> PlateBox | None:
    if not box:
        return None
    corners = object_at(box, at)
    return PlateBox(*(number_at(corners.get(name), f"{at}/{name}") for name in ("xmin", "ymin", "xmax", "ymax")))


def _candidates(candidates: Any, at: str) -> list[tuple[str, float]]:
    found = []
    for number, item in enumerate(list_at(candidates, at)):
        one = object_at(item, f"{at}/{number}")
        found.append((text_at(one.get("plate"), f"{at}/{number}/plate"), share_at(one.get("score") or 0, at)))
    return found
