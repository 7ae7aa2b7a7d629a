"""Reading the audit log, proving that it is as it was written, and letting its oldest records go.

Changing or removing a record breaks the chain at that record. Cutting records off the end does not, nor does a chain
that was computed anew: for that, `anpr.governance.anchors` keeps heads where the database cannot reach.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.orm import Session

from anpr.audit import FIRST, SYSTEM, Action, digest, keep_out, record
from anpr.models import AuditRecord
from anpr.paging import Page, PageRequest, Position, page_of

_BATCH: Final = 1000


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
    expected_seq, previous = (1, FIRST) if first.seq == 1 else tuple(first)
    anchored = first.seq == 1
    while True:
        rows = session.scalars(
            select(AuditRecord).where(AuditRecord.seq >= expected_seq).order_by(AuditRecord.seq).limit(_BATCH)
        ).all()
        for row in rows:
            if row.seq != expected_seq or row.previous_hash != previous or row.hash != digest(row):
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
    keep_out(session)
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
