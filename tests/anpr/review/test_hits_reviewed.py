"""A verdict and the hits that hang on its event."""

from uuid import UUID

import pytest
from sqlalchemy import select

from anpr.alerts import bolos
from anpr.alerts.bolos import entries, lists
from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.models import BoloMatch, Event, HitStatus, RejectReason, Review, Urgency, Verdict
from anpr.review import verdicts
from anpr.review.verdicts import Opinion
from tests.builders import add_event, add_user

WANTED = Opinion(Verdict.CORRECTED, plate="WANTED1")


@pytest.fixture(autouse=True)
def _list(database: Database) -> None:
    with database.transaction() as session:
        list_id = lists.create(session, SYSTEM, {"name": "stolen"}).id
        entries.create(session, SYSTEM, list_id, {"pattern": "WANTED1"})


def hits(database: Database) -> dict[UUID, HitStatus]:
    with database.transaction() as session:
        return {hit.event_id: hit.status for hit in session.scalars(select(BoloMatch))}


def urgency(database: Database, event: Event) -> int:
    with database.transaction() as session:
        return session.get_one(Review, event.id).urgency


def test_a_correction_to_a_wanted_plate_raises_a_hit_and_undoing_it_withdraws_it(database: Database) -> None:
    reviewer, event, matcher = add_user(database), add_event(database), bolos.Matcher()
    assert hits(database) == {}

    with database.transaction() as session:
        given, _ = verdicts.give(session, reviewer, event.id, WANTED, matcher=matcher)
    assert hits(database) == {event.id: HitStatus.UNVERIFIED}
    assert urgency(database, event) == Urgency.OPEN_HIT

    with database.transaction() as session:
        verdicts.undo(session, reviewer, given.id, matcher=matcher)
    assert hits(database) == {event.id: HitStatus.WITHDRAWN}
    assert urgency(database, event) == Urgency.NONE


@pytest.mark.parametrize(
    "opinion",
    [
        Opinion(Verdict.CORRECTED, plate="WANTED7"),
        Opinion(Verdict.REJECTED, reject_reason=RejectReason.NOT_A_PLATE),
    ],
)
def test_a_verdict_against_a_wanted_read_withdraws_its_hit(database: Database, opinion: Opinion) -> None:
    event = add_event(database, plate="WANTED1")
    assert hits(database) == {event.id: HitStatus.UNVERIFIED}

    with database.transaction() as session:
        verdicts.give(session, add_user(database), event.id, opinion, matcher=bolos.Matcher())

    assert hits(database) == {event.id: HitStatus.WITHDRAWN}


def test_a_confirmed_read_keeps_its_hit(database: Database) -> None:
    event = add_event(database, plate="WANTED1")

    with database.transaction() as session:
        verdicts.give(session, add_user(database), event.id, Opinion(Verdict.CONFIRMED), matcher=bolos.Matcher())

    assert hits(database) == {event.id: HitStatus.UNVERIFIED}
