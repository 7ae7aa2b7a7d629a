"""How often people agree with the machine, and with each other: by camera and week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Date, case, cast, exists, func, literal_column, select
from sqlalchemy.orm import Session

from anpr.identity import scopes
from anpr.identity.scopes import CameraScope
from anpr.models import Camera, Correction, Event, Review, ReviewStatus


@dataclass(frozen=True, slots=True)
class AgreementQuery:
    """Which events to compare: by when their footage was taken, `captured_to` excluded."""

    captured_from: datetime
    captured_to: datetime
    camera_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Agreement:
    """One camera's reviewed events of one ISO week, in the camera's own time zone.

    Attributes:
        week: the Monday that the week starts with.
        confirmed: events whose read was right.
        corrected: events whose read, or whose region, was wrong.
        rejected: events that are no readable plate of the right vehicle.
        agreement: share of events whose text was right among those with a plate; None where there are none.
        character_agreement: mean share of right characters in those, by edit distance; None where there are none.
        second_opinions: events that a second reviewer judged.
        disagreements: those of them on which the second reviewer saw it differently.
    """

    camera_id: UUID
    week: date
    confirmed: int
    corrected: int
    rejected: int
    agreement: float | None
    character_agreement: float | None
    second_opinions: int
    disagreements: int


def agreement(session: Session, query: AgreementQuery, *, scope: CameraScope) -> Sequence[Agreement]:
    """Compare the machine's reads with the verdicts that hold, by camera and week, oldest week first.

    Weeks are those in which the footage was taken, not those of the review: they show when a camera read badly.
    """
    # Not a parameter: PostgreSQL would not see that what is selected is what is grouped by.
    unit: ColumnElement[str] = literal_column("'week'")
    week = cast(func.date_trunc(unit, func.timezone(Camera.time_zone, Event.captured_at)), Date).label("week")
    confirmed = Event.review_status == ReviewStatus.CONFIRMED
    corrected = Event.review_status == ReviewStatus.CORRECTED
    # A correction may be of the region alone.
    right = confirmed | (corrected & (Event.reviewed_plate == Event.plate))
    length = func.greatest(func.length(Event.plate), func.length(Event.reviewed_plate), 1)
    characters = case((corrected, 1.0 - func.levenshtein(Event.plate, Event.reviewed_plate) * 1.0 / length), else_=1.0)
    judged_again = exists().where(
        Correction.event_id == Event.id, Correction.second_opinion, Correction.undone_at.is_(None)
    )
    statement = (
        select(
            Event.camera_id,
            week,
            func.count().filter(confirmed).label("confirmed"),
            func.count().filter(corrected).label("corrected"),
            func.count().filter(Event.review_status == ReviewStatus.REJECTED).label("rejected"),
            func.avg(case((right, 1.0), else_=0.0)).filter(confirmed | corrected).label("agreement"),
            func.avg(characters).filter(confirmed | corrected).label("character_agreement"),
            func.count().filter(judged_again).label("second_opinions"),
            func.count().filter(Review.disagreement).label("disagreements"),
        )
        .join(Camera, Camera.id == Event.camera_id)
        .join(Review, Review.event_id == Event.id)
        .where(
            # Named one by one, so that the index on status and time serves.
            Event.review_status.in_((ReviewStatus.CONFIRMED, ReviewStatus.CORRECTED, ReviewStatus.REJECTED)),
            Event.captured_at >= query.captured_from,
            Event.captured_at < query.captured_to,
        )
        .group_by(Event.camera_id, week)
        .order_by(week, Event.camera_id)
    )
    statement = scopes.limit(statement, scope, Event.camera_id)
    statement = scopes.limit(statement, query.camera_ids or None, Event.camera_id)
    return [
        Agreement(
            camera_id=row.camera_id,
            week=row.week,
            confirmed=row.confirmed,
            corrected=row.corrected,
            rejected=row.rejected,
            agreement=None if row.agreement is None else float(row.agreement),
            character_agreement=None if row.character_agreement is None else float(row.character_agreement),
            second_opinions=row.second_opinions,
            disagreements=row.disagreements,
        )
        for row in session.execute(statement)
    ]
