"""Genetec AutoVu's HTTP export of a SharpV or SharpZ3, as JSON or XML."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from anpr.capture.reads import NewRead, Picture
from functions.api.engines.payload import (
    Payload,
    list_at,
    moment_at,
    object_at,
    picture_at,
    share_at,
    text_at,
    wrong,
)

_NONE = frozenset({"", "-"})


def reads(payload: Payload) -> list[NewRead]:
    """Read one plate read event."""
    if payload.body.lstrip().startswith(b"<"):
        root = payload.xml()
        if root.tag != "Plate":
            raise wrong(f"/{root.tag}", "This must be a Plate.")
        event, analytics = {child.tag: child.text or "" for child in root}, _of_xml(root)
    else:
        event = dict(object_at(payload.json(), ""))
        analytics = _of_json(event.get("PlateAnalytics") or [])
    pictures = {
        Picture.CROP: picture_at(event.get("PlateImage"), "/PlateImage"),
        Picture.FRAME: picture_at(event.get("ContextImage"), "/ContextImage"),
    }
    named = (event.get("SourceUrl"), event.get("LprCameraName"), event.get("ContextCameraName"))
    vehicle = {
        name: analytics[key]
        for name, key in (("type", "Vehicle Type"), ("make", "Vehicle Make"), ("motion", "Relative Motion"))
        if analytics.get(key, "") not in _NONE
    }
    return [
        NewRead(
            engine="genetec",
            read_id=text_at(event.get("Id"), "/Id"),
            cameras=tuple(str(name) for name in named if name),
            plate=text_at(event.get("PlateRead"), "/PlateRead"),
            captured_at=moment_at(event.get("Timestamp"), "/Timestamp"),
            score=share_at(analytics.get("Confidence Score") or 0, "/PlateAnalytics/Confidence Score", of=100),
            region=_region(analytics),
            vehicle=vehicle or None,
            pictures={picture: body for picture, body in pictures.items() if body is not None},
            awaited={},
        )
    ]


def _of_json(listed: Any) -> dict[str, str]:
    told = [object_at(one, f"/PlateAnalytics/{n}") for n, one in enumerate(list_at(listed, "/PlateAnalytics"))]
    return {str(one.get("Key")): str(one.get("Value") or "") for one in told}


def _of_xml(root: ET.Element) -> dict[str, str]:
    return {
        one.findtext("Key") or "": one.findtext("Value") or "" for one in root.iterfind("PlateAnalytics/PlateAnalytics")
    }


def _region(analytics: Mapping[str, str]) -> tuple[str, None] | None:
    """The state where it is told, of the country that the camera reads plates of."""
    country, state = analytics.get("Context", "").lower(), analytics.get("State Name", "").lower()
    if len(country) != 2 or not country.isalpha():
        return None
    return (f"{country}-{state}" if len(state) in (2, 3) and state.isalnum() else country), None
