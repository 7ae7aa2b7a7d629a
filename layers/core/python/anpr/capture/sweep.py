"""The sweep: what no message will move any more is moved, or ended with a reason.

A message can be lost to a crash between a commit and a send, to a queue's retention, or to the dead letters while the
worker could not reach the database. So a schedule looks at the uploads that have stood still, and sends their jobs
again. A job that is sent once too often costs one look-up: its claim is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update

from anpr.capture import jobs, streams, uploads
from anpr.db import Database
from anpr.messages import JobRequest, upload_key
from anpr.models import Upload, UploadKind, UploadStatus
from anpr.ports import BlobInfo, BlobStore, JobQueue

_LIMIT: Final = 2000
"""Uploads of one kind that one sweep looks at; more are the next one's."""


@dataclass(frozen=True, slots=True)
class SweepRules:
    """How long an upload may stand still.

    Attributes:
        expire_after: age at which an upload whose file never came is expired.
        max_attempts: how often a job may be begun before a silent worker means that it failed.
        resend_after: how long a waiting job's message is trusted to be somewhere.
        abandoned_after: silence after which a worker's death is no longer the queue's to notice.
    """

    expire_after: timedelta
    max_attempts: int
    resend_after: timedelta = timedelta(minutes=15)
    abandoned_after: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """How many uploads were expired, sent again, and failed."""

    expired: int
    resent: int
    failed: int


def sweep(database: Database, blobs: BlobStore, queue: JobQueue, rules: SweepRules) -> SweepReport:
    """Move every upload that has stood still for too long.

    Args:
        database: the uploads.
        blobs: asked whether a file came without its notification.
        queue: where jobs are sent again.
        rules: how long is too long.

    Raises:
        anpr.errors.Unavailable: a service does not answer; what was not reached is the next sweep's.
    """
    with database.transaction() as session:
        streams.close_abandoned(session, silent_for=rules.abandoned_after)
    given_up = Upload.attempts >= rules.max_attempts
    abandoned, unheard, fileless = _abandoned(rules), _unheard(rules), _fileless(rules.resend_after)
    failed = sum(_fail(database, upload_id, rules) for upload_id in _find(database, abandoned, given_up))
    resent = sum(_resend(database, queue, found, abandoned) for found in _find(database, abandoned, ~given_up))
    resent += sum(_resend(database, queue, found, unheard) for found in _find(database, unheard))
    expired = 0
    for upload_id in _find(database, fileless):
        # The file is looked for before the upload is expired, and a file cannot come later than the form's hour.
        info = blobs.info(upload_key(upload_id))
        if info is None:
            expired += _expire(database, upload_id, rules)
            continue
        wrong = _difference(database, upload_id, info)
        if wrong is None:
            resent += _resend(database, queue, upload_id, fileless)
        else:
            failed += _fail_waiting(database, upload_id, wrong)
    return SweepReport(expired, resent, failed)


def _difference(database: Database, upload_id: UUID, info: BlobInfo) -> str | None:
    with database.transaction() as session:
        upload = session.get(Upload, upload_id)
    return None if upload is None else uploads.difference(upload, info)


def _fail_waiting(database: Database, upload_id: UUID, reason: str) -> bool:
    with database.transaction() as session:
        return jobs.fail_waiting(session, upload_id, reason)


def _abandoned(rules: SweepRules) -> ColumnElement[bool]:
    """Claimed by a worker that was not heard of for so long that its message must be gone too."""
    silent = Upload.heartbeat_at < func.now() - rules.abandoned_after
    return (Upload.status == UploadStatus.PROCESSING) & silent & (Upload.kind == UploadKind.FILE)


def _unheard(rules: SweepRules) -> ColumnElement[bool]:
    """Queued for so long that its message may be lost. Where it only waits its turn, a second one does no harm."""
    silent = or_(Upload.queued_at.is_(None), Upload.queued_at < func.now() - rules.resend_after)
    return (Upload.status == UploadStatus.QUEUED) & silent


def _fileless(age: timedelta) -> ColumnElement[bool]:
    """Asked for at least `age` ago, and nothing was heard of its file."""
    return (Upload.status == UploadStatus.AWAITING_FILE) & (Upload.created_at < func.now() - age)


def _find(database: Database, *conditions: ColumnElement[bool]) -> Sequence[UUID]:
    # In random order, so that a great heap of forms that were never used cannot hide one whose file came.
    with database.transaction() as session:
        return session.scalars(select(Upload.id).where(*conditions).order_by(func.random()).limit(_LIMIT)).all()


def _resend(database: Database, queue: JobQueue, upload_id: UUID, found_as: ColumnElement[bool]) -> bool:
    """Queue an upload that is still as it was found.

    The row first, then the message: a message that is lost between the two is missed again by a later sweep.
    """
    moved = _move(
        database,
        upload_id,
        found_as,
        status=UploadStatus.QUEUED,
        queued_at=func.now(),
        claim_token=None,
        heartbeat_at=None,
    )
    if moved:
        queue.send(JobRequest(upload_id=upload_id).model_dump_json())
    return moved


def _expire(database: Database, upload_id: UUID, rules: SweepRules) -> bool:
    return _move(
        database,
        upload_id,
        _fileless(rules.expire_after),
        status=UploadStatus.EXPIRED,
        failure_reason="The file was never received.",
        finished_at=func.now(),
    )


def _fail(database: Database, upload_id: UUID, rules: SweepRules) -> bool:
    reason = (
        f"Reading this file broke off {rules.max_attempts} times, outages not counted, at last because nothing "
        "more was heard of the worker; it will not be tried again."
    )
    with database.transaction() as session:
        return jobs.fail_abandoned(session, upload_id, reason, silent_for=rules.abandoned_after)


def _move(database: Database, upload_id: UUID, found_as: ColumnElement[bool], **values: object) -> bool:
    with database.transaction() as session:
        moved = session.scalar(
            update(Upload)
            .where(Upload.id == upload_id, found_as)
            .values(**values)
            .returning(Upload.id)
            .execution_options(synchronize_session=False)
        )
    return moved is not None
