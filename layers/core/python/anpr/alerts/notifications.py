"""Telling people and machines of hits, and administrators of what they must see to.

The bus delivers at least once. A webhook is planned once for each endpoint and bus event; a topic's notice is marked
before the event counts as done, so a second one is sent only where the first one's sender died on the way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr.alerts.bolos import hits, subscriptions
from anpr.alerts.bolos.patterns import known_region
from anpr.alerts.webhooks import deliveries
from anpr.alerts.webhooks.deliveries import Outgoing
from anpr.anchor_documents import AuditAnchored, AuditDisputed
from anpr.db import Database
from anpr.errors import NotFound
from anpr.messages import (
    BoloMatched,
    BoloUpdated,
    CameraSilence,
    CloudEvent,
    EventType,
    LicenseWarning,
    WebhookDisabled,
    WebhookDue,
)
from anpr.models import BoloMatch, BoloNotice, Event, HitStatus
from anpr.plates import normalize
from anpr.ports import JobQueue, Notice, Notifier

_CANDIDATES: Final = 5
_TEXT: Final = 1000
"""Longest free text in a payload, so that no payload passes 20 kB."""

_STAND_DOWN: Final = frozenset(
    {HitStatus.WITHDRAWN, HitStatus.WRONG_READ, HitStatus.WRONG_VEHICLE, HitStatus.DISMISSED}
)


@dataclass(frozen=True, slots=True)
class NotificationServices:
    """What notifying works with. `notices_topic` is the administrators'; None where nobody is to be told."""

    database: Database
    notifier: Notifier
    queue: JobQueue
    notices_topic: str | None


@dataclass(frozen=True, slots=True)
class _Told:
    """A notice that is still to be sent, and the topic it goes to."""

    topic: str
    notice: Notice


def notify(services: NotificationServices, event: CloudEvent) -> None:
    """Tell whoever is to know of a bus event; events of other types, and of repeats, are nobody's business.

    Raises:
        anpr.errors.Unavailable: a service does not answer; the bus must deliver the event again.
    """
    if (as_it_is := _AS_IT_IS.get(event.type)) is not None:
        _send_as_it_is(services, event, as_it_is.model_validate(event.data))
    if (notice := _FOR_ADMINISTRATORS.get(event.type)) is not None:
        _tell_admins(services, event, notice(event.data))
    match_id = _alerting_match(event)
    if match_id is None:
        return
    with services.database.transaction() as session:
        try:
            hit = hits.get(session, match_id)
        except NotFound:
            return  # Erased meanwhile: there is nothing left to tell.
        waiting = deliveries.plan(session, _outgoing(event, hit))
        told = _unsent(session, event, hit)
    _enqueue(services, waiting)
    if told is not None:
        subscriptions.end_blind(services.database, hit.list_id, hit.camera_id, services.notifier)
        _publish(services, event.id, told)


def payload_of(event: CloudEvent, hit: BoloMatch) -> dict[str, Any]:
    """What a webhook says of a hit: field names as in the API, links for images, under 20 kB."""
    return {"timestamp": event.time.isoformat(), "data": {"hit": _hit(hit), "bolo": _bolo(hit), "event": _event(hit)}}


def _alerting_match(event: CloudEvent) -> UUID | None:
    if event.type == EventType.BOLO_MATCHED:
        matched = BoloMatched.model_validate(event.data)
        return matched.match_id if matched.alert else None
    if event.type == EventType.BOLO_UPDATED:
        updated = BoloUpdated.model_validate(event.data)
        return updated.match_id if updated.alert else None
    return None


def _send_as_it_is(services: NotificationServices, event: CloudEvent, data: BaseModel) -> None:
    """Send an event that is about no hit to every endpoint that wants its type."""
    payload = {"timestamp": event.time.isoformat(), "data": data.model_dump(mode="json")}
    with services.database.transaction() as session:
        waiting = deliveries.plan(session, Outgoing(id=event.id, type=event.type, payload=payload))
    _enqueue(services, waiting)


def _enqueue(services: NotificationServices, waiting: Sequence[tuple[UUID, int]]) -> None:
    for delivery_id, attempt in waiting:
        services.queue.send(WebhookDue(delivery_id=delivery_id, attempt=attempt).model_dump_json())


def _outgoing(event: CloudEvent, hit: BoloMatch) -> Outgoing:
    return Outgoing(id=event.id, type=event.type, match_id=hit.id, list_id=hit.list_id, payload=payload_of(event, hit))


def _unsent(session: Session, event: CloudEvent, hit: BoloMatch) -> _Told | None:
    """The notice to the list's subscribers, unless there are none, or it was sent."""
    if hit.list.topic is None:
        return None
    if event.type == EventType.BOLO_MATCHED:
        notice = _alert(hit)
    elif hit.status in _STAND_DOWN:
        notice = _stand_down(hit)
    else:
        return None
    session.execute(insert(BoloNotice).values(message_id=event.id, match_id=hit.id).on_conflict_do_nothing())
    sent_at = session.scalar(select(BoloNotice.sent_at).where(BoloNotice.message_id == event.id))
    return None if sent_at is not None else _Told(hit.list.topic, notice)


def _tell_admins(services: NotificationServices, event: CloudEvent, notice: Notice) -> None:
    if services.notices_topic is None:
        return
    with services.database.transaction() as session:
        session.execute(insert(BoloNotice).values(message_id=event.id).on_conflict_do_nothing())
        sent_at = session.scalar(select(BoloNotice.sent_at).where(BoloNotice.message_id == event.id))
    if sent_at is None:
        _publish(services, event.id, _Told(services.notices_topic, notice))


def _disabled(disabled: WebhookDisabled) -> Notice:
    text = (
        f"The webhook {disabled.url} was disabled. {disabled.reason}\n\n"
        "Hits are kept for it, for 30 days each, and sent when it is active again.\n"
        f"Set it active once it works: PATCH /webhooks/{disabled.endpoint_id}\n"
    )
    return Notice("A webhook was disabled", text, f"ANPR: a webhook was disabled. {disabled.reason}")


def _warning(warning: LicenseWarning) -> Notice:
    text = f"{warning.detail}\n\nThe limits and their use: GET /licenses/current\n"
    return Notice("The licence needs attention", text, f"ANPR: {warning.detail}")


def _silent(silence: CameraSilence) -> Notice:
    since = "ever" if silence.last_frame_at is None else f"since {silence.last_frame_at:%Y-%m-%d %H:%M:%S} UTC"
    reason = silence.reason or "No process reads its stream."
    text = (
        f"No picture has come of the camera {silence.name} {since}. {reason}\n\n"
        "Nothing that passes it is read meanwhile. How it does: "
        f"GET /cameras/{silence.camera_id}\n"
    )
    return Notice("A camera is silent", text, f"ANPR: camera {silence.name[:60]} is silent. {reason}"[:160])


def _back(silence: CameraSilence) -> Notice:
    text = f"Pictures of the camera {silence.name} come again.\n"
    return Notice("A camera is back", text, f"ANPR: camera {silence.name[:60]} is back.")


def _disputed(disputed: AuditDisputed) -> Notice:
    text = (
        f"The audit log is not as it was. {disputed.reason}\n\n"
        "No audit record is pruned and no anchor is written until this is settled.\n"
        "Look at all of it: GET /admin/audit/verification, and docs/governance.md\n"
    )
    return Notice("The audit log is disputed", text, f"ANPR: the audit log is disputed. {disputed.reason}")


def _publish(services: NotificationServices, message_id: UUID, told: _Told) -> None:
    try:
        services.notifier.publish(told.topic, told.notice)
    except NotFound:
        return  # The topic went with its list: nobody is subscribed any more.
    with services.database.transaction() as session:
        notice = session.get(BoloNotice, message_id, with_for_update=True)
        if notice is None:
            return
        notice.sent_at = func.now()
        if notice.match_id is not None:
            session.execute(
                update(BoloMatch)
                .where(BoloMatch.id == notice.match_id, BoloMatch.first_notified_at.is_(None))
                .values(first_notified_at=func.now())
                .execution_options(synchronize_session=False)
            )


def _alert(hit: BoloMatch) -> Notice:
    camera, entry = hit.camera, hit.bolo
    at = hit.captured_at.isoformat(timespec="seconds")
    lines = [
        f"{hit.plate} was seen at {camera.name} at {at}.",
        f"List: {hit.list.name} ({hit.list.priority.value})",
        f"Wanted: {entry.pattern} ({entry.kind.value}), matched by {hit.matched_by.value.replace('_', ' ')}",
        _region_line(hit),
        f"Vehicle: {entry.vehicle}" if entry.vehicle else "",
        f"Reason: {entry.reason}" if entry.reason else "",
        f"Case: {entry.case_number}" if entry.case_number else "",
        "" if hit.reviewed else "A machine read the plate. Verify it before you act.",
        f"Hit: {hit.id}",
    ]
    subject = f"[{hit.list.priority.value.upper()}] {hit.plate} at {camera.name}"
    # Ahead of what may be cut off.
    differs = " (region differs)" if hits.region_differs(hit) else ""
    return Notice(subject, "\n".join(line for line in lines if line), f"ANPR{differs} {subject} {at}")


def _region_line(hit: BoloMatch) -> str:
    if not hits.region_differs(hit):
        return ""
    wanted, read = hit.bolo.region, known_region(hit.event)
    return f"Region: {wanted} is wanted, and the machine took the plate for one of {read}, which it often gets wrong."


def _stand_down(hit: BoloMatch) -> Notice:
    why = hit.status.value.replace("_", " ")
    subject = f"[STAND DOWN] {hit.plate} at {hit.camera.name}: {why}"
    note = f"\nNote: {hit.status_note}" if hit.status_note else ""
    return Notice(subject, f"The hit {hit.id} on {hit.plate} is {why}.{note}", f"ANPR {subject}")


def _hit(hit: BoloMatch) -> dict[str, Any]:
    return {
        "id": str(hit.id),
        "status": hit.status.value,
        "status_note": hit.status_note[:_TEXT],
        "status_at": None if hit.status_at is None else hit.status_at.isoformat(),
        "plate": hit.plate,
        "matched_by": hit.matched_by.value,
        "region_differs": hits.region_differs(hit),
        "wanted_region": hit.bolo.region,
        "read_region": known_region(hit.event),
        "reviewed": hit.reviewed,
        "created_at": hit.created_at.isoformat(),
    }


def _bolo(hit: BoloMatch) -> dict[str, Any]:
    entry = hit.bolo
    return {
        "id": str(entry.id),
        "list": {"id": str(hit.list.id), "name": hit.list.name[:_TEXT], "priority": hit.list.priority.value},
        "kind": entry.kind.value,
        "pattern": entry.pattern,
        "tolerance": entry.tolerance.value,
        "region": entry.region,
        "vehicle": entry.vehicle[:_TEXT],
        "reason": entry.reason[:_TEXT],
        "case_number": entry.case_number,
    }


def _box(event: Event) -> dict[str, float | None] | None:
    """Where the plate is; None where the engine that read it did not say."""
    if event.box_xmin is None:
        return None
    return {"xmin": event.box_xmin, "ymin": event.box_ymin, "xmax": event.box_xmax, "ymax": event.box_ymax}


def _event(hit: BoloMatch) -> dict[str, Any]:
    event, camera = hit.event, hit.camera
    region = None if event.region_code is None else {"code": event.region_code, "score": event.region_score}
    return {
        "id": str(event.id),
        "engine": event.engine,
        "plate": event.plate,
        "plate_normalized": normalize(event.plate),
        "raw_plate": event.raw_plate[:_TEXT],
        "region": region,
        "score": event.score,
        "dscore": event.dscore,
        "box": _box(event),
        "candidates": event.candidates[:_CANDIDATES],
        "vehicle": event.vehicle,
        "camera_id": str(camera.id),
        "camera": {
            "name": camera.name[:_TEXT],
            "latitude": camera.latitude,
            "longitude": camera.longitude,
            "heading": camera.heading,
        },
        "captured_at": event.captured_at.isoformat(),
        "processed_at": event.processed_at.isoformat(),
    }


_AS_IT_IS: Final[Mapping[str, type[BaseModel]]] = {
    EventType.AUDIT_ANCHORED: AuditAnchored,
    EventType.CAMERA_SILENT: CameraSilence,
    EventType.CAMERA_BACK: CameraSilence,
}
"""What webhooks are sent as it stands on the bus, for it is about no hit."""

_FOR_ADMINISTRATORS: Final[Mapping[str, Callable[[dict[str, Any]], Notice]]] = {
    EventType.WEBHOOK_DISABLED: lambda data: _disabled(WebhookDisabled.model_validate(data)),
    EventType.LICENSE_WARNING: lambda data: _warning(LicenseWarning.model_validate(data)),
    EventType.AUDIT_DISPUTED: lambda data: _disputed(AuditDisputed.model_validate(data)),
    EventType.CAMERA_SILENT: lambda data: _silent(CameraSilence.model_validate(data)),
    EventType.CAMERA_BACK: lambda data: _back(CameraSilence.model_validate(data)),
}
"""What administrators must see to, by what tells of it."""
