from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update

from anpr.alerts import bolos
from anpr.alerts.bolos import matching
from anpr.db import Database
from anpr.errors import Conflict, NotFound
from anpr.identity.principals import Principal
from anpr.models import Review, Verdict
from anpr.review import queue as review_queue
from anpr.review import verdicts
from anpr.review.queue import QueueFilter
from anpr.review.verdicts import Opinion
from anpr.settings import ReviewSettings
from tests.builders import add_event, add_user
from tests.plans import plan_of

SETTINGS = ReviewSettings()
ALL = QueueFilter()


def user_id(who: Principal) -> UUID:
    assert who.actor.id is not None
    return who.actor.id


def claim_next(database: Database, who: Principal, count: int = 1, wanted: QueueFilter = ALL) -> list[UUID]:
    with database.transaction() as session:
        claimed = review_queue.claim_next(session, user_id(who), wanted, count=count, settings=SETTINGS)
        return [review.event_id for review in claimed]


def end_leases(database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(Review).values(claimed_until=datetime.now(UTC) - timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("score", "candidates", "expected"),
    [
        (1.0, [("AB12", 1.0)], 0.0),
        (0.7, [("AB12", 0.7)], 0.3),
        (0.9, [("AB12", 0.9), ("A812", 0.45)], 0.5),
        (0.9, [("A812", 0.9), ("AB12", 0.9)], 1.0),
        (0.4, [("AB12", 0.4), ("A812", 0.1)], 0.6),
        (0.0, [], 1.0),
    ],
)
def test_doubt_is_a_low_score_or_a_close_rival(
    score: float, candidates: list[tuple[str, float]], expected: float
) -> None:
    listed = [{"plate": plate, "score": value} for plate, value in candidates]

    assert review_queue.doubt("AB12", score, listed) == pytest.approx(expected)


def test_hits_come_first_then_second_opinions_then_doubt(database: Database) -> None:
    reviewer, other = add_user(database), add_user(database)
    sure = add_event(database, score=0.99, candidates=())
    doubtful = add_event(database, score=0.4, candidates=())
    asked = add_event(database, score=0.98, candidates=())
    hit = add_event(database, score=0.97, candidates=())
    with database.transaction() as session:
        review_queue.ask_second_opinion(session, user_id(other), asked.id, "is it an O?", scope=None)
        matching.mark_urgent(session, hit.id, open_hit=True)

    assert claim_next(database, reviewer, 4) == [hit.id, asked.id, doubtful.id, sure.id]


def test_a_hit_that_is_settled_gives_up_its_place(database: Database) -> None:
    reviewer = add_user(database)
    doubtful = add_event(database, score=0.5)
    settled = add_event(database, score=0.9)
    with database.transaction() as session:
        matching.mark_urgent(session, settled.id, open_hit=True)
        matching.mark_urgent(session, settled.id, open_hit=False)

    assert claim_next(database, reviewer, 2) == [doubtful.id, settled.id]


def test_two_reviewers_get_different_events_even_at_the_same_moment(database: Database) -> None:
    one, two = add_user(database), add_user(database)
    events = {add_event(database).id for _ in range(4)}

    with database.transaction() as first, database.transaction() as second:
        mine = review_queue.claim_next(first, user_id(one), ALL, count=2, settings=SETTINGS)
        # The first transaction is open still: its rows are passed over, not waited for.
        theirs = review_queue.claim_next(second, user_id(two), ALL, count=2, settings=SETTINGS)

    assert {review.event_id for review in mine} | {review.event_id for review in theirs} == events


def test_a_claim_holds_until_its_lease_is_over(database: Database) -> None:
    one, two = add_user(database), add_user(database)
    event = add_event(database)

    assert claim_next(database, one) == [event.id]
    assert claim_next(database, two) == []
    end_leases(database)
    assert claim_next(database, two) == [event.id]


def test_a_released_event_is_free_and_only_its_holder_releases_it(database: Database) -> None:
    one, two = add_user(database), add_user(database)
    event = add_event(database)
    claim_next(database, one)

    with database.transaction() as session:
        review_queue.release(session, user_id(two), event.id, scope=None)
    assert claim_next(database, two) == []
    with database.transaction() as session:
        review_queue.release(session, user_id(one), event.id, scope=None)
    assert claim_next(database, two) == [event.id]


def test_one_event_is_claimed_and_renewed_by_name(database: Database) -> None:
    one, two = add_user(database), add_user(database)
    event = add_event(database)
    with database.transaction() as session:
        first = review_queue.claim(session, user_id(one), event.id, scope=None, lease=timedelta(minutes=1))
        until = first.claimed_until
        again = review_queue.claim(session, user_id(one), event.id, scope=None, lease=timedelta(minutes=9))

    assert until is not None
    assert again.claimed_until == until + timedelta(minutes=8)
    with database.transaction() as session, pytest.raises(Conflict, match="Another reviewer works on this event"):
        review_queue.claim(session, user_id(two), event.id, scope=None, lease=timedelta(minutes=1))


def test_nobody_hoards_the_queue(database: Database) -> None:
    reviewer = add_user(database)
    add_event(database)
    settings = ReviewSettings(max_claims=1)
    with database.transaction() as session:
        assert len(review_queue.claim_next(session, user_id(reviewer), ALL, count=1, settings=settings)) == 1

    with database.transaction() as session, pytest.raises(Conflict, match="You hold 1 claims and may hold 1"):
        review_queue.claim_next(session, user_id(reviewer), ALL, count=1, settings=settings)


def test_an_event_out_of_scope_is_not_offered_and_not_there(database: Database) -> None:
    reviewer = add_user(database)
    seen, hidden = add_event(database, score=0.9), add_event(database, score=0.1)
    mine = frozenset({seen.camera_id})

    assert claim_next(database, reviewer, 5, QueueFilter(scope=mine)) == [seen.id]
    assert claim_next(database, reviewer, 5, QueueFilter(frozenset({uuid4()}))) == []
    assert claim_next(database, reviewer, 5, QueueFilter(mine, frozenset({hidden.camera_id}))) == []
    with database.transaction() as session, pytest.raises(NotFound):
        review_queue.claim(session, user_id(reviewer), hidden.id, scope=mine, lease=SETTINGS.lease)
    with database.transaction() as session:
        assert [review.event_id for review in review_queue.top(session, QueueFilter(mine), limit=5)] == [seen.id]


def test_a_second_opinion_is_another_persons(database: Database) -> None:
    judge, asker, third = add_user(database), add_user(database), add_user(database)
    event = add_event(database)
    with database.transaction() as session:
        verdicts.give(session, judge, event.id, Opinion(Verdict.CONFIRMED), matcher=bolos.Matcher())
        review_queue.ask_second_opinion(session, user_id(asker), event.id, "look again", scope=None)

    assert claim_next(database, judge) == []
    assert claim_next(database, asker) == []
    assert claim_next(database, third) == [event.id]


def test_a_second_opinion_is_asked_for_once(database: Database) -> None:
    one, two = add_user(database), add_user(database)
    event = add_event(database)
    with database.transaction() as session:
        review_queue.ask_second_opinion(session, user_id(one), event.id, "O or 0?", scope=None)
        review_queue.ask_second_opinion(session, user_id(one), event.id, "or Q?", scope=None)
    with database.transaction() as session, pytest.raises(Conflict, match="asked for already"):
        review_queue.ask_second_opinion(session, user_id(two), event.id, "", scope=None)

    with database.transaction() as session:
        assert session.get_one(Review, event.id).second_opinion_note == "or Q?"


def test_an_event_from_before_the_queue_can_be_claimed(database: Database) -> None:
    reviewer = add_user(database)
    event = add_event(database)
    with database.transaction() as session:
        session.delete(session.get_one(Review, event.id))

    with database.transaction() as session:
        claimed = review_queue.claim(session, user_id(reviewer), event.id, scope=None, lease=SETTINGS.lease)
    assert claimed.claimed_by == reviewer.actor.id


@pytest.mark.parametrize(("by_camera", "index"), [(False, "ix_reviews_queue"), (True, "ix_reviews_camera_queue")])
def test_the_head_of_a_long_queue_is_read_from_an_index(database: Database, *, by_camera: bool, index: str) -> None:
    camera_id = uuid4()
    with database.transaction() as session:
        # Rows without their events: a plan looks at numbers only.
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(
            text(
                """
                INSERT INTO reviews (event_id, camera_id, doubt, urgency, open, second_opinion_note, disagreement)
                SELECT gen_random_uuid(),
                       CASE WHEN mod(n, 1000) = 0 THEN CAST(:camera AS uuid) ELSE gen_random_uuid() END,
                       random(), 0, true, '', false
                FROM generate_series(1, 20000) AS n
                """
            ),
            {"camera": camera_id},
        )
        session.execute(text("ANALYZE reviews"))
    wanted = QueueFilter(camera_ids=frozenset({camera_id}) if by_camera else frozenset())

    plan = plan_of(database, review_queue._free(uuid4(), wanted, 5))

    assert index in plan
    assert "Seq Scan on reviews" not in plan
