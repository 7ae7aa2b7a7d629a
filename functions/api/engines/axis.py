"""AXIS License Plate Verifier's push events by HTTP, as JSON."""

from datetime import datetime
from typing import Any

from anpr.capture.passages import PlateBox
from anpr.capture.reads import NewRead, Picture
from functions.api.engines.countries import ALPHA_2
from functions.api.engines.payload import (
    Payload,
    epoch_at,
    list_at,
    number_at,
    object_at,
    picture_at,
    share_at,
    text_at,
    wrong,
)

_STATES = frozenset({"new", "update", "updated", "lost"})


def reads(payload: Payload) -> list[NewRead]:
    """Read one event, or a list of them. That a vehicle was lost only repeats what was read last."""
    message = payload.json()
    events = message if isinstance(message, list) else [message]
    found = []
    for number, item in enumerate(events):
        at = f"/{number}" if isinstance(message, list) else ""
        event = object_at(item, at)
        if event.get("carState", "new") not in _STATES:
            raise wrong(f"{at}/carState", f"This must be one of {', '.join(sorted(_STATES))}.")
        if event.get("carState") != "lost":
            found.append(_read(event, at))
    return found


def _read(event: Any, at: str) -> NewRead:
    device = object_at(event.get("camera_info") or {}, f"{at}/camera_info")
    serial = str(device.get("SerialNumber") or event.get("cameraId") or "")
    plate = event.get("plateASCII") or event.get("plateText") or event.get("plateUTF8") or event.get("plateUnicode")
    named = (event.get("sensorProviderID"), serial)
    kind = Picture.CROP if event.get("imageType") == "plate" else Picture.FRAME
    picture = picture_at(event.get("imageArray"), f"{at}/imageArray")
    country = event.get("plateCountry")
    return NewRead(
        engine="axis",
        read_id="|".join(
            str(event.get(name) or "") for name in ("carID", "carState", "packetCounter", "datetime", "plateText")
        ),
        cameras=tuple(str(name) for name in named if name),
        plate=text_at(plate, f"{at}/plateText"),
        captured_at=_captured(event, at),
        score=share_at(event.get("plateConfidence") or 0, f"{at}/plateConfidence"),
        region=None if not country else _region(str(country)),
        box=_box(event.get("plateCoordinates"), f"{at}/plateCoordinates"),
        vehicle=_vehicle(event),
        pictures={} if picture is None else {kind: picture},
        awaited={},
    )


def _captured(event: Any, at: str) -> datetime:
    if event.get("capture_timestamp"):
        return epoch_at(event["capture_timestamp"], f"{at}/capture_timestamp")
    text = text_at(event.get("datetime"), f"{at}/datetime")
    # 20190123 154156000, perhaps with an offset; without one it is the camera's clock's.
    for pattern in ("%Y%m%d %H%M%S%f%z", "%Y%m%d %H%M%S%f"):
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - a time without a zone is the camera's
        except ValueError:
            continue
    raise wrong(f"{at}/datetime", "This must be a time, such as 20260301 080000000.")


def _region(alpha3: str) -> tuple[str, None] | None:
    code = ALPHA_2.get(alpha3.upper())
    return None if code is None else (code, None)


def _box(box: Any, at: str) -> PlateBox | None:
    if not box:
        return None
    corners = [number_at(value, f"{at}/{number}") for number, value in enumerate(list_at(box, at))]
    if len(corners) != 4:
        raise wrong(at, "This must be left, top, width and height.")
    left, top, width, height = corners
    return PlateBox(left, top, left + width, top + height)


def _vehicle(event: Any) -> dict[str, str] | None:
    info = event.get("vehicle_info")
    told = info if isinstance(info, dict) else {}
    found = {
        "type": told.get("type"),
        "color": told.get("color"),
        "make": told.get("make"),
        "model": told.get("model"),
        "direction": event.get("carMoveDirection"),
    }
    kept = {name: str(value) for name, value in found.items() if value and value not in ("unknown", "unk")}
    return kept or None
