"""Dahua's ITSAPI: `TollgateInfo`, as JSON."""

from typing import Any

from anpr.capture.reads import NewRead, Picture
from functions.api.engines.payload import Payload, moment_at, object_at, picture_at, share_at, text_at


def reads(payload: Payload) -> list[NewRead]:
    """Read one picture's message. One without a plate, such as a sign of life, is no read."""
    message = object_at(payload.json(), "")
    if "Picture" not in message:
        return []
    picture = object_at(message["Picture"], "/Picture")
    plate = object_at(picture.get("Plate") or {}, "/Picture/Plate")
    snap = object_at(picture.get("SnapInfo") or {}, "/Picture/SnapInfo")
    if not plate.get("PlateNumber") or plate.get("IsExist") is False:
        return []
    captured = snap.get("AccurateTime") or snap.get("SnapTime")
    text = text_at(plate["PlateNumber"], "/Picture/Plate/PlateNumber")
    pictures = {
        Picture.CROP: _picture(picture, "CutoutPic"),
        Picture.FRAME: _picture(picture, "NormalPic") or _picture(picture, "VehiclePic"),
    }
    named = (snap.get("DeviceName"), snap.get("DeviceID"))
    return [
        NewRead(
            engine="dahua",
            read_id=f"{snap.get('DeviceID')}|{captured}|{snap.get('LanNo') or snap.get('Lane') or ''}|{text}",
            cameras=tuple(str(name) for name in named if name),
            plate=text,
            captured_at=moment_at(captured, "/Picture/SnapInfo/AccurateTime"),
            score=share_at(plate.get("Confidence") or 0, "/Picture/Plate/Confidence", of=100),
            # `BoundingBox` is left out: whether it is in pixels or in shares of 8192 is not said.
            vehicle=_vehicle(picture.get("Vehicle"), snap),
            pictures={kind: body for kind, body in pictures.items() if body is not None},
            awaited={},
        )
    ]


def _picture(picture: Any, name: str) -> bytes | None:
    found = object_at(picture.get(name) or {}, f"/Picture/{name}")
    return picture_at(found.get("Content"), f"/Picture/{name}/Content")


def _vehicle(vehicle: Any, snap: Any) -> dict[str, str] | None:
    told = vehicle if isinstance(vehicle, dict) else {}
    found = {
        "type": told.get("VehicleType"),
        "color": told.get("VehicleColor"),
        "make": told.get("VehicleSign"),
        "series": told.get("VehicleSeries"),
        "direction": snap.get("Direction"),
    }
    kept = {name: str(value) for name, value in found.items() if value and str(value).lower() != "unknown"}
    return kept or None
