"""The life of a hit: what people make of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from anpr import audit
from anpr.alerts.bolos.matching import announce_change, mark_for_review
from anpr.alerts.bolos.patterns import known_region
from anpr.audit import Action
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.identity import scopes
from anpr.identity.principals import Principal
from anpr.identity.scopes import CameraScope
from anpr.models import BoloMatch, HitStatus, Review
from anpr.paging import Page, PageRequest, Position, newest_first, page_of
from anpr.regions import contradict

_SETTABLE: Final = frozenset(HitStatus) - {HitStatus.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class HitFilter:
    """Which hits to list; None means any.

    Attributes:
        alert: True for those that people were alerted of, False for repeats and historical ones.
        captured_from: captured at this time or later.
        captured_to: captured before this time.
    """

    list_id: UUID | None = None
    bolo_id: UUID | None = None
    event_id: UUID | None = None
    camera_id: UUID | None = None
    status: HitStatus | None = None
    alert: bool | None = None
    historical: bool | None = None
    captured_from: datetime | None = None
    captured_to: datetime | None = None


_WHOLE: Final = (
    joinedload(BoloMatch.bolo),
    joinedload(BoloMatch.list),
    joinedload(BoloMatch.event),
    joinedload(BoloMatch.camera),
)


def find(session: Session, page: PageRequest, which: HitFilter, *, scope: CameraScope = None) -> Page[BoloMatch]:
    """List the hits at the cameras in scope, the latest capture first, each with its entry, list, event and camera."""
    equal = {
        BoloMatch.list_id: which.list_id,
        BoloMatch.bolo_id: which.bolo_id,
        BoloMatch.event_id: which.event_id,
        BoloMatch.camera_id: which.camera_id,
        BoloMatch.status: which.status,
        BoloMatch.alert: which.alert,
        BoloMatch.historical: which.historical,
    }
    statement = scopes.limit(select(BoloMatch).options(*_WHOLE), scope, BoloMatch.camera_id)
    statement = statement.where(*(column == value for column, value in equal.items() if value is not None))
    if which.captured_from is not None:
        statement = statement.where(BoloMatch.captured_at >= which.captured_from)
    if which.captured_to is not None:
        statement = statement.where(BoloMatch.captured_at < which.captured_to)
    hits = session.scalars(newest_first(statement, BoloMatch.captured_at, BoloMatch.id, page)).all()
    return page_of(hits, page, lambda hit: Position(hit.captured_at, hit.id))


def get(session: Session, match_id: UUID, *, scope: CameraScope = None) -> BoloMatch:
    """Get one hit, with its entry, list, event and camera.

    Raises:
        NotFound: there is none in scope.
    """
    statement = select(BoloMatch).where(BoloMatch.id == match_id).options(*_WHOLE)
    hit = session.scalar(scopes.limit(statement, scope, BoloMatch.camera_id).execution_options(populate_existing=True))
    if hit is None:
        raise NotFound(f"There is no hit {match_id}.")
    return hit


def region_differs(hit: BoloMatch) -> bool:
    """Whether a hit's entry wants a plate of another region than its passage's is known to be of."""
    return contradict(hit.bolo.region, known_region(hit.event))


def judge(session: Session, principal: Principal, match_id: UUID, status: HitStatus, note: str) -> BoloMatch:
    """Say what a hit was, with the promise of its `bolo.updated`. Any verdict may be changed by a later one.

    Raises:
        NotFound: there is no such hit in scope.
        Unprocessable: `withdrawn` is the backend's to say.
        Conflict: the hit is withdrawn; the verdict on its event must be undone first.
    """
    if status not in _SETTABLE:
        raise Unprocessable("A hit is withdrawn by a verdict on its event.")
    # The event's review first, which is the order that a verdict on its read locks the two in.
    event_id = select(BoloMatch.event_id).where(BoloMatch.id == match_id).scalar_subquery()
    session.execute(select(Review.event_id).where(Review.event_id == event_id).with_for_update())
    statement = select(BoloMatch).where(BoloMatch.id == match_id).with_for_update()
    hit = session.scalar(scopes.limit(statement, principal.scope, BoloMatch.camera_id))
    if hit is None:
        raise NotFound(f"There is no hit {match_id}.")
    if hit.status is HitStatus.WITHDRAWN:
        raise Conflict("The hit is withdrawn, because of a verdict on its event; undo that one first.")
    before = hit.status
    hit.status, hit.status_note = status, note
    hit.status_by, hit.status_at = principal.actor.id, func.now()
    session.flush()
    session.refresh(hit)
    if status is not before:
        announce_change(session, hit)
    mark_for_review(session, hit.event_id)
    detail = {"from": before.value, "to": status.value, "plate": hit.plate}
    audit.record(
        session, principal.actor, Action.BOLO_HIT_JUDGED, f"bolo_hit:{hit.id}", reason=note or None, detail=detail
    )
    return get(session, match_id, scope=principal.scope)
