"""Rekor Scout (OpenALPR): the message `alpr_group`, which is one vehicle's passage."""

from typing import Any

from anpr.capture.passages import PlateBox
from anpr.capture.reads import NewRead, Picture
from functions.api.engines.payload import (
    Payload,
    epoch_at,
    list_at,
    number_at,
    object_at,
    picture_at,
    share_at,
    text_at,
)


def reads(payload: Payload) -> list[NewRead]:
    """Read one message. Those of other types (`heartbeat`, `alpr_results`, `vehicle`, …) are no passages."""
    group = object_at(payload.json(), "")
    if group.get("data_type") != "alpr_group":
        text_at(group.get("data_type"), "/data_type")
        return []
    best = object_at(group.get("best_plate") or {}, "/best_plate")
    config = object_at(group.get("web_server_config") or {}, "/web_server_config")
    agent, camera = str(group.get("agent_uid") or ""), str(group.get("camera_id") or "")
    pictures = {
        Picture.CROP: picture_at(best.get("plate_crop_jpeg"), "/best_plate/plate_crop_jpeg"),
        Picture.FRAME: picture_at(group.get("vehicle_crop_jpeg"), "/vehicle_crop_jpeg"),
    }
    region = group.get("best_region")
    return [
        NewRead(
            engine="rekor",
            read_id=f"{agent}/{text_at(group.get('best_uuid'), '/best_uuid')}",
            cameras=tuple(name for name in (config.get("camera_label"), f"{agent}-{camera}", camera) if name),
            plate=text_at(group.get("best_plate_number"), "/best_plate_number"),
            captured_at=epoch_at(group.get("epoch_start"), "/epoch_start"),
            score=share_at(group.get("best_confidence") or 0, "/best_confidence", of=100),
            dscore=share_at(best.get("confidence") or 0, "/best_plate/confidence", of=100),
            region=None
            if not region
            else (
                text_at(region, "/best_region"),
                share_at(group.get("best_region_confidence") or 0, "/best_region_confidence", of=100),
            ),
            # The box is of the whole frame, and the picture that comes along is cut from it.
            box=None if pictures[Picture.FRAME] is not None else _box(best.get("coordinates")),
            candidates=tuple(_candidates(group.get("candidates") or [])),
            vehicle=group.get("vehicle") if isinstance(group.get("vehicle"), dict) else None,
            pictures={picture: body for picture, body in pictures.items() if body is not None},
            awaited={},
        )
    ]


def _box(corners: Any) -> PlateBox | None:
    """The upright box around the four corners that are told."""
    if not corners:
        return None
    at = "/best_plate/coordinates"
    points = [object_at(one, f"{at}/{number}") for number, one in enumerate(list_at(corners, at))]
    xs = [number_at(point.get("x"), f"{at}/{number}/x") for number, point in enumerate(points)]
    ys = [number_at(point.get("y"), f"{at}/{number}/y") for number, point in enumerate(points)]
    return PlateBox(min(xs), min(ys), max(xs), max(ys))


def _candidates(candidates: Any) -> list[tuple[str, float]]:
    found = []
    for number, item in enumerate(list_at(candidates, "/candidates")):
        at = f"/candidates/{number}"
        one = object_at(item, at)
        found.append(
            (text_at(one.get("plate"), f"{at}/plate"), share_at(one.get("confidence") or 0, f"{at}/confidence", of=100))
        )
    return found
