"""Appending to the audit log: who did what, when and why, each row chained to the one before by hash.

Reading it, what it proves, and how its oldest rows go: `anpr.governance.audit_log`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpr.models import AuditRecord

_LOCK: Final = 0x61756474
"""Any fixed number: whoever holds this advisory lock is the one who appends."""

FIRST: Final = bytes(32)
"""What the first record of all is chained to."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and in which request.

    Attributes:
        id: the user; None for the system itself and for somebody not logged in.
        name: what to call the actor when the user's row is gone: the e-mail address, or `system`.
        request_id: ties the record to the request's log lines.
    """

    id: UUID | None
    name: str
    request_id: str | None = None


SYSTEM: Final = Actor(None, "system")


class Action(StrEnum):
    """What was done; `target` of the record says to what."""

    LOGGED_IN = "login.succeeded"
    LOGIN_FAILED = "login.failed"
    LOGGED_OUT = "logout"
    TOKEN_REUSED = "token.reused"  # noqa: S105 - the name of an action
    USER_CREATED = "user.created"
    USER_CHANGED = "user.changed"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105
    PASSWORD_REFUSED = "password.refused"  # noqa: S105
    USER_CAMERAS_CHANGED = "user.cameras_changed"
    API_KEY_CREATED = "api_key.created"
    API_KEY_REVOKED = "api_key.revoked"
    CAMERA_GROUP_CREATED = "camera_group.created"
    CAMERA_GROUP_CHANGED = "camera_group.changed"
    CAMERA_GROUP_DELETED = "camera_group.deleted"
    CAMERA_CREATED = "camera.created"
    CAMERA_CHANGED = "camera.changed"
    CAMERA_DELETED = "camera.deleted"
    STREAM_SET = "stream.set"
    STREAM_REMOVED = "stream.removed"
    UPLOAD_CREATED = "upload.created"
    UPLOAD_WATCHED = "upload.watched"
    UPLOAD_REPLACEMENT_REFUSED = "upload.replacement_refused"
    JOB_RETRIED = "job.retried"
    PLATE_SEARCHED = "plate.searched"
    EVENT_REVIEWED = "event.reviewed"
    EVENT_REVIEW_UNDONE = "event.review_undone"
    EVENT_EVIDENCE_TAKEN = "event.evidence_taken"
    VEHICLE_NAMED = "vehicle.named"
    VEHICLE_CHANGED = "vehicle.changed"
    VEHICLE_REMOVED = "vehicle.removed"
    EXPORT_REQUESTED = "export.requested"
    EXPORT_DOWNLOADED = "export.downloaded"
    EXPORT_WITHDRAWN = "export.withdrawn"
    BOLO_LIST_CREATED = "bolo_list.created"
    BOLO_LIST_CHANGED = "bolo_list.changed"
    BOLO_LIST_DELETED = "bolo_list.deleted"
    BOLO_LIST_IMPORTED = "bolo_list.imported"
    BOLO_LIST_SUBSCRIBED = "bolo_list.subscribed"
    BOLO_LIST_UNSUBSCRIBED = "bolo_list.unsubscribed"
    BOLO_CREATED = "bolo.created"
    BOLO_CHANGED = "bolo.changed"
    BOLO_DELETED = "bolo.deleted"
    BOLO_PREVIEWED = "bolo.previewed"
    BOLO_SEARCHED_BACK = "bolo.searched_back"
    BOLO_HIT_JUDGED = "bolo_hit.judged"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105
    WEBHOOK_PINGED = "webhook.pinged"
    WEBHOOK_REPLAYED = "webhook.replayed"
    LICENSE_ACTIVATED = "license.activated"
    HOLD_PLACED = "hold.placed"
    HOLD_RELEASED = "hold.released"
    RETENTION_RUN = "retention.run"
    SUBJECT_EXPORTED = "subject.exported"
    SUBJECT_ERASED = "subject.erased"
    SIGNING_KEY_RETIRED = "signing_key.retired"
    AUDIT_PRUNED = "audit.pruned"
    AUDIT_RESTARTED = "audit.restarted"


def record(
    session: Session,
    actor: Actor,
    action: Action,
    target: str,
    *,
    reason: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> AuditRecord:
    """Append to the log, in the caller's transaction: what is rolled back was not done and is not logged.

    Appending is one at a time: the lock is held until the transaction ends, so record last.

    Args:
        session: the transaction.
        actor: who does it.
        action: what is done.
        target: what it is done to, such as `camera:6f…`.
        reason: why, in the actor's words.
        detail: anything else worth keeping, as JSON.
    """
    keep_out(session)
    last = session.execute(
        select(AuditRecord.seq, AuditRecord.hash).order_by(AuditRecord.seq.desc()).limit(1)
    ).one_or_none()
    seq, previous = (last.seq + 1, last.hash) if last is not None else (1, FIRST)
    row = AuditRecord(
        seq=seq,
        at=datetime.now(UTC),
        actor_id=actor.id,
        actor=actor.name,
        action=action.value,
        target=target,
        reason=reason,
        detail=_plain(dict(detail or {})),
        request_id=actor.request_id,
        previous_hash=previous,
    )
    row.hash = digest(row)
    session.add(row)
    session.flush()
    return row


def keep_out(session: Session) -> None:
    """Let nobody else append until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def digest(row: AuditRecord) -> bytes:
    """SHA-256 over the previous record's hash and this record's content as canonical JSON."""
    content = {
        "seq": row.seq,
        "at": row.at.astimezone(UTC).isoformat(),
        "actor_id": None if row.actor_id is None else str(row.actor_id),
        "actor": row.actor,
        "action": row.action,
        "target": row.target,
        "reason": row.reason,
        "detail": row.detail,
        "request_id": row.request_id,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(row.previous_hash + canonical.encode()).digest()


def _plain(value: object) -> Any:
    """Reduce a value to what JSONB gives back exactly as it was put in.

    A float is not among that: JSONB stores a decimal number, whose text may differ from Python's. It becomes text.
    """
    match value:
        case None | bool() | int():
            return value
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case datetime():
            return value.isoformat()
        case _:
            return str(value)
