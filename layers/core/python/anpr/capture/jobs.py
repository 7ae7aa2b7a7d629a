"""The worker's side of an upload: claim it, tell how far it is, end it. `passages` records what was found meanwhile.

At most one worker owns an upload: the one whose token is in `claim_token`. Every write of a job names the token and
touches the upload's row in the same transaction, so a worker that was taken for dead, and was not, cannot write after
another took over.

Times come from the database's clock: workers' clocks differ, and a claim is about who was heard of last.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from anpr import audit, driver, outbox
from anpr.audit import Action
from anpr.capture import familiar, totals
from anpr.capture.familiar import FamiliarPlate
from anpr.messages import EventType, UploadFailed, UploadProcessed
from anpr.models import Camera, Event, Upload, UploadKind, UploadStatus

STALE_AFTER: Final = timedelta(seconds=15)
"""A worker that was not heard of for this long may be taken for dead. Workers are heard of every two seconds."""

# An expired upload has no file. A message about its file says that it has one after all.
_CLAIMABLE: Final = (UploadStatus.AWAITING_FILE, UploadStatus.QUEUED, UploadStatus.EXPIRED)
_MAX_TEXT: Final = 1000


class Refusal(StrEnum):
    """Why an upload could not be claimed."""

    UNKNOWN = "unknown"
    BUSY = "busy"
    FINISHED = "finished"


class ClaimLost(Exception):
    """Another worker took this upload over, or it was ended; this worker's results are no longer wanted."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's right to process one upload.

    Attributes:
        source_version_id: the version of the file that an earlier run read, where the storage tells versions apart.
        source_sha256: what that version's content was, in hexadecimal; None if no run has read the file yet.
        region_hint: where most plates before its camera are from, such as `gb` or `us-ca`, if somebody said so.
        familiar: plates that its camera saw before the upload came, the latest first.
    """

    upload_id: UUID
    token: UUID
    camera_id: UUID
    captured_at: datetime
    content_type: str
    size_bytes: int
    attempts: int
    source_version_id: str | None = None
    source_sha256: str | None = None
    region_hint: str | None = None
    familiar: tuple[FamiliarPlate, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What a job that ended well says of its file.

    Attributes:
        media: kind of file.
        duration_s: length of the footage that was read; 0 for an image.
        frames: how many frames were read.
        warning: what was wrong with the file and could be coped with, in words.
    """

    media: Literal["video", "image"]
    duration_s: float
    frames: int
    warning: str | None = None


def claim(session: Session, upload_id: UUID, token: UUID, *, stale_after: timedelta = STALE_AFTER) -> Claim | Refusal:
    """Take an upload, in one statement: of several workers that try at once, one gets it.

    Args:
        session: the transaction.
        upload_id: the upload that a message names.
        token: a fresh token of the worker's.
        stale_after: how long the present owner must have been silent to lose it.

    Returns:
        The claim; or why there is none: no such upload, a living owner, or an end already reached.
    """
    silent = or_(Upload.heartbeat_at.is_(None), Upload.heartbeat_at < func.now() - stale_after)
    upload = session.execute(
        update(Upload)
        .where(
            Upload.id == upload_id,
            # Nobody can read a camera's past again.
            Upload.kind == UploadKind.FILE,
            or_(Upload.status.in_(_CLAIMABLE), (Upload.status == UploadStatus.PROCESSING) & silent),
        )
        .values(
            status=UploadStatus.PROCESSING,
            claim_token=token,
            attempts=Upload.attempts + 1,
            progress=0.0,
            frames_done=0,
            started_at=func.now(),
            heartbeat_at=func.now(),
            finished_at=None,
            failure_reason=None,
            warning=None,
        )
        .returning(
            Upload.camera_id,
            Upload.captured_at,
            Upload.content_type,
            Upload.size_bytes,
            Upload.attempts,
            Upload.source_version_id,
            Upload.source_sha256,
        )
    ).one_or_none()
    if upload is not None:
        hint = session.scalar(select(Camera.region_hint).where(Camera.id == upload.camera_id))
        came = session.scalar(select(Upload.created_at).where(Upload.id == upload_id))
        known = familiar.plates_of(session, upload.camera_id, before=came)
        return Claim(upload_id, token, *upload, region_hint=hint, familiar=known)
    status = session.scalar(select(Upload.status).where(Upload.id == upload_id))
    if status is None:
        return Refusal.UNKNOWN
    return Refusal.FINISHED if status in (UploadStatus.SUCCEEDED, UploadStatus.FAILED) else Refusal.BUSY


def update_held(session: Session, claim: Claim, **values: Any) -> bool:
    """Change a claimed upload's row, which is a sign of life too, and lock it until the transaction ends.

    Returns:
        False where the claim was lost.
    """
    changed = session.scalar(
        update(Upload)
        .where(*_is_held(claim))
        .values({"heartbeat_at": func.now(), **values})
        .returning(Upload.id)
        .execution_options(synchronize_session=False)
    )
    return changed is not None


def identify_source(session: Session, claim: Claim, *, version_id: str | None, sha256: str) -> None:
    """Put on record which file is read; every later run, and whoever asks for the file, goes by it.

    Args:
        session: the transaction.
        claim: the claim.
        version_id: the storage's name of it, where that tells versions apart.
        sha256: of its content, in hexadecimal.

    Raises:
        ClaimLost: another worker has the upload.
    """
    if not update_held(session, claim, source_version_id=version_id, source_sha256=sha256):
        raise ClaimLost


def source_version(session: Session, upload_id: UUID) -> str | None:
    """The storage's name of the file that was read; None where none was, or where it has no such name."""
    return session.scalar(select(Upload.source_version_id).where(Upload.id == upload_id))


def report_replacement(session: Session, upload_id: UUID, version_id: str) -> bool:
    """Put on record that another file was posted when one had been read. It is not read, and the sweep removes it.

    Returns:
        False where it is on record already, or is the file that was read.
    """
    replaced = session.scalar(
        update(Upload)
        .where(
            Upload.id == upload_id,
            Upload.source_version_id != version_id,
            Upload.replacement_version_id.is_distinct_from(version_id),
        )
        .values(replacements=Upload.replacements + 1, replaced_at=func.now(), replacement_version_id=version_id)
        .returning(Upload.source_version_id)
        .execution_options(synchronize_session=False)
    )
    if replaced is None:
        return False
    detail = {"read_version": replaced, "posted_version": version_id}
    audit.record(session, audit.SYSTEM, Action.UPLOAD_REPLACEMENT_REFUSED, f"upload:{upload_id}", detail=detail)
    return True


def progress(session: Session, claim: Claim, *, fraction: float, frames: int) -> bool:
    """Say that the worker lives, and how far it is.

    Args:
        session: the transaction.
        claim: the claim.
        fraction: how much of the footage was read, 0-1.
        frames: how many frames were read.

    Returns:
        False where the claim was lost.
    """
    return update_held(session, claim, progress=min(max(fraction, 0.0), 1.0), frames_done=frames)


def finish(session: Session, claim: Claim, result: Result) -> None:
    """End a job well, with the promise of its `upload.processed`. The counts are taken from the recorded rows.

    Raises:
        ClaimLost: another worker has the upload.
    """
    if not update_held(session, claim):
        raise ClaimLost
    events, unreadable = session.execute(
        select(func.count(), func.count().filter(Event.readable.is_(False))).where(Event.upload_id == claim.upload_id)
    ).one()
    counted = session.scalars(select(Upload.events_count).where(Upload.id == claim.upload_id)).one()
    if counted > events:
        # Passages of an earlier try were erased meanwhile. They were processed all the same.
        totals.carry_over_events(session, counted - events)
    finished_at = session.execute(
        update(Upload)
        .where(Upload.id == claim.upload_id)
        .values(
            status=UploadStatus.SUCCEEDED,
            progress=1.0,
            frames_done=result.frames,
            duration_s=result.duration_s,
            warning=_storable(result.warning),
            events_count=events,
            unreadable_count=unreadable,
            claim_token=None,
            finished_at=func.now(),
        )
        .returning(Upload.finished_at)
    ).scalar_one()
    processed = UploadProcessed(
        upload_id=claim.upload_id,
        camera_id=claim.camera_id,
        media=result.media,
        duration_s=result.duration_s,
        frames=result.frames,
        events=events,
        unreadable=unreadable,
        finished_at=finished_at,
    )
    outbox.add(session, EventType.UPLOAD_PROCESSED, str(claim.upload_id), processed)


def fail(session: Session, claim: Claim, reason: str) -> None:
    """End a job without a result, with the promise of its `upload.failed`.

    Args:
        session: the transaction.
        claim: the claim.
        reason: a sentence for the person who uploaded the file.

    Raises:
        ClaimLost: another worker has the upload.
    """
    if not _fail_where(session, reason, *_is_held(claim)):
        raise ClaimLost


def fail_waiting(session: Session, upload_id: UUID, reason: str) -> bool:
    """End an upload that nobody has claimed and nobody will: its message is on the way to the dead letters.

    Returns:
        False where the upload is unknown, owned by a worker, or over.
    """
    return _fail_where(session, reason, Upload.id == upload_id, Upload.status.in_(_CLAIMABLE))


def fail_abandoned(session: Session, upload_id: UUID, reason: str, *, silent_for: timedelta) -> bool:
    """End an upload whose worker was not heard of for `silent_for`.

    Returns:
        False where the upload is in another state by now.
    """
    return _fail_where(
        session,
        reason,
        Upload.id == upload_id,
        Upload.status == UploadStatus.PROCESSING,
        Upload.heartbeat_at < func.now() - silent_for,
    )


def give_back(session: Session, claim: Claim, *, tried: bool) -> bool:
    """Put a claimed upload back among those that wait.

    Args:
        session: the transaction.
        claim: the claim.
        tried: whether this counts as an attempt; a worker that is told to stop has not tried.

    Returns:
        False where the claim was lost already.
    """
    return update_held(
        session,
        claim,
        status=UploadStatus.QUEUED,
        claim_token=None,
        heartbeat_at=None,
        queued_at=func.now(),
        attempts=Upload.attempts - (0 if tried else 1),
    )


def undo_attempt(session: Session, claim: Claim) -> None:
    """Give back a claim some time after the work on it was ended by an outage, and count no attempt for it.

    Another worker may have taken the upload over meanwhile, and counted an attempt of its own on top; then only the
    count is put right. Done twice, or for a claim that was never committed, it changes nothing more.
    """
    if not give_back(session, claim, tried=False):
        session.execute(
            update(Upload)
            .where(
                Upload.id == claim.upload_id,
                Upload.status.in_((UploadStatus.QUEUED, UploadStatus.PROCESSING)),
                Upload.attempts > claim.attempts,
            )
            .values(attempts=Upload.attempts - 1)
            .execution_options(synchronize_session=False)
        )


def _is_held(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        Upload.id == claim.upload_id,
        Upload.status == UploadStatus.PROCESSING,
        Upload.claim_token == claim.token,
    )


def _fail_where(session: Session, reason: str, *conditions: ColumnElement[bool]) -> bool:
    ended = session.execute(
        update(Upload)
        .where(*conditions)
        .values(status=UploadStatus.FAILED, failure_reason=_storable(reason), claim_token=None, finished_at=func.now())
        .returning(Upload.id, Upload.camera_id, Upload.failure_reason, Upload.finished_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if ended is None:
        return False
    upload_id, camera_id, stored, finished_at = ended
    failed = UploadFailed(upload_id=upload_id, camera_id=camera_id, reason=stored, finished_at=finished_at)
    outbox.add(session, EventType.UPLOAD_FAILED, str(upload_id), failed)
    return True


def _storable(text: str | None) -> str | None:
    """Text that PostgreSQL takes: a decoder may quote a file's bytes, and a file may hold anything."""
    return None if text is None else driver.storable(text)[:_MAX_TEXT]
