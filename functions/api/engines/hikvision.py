"""Hikvision's `EventNotificationAlert` of the event `ANPR` (ISAPI): XML, alone or with its pictures in a form."""

import xml.etree.ElementTree as ET

from anpr.capture.passages import PlateBox
from anpr.capture.reads import NewRead, Picture
from functions.api.engines.payload import Payload, moment_at, number_at, share_at, text_at, wrong

_NO_PLATE = frozenset({"", "unknown", "noplate"})


def reads(payload: Payload) -> list[NewRead]:
    """Read one alert. Other events, and vehicles without a plate, are no reads."""
    alert = payload.xml()
    if alert.tag != "EventNotificationAlert":
        raise wrong(f"/{alert.tag}", "This must be an EventNotificationAlert.")
    told = alert.find("ANPR")
    if alert.findtext("eventType") != "ANPR" or told is None:
        return []
    plate = (told.findtext("licensePlate") or "").strip()
    if plate.lower() in _NO_PLATE:
        return []
    original = (told.findtext("originalLicensePlate") or "").strip()
    captured = moment_at(alert.findtext("dateTime"), "/EventNotificationAlert/dateTime")
    return [
        NewRead(
            engine="hikvision",
            read_id=_id(alert, plate),
            cameras=_names(alert),
            plate=text_at(plate, "/EventNotificationAlert/ANPR/licensePlate"),
            captured_at=captured,
            score=share_at(
                told.findtext("confidenceLevel") or 0, "/EventNotificationAlert/ANPR/confidenceLevel", of=100
            ),
            box=_box(told),
            candidates=((original, 0.0),) if original and original != plate else (),
            vehicle=_vehicle(told),
            pictures=_pictures(payload),
            awaited={},
        )
    ]


def _id(alert: ET.Element, plate: str) -> str:
    """Newer cameras name each event. Of older ones, nothing else tells two apart but what they say."""
    told = alert.findtext("UUID")
    if told:
        return told.strip()
    parts = (alert.findtext(name) or "" for name in ("macAddress", "channelID", "dateTime", "activePostCount"))
    return "|".join((*parts, plate))


def _names(alert: ET.Element) -> tuple[str, ...]:
    named = (alert.findtext(name) or "" for name in ("channelName", "deviceUUID", "macAddress", "ipAddress"))
    return tuple(name.strip() for name in named if name.strip())


def _box(told: ET.Element) -> PlateBox | None:
    """The plate in the picture of the scene: in pixels where they are that, and not shares of a thousand."""
    for info in told.iter("pictureInfo"):
        rect = info.find("plateRect")
        if info.findtext("type") != "detectionPicture" or rect is None:
            continue
        at = "/EventNotificationAlert/ANPR/pictureInfoList/pictureInfo/plateRect"
        x, y = (number_at(rect.findtext(name), f"{at}/{name}") for name in ("X", "Y"))
        width, height = (number_at(rect.findtext(name), f"{at}/{name}") for name in ("width", "height"))
        return PlateBox(x, y, x + width, y + height) if width and height else None
    return None


def _vehicle(told: ET.Element) -> dict[str, str] | None:
    info = told.find("vehicleInfo")
    found = {"type": told.findtext("vehicleType") or "", "direction": told.findtext("direction") or ""}
    if info is not None:
        found["color"] = info.findtext("color") or ""
    kept = {name: value.strip() for name, value in found.items() if value.strip() not in ("", "unknown")}
    return kept or None


def _pictures(payload: Payload) -> dict[Picture, bytes]:
    named = {
        Picture.CROP: payload.part("licensePlatePicture.jpg", "licensePlatePicture"),
        Picture.FRAME: payload.part("detectionPicture.jpg", "detectionPicture"),
    }
    # A part may be there and be empty.
    return {picture: body for picture, body in named.items() if body}
