"""What one passage leaves behind: by its way through the backend, and by the ids of it that stand in paths."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, update

from anpr.governance import usage
from anpr.messages import UploadProcessed
from anpr.models import BoloMatch, Correction, Export, Role, Upload, UploadStatus
from tests.builders import add_event
from tests.functions.api.client import Api, Reply

TODAY = datetime.now(UTC).date()


@dataclass(frozen=True)
class Trace:
    """One passage that was a hit, was reviewed, exported and metered; by where its ids stand in paths."""

    camera_id: UUID
    event_id: UUID
    upload_id: UUID
    hit_id: UUID
    verdict_id: UUID
    export_id: UUID

    @property
    def job_id(self) -> UUID:
        return self.upload_id

    def fill(self, path: str) -> str:
        for name in ("camera_id", "event_id", "upload_id", "job_id", "hit_id", "verdict_id", "export_id"):
            path = path.replace(f"{{{name}}}", str(getattr(self, name)))
        return path.replace("{month}", f"{TODAY:%Y-%m}")

    def is_in(self, reply: Reply) -> bool:
        """Whether an answer tells anything of the passage."""
        return any(str(value) in reply.body for value in vars(self).values())


def leave_trace(api: Api, list_id: str, plate: str) -> Trace:
    entry = api.admin.post("/bolos", {"list_id": list_id, "pattern": plate})
    assert entry.status == 201, entry.body
    event = add_event(api.database, plate=plate, captured_at=datetime.now(UTC))
    with api.database.transaction() as session:
        session.execute(update(Upload).where(Upload.id == event.upload_id).values(status=UploadStatus.SUCCEEDED))
        used = UploadProcessed(
            upload_id=event.upload_id,
            camera_id=event.camera_id,
            media="video",
            duration_s=60,
            frames=9,
            events=1,
            unreadable=0,
            finished_at=datetime.now(UTC),
        )
        usage.record(session, used, None)
        hit_id = session.scalars(select(BoloMatch.id).where(BoloMatch.event_id == event.id)).one()
    verdict = api.admin.post(f"/feedback/events/{event.id}", {"verdict": "confirmed"})
    assert verdict.status in (200, 201), verdict.body
    with api.database.transaction() as session:
        verdict_id = session.scalars(select(Correction.id).where(Correction.event_id == event.id)).one()
        export = Export(request={}, reason="r", camera_ids=[event.camera_id], requested_by=api.users[Role.ADMIN])
        session.add(export)
    return Trace(event.camera_id, event.id, event.upload_id, hit_id, verdict_id, export.id)
