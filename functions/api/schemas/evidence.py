"""Evidence."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from anpr.review.evidence import Evidence
from functions.api.schemas.common import Line, RequestModel, ResponseModel


class EvidenceIn(RequestModel):
    """Why a passage is taken as evidence."""

    reason: Annotated[Line, Field(min_length=3, max_length=500, description="Kept in the audit log.")]


class EvidenceOut(ResponseModel):
    """What proves where a passage came from."""

    event_id: UUID
    upload_id: UUID
    file_name: str
    source_sha256: Annotated[str | None, Field(description="Of the file that was read, as hex; null if unknown.")]
    source_version_id: Annotated[str | None, Field(description="Of that file in the storage.")]
    taken_at: datetime
    taken_by: str
    audit_seq: Annotated[int, Field(description="Number of the audit record of this.")]
    audit_hash: Annotated[str, Field(description="Its hash in the chain of the log, as hex.")]


def evidence_out(evidence: Evidence) -> EvidenceOut:
    """Render evidence."""
    upload, record = evidence.upload, evidence.record
    return EvidenceOut(
        event_id=evidence.event.id,
        upload_id=upload.id,
        file_name=upload.file_name,
        source_sha256=upload.source_sha256,
        source_version_id=upload.source_version_id,
        taken_at=record.at,
        taken_by=record.actor,
        audit_seq=record.seq,
        audit_hash=record.hash.hex(),
    )
