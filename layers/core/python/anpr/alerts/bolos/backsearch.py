"""What an entry would have matched: a preview before it is made, and historical hits after.

Exact plates and wildcard patterns are looked up by the indexes of `events`, then judged as the worker judges. A regular
expression, or a pattern such as `?A*`, has no index: the newest passages are judged one by one, up to a number that is
stated with the result.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from anpr import audit
from anpr.alerts.bolos import entries, past
from anpr.alerts.bolos.matching import hit_id, pattern_of, vehicle_key
from anpr.alerts.bolos.patterns import PlatePattern, Read, matched_by, read_of, region_differs
from anpr.audit import Action
from anpr.errors import Conflict
from anpr.identity.principals import Principal
from anpr.identity.scopes import CameraScope
from anpr.models import Bolo, BoloMatch, Event, MatchedBy

MAX_DAYS: Final = 90
_MAX_JUDGED: Final = 200_000
_MAX_HITS: Final = 10_000
_BATCH: Final = 5000
_SAMPLE: Final = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A past passage that an entry matches, and what it was judged by."""

    event: Event
    by: MatchedBy
    read: Read
    region_differs: bool


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


def preview(session: Session, principal: Principal, plate_pattern: PlatePattern, *, days: int, reason: str) -> Preview:
    """Say what an entry would have matched in the last days, at the cameras in the caller's scope.

    It tells where vehicles were, as a plate search does, so it is logged as one.

    Args:
        session: the transaction.
        principal: who asks.
        plate_pattern: what the entry looks for.
        days: how far back, 1-90.
        reason: why, in the caller's words.
    """
    result = Preview(since=datetime.now(UTC) - timedelta(days=days))
    for found in _search(session, plate_pattern, result, scope=principal.scope):
        result.matched += 1
        result.by[found.by.value] = result.by.get(found.by.value, 0) + 1
        if len(result.sample) < _SAMPLE:
            result.sample.append(found)
    detail = {
        "kind": plate_pattern.kind.value,
        "pattern": plate_pattern.pattern,
        "days": days,
        "matched": result.matched,
    }
    audit.record(session, principal.actor, Action.BOLO_PREVIEWED, "events", reason=reason, detail=detail)
    return result


def back_search(session: Session, principal: Principal, bolo_id: UUID, *, days: int, reason: str) -> Preview:
    """Raise an entry's historical hits of the last days: they are on record, and nobody is alerted.

    The cameras in the caller's scope are searched, as if the entry had been there then: how many passages there were
    at others is not theirs to know.

    Raises:
        Forbidden: the caller is a key that is not for passages.
        NotFound: there is no such entry.
        Conflict: it matches so many passages that it must be a mistake; nothing is raised.
    """
    principal.require("events:read")
    bolo = entries.get(session, bolo_id)
    result = Preview(since=datetime.now(UTC) - timedelta(days=days))
    rows: list[dict[str, Any]] = []
    for found in _search(session, pattern_of(bolo), result, scope=principal.scope):
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
    audit.record(session, principal.actor, Action.BOLO_SEARCHED_BACK, f"bolo:{bolo_id}", reason=reason, detail=detail)
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
        "plate": found.read.plate,
        "vehicle_key": vehicle_key(bolo, found.read.plate),
        "matched_by": found.by,
        "reviewed": found.read.certain,
        "historical": True,
        "alert": False,
        "captured_at": found.event.captured_at,
        "passage_ended_at": found.event.last_seen_at,
    }


def _search(session: Session, plate_pattern: PlatePattern, result: Preview, *, scope: CameraScope) -> Iterator[Found]:
    """Judge past passages, the newest first; says in `result` where it had to stop."""
    found = session.execute(past.positions(plate_pattern, result.since, scope, limit=_MAX_JUDGED + 1)).all()
    if len(found) > _MAX_JUDGED:
        found = found[:_MAX_JUDGED]
        result.since, result.complete = found[-1].captured_at, False
    for start in range(0, len(found), _BATCH):
        ids = [position.id for position in found[start : start + _BATCH]]
        of_batch = select(Event).where(Event.id == any_(literal(ids, ARRAY(Uuid))))
        for event in session.scalars(of_batch.order_by(Event.captured_at.desc(), Event.id.desc())):
            judged = _judge(plate_pattern, event)
            if judged is not None:
                yield judged


def _judge(plate_pattern: PlatePattern, event: Event) -> Found | None:
    read = read_of(event)
    by = None if read is None else matched_by(plate_pattern, read)
    return None if read is None or by is None else Found(event, by, read, region_differs(plate_pattern, read))
