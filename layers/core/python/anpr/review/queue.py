"""The review queue: what most needs a person comes first, and nobody gets what another reviewer works on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from anpr.errors import Conflict, NotFound
from anpr.identity import scopes
from anpr.identity.scopes import CameraScope
from anpr.models import Correction, Event, Review, Urgency
from anpr.settings import ReviewSettings

# The order that the partial indexes on open reviews have.
_ORDER = (Review.urgency.desc(), Review.doubt.desc(), Review.event_id)

_Selection = TypeVar("_Selection", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which part of the queue somebody works on.

    Attributes:
        scope: the cameras the caller may see.
        camera_ids: the cameras asked for; empty for all in scope.
    """

    scope: CameraScope = None
    camera_ids: frozenset[UUID] = frozenset()

    def apply(self, statement: _Selection) -> _Selection:
        """Keep a statement over `reviews` to the cameras asked for that are in scope."""
        statement = scopes.limit(statement, self.scope, Review.camera_id)
        return scopes.limit(statement, self.camera_ids or None, Review.camera_id)


def doubt(plate: str, score: float, candidates: Iterable[Mapping[str, Any]]) -> float:
    """Say how unsure a read is, by its score and by how near the best other reading came.

    Args:
        plate: the read.
        score: its confidence, 0-1.
        candidates: the likeliest readings, each with `plate` and `score`.

    Returns:
        0 (sure) to 1. Two candidates of equal score that differ are a coin toss: 1, however high the score.
    """
    rival = max((float(candidate["score"]) for candidate in candidates if candidate["plate"] != plate), default=0.0)
    closeness = rival / score if score > 0 else 1.0
    return min(1.0, max(1.0 - score, closeness, 0.0))


def enqueue(session: Session, event: Event) -> None:
    """Put an event on the queue, unless it is there already."""
    session.execute(
        insert(Review)
        .values(
            event_id=event.id,
            camera_id=event.camera_id,
            doubt=doubt(event.plate, event.score, event.candidates),
        )
        .on_conflict_do_nothing()
    )


def top(session: Session, criteria: QueueFilter, *, limit: int) -> Sequence[Review]:
    """Look at the head of the queue without claiming anything; claimed events are among it, with whose they are."""
    statement = criteria.apply(select(Review).where(Review.open)).order_by(*_ORDER).limit(limit)
    return session.scalars(statement.options(selectinload(Review.event))).all()


def claim_next(
    session: Session, reviewer_id: UUID, criteria: QueueFilter, *, count: int, settings: ReviewSettings
) -> Sequence[Review]:
    """Claim the most urgent events that nobody works on.

    Args:
        session: the transaction.
        reviewer_id: who claims.
        criteria: from which cameras.
        count: the most to claim.
        settings: length of the lease, and how many one reviewer may hold.

    Returns:
        The claimed reviews with their events, the most urgent first; empty where nothing is left.

    Raises:
        Conflict: the reviewer would hold more claims than allowed.
    """
    held = session.scalar(
        select(func.count())
        .select_from(Review)
        .where(Review.claimed_by == reviewer_id, Review.claimed_until > func.now())
    )
    if (held or 0) + count > settings.max_claims:
        raise Conflict(
            f"You hold {held} claims and may hold {settings.max_claims}; review or release some of them first.",
            held=held,
            limit=settings.max_claims,
        )
    free = _free(reviewer_id, criteria, count).cte("free")
    claimed = session.scalars(
        update(Review)
        .where(Review.event_id.in_(select(free.c.event_id)))
        .values(claimed_by=reviewer_id, claimed_until=func.now() + settings.lease)
        .returning(Review.event_id)
        .execution_options(synchronize_session=False)
    ).all()
    return _load(session, claimed)


def claim(session: Session, reviewer_id: UUID, event_id: UUID, *, scope: CameraScope, lease: timedelta) -> Review:
    """Claim one event, or renew one's claim on it. An event that is not on the queue may be claimed too.

    Raises:
        NotFound: no such event in scope.
        Conflict: somebody else works on it.
    """
    review = locked(session, event_id, scope=scope)
    refuse_claimed_by_other(session, review, reviewer_id)
    session.execute(
        update(Review)
        .where(Review.event_id == event_id)
        .values(claimed_by=reviewer_id, claimed_until=func.now() + lease)
        .execution_options(synchronize_session=False)
    )
    return _load(session, [event_id])[0]


def release(session: Session, reviewer_id: UUID, event_id: UUID, *, scope: CameraScope) -> None:
    """Give up one's claim; a claim that is no longer one's own is left alone.

    Raises:
        NotFound: no such event in scope.
    """
    review = locked(session, event_id, scope=scope)
    if review.claimed_by == reviewer_id:
        review.claimed_by = review.claimed_until = None
        session.flush()


def ask_second_opinion(session: Session, reviewer_id: UUID, event_id: UUID, note: str, *, scope: CameraScope) -> Review:
    """Put an event before another reviewer: never the one who asks, nor one whose verdict stands on it.

    Until then the present verdict, if there is one, holds.

    Args:
        session: the transaction.
        reviewer_id: who asks.
        event_id: about which event.
        note: what the other reviewer should look at.
        scope: the cameras the caller may see.

    Raises:
        NotFound: no such event in scope.
        Conflict: somebody else works on it, or somebody else has asked already.
    """
    review = locked(session, event_id, scope=scope)
    refuse_claimed_by_other(session, review, reviewer_id)
    if review.urgency & Urgency.SECOND_OPINION and review.second_opinion_by != reviewer_id:
        raise Conflict("A second opinion on this event has been asked for already.")
    review.urgency |= Urgency.SECOND_OPINION
    review.second_opinion_by, review.second_opinion_note = reviewer_id, note
    review.open = True
    review.claimed_by = review.claimed_until = None
    session.flush()
    return _load(session, [event_id])[0]


def locked(session: Session, event_id: UUID, *, scope: CameraScope) -> Review:
    """Load an event's review for a change, with its event; whoever else would change it waits.

    Raises:
        NotFound: no such event in scope.
    """
    event = session.scalar(scopes.limit(select(Event).where(Event.id == event_id), scope, Event.camera_id))
    if event is None:
        raise NotFound(f"There is no event {event_id}.")
    enqueue(session, event)
    return session.scalars(
        select(Review)
        .where(Review.event_id == event_id)
        .with_for_update()
        .options(selectinload(Review.event))
        # What was loaded before the lock was granted may be of before another reviewer's commit.
        .execution_options(populate_existing=True)
    ).one()


def refuse_claimed_by_other(session: Session, review: Review, reviewer_id: UUID) -> None:
    """Refuse to touch what another reviewer works on.

    Raises:
        Conflict: the claim is another's and not over; it says until when it holds.
    """
    if review.claimed_by in (None, reviewer_id) or review.claimed_until is None:
        return
    # The database's clock made the lease, so it judges it.
    if review.claimed_until > session.execute(select(func.now())).scalar_one():
        raise Conflict(
            f"Another reviewer works on this event until {review.claimed_until.isoformat()}.",
            claimed_until=review.claimed_until.isoformat(),
        )


def _free(reviewer_id: UUID, criteria: QueueFilter, count: int) -> Select[UUID]:
    """The most urgent events that a reviewer may claim, locked."""
    unclaimed = or_(Review.claimed_until.is_(None), Review.claimed_until <= func.now())
    return (
        criteria.apply(select(Review.event_id).where(Review.open, unclaimed, _may_judge(reviewer_id)))
        .order_by(*_ORDER)
        .limit(count)
        # Two reviewers who ask at the same moment get different events, and neither waits.
        .with_for_update(skip_locked=True)
    )


def _may_judge(reviewer_id: UUID) -> ColumnElement[bool]:
    """Not one's own second opinion: neither who asked for it nor whose verdict is in question gets the event."""
    judged = exists().where(
        Correction.event_id == Review.event_id,
        Correction.reviewer_id == reviewer_id,
        Correction.undone_at.is_(None),
    )
    asked = func.coalesce(Review.second_opinion_by == reviewer_id, False)
    return or_(Review.urgency.op("&")(int(Urgency.SECOND_OPINION)) == 0, not_(or_(asked, judged)))


def _load(session: Session, event_ids: Sequence[UUID]) -> Sequence[Review]:
    return session.scalars(
        select(Review)
        .where(Review.event_id.in_(event_ids))
        .order_by(*_ORDER)
        .options(selectinload(Review.event))
        .execution_options(populate_existing=True)
    ).all()
