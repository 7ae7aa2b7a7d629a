"""Evidence: a passage taken out of the system, on paper or as a file, with what proves where it came from."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from anpr import audit
from anpr.audit import Action, Actor
from anpr.identity.scopes import CameraScope
from anpr.models import AuditRecord, Event, Upload
from anpr.review import events


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was taken.

    Attributes:
        event: the passage.
        upload: the file that it was read from, with its SHA-256 where that is known.
        record: that it was taken, by whom and why, in the audit log.
    """

    event: Event
    upload: Upload
    record: AuditRecord


def take(session: Session, actor: Actor, event_id: UUID, *, reason: str, scope: CameraScope = None) -> Evidence:
    """Put on record that somebody takes a passage as evidence.

    Raises:
        NotFound: there is no such passage in scope.
    """
    event = events.get(session, event_id, scope=scope)
    upload = session.get_one(Upload, event.upload_id)
    detail = {
        "plate": event.plate,
        "effective_plate": event.effective_plate,
        "upload_id": upload.id,
        "source_sha256": upload.source_sha256,
        "source_version_id": upload.source_version_id,
    }
    record = audit.record(
        session, actor, Action.EVENT_EVIDENCE_TAKEN, f"event:{event_id}", reason=reason, detail=detail
    )
    return Evidence(event, upload, record)
