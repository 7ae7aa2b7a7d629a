"""What an entry would have matched: a preview before it is made, and historical hits after.

Exact plates and wildcard patterns are looked up by the indexes of `events`, then judged as the worker judges. A regular
expression has no index: the newest passages are judged one by one, up to a number that is stated with the result.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr import audit, scopes
from anpr.bolos import entries
from anpr.bolos.matching import hit_id, vehicle_key, wanted_of
from anpr.bolos.patterns import Read, Wanted, machine_read, matched_by
from anpr.errors import Conflict
from anpr.models import Bolo, BoloKind, BoloMatch, Event, MatchedBy, ReviewStatus, Tolerance
from anpr.plates import like_pattern, plate_key
from anpr.principals import Principal
from anpr.scopes import CameraScope

MAX_DAYS: Final = 90
_MAX_JUDGED: Final = 200_000
_MAX_HITS: Final = 10_000
_BATCH: Final = 5000
_SAMPLE: Final = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A past passage that an entry matches."""

    event: Event
    by: MatchedBy
    plate: str
    reviewed: bool


@dataclass(slots=True)
class Preview:
    """What an entry would have matched.

    Attributes:
        since: from when on passages were judged.
        matched: how many of them match.
        by: the same, by how they match.
        sample: the newest of them.
        complete: False where there were more passages than are judged at once; then `since` is later than asked for.
    """

    since: datetime
    matched: int = 0
    by: dict[str, int] = field(default_factory=dict)
    sample: list[Found] = field(default_factory=list)
    complete: bool = True


def preview(session: Session, principal: Principal, made: Wanted, *, days: int, reason: str) -> Preview:
    """Say what an entry would have matched in the last days, at the cameras in the caller's scope.

    It tells where vehicles were, as a plate search does, so it is logged as one.

    Args:
        session: the transaction.
        principal: who asks.
        made: what the entry looks for.
        days: how far back, 1-90.
        reason: why, in the caller's words.
    """
    result = Preview(since=datetime.now(UTC) - timedelta(days=days))
    for found in _search(session, made, result, scope=principal.scope):
        result.matched += 1
        result.by[found.by.value] = result.by.get(found.by.value, 0) + 1
        if len(result.sample) < _SAMPLE:
            result.sample.append(found)
    detail = {"kind": made.kind.value, "pattern": made.pattern, "days": days, "matched": result.matched}
    audit.record(session, principal.actor, "bolo.previewed", "events", reason=reason, detail=detail)
    return result


def back_search(session: Session, principal: Principal, bolo_id: UUID, *, days: int, reason: str) -> Preview:
    """Raise an entry's historical hits of the last days: they are on record, and nobody is alerted.

    All cameras are searched, as if the entry had been there then.

    Raises:
        NotFound: there is no such entry.
        Conflict: it matches so many passages that it must be a mistake; nothing is raised.
    """
    bolo = entries.get(session, bolo_id)
    result = Preview(since=datetime.now(UTC) - timedelta(days=days))
    rows: list[dict[str, Any]] = []
    for found in _search(session, wanted_of(bolo), result, scope=None):
        if not _was_valid(bolo, found.event.captured_at):
            continue
        result.matched += 1
        result.by[found.by.value] = result.by.get(found.by.value, 0) + 1
        if result.matched > _MAX_HITS:
            raise Conflict(f"The entry matches more than {_MAX_HITS} past passages; search fewer days.")
        rows.append(_row(bolo, found))
    for start in range(0, len(rows), _BATCH):
        session.execute(insert(BoloMatch).on_conflict_do_nothing(), rows[start : start + _BATCH])
    detail = {"pattern": bolo.pattern, "days": days, "matched": result.matched}
    audit.record(session, principal.actor, "bolo.searched_back", f"bolo:{bolo_id}", reason=reason, detail=detail)
    return result


def _was_valid(bolo: Bolo, at: datetime) -> bool:
    return (bolo.valid_from is None or bolo.valid_from <= at) and (bolo.valid_until is None or at < bolo.valid_until)


def _row(bolo: Bolo, found: Found) -> dict[str, Any]:
    return {
        "id": hit_id(found.event.id, bolo.id),
        "event_id": found.event.id,
        "bolo_id": bolo.id,
        "list_id": bolo.list_id,
        "camera_id": found.event.camera_id,
        "plate": found.plate,
        "vehicle_key": vehicle_key(bolo, found.plate),
        "matched_by": found.by,
        "reviewed": found.reviewed,
        "historical": True,
        "alert": False,
        "captured_at": found.event.captured_at,
        "passage_ended_at": found.event.last_seen_at,
    }


def _search(session: Session, made: Wanted, result: Preview, *, scope: CameraScope) -> Iterator[Found]:
    """Judge past passages, the newest first; says in `result` where it had to stop."""
    statement = scopes.limit(select(Event).where(Event.captured_at >= result.since), scope, Event.camera_id)
    narrowed = _narrowed(session, statement, made)
    after: tuple[datetime, UUID] | None = None
    judged = 0
    while True:
        page = narrowed
        if after is not None:
            page = page.where(tuple_(Event.captured_at, Event.id) < tuple_(*after))
        rows = session.scalars(page.order_by(Event.captured_at.desc(), Event.id.desc()).limit(_BATCH)).all()
        for event in rows:
            found = _judge(made, event)
            if found is not None:
                yield found
        if len(rows) < _BATCH:
            return
        judged += len(rows)
        after = rows[-1].captured_at, rows[-1].id
        if judged >= _MAX_JUDGED:
            result.since, result.complete = rows[-1].captured_at, False
            return


def _judge(made: Wanted, event: Event) -> Found | None:
    if event.review_status is ReviewStatus.REJECTED:
        return None
    reviewed = event.review_status is not ReviewStatus.UNREVIEWED
    read = Read(event.reviewed_plate or event.plate, certain=True) if reviewed else machine_read(event)
    by = matched_by(made, read)
    return None if by is None else Found(event, by, read.plate, reviewed)


def _narrowed(session: Session, statement: Select[Event], made: Wanted) -> Select[Event]:
    if made.kind is BoloKind.REGEX:
        return statement
    if made.kind is BoloKind.WILDCARD:
        # Look-alikes of a wildcard pattern are looked up in the key, where they are one.
        if made.tolerance is Tolerance.NONE:
            pattern = like_pattern(made.pattern)
            return statement.where(or_(Event.plate.like(pattern), Event.reviewed_plate.like(pattern)))
        pattern = like_pattern("".join(c if c in "?*" else plate_key(c) for c in made.pattern))
        return statement.where(or_(Event.plate_key.like(pattern), Event.reviewed_plate_key.like(pattern)))
    return statement.where(or_(*_exact_conditions(session, made)))


def _exact_conditions(session: Session, made: Wanted) -> Iterator[ColumnElement[bool]]:
    yield Event.plate == made.pattern
    yield Event.reviewed_plate == made.pattern
    if made.tolerance is Tolerance.NONE:
        return
    yield Event.plate_key == plate_key(made.pattern)
    if made.tolerance is Tolerance.ONE_EDIT:
        # One edit changes three trigrams at most, of as many as there are characters and one.
        shared = max(len(made.pattern) - 2, 1) / (len(made.pattern) + 4)
        session.execute(text("SELECT set_config('pg_trgm.similarity_threshold', :share, true)"), {"share": str(shared)})
        yield Event.plate.bool_op("%%")(made.pattern)
