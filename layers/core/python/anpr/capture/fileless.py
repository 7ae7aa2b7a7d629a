"""Uploads without a file: a stream's segments, and reads that other engines hand in.

They are made by whoever has what they stand for, and so claimed from the beginning; no message of a queue names them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func
from sqlalchemy.orm import Session

from anpr.capture.jobs import Claim
from anpr.models import Upload, UploadKind, UploadStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Fileless:
    """What is known of such an upload as it begins.

    Attributes:
        name: for people, in the place of a file's name.
        size_bytes: of what came with it.
        created_by: who handed it in; None for the backend itself.
    """

    kind: UploadKind
    camera_id: UUID
    captured_at: datetime
    name: str
    content_type: str
    size_bytes: int = 0
    created_by: UUID | None = None


def begin(session: Session, new: Fileless, *, region_hint: str | None = None) -> Claim:
    """Make an upload that is being processed, and the claim to it.

    Args:
        session: the transaction.
        new: what is known of it.
        region_hint: where most plates before its camera are from, if somebody said so.
    """
    upload = Upload(
        id=uuid4(),
        kind=new.kind,
        camera_id=new.camera_id,
        created_by=new.created_by,
        file_name=new.name,
        content_type=new.content_type,
        size_bytes=new.size_bytes,
        captured_at=new.captured_at,
        status=UploadStatus.PROCESSING,
        attempts=1,
        claim_token=uuid4(),
        started_at=func.now(),
        heartbeat_at=func.now(),
        # There is no file that anybody could ask for, or that retention would have to delete.
        source_deleted_at=func.now(),
    )
    session.add(upload)
    session.flush()
    return claim_of(upload, region_hint)


def claim_of(upload: Upload, region_hint: str | None = None) -> Claim:
    """The claim that such an upload was made with, by its row."""
    return Claim(
        upload_id=upload.id,
        token=upload.claim_token or upload.id,
        camera_id=upload.camera_id,
        captured_at=upload.captured_at,
        content_type=upload.content_type,
        size_bytes=upload.size_bytes,
        attempts=upload.attempts,
        region_hint=region_hint,
    )
