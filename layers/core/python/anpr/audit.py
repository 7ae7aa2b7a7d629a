"""The audit log: who did what, when and why, each row chained to the one before by hash.

Changing or removing a row breaks the chain at that row. Cutting rows off the end does not: whoever must prove that
too keeps the last `(seq, hash)` elsewhere and compares.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.orm import Session

from anpr.models import AuditRecord
from anpr.paging import Page, PageRequest, Position, page_of

# Any fixed number: whoever holds this advisory lock is the one who appends.
_LOCK: Final = 0x61756474
_FIRST: Final = bytes(32)
_BATCH: Final = 1000


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
    CAMERA_CREATED = "camera.created"
    CAMERA_CHANGED = "camera.changed"
    CAMERA_DELETED = "camera.deleted"
    UPLOAD_CREATED = "upload.created"
    UPLOAD_REPLACEMENT_REFUSED = "upload.replacement_refused"
    JOB_RETRIED = "job.retried"
    PLATE_SEARCHED = "plate.searched"
    AUDIT_PRUNED = "audit.pruned"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record at some time: what it takes to prove later that nothing before it was cut off or rewritten."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which records to list; None does not filter. `end` is not included."""

    actor_id: UUID | None = None
    action: str | None = None
    target: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def record(
    session: Session,
    actor: Actor,
    action: str,
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
        action: an `Action`, or another feature's own name for what it does.
        target: what it is done to, such as `camera:6f…`.
        reason: why, in the actor's words.
        detail: anything else worth keeping, as JSON.
    """
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    last = session.execute(
        select(AuditRecord.seq, AuditRecord.hash).order_by(AuditRecord.seq.desc()).limit(1)
    ).one_or_none()
    seq, previous = (last.seq + 1, last.hash) if last is not None else (1, _FIRST)
    row = AuditRecord(
        seq=seq,
        at=datetime.now(UTC),
        actor_id=actor.id,
        actor=actor.name,
        action=str(action),
        target=target,
        reason=reason,
        detail=_plain(dict(detail or {})),
        request_id=actor.request_id,
        previous_hash=previous,
    )
    row.hash = _hash(row)
    session.add(row)
    session.flush()
    return row


def verify(session: Session) -> int | None:
    """Walk the whole chain.

    Where the oldest records were pruned, the chain starts at the hash that the pruning's own record states.

    Returns:
        `seq` of the first record that is not what it was, or that stands where another was; None if all is well.
    """
    first = session.execute(
        select(AuditRecord.seq, AuditRecord.previous_hash).order_by(AuditRecord.seq).limit(1)
    ).one_or_none()
    if first is None:
        return None
    expected_seq, previous = (1, _FIRST) if first.seq == 1 else tuple(first)
    anchored = first.seq == 1
    while True:
        rows = session.scalars(
            select(AuditRecord).where(AuditRecord.seq >= expected_seq).order_by(AuditRecord.seq).limit(_BATCH)
        ).all()
        for row in rows:
            if row.seq != expected_seq or row.previous_hash != previous or row.hash != _hash(row):
                return row.seq
            anchored = anchored or (
                row.action == Action.AUDIT_PRUNED and row.detail == _anchor(first.seq - 1, first.previous_hash)
            )
            expected_seq, previous = row.seq + 1, row.hash
        session.expunge_all()
        if len(rows) < _BATCH:
            return None if anchored else first.seq


def head(session: Session) -> Head | None:
    """The newest record's number and hash, to keep elsewhere: it vouches for all that came before."""
    row = session.execute(
        select(AuditRecord.seq, AuditRecord.hash).order_by(AuditRecord.seq.desc()).limit(1)
    ).one_or_none()
    return None if row is None else Head(row.seq, row.hash)


def holds(session: Session, kept: Head) -> bool:
    """Tell whether the record that was the newest when `kept` was noted is still there as it was."""
    return bool(session.scalar(select(AuditRecord.hash == kept.hash).where(AuditRecord.seq == kept.seq)))


def find(session: Session, page: PageRequest, wanted: AuditFilter) -> Page[AuditRecord]:
    """List records, newest first."""
    statement = select(AuditRecord)
    for column, value in (
        (AuditRecord.actor_id, wanted.actor_id),
        (AuditRecord.action, wanted.action),
        (AuditRecord.target, wanted.target),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.start is not None:
        statement = statement.where(AuditRecord.at >= wanted.start)
    if wanted.end is not None:
        statement = statement.where(AuditRecord.at < wanted.end)
    after = page.after()
    if after is not None:
        statement = statement.where(tuple_(AuditRecord.at, AuditRecord.seq) < tuple_(after.at, after.id.int))
    rows = session.scalars(
        statement.order_by(AuditRecord.at.desc(), AuditRecord.seq.desc()).limit(page.limit + 1)
    ).all()
    return page_of(rows, page, lambda row: Position(row.at, UUID(int=row.seq)))


def prune(session: Session, before: datetime, *, limit: int = 5000) -> int:
    """Remove the oldest records from before a time, and record where the chain starts from then on.

    The database itself keeps what is younger than 90 days, and the newest record.

    Args:
        session: the transaction; nobody else can append until it ends, so there is one for each call.
        before: what is older may go.
        limit: about how many go in one call.

    Returns:
        How many were removed; 0 where nothing is left to.
    """
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    oldest = select(AuditRecord.at).order_by(AuditRecord.seq).limit(limit).subquery()
    latest = session.scalar(select(func.max(oldest.c.at)))
    if latest is None:
        return 0
    before = min(before, latest + timedelta(microseconds=1))
    pruned = session.execute(
        select(text("through_seq, head, removed FROM audit_logs_prune(:before)")), {"before": before}
    )
    through_seq, last_hash, removed = pruned.one()
    if removed:
        record(session, SYSTEM, Action.AUDIT_PRUNED, "audit", detail=_anchor(through_seq, last_hash))
    return int(removed)


def _anchor(through_seq: int, last_hash: bytes) -> dict[str, Any]:
    return {"through_seq": through_seq, "head": last_hash.hex()}


def _hash(row: AuditRecord) -> bytes:
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
