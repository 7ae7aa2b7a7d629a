from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from anpr.alerts.bolos import backsearch, entries, lists
from anpr.alerts.bolos.backsearch import Preview
from anpr.alerts.bolos.patterns import parse_pattern
from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.errors import Conflict
from anpr.identity.principals import Principal
from anpr.models import AuditRecord, BoloKind, BoloMatch, Event, OutboxMessage, ReviewStatus, Tolerance
from anpr.plates import plate_key
from tests.builders import add_event, add_user

READS = ("LS15EBC", "L515E8C", "LS15EBX", "LS15EB", "LX15EBX", "AB12CDE")


@pytest.fixture
def events(database: Database) -> dict[str, Event]:
    made = {plate: add_event(database, plate=plate, candidates=()) for plate in READS}
    with database.transaction() as session:
        session.execute(update(Event).values(captured_at=datetime.now(UTC) - timedelta(days=10)))
    return made


def _preview(
    database: Database, pattern: str, principal: Principal | None = None, *, days: int = 30, **how: Any
) -> Preview:
    made = parse_pattern(pattern, kind=how.get("kind"), tolerance=how.get("tolerance", Tolerance.NONE), region=None)
    with database.transaction() as session:
        return backsearch.preview(session, principal or add_user(database), made, days=days, reason="case 17")


@pytest.mark.parametrize(
    ("pattern", "how", "by"),
    [
        ("LS15EBC", {}, {"exact": 1}),
        ("LS15EBC", {"tolerance": Tolerance.CONFUSABLES}, {"exact": 1, "confusable": 1}),
        ("LS15EBC", {"tolerance": Tolerance.ONE_EDIT}, {"exact": 1, "confusable": 1, "one_edit": 2}),
        ("LS15*", {}, {"wildcard": 3}),
        ("?S15EB?", {}, {"wildcard": 2}),
        ("LS15E?C", {"tolerance": Tolerance.CONFUSABLES}, {"wildcard": 1, "confusable": 1}),
        (r"L[SX]\d+EB.", {"kind": BoloKind.REGEX}, {"regex": 3}),
        ("ZZ99ZZZ", {}, {}),
    ],
)
@pytest.mark.usefixtures("events")
def test_a_preview_matches_as_the_worker_would(
    database: Database, pattern: str, how: dict[str, Any], by: dict[str, int]
) -> None:
    preview = _preview(database, pattern, **how)
    assert preview.by == by
    assert preview.matched == len(preview.sample) == sum(by.values())
    assert preview.complete


@pytest.mark.usefixtures("events")
def test_a_preview_looks_back_as_far_as_asked_and_says_so_in_the_log(database: Database) -> None:
    principal = add_user(database)
    assert _preview(database, "LS15EBC", principal, days=9).matched == 0
    assert _preview(database, "LS15EBC", principal, days=11).matched == 1
    with database.transaction() as session:
        rows = session.scalars(select(AuditRecord).where(AuditRecord.action == "bolo.previewed")).all()
    assert [(row.reason, row.detail["matched"]) for row in rows] == [("case 17", 0), ("case 17", 1)]


def test_a_preview_shows_only_the_caller_s_cameras(database: Database, events: dict[str, Event]) -> None:
    user = add_user(database)
    theirs = Principal(user.actor, user.role, frozenset({events["AB12CDE"].camera_id}))
    assert _preview(database, "LS15EBC", theirs).matched == 0


def test_what_people_said_counts(database: Database, events: dict[str, Event]) -> None:
    with database.transaction() as session:
        for plate, status, reviewed in (
            ("AB12CDE", ReviewStatus.CORRECTED, "LS15EBC"),
            ("LS15EBC", ReviewStatus.REJECTED, None),
            ("LS15EBX", ReviewStatus.CONFIRMED, None),
        ):
            session.execute(
                update(Event)
                .where(Event.id == events[plate].id)
                .values(
                    review_status=status,
                    reviewed_plate=reviewed,
                    reviewed_plate_key=None if reviewed is None else plate_key(reviewed),
                )
            )
    preview = _preview(database, "LS15EBC", tolerance=Tolerance.ONE_EDIT)
    assert {(found.event.id, found.by.value) for found in preview.sample} == {
        (events["AB12CDE"].id, "exact"),
        (events["L515E8C"].id, "confusable"),
        (events["LS15EB"].id, "one_edit"),
    }


@pytest.mark.usefixtures("events")
def test_more_than_can_be_judged_is_said(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backsearch, "_BATCH", 2)
    monkeypatch.setattr(backsearch, "_MAX_JUDGED", 4)
    preview = _preview(database, r"L.*", kind=BoloKind.REGEX)
    assert not preview.complete
    monkeypatch.setattr(backsearch, "_MAX_JUDGED", 100)
    assert _preview(database, r"L.*", kind=BoloKind.REGEX).matched == 5


@pytest.fixture
def bolo_id(database: Database) -> UUID:
    with database.transaction() as session:
        made = lists.create(session, SYSTEM, {"name": "stolen"})
        return entries.create(session, SYSTEM, made.id, {"pattern": "LS15EB?"}).id


def _back_search(database: Database, bolo_id: UUID) -> int:
    with database.transaction() as session:
        return backsearch.back_search(session, add_user(database), bolo_id, days=30, reason="case 17").matched


@pytest.mark.usefixtures("events")
def test_a_back_search_raises_historical_hits_that_alert_nobody(database: Database, bolo_id: UUID) -> None:
    assert _back_search(database, bolo_id) == 2
    assert _back_search(database, bolo_id) == 2
    with database.transaction() as session:
        raised = session.scalars(select(BoloMatch)).all()
        told = session.scalars(select(OutboxMessage.type)).all()
    assert sorted(hit.plate for hit in raised) == ["LS15EBC", "LS15EBX"]
    assert all(hit.historical and not hit.alert for hit in raised)
    assert "bolo.matched" not in told


@pytest.mark.usefixtures("events")
def test_a_back_search_heeds_the_entry_s_validity(database: Database, bolo_id: UUID) -> None:
    with database.transaction() as session:
        entries.update(session, SYSTEM, bolo_id, {"valid_from": datetime.now(UTC) - timedelta(days=9)})
    assert _back_search(database, bolo_id) == 0


@pytest.mark.usefixtures("events")
def test_a_back_search_that_finds_too_much_raises_nothing(
    database: Database, bolo_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backsearch, "_MAX_HITS", 1)
    with pytest.raises(Conflict):
        _back_search(database, bolo_id)
    with database.transaction() as session:
        assert session.scalars(select(BoloMatch)).all() == []
