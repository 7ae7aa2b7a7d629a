"""The client's side of an upload: ask for a form, follow the job, try a failed one again. The worker's is `jobs`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr import audit, tracing
from anpr.audit import Action, Actor
from anpr.capture import cameras, totals
from anpr.db import Database
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.identity import scopes
from anpr.identity.scopes import CameraScope
from anpr.messages import JobRequest, upload_key
from anpr.models import Upload, UploadKind, UploadStatus
from anpr.paging import Page, PageRequest, Position, newest_first, page_of
from anpr.ports import BlobInfo, BlobStore, JobQueue, PresignedUpload
from anpr.settings import UploadSettings

_FILELESS: Final = (UploadStatus.AWAITING_FILE, UploadStatus.EXPIRED)

_NOTIFIED_WITHIN_S: Final = 60

MAX_AHEAD: Final = timedelta(days=1)
"""How far in the future a capture time may lie: a camera's clock may be set to the wrong time zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUpload:
    """What a client wants to upload.

    Attributes:
        captured_at: when the first frame was taken, with a time zone.
        idempotency_key: the client's own name for this request; a second one by the same user with the same key is
            answered with the first one's upload.
    """

    file_name: str
    content_type: str
    size_bytes: int
    camera_id: UUID
    captured_at: datetime
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFilter:
    """Which uploads to list; None does not filter. Of what other engines read there is no footage to list."""

    camera_id: UUID | None = None
    status: UploadStatus | None = None


def create(
    session: Session, actor: Actor, new: NewUpload, settings: UploadSettings, *, scope: CameraScope = None
) -> Upload:
    """Register an upload that waits for its file.

    Raises:
        NotFound: there is no such camera in scope.
        Conflict: the camera is not active, or the idempotency key was used for something else.
        Unprocessable: the file is too large, or was captured in the future.
    """
    if new.size_bytes > settings.max_bytes:
        raise Unprocessable(
            f"The file has {new.size_bytes} bytes; at most {settings.max_bytes} can be uploaded.",
            errors=[{"pointer": "/size_bytes", "detail": f"at most {settings.max_bytes}"}],
        )
    if new.captured_at > datetime.now(UTC) + MAX_AHEAD:
        raise Unprocessable(
            "captured_at lies in the future; it is when the first frame was taken.",
            errors=[{"pointer": "/captured_at", "detail": "lies in the future"}],
        )
    camera = cameras.get(session, new.camera_id, scope=scope)
    if not camera.active:
        raise Conflict(f"The camera {camera.name!r} is not active, so it takes no uploads.")
    upload: Upload | None = session.scalar(
        insert(Upload)
        .values(
            id=uuid4(),
            camera_id=camera.id,
            created_by=actor.id,
            file_name=new.file_name,
            content_type=new.content_type,
            size_bytes=new.size_bytes,
            captured_at=new.captured_at,
            idempotency_key=new.idempotency_key,
        )
        .on_conflict_do_nothing(index_elements=["created_by", "idempotency_key"])
        .returning(Upload)
    )
    if upload is None:
        return _first_of(session, actor, new)
    audit.record(
        session,
        actor,
        Action.UPLOAD_CREATED,
        f"upload:{upload.id}",
        detail={"camera_id": camera.id, "file_name": upload.file_name, "size_bytes": upload.size_bytes},
    )
    return upload


def form_for(upload: Upload, blobs: BlobStore, settings: UploadSettings) -> PresignedUpload | None:
    """Make the form that the client posts the file with; None once the file has come."""
    if upload.status is not UploadStatus.AWAITING_FILE:
        return None
    return blobs.presign_upload(
        upload_key(upload.id),
        content_type=upload.content_type,
        size_bytes=upload.size_bytes,
        expires_in_s=round(settings.form_ttl.total_seconds()),
    )


def link(
    session: Session, actor: Actor, upload_id: UUID, blobs: BlobStore, *, reason: str, scope: CameraScope = None
) -> str:
    """Make a link to the file that was read, good for as long as pictures' are; who asks, and why, is on record.

    The link leads to the version that was read, whatever was posted after it.

    Raises:
        NotFound: there is no such upload in scope.
        Conflict: its file is not there yet, or not any more, or there never was one.
    """
    upload = get(session, upload_id, scope=scope)
    if upload.kind is not UploadKind.FILE:
        raise Conflict("This is a part of a live stream, of which no file is kept.")
    if upload.status in _FILELESS:
        raise Conflict(f"The file of this upload has not come: it is {upload.status.value}.")
    if upload.source_deleted_at is not None or upload.source_condemned_at is not None:
        raise Conflict("The file is not kept any more.")
    detail = {"camera_id": upload.camera_id, "file_name": upload.file_name}
    audit.record(session, actor, Action.UPLOAD_WATCHED, f"upload:{upload.id}", reason=reason, detail=detail)
    return blobs.presign_get(upload_key(upload.id), version_id=upload.source_version_id)


def complete(
    database: Database, blobs: BlobStore, queue: JobQueue, upload_id: UUID, *, scope: CameraScope = None
) -> Upload:
    """Begin the job of an upload whose file has come, where nothing else has. Done twice, it changes nothing more.

    The message goes first: a job may be claimed before its upload says that it waits, and a call that breaks off
    between the two can be made again.

    Raises:
        NotFound: there is no such upload in scope.
        Conflict: the file has not come, or is not the one that was announced.
        Unavailable: the storage or the queue does not answer.
    """
    with database.transaction() as session:
        upload = get(session, upload_id, scope=scope)
    if upload.status not in _FILELESS:
        return upload
    info = blobs.info(upload_key(upload.id))
    if info is None:
        raise Conflict("The file has not come yet; send it with the upload's form first.")
    wrong = difference(upload, info)
    if wrong is not None:
        raise Conflict(f"{wrong} Send the right file with the same form, or begin another upload.")
    # A store that told of the file itself has most likely had the job begun; this is for a notification that was lost.
    # The job belongs to the request that made the form, as it does where a store tells of the file.
    with tracing.continued(info.trace):
        message = JobRequest(upload_id=upload.id).model_dump_json()
        queue.send(message, delay_s=_NOTIFIED_WITHIN_S if blobs.notifies else 0)
    with database.transaction() as session:
        session.execute(
            update(Upload)
            .where(Upload.id == upload_id, Upload.status.in_(_FILELESS))
            .values(status=UploadStatus.QUEUED, queued_at=func.now(), finished_at=None, failure_reason=None)
            .execution_options(synchronize_session=False)
        )
    with database.transaction() as session:
        return get(session, upload_id, scope=scope)


def difference(upload: Upload, info: BlobInfo) -> str | None:
    """Say in what a stored file is not the one that was announced; None where it is. Not all stores compare."""
    if info.size_bytes != upload.size_bytes:
        return f"The stored file has {info.size_bytes} bytes, but {upload.size_bytes} were announced."
    stored = info.content_type.partition(";")[0].strip().lower()
    if stored != upload.content_type:
        return f"The stored file is of type {stored or 'none'}, but {upload.content_type} was announced."
    return None


def find(
    session: Session, page: PageRequest, criteria: UploadFilter | None = None, *, scope: CameraScope = None
) -> Page[Upload]:
    """List the uploads of cameras in scope, newest first."""
    criteria = criteria or UploadFilter()
    statement = scopes.limit(select(Upload).where(Upload.kind != UploadKind.READ), scope, Upload.camera_id)
    if criteria.camera_id is not None:
        statement = statement.where(Upload.camera_id == criteria.camera_id)
    if criteria.status is not None:
        statement = statement.where(Upload.status == criteria.status)
    rows = session.scalars(newest_first(statement, Upload.created_at, Upload.id, page)).all()
    return page_of(rows, page, lambda upload: Position(upload.created_at, upload.id))


def get(session: Session, upload_id: UUID, *, scope: CameraScope = None, lock: bool = False) -> Upload:
    """Get one upload.

    Raises:
        NotFound: there is none in scope.
    """
    statement = scopes.limit(select(Upload).where(Upload.id == upload_id), scope, Upload.camera_id)
    upload = session.scalar(statement.with_for_update() if lock else statement)
    if upload is None:
        raise NotFound(f"There is no upload {upload_id}.")
    return upload


def retry(session: Session, actor: Actor, upload_id: UUID, *, scope: CameraScope = None) -> Upload:
    """Queue a failed job again. The caller sends its message after the commit; if that is lost, the sweep sends one.

    Passages that the failed run recorded stay: a new run numbers them alike and records only the missing ones.

    Raises:
        NotFound: there is no such job in scope.
        Conflict: it has not failed, or its file was deleted.
    """
    upload = get(session, upload_id, scope=scope, lock=True)
    if upload.status is not UploadStatus.FAILED:
        raise Conflict(f"Only a failed job can be tried again; this one is {upload.status}.", job_status=upload.status)
    if upload.source_deleted_at is not None:
        raise Conflict("The file was deleted in its time, so it cannot be read again; upload it anew.")
    totals.carry_over_failure(session)
    upload.status = UploadStatus.QUEUED
    upload.queued_at = session.scalar(select(func.now()))
    upload.attempts = 0
    upload.progress = 0.0
    upload.failure_reason = upload.warning = None
    upload.claim_token = upload.started_at = upload.heartbeat_at = upload.finished_at = None
    session.flush()
    audit.record(session, actor, Action.JOB_RETRIED, f"upload:{upload.id}")
    return upload


def _first_of(session: Session, actor: Actor, new: NewUpload) -> Upload:
    """The upload that an idempotency key made before."""
    upload = session.scalars(
        select(Upload).where(Upload.created_by == actor.id, Upload.idempotency_key == new.idempotency_key)
    ).one()
    same = (
        upload.camera_id == new.camera_id
        and upload.file_name == new.file_name
        and upload.content_type == new.content_type
        and upload.size_bytes == new.size_bytes
        and upload.captured_at == new.captured_at
    )
    if not same:
        raise Conflict("This Idempotency-Key was used for another upload; use a new one for each upload.")
    return upload
