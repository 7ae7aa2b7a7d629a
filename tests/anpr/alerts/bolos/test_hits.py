from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from anpr.alerts import bolos
from anpr.alerts.bolos import Matcher, entries, hits, lists
from anpr.alerts.bolos.hits import HitFilter
from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.identity.principals import Principal
from anpr.models import Event, HitStatus, OutboxMessage, Review, ReviewStatus, Urgency
from anpr.paging import PageRequest
from tests.builders import add_event, add_user


@pytest.fixture
def list_id(database: Database) -> UUID:
    with database.transaction() as session:
        made = lists.create(session, SYSTEM, {"name": "stolen"})
        entries.create(session, SYSTEM, made.id, {"pattern": "LS15EBC"})
        return made.id


def _find(database: Database, principal: Principal | None = None, **wanted: Any) -> list[UUID]:
    with database.transaction() as session:
        scope = None if principal is None else principal.scope
        return [hit.id for hit in hits.find(session, PageRequest("hits"), HitFilter(**wanted), scope=scope).items]


def test_finding_hits(database: Database, list_id: UUID) -> None:
    events = [add_event(database, plate="LS15EBC", best_s=float(second)) for second in (1, 2, 3)]
    [third, second, first] = _find(database)
    reviewer = add_user(database)
    with database.transaction() as session:
        hits.judge(session, reviewer, second, HitStatus.VERIFIED, "")

    assert _find(database, event_id=events[0].id) == [first]
    assert _find(database, camera_id=events[1].camera_id) == [second]
    assert _find(database, status=HitStatus.VERIFIED) == [second]
    assert _find(database, list_id=list_id, alert=True) == [third, second, first]
    assert _find(database, list_id=uuid4()) == _find(database, historical=True) == []
    assert _find(database, captured_from=events[1].captured_at) == [third, second]
    assert _find(database, captured_to=events[1].captured_at) == [first]


def test_pages_go_on_where_they_ended(database: Database, list_id: UUID) -> None:
    for _ in range(3):
        add_event(database, plate="LS15EBC")
    with database.transaction() as session:
        page = hits.find(session, PageRequest("hits", limit=2), HitFilter(list_id=list_id))
        rest = hits.find(session, PageRequest("hits", limit=2, cursor=page.next_cursor), HitFilter(list_id=list_id))
    assert len({hit.id for hit in (*page.items, *rest.items)}) == 3
    assert rest.next_cursor is None


def test_a_caller_sees_and_judges_only_the_hits_of_their_cameras(database: Database, list_id: UUID) -> None:
    ours, theirs = (add_event(database, plate="LS15EBC") for _ in range(2))
    [our_hit], [their_hit] = (_find(database, event_id=event.id) for event in (ours, theirs))
    user = add_user(database)
    limited = Principal(user.actor, user.role, frozenset({ours.camera_id}))

    assert _find(database, limited, list_id=list_id) == [our_hit]
    with database.transaction() as session:
        with pytest.raises(NotFound):
            hits.get(session, their_hit, scope=limited.scope)
        with pytest.raises(NotFound):
            hits.judge(session, limited, their_hit, HitStatus.VERIFIED, "")
        assert hits.get(session, our_hit, scope=limited.scope).camera.id == ours.camera_id


def test_a_verdict_is_kept_with_who_and_when_and_told(database: Database, list_id: UUID) -> None:
    event = add_event(database, plate="LS15EBC")
    [hit_id] = _find(database, list_id=list_id)
    reviewer = add_user(database)
    with database.transaction() as session:
        hit = hits.judge(session, reviewer, hit_id, HitStatus.WRONG_VEHICLE, "a van, not a car")
    assert (hit.status, hit.status_note, hit.status_by) == (
        HitStatus.WRONG_VEHICLE,
        "a van, not a car",
        reviewer.actor.id,
    )
    assert hit.status_at is not None
    with database.transaction() as session:
        told = session.scalars(select(OutboxMessage).where(OutboxMessage.type == "bolo.updated")).one()
        urgency = session.scalars(select(Review.urgency).where(Review.event_id == event.id)).one()
    assert (told.data["match_id"], told.data["status"]) == (str(hit_id), "wrong_vehicle")
    assert not urgency & Urgency.OPEN_HIT


def test_the_same_verdict_again_is_not_told_again(database: Database, list_id: UUID) -> None:
    add_event(database, plate="LS15EBC")
    [hit_id] = _find(database, list_id=list_id)
    reviewer = add_user(database)
    for note in ("", "still"):
        with database.transaction() as session:
            hits.judge(session, reviewer, hit_id, HitStatus.VERIFIED, note)
    with database.transaction() as session:
        assert len(session.scalars(select(OutboxMessage).where(OutboxMessage.type == "bolo.updated")).all()) == 1


def test_withdrawing_is_the_backend_s(database: Database, list_id: UUID) -> None:
    event = add_event(database, plate="LS15EBC")
    [hit_id] = _find(database, list_id=list_id)
    reviewer = add_user(database)
    with database.transaction() as session, pytest.raises(Unprocessable):
        hits.judge(session, reviewer, hit_id, HitStatus.WITHDRAWN, "")
    with database.transaction() as session:
        rejected = session.get_one(Event, event.id)
        rejected.review_status = ReviewStatus.REJECTED
        bolos.rematch(session, Matcher(), rejected)
    with database.transaction() as session, pytest.raises(Conflict, match="undo"):
        hits.judge(session, reviewer, hit_id, HitStatus.VERIFIED, "")
