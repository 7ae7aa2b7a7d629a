"""How much passed before each camera and how much of it was read: by hour or day, and what passed last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, select, true
from sqlalchemy.orm import Session

from anpr.errors import Unprocessable
from anpr.identity import scopes
from anpr.identity.scopes import CameraScope
from anpr.models import Camera, Event

MAX_ROWS: Final = 20_000
"""What one answer holds, with room to spare in the 6 MB that a Lambda may answer with."""


class Step(StrEnum):
    """How long each count is."""

    HOUR = "hour"
    DAY = "day"


MAX_SPAN: Final = {Step.HOUR: timedelta(days=31), Step.DAY: timedelta(days=366)}
"""How much time can be asked for at once: what is counted is read, passage by passage."""


@dataclass(frozen=True, slots=True)
class TrafficQuery:
    """Which passages to count: by when their footage was taken, `captured_to` excluded; no cameras are all."""

    captured_from: datetime
    captured_to: datetime
    step: Step = Step.HOUR
    camera_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Traffic:
    """One camera's passages of one hour or day, in the camera's own time zone.

    Attributes:
        start: when the hour or day begins.
        passages: vehicles that passed.
        unreadable: those of them whose plate could not be read.
        score: mean score of the reads of the others, 0-1; None where there are none.
    """

    camera_id: UUID
    start: datetime
    passages: int
    unreadable: int
    score: float | None


@dataclass(frozen=True, slots=True)
class LastPassage:
    """What passed before a camera last."""

    camera_id: UUID
    event_id: UUID
    captured_at: datetime


def traffic(session: Session, query: TrafficQuery, *, scope: CameraScope) -> Sequence[Traffic]:
    """Count passages by camera and hour or day, the earliest first; where nothing passed there is no row.

    Raises:
        Unprocessable: the counts are more than one answer holds.
    """
    # Not a parameter: PostgreSQL would not see that what is selected is what is grouped by.
    unit: ColumnElement[str] = literal_column(f"'{query.step.value}'")
    start = func.date_trunc(unit, Event.captured_at, Camera.time_zone).label("start")
    statement = (
        select(
            Event.camera_id,
            start,
            func.count().label("passages"),
            func.count().filter(~Event.readable).label("unreadable"),
            func.avg(Event.score).filter(Event.readable).label("score"),
        )
        .join(Camera, Camera.id == Event.camera_id)
        .where(Event.captured_at >= query.captured_from, Event.captured_at < query.captured_to)
        .group_by(Event.camera_id, start)
        .order_by(start, Event.camera_id)
        .limit(MAX_ROWS + 1)
    )
    statement = scopes.limit(statement, scope, Event.camera_id)
    statement = scopes.limit(statement, query.camera_ids or None, Event.camera_id)
    rows = session.execute(statement).all()
    if len(rows) > MAX_ROWS:
        why = f"That is more than {MAX_ROWS} counts; ask for less time, fewer cameras, or by day."
        raise Unprocessable(why, errors=[{"pointer": "/query/captured_from", "detail": why}])
    return [
        Traffic(row.camera_id, row.start, row.passages, row.unreadable, None if row.score is None else float(row.score))
        for row in rows
    ]


def last_passages(session: Session, *, scope: CameraScope) -> Sequence[LastPassage]:
    """What passed last before each camera; nothing of cameras that nothing has passed.

    One look-up of an index for each camera, however many passages there are.
    """
    newest = (
        select(Event.id, Event.captured_at)
        .where(Event.camera_id == Camera.id)
        .order_by(Event.captured_at.desc(), Event.id.desc())
        .limit(1)
        .lateral()
    )
    statement = select(Camera.id.label("camera_id"), newest.c.id, newest.c.captured_at).join(newest, true())
    statement = scopes.limit(statement, scope, Camera.id).order_by(newest.c.captured_at.desc(), Camera.id)
    return [LastPassage(row.camera_id, row.id, row.captured_at) for row in session.execute(statement)]
