"""Reading the audit log, proving that it is as it was written, and letting its oldest records go.

Changing or removing a record breaks the chain at that record. Cutting records off the end does not, nor does a chain
that was computed anew: for that, `anpr.governance.anchors` keeps heads where the database cannot reach.
"""

from collections.abc import Callable, Sequence
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


@dataclass(frozen=True, slots=True)
class Prefix:
    """The log's oldest records, which may go.

    Attributes:
        through: the last of them.
        before: the time that all of them are older than.
    """

    through: Head
    before: datetime


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
    begins = start(session)
    if begins is None:
        return None
    whole = begins.seq == 1
    vouched = _pruned(Head(begins.seq - 1, begins.hash))

    def look(row: AuditRecord) -> None:
        nonlocal whole
        whole = whole or (row.action == Action.AUDIT_PRUNED and row.detail == vouched)

    broken = first_broken(session, Head(1, FIRST) if whole else begins, look=look)
    return begins.seq if broken is None and not whole else broken


def first_broken(
    session: Session, begins: Head, *, through: int | None = None, look: Callable[[AuditRecord], None] | None = None
) -> int | None:
    """Walk a part of the chain.

    Args:
        session: the transaction.
        begins: its first record, and the hash that this is chained to.
        through: its last record; the log's by default.
        look: called with each record that is as it was.

    Returns:
        `seq` of the first record that is not what it was, or that stands where another was; None if all is well.
    """
    expected_seq, previous = begins.seq, begins.hash
    while through is None or expected_seq <= through:
        statement = select(AuditRecord).where(AuditRecord.seq >= expected_seq)
        if through is not None:
            statement = statement.where(AuditRecord.seq <= through)
        rows = session.scalars(statement.order_by(AuditRecord.seq).limit(_BATCH)).all()
        for row in rows:
            if row.seq != expected_seq or row.previous_hash != previous or row.hash != digest(row):
                return row.seq
            if look is not None:
                look(row)
            expected_seq, previous = row.seq + 1, row.hash
        session.expunge_all()
        if len(rows) < _BATCH:
            break
    return expected_seq if through is not None and expected_seq <= through else None


def start(session: Session) -> Head | None:
    """The oldest record's number, and the hash that it is chained to; None where there are no records."""
    row = session.execute(
        select(AuditRecord.seq, AuditRecord.previous_hash).order_by(AuditRecord.seq).limit(1)
    ).one_or_none()
    return None if row is None else Head(row.seq, row.previous_hash)


def begins_at(session: Session, begins: Head) -> bool:
    """Tell whether a record is there, and chained to the hash that it should be."""
    statement = select(AuditRecord.previous_hash == begins.hash).where(AuditRecord.seq == begins.seq)
    return bool(session.scalar(statement))


def head(session: Session) -> Head | None:
    """The newest record's number and hash, to keep elsewhere: it vouches for all that came before."""
    row = session.execute(
        select(AuditRecord.seq, AuditRecord.hash).order_by(AuditRecord.seq.desc()).limit(1)
    ).one_or_none()
    return None if row is None else Head(row.seq, row.hash)


def holds(session: Session, kept: Head) -> bool:
    """Tell whether the record that was the newest when `kept` was noted is still there as it was."""
    return bool(session.scalar(select(AuditRecord.hash == kept.hash).where(AuditRecord.seq == kept.seq)))


def lost(session: Session, kept: Sequence[Head]) -> set[int]:
    """Tell which of some heads are not in the log as they were, and were not pruned either.

    Returns:
        Their `seq`.
    """
    begins = start(session)
    if begins is None:
        return {head.seq for head in kept}
    there = dict[int, bytes]()
    for at in range(0, len(kept), _BATCH):
        wanted = [head.seq for head in kept[at : at + _BATCH]]
        rows = session.execute(select(AuditRecord.seq, AuditRecord.hash).where(AuditRecord.seq.in_(wanted)))
        there.update((row.seq, row.hash) for row in rows)
    return {head.seq for head in kept if head.seq >= begins.seq and there.get(head.seq) != head.hash}


def find(session: Session, page: PageRequest, criteria: AuditFilter) -> Page[AuditRecord]:
    """List records, newest first."""
    statement = select(AuditRecord)
    for column, value in (
        (AuditRecord.actor_id, criteria.actor_id),
        (AuditRecord.action, criteria.action),
        (AuditRecord.target, criteria.target),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if criteria.start is not None:
        statement = statement.where(AuditRecord.at >= criteria.start)
    if criteria.end is not None:
        statement = statement.where(AuditRecord.at < criteria.end)
    after = page.after()
    if after is not None:
        statement = statement.where(tuple_(AuditRecord.at, AuditRecord.seq) < tuple_(after.at, after.id.int))
    rows = session.scalars(
        statement.order_by(AuditRecord.at.desc(), AuditRecord.seq.desc()).limit(page.limit + 1)
    ).all()
    return page_of(rows, page, lambda row: Position(row.at, UUID(int=row.seq)))


def prunable(session: Session, before: datetime, *, limit: int = 5000) -> Prefix | None:
    """Find the oldest records from before a time.

    Args:
        session: the transaction.
        before: what is older may go.
        limit: about how many go at once.

    Returns:
        What `prune` can remove; None where nothing is left to.
    """
    oldest = select(AuditRecord.at).order_by(AuditRecord.seq).limit(limit).subquery()
    latest = session.scalar(select(func.max(oldest.c.at)))
    if latest is None:
        return None
    before = min(before, latest + timedelta(microseconds=1))
    # As the database's own function does: only a prefix goes, and never the newest record.
    younger = select(func.min(AuditRecord.seq)).where(AuditRecord.at >= before).scalar_subquery()
    newest = select(func.max(AuditRecord.seq)).scalar_subquery()
    last = session.execute(
        select(AuditRecord.seq, AuditRecord.hash).where(AuditRecord.seq == func.least(newest, younger) - 1)
    ).one_or_none()
    return None if last is None else Prefix(Head(last.seq, last.hash), before)


def prune(session: Session, due: Prefix) -> int:
    """Remove the oldest records, and record where the chain starts from then on.

    The database itself keeps what is younger than 90 days, and the newest record.

    Args:
        session: the transaction; nobody else can append until it ends, so there is one for each call.
        due: what goes, as `prunable` found it.

    Returns:
        How many were removed; 0 where others would go than those that were found.
    """
    keep_out(session)
    with session.begin_nested() as savepoint:
        pruned = session.execute(
            select(text("through_seq, head, removed FROM audit_logs_prune(:before)")), {"before": due.before}
        )
        through_seq, last_hash, removed = pruned.one()
        if removed and (through_seq, last_hash) != (due.through.seq, due.through.hash):
            savepoint.rollback()
            return 0
    if removed:
        record(session, SYSTEM, Action.AUDIT_PRUNED, "audit", detail=_pruned(due.through))
    return int(removed)


def _pruned(through: Head) -> dict[str, Any]:
    """What the record of a pruning says: the last record that went."""
    return {"through_seq": through.seq, "head": through.hash.hex()}
