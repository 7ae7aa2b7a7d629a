"""UniFi Protect's Alarm Manager: the webhook of an alarm on number plates."""

from datetime import datetime
from typing import Any

from anpr.capture.reads import NewRead, Picture
from functions.api.engines.payload import Payload, epoch_at, list_at, moment_at, object_at, picture_at, text_at


def reads(payload: Payload) -> list[NewRead]:
    """Read one alarm. Its triggers that are no number plates are none of ours."""
    message = object_at(payload.json(), "")
    alarm = object_at(message.get("alarm"), "/alarm")
    thumbnail = picture_at(alarm.get("thumbnail"), "/alarm/thumbnail")
    found = []
    for number, item in enumerate(list_at(alarm.get("triggers") or [], "/alarm/triggers")):
        at = f"/alarm/triggers/{number}"
        trigger = object_at(item, at)
        if str(trigger.get("key", "")).startswith("license_plate"):
            found.append(_read(message, trigger, at, thumbnail))
    return found


def _read(message: Any, trigger: Any, at: str, thumbnail: bytes | None) -> NewRead:
    group = object_at(trigger.get("group") or {}, f"{at}/group")
    plate = text_at(trigger.get("value") or group.get("name"), f"{at}/value")
    captured = trigger.get("timestamp") or message.get("timestamp")
    event = trigger.get("eventId")
    return NewRead(
        engine="unifi",
        read_id=f"{event or captured}|{plate}",
        cameras=(text_at(trigger.get("device"), f"{at}/device"),),
        plate=plate,
        captured_at=_captured(captured, f"{at}/timestamp"),
        # It tells no score, and no place in the picture, which is the vehicle's.
        pictures={} if thumbnail is None else {Picture.FRAME: thumbnail},
        awaited={},
    )


def _captured(value: Any, at: str) -> datetime:
    is_text = isinstance(value, str) and not value.isdigit()
    return moment_at(value, at) if is_text else epoch_at(value, at)
