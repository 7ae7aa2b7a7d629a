from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from anpr.alerts import bolos
from anpr.audit import Actor
from anpr.db import Database
from anpr.errors import Conflict, Forbidden, NotFound, Unprocessable
from anpr.identity.principals import Principal
from anpr.messages import EventType
from anpr.models import AuditRecord, Correction, Event, OutboxMessage, RejectReason, Review, ReviewStatus, Role, Verdict
from anpr.review import queue as review_queue
from anpr.review import verdicts
from anpr.review.verdicts import Opinion
from tests.builders import add_event, add_user

CONFIRM = Opinion(Verdict.CONFIRMED)
CORRECT = Opinion(Verdict.CORRECTED, plate="ls15 e8c", region_code="IE")
REJECT = Opinion(Verdict.REJECTED, reject_reason=RejectReason.NOT_A_PLATE)


def give(database: Database, who: Principal, event: Event, opinion: Opinion) -> tuple[Correction, bool]:
    with database.transaction() as session:
        return verdicts.give(session, who, event.id, opinion, matcher=bolos.Matcher())


def undo(database: Database, who: Principal, correction: Correction) -> Correction:
    with database.transaction() as session:
        return verdicts.undo(session, who, correction.id, matcher=bolos.Matcher())


def ask(database: Database, who: Principal, event: Event) -> None:
    with database.transaction() as session:
        review_queue.ask_second_opinion(session, verdicts.person(who), event.id, "", scope=None)


def now(database: Database, event: Event) -> Event:
    with database.transaction() as session:
        return session.get_one(Event, event.id)


def review(database: Database, event: Event) -> Review:
    with database.transaction() as session:
        return session.get_one(Review, event.id)


def told(database: Database) -> list[tuple[str, str | None]]:
    with database.transaction() as session:
        rows = session.scalars(
            select(OutboxMessage).where(OutboxMessage.type == EventType.EVENT_REVIEWED).order_by(OutboxMessage.seq)
        )
        return [(row.data["status"], row.data["plate"]) for row in rows]


@pytest.mark.parametrize(
    ("opinion", "status", "plate", "region"),
    [
        (CONFIRM, ReviewStatus.CONFIRMED, "LS15EBC", "gb"),
        (CORRECT, ReviewStatus.CORRECTED, "LS15E8C", "ie"),
        (REJECT, ReviewStatus.REJECTED, None, None),
    ],
)
def test_a_verdict_settles_what_the_plate_is_and_leaves_the_read_alone(
    database: Database, opinion: Opinion, status: ReviewStatus, plate: str | None, region: str | None
) -> None:
    reviewer, event = add_user(database), add_event(database)

    _, new = give(database, reviewer, event, opinion)

    after = now(database, event)
    assert new
    assert (after.review_status, after.effective_plate, after.effective_region) == (
        status,
        plate,
        region,
    )
    assert (after.plate, after.plate_key, after.raw_plate, after.region_code) == (
        event.plate,
        event.plate_key,
        event.raw_plate,
        event.region_code,
    )
    assert told(database) == [(status.value, plate)]
    assert not review(database, event).open


def test_a_corrected_plate_is_found_by_its_key(database: Database) -> None:
    event = add_event(database)

    give(database, add_user(database), event, CORRECT)

    assert now(database, event).reviewed_plate_key == "1515E8C"


def test_a_correction_to_what_the_machine_read_is_a_confirmation(database: Database) -> None:
    event = add_event(database)

    given, _ = give(database, add_user(database), event, Opinion(Verdict.CORRECTED, plate="LS15-EBC"))

    assert (given.verdict, given.plate) == (Verdict.CONFIRMED, None)


@pytest.mark.parametrize("said", ["RO", "ro", " Ro "])
def test_a_region_that_the_machine_said_too_is_no_correction_in_whatever_case(database: Database, said: str) -> None:
    event = add_event(database, region=("ro", 0.9))

    given, _ = give(database, add_user(database), event, Opinion(Verdict.CORRECTED, plate="LS15EBC", region_code=said))

    after = now(database, event)
    assert (given.verdict, given.region_code, after.review_status) == (Verdict.CONFIRMED, "ro", ReviewStatus.CONFIRMED)
    assert (after.reviewed_plate, after.reviewed_region_code) == (None, "ro")


def test_a_corrected_region_is_stored_in_one_spelling(database: Database) -> None:
    event = add_event(database, region=("RO", 0.9))

    give(database, add_user(database), event, Opinion(Verdict.CORRECTED, plate="LS15EBC", region_code="US-CA"))

    after = now(database, event)
    assert (after.region_code, after.reviewed_region_code) == ("ro", "us-ca")


def test_what_is_no_region_is_refused(database: Database) -> None:
    event = add_event(database)
    with pytest.raises(Unprocessable, match="such as gb or us-ca"):
        give(database, add_user(database), event, Opinion(Verdict.CORRECTED, plate="LS15EBC", region_code="Romania"))


def test_who_names_the_region_and_who_leaves_it_to_the_machine_agree(database: Database) -> None:
    one, two, event = add_user(database), add_user(database), add_event(database, region=("ro", 0.9))
    give(database, one, event, CONFIRM)
    with database.transaction() as session:
        review_queue.ask_second_opinion(session, verdicts.person(one), event.id, "", scope=None)
    give(database, two, event, Opinion(Verdict.CORRECTED, plate="LS15EBC", region_code="RO"))

    assert not review(database, event).disagreement


def test_a_correction_of_the_region_alone_keeps_the_text(database: Database) -> None:
    event = add_event(database)

    give(database, add_user(database), event, Opinion(Verdict.CORRECTED, plate="LS15EBC", region_code="IE"))

    after = now(database, event)
    assert (after.effective_plate, after.effective_region) == ("LS15EBC", "ie")


@pytest.mark.parametrize(
    ("opinion", "message"),
    [
        (Opinion(Verdict.CORRECTED), "1 to 16 letters and digits"),
        (Opinion(Verdict.CORRECTED, plate=" -?- "), "1 to 16 letters and digits"),
        (Opinion(Verdict.CORRECTED, plate="A" * 17), "1 to 16 letters and digits"),
        (Opinion(Verdict.CORRECTED, plate="M\ufffd AB 123"), "No plate has"),
        (Opinion(Verdict.REJECTED), "Say why"),
    ],
)
def test_an_opinion_that_says_nothing_is_refused(database: Database, opinion: Opinion, message: str) -> None:
    event = add_event(database)

    with pytest.raises(Unprocessable, match=message):
        give(database, add_user(database), event, opinion)
    assert now(database, event).review_status is ReviewStatus.UNREVIEWED


def test_an_unreadable_plate_cannot_be_confirmed_and_can_be_corrected(database: Database) -> None:
    reviewer, event = add_user(database), add_event(database, plate="LS1?EBC", readable=False)

    with pytest.raises(Unprocessable, match="nothing to confirm"):
        give(database, reviewer, event, CONFIRM)
    give(database, reviewer, event, CORRECT)
    assert now(database, event).effective_plate == "LS15E8C"


def test_the_same_verdict_sent_twice_is_one(database: Database) -> None:
    reviewer, event = add_user(database), add_event(database)

    first, _ = give(database, reviewer, event, CORRECT)
    second, new = give(database, reviewer, event, CORRECT)

    assert (second.id, new) == (first.id, False)
    assert len(told(database)) == 1


def test_another_reviewers_verdict_is_not_overwritten_unawares(database: Database) -> None:
    one, two, event = add_user(database), add_user(database), add_event(database)
    first, _ = give(database, one, event, CONFIRM)

    with pytest.raises(Conflict, match="Another reviewer has already judged this event") as refused:
        give(database, two, event, CORRECT)
    assert refused.value.extra == {"live_verdict": str(first.id)}

    second, _ = give(database, two, event, replace(CORRECT, supersedes=first.id))
    assert second.supersedes_id == first.id
    assert now(database, event).review_status is ReviewStatus.CORRECTED


def test_a_verdict_on_one_that_was_undone_meanwhile_is_refused(database: Database) -> None:
    one, two, event = add_user(database), add_user(database), add_event(database)
    first, _ = give(database, one, event, CONFIRM)
    undo(database, one, first)

    with pytest.raises(Conflict, match="has been undone"):
        give(database, two, event, replace(CORRECT, supersedes=first.id))


def test_an_event_that_somebody_works_on_is_theirs(database: Database) -> None:
    one, two, event = add_user(database), add_user(database), add_event(database)
    with database.transaction() as session:
        review_queue.claim(session, verdicts.person(one), event.id, scope=None, lease=timedelta(minutes=5))

    with pytest.raises(Conflict, match="Another reviewer works on this event"):
        give(database, two, event, CONFIRM)
    give(database, one, event, CONFIRM)
    assert review(database, event).claimed_by is None


def test_undoing_the_only_verdict_puts_the_event_back_on_the_queue(database: Database) -> None:
    reviewer, event = add_user(database), add_event(database)
    given, _ = give(database, reviewer, event, CORRECT)

    undone = undo(database, reviewer, given)
    undo(database, reviewer, given)

    after = now(database, event)
    assert undone.undone_by == reviewer.actor.id
    assert (after.review_status, after.reviewed_plate, after.reviewed_plate_key, after.reviewed_region_code) == (
        ReviewStatus.UNREVIEWED,
        None,
        None,
        None,
    )
    assert review(database, event).open
    assert told(database) == [("corrected", "LS15E8C"), ("unreviewed", "LS15EBC")]


def test_undoing_a_later_verdict_brings_the_earlier_back(database: Database) -> None:
    one, two, event = add_user(database), add_user(database), add_event(database)
    first, _ = give(database, one, event, CORRECT)
    second, _ = give(database, two, event, replace(REJECT, supersedes=first.id))

    with pytest.raises(Conflict, match="A later verdict"):
        undo(database, one, first)
    undo(database, two, second)

    assert now(database, event).effective_plate == "LS15E8C"
    assert not review(database, event).open


def test_only_its_giver_or_an_administrator_undoes_a_verdict(database: Database) -> None:
    one, two, admin, event = (
        add_user(database),
        add_user(database),
        add_user(database, Role.ADMIN),
        add_event(database),
    )
    given, _ = give(database, one, event, CONFIRM)

    with pytest.raises(Forbidden):
        undo(database, two, given)
    assert undo(database, admin, given).undone_by == admin.actor.id


@pytest.mark.parametrize(("second", "differs"), [(CONFIRM, False), (CORRECT, True)])
def test_a_second_opinion_decides_and_a_difference_is_flagged(
    database: Database, second: Opinion, *, differs: bool
) -> None:
    one, two, event = add_user(database), add_user(database), add_event(database)
    give(database, one, event, CONFIRM)
    ask(database, one, event)

    given, _ = give(database, two, event, second)

    after = review(database, event)
    assert given.second_opinion
    assert (after.disagreement, after.open, after.urgency) == (differs, False, 0)
    assert now(database, event).review_status.value == given.verdict.value


def test_one_does_not_give_oneself_a_second_opinion(database: Database) -> None:
    one, two, event = add_user(database), add_user(database), add_event(database)
    first, _ = give(database, one, event, CONFIRM)
    ask(database, two, event)

    for who in (one, two):
        with pytest.raises(Conflict, match="another reviewer must give it"):
            give(database, who, event, replace(CORRECT, supersedes=first.id))


def test_undoing_a_second_opinion_takes_its_flag_back(database: Database) -> None:
    one, two, event = add_user(database), add_user(database), add_event(database)
    give(database, one, event, CONFIRM)
    ask(database, one, event)
    given, _ = give(database, two, event, CORRECT)

    undo(database, two, given)

    assert not review(database, event).disagreement
    assert now(database, event).review_status is ReviewStatus.CONFIRMED


def test_only_people_judge(database: Database) -> None:
    event = add_event(database)
    machine = Principal(Actor(None, "key of a camera"), Role.ADMIN)

    with pytest.raises(Forbidden, match="Only a person"):
        give(database, machine, event, CONFIRM)


def test_what_is_out_of_scope_is_not_there(database: Database) -> None:
    one, event = add_user(database), add_event(database)
    given, _ = give(database, one, event, CONFIRM)
    elsewhere = replace(one, scope=frozenset({uuid4()}))

    with pytest.raises(NotFound):
        give(database, elsewhere, event, CORRECT)
    with pytest.raises(NotFound):
        undo(database, elsewhere, given)
    with database.transaction() as session, pytest.raises(NotFound):
        verdicts.history(session, event.id, scope=elsewhere.scope)


@pytest.mark.parametrize("unknown", [uuid4()])
def test_an_unknown_verdict_is_not_there(database: Database, unknown: UUID) -> None:
    with database.transaction() as session, pytest.raises(NotFound):
        verdicts.undo(session, add_user(database), unknown, matcher=bolos.Matcher())


def test_the_history_holds_every_verdict_and_the_log_who_gave_it(database: Database) -> None:
    one, two, event = add_user(database), add_user(database), add_event(database)
    first, _ = give(database, one, event, CONFIRM)
    second, _ = give(database, two, event, replace(REJECT, supersedes=first.id))
    undo(database, two, second)

    with database.transaction() as session:
        history = verdicts.history(session, event.id, scope=None)
        logged = session.execute(select(AuditRecord.actor_id, AuditRecord.action).order_by(AuditRecord.seq)).all()
    assert [(one.id, one.undone_at is None) for one in history] == [(second.id, False), (first.id, True)]
    assert [tuple(row) for row in logged] == [
        (one.actor.id, "event.reviewed"),
        (two.actor.id, "event.reviewed"),
        (two.actor.id, "event.review_undone"),
    ]
