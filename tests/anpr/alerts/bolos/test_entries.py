from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from anpr.alerts.bolos import entries, lists, subscriptions
from anpr.alerts.bolos.entries import EntryFields, EntryFilter
from anpr.audit import SYSTEM, Actor
from anpr.db import Database
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.models import AuditRecord, BoloKind, BoloRevision, Channel, Tolerance
from anpr.paging import PageRequest
from tests.builders import CAPTURED_AT, add_event, add_user
from tests.memory import MemoryNotifier


@pytest.fixture
def list_id(database: Database) -> UUID:
    with database.transaction() as session:
        return lists.create(session, SYSTEM, {"name": "stolen"}).id


def _add(database: Database, list_id: UUID, fields: EntryFields, *, confirm_broad: bool = False) -> UUID:
    with database.transaction() as session:
        return entries.create(session, SYSTEM, list_id, fields, confirm_broad=confirm_broad).id


def _revision(database: Database) -> int:
    with database.transaction() as session:
        return session.scalars(select(BoloRevision.revision)).one()


def test_an_entry_is_stored_as_it_is_looked_up(database: Database, list_id: UUID) -> None:
    bolo_id = _add(
        database,
        list_id,
        {"pattern": "ab-12 cde", "tolerance": Tolerance.ONE_EDIT, "region": " GB ", "case_number": " "},
    )
    with database.transaction() as session:
        made = entries.get(session, bolo_id)
    assert (made.kind, made.pattern, made.pattern_key) == (BoloKind.EXACT, "AB12CDE", "A812C0E")
    assert made.edit_variants is not None
    assert {"AB12CDE", "B12CDE", "AB12CD"} < set(made.edit_variants)
    assert (made.region, made.case_number) == ("gb", None)


def test_kinds_are_told_by_their_wildcards(database: Database, list_id: UUID) -> None:
    with database.transaction() as session:
        made = entries.create(session, SYSTEM, list_id, {"pattern": "ab1?c*"})
    assert (made.kind, made.pattern) == (BoloKind.WILDCARD, "AB1?C*")


def test_the_same_entry_twice_is_a_conflict_and_another_case_is_not(database: Database, list_id: UUID) -> None:
    _add(database, list_id, {"pattern": "AB12CDE"})
    with pytest.raises(Conflict):
        _add(database, list_id, {"pattern": "ab 12 cde"})
    _add(database, list_id, {"pattern": "AB12CDE", "case_number": "2026/17"})
    _add(database, list_id, {"pattern": "AB12CDE", "region": "ro"})


def test_a_broad_pattern_needs_a_confirmation(database: Database, list_id: UUID) -> None:
    with pytest.raises(Unprocessable, match="confirm_broad") as refusal:
        _add(database, list_id, {"pattern": "???????"})
    assert refusal.value.extra["breadth"] == pytest.approx(0.4, abs=0.2)
    bolo_id = _add(database, list_id, {"pattern": "???????"}, confirm_broad=True)
    with database.transaction() as session:
        assert entries.update(session, SYSTEM, bolo_id, {"reason": "all of them"}).reason == "all of them"
    with database.transaction() as session, pytest.raises(Unprocessable):
        entries.update(session, SYSTEM, bolo_id, {"pattern": "??????"})


def test_validity_must_have_a_length(database: Database, list_id: UUID) -> None:
    with pytest.raises(Unprocessable, match="later"):
        _add(database, list_id, {"pattern": "AB12", "valid_from": CAPTURED_AT, "valid_until": CAPTURED_AT})
    bolo_id = _add(database, list_id, {"pattern": "AB12", "valid_from": CAPTURED_AT})
    with database.transaction() as session, pytest.raises(Unprocessable, match="later"):
        entries.update(session, SYSTEM, bolo_id, {"valid_until": CAPTURED_AT - timedelta(days=1)})


def test_an_update_changes_what_is_looked_up_with_it(database: Database, list_id: UUID) -> None:
    bolo_id = _add(database, list_id, {"pattern": "AB12CDE", "tolerance": Tolerance.ONE_EDIT})
    with database.transaction() as session:
        changed = entries.update(session, SYSTEM, bolo_id, {"pattern": "XY34ZZZ"})
        assert changed.pattern_key == "XY34222"
        assert "XY34ZZ" in (changed.edit_variants or [])
        changed = entries.update(session, SYSTEM, bolo_id, {"tolerance": Tolerance.NONE})
        assert changed.edit_variants is None


def test_an_update_to_an_entry_that_is_there_is_a_conflict(database: Database, list_id: UUID) -> None:
    _add(database, list_id, {"pattern": "AB12CDE"})
    bolo_id = _add(database, list_id, {"pattern": "XY34ZZZ"})
    with pytest.raises(Conflict), database.transaction() as session:
        entries.update(session, SYSTEM, bolo_id, {"pattern": "AB12CDE"})


def test_only_patterns_make_matchers_load_anew(database: Database, list_id: UUID) -> None:
    before = _revision(database)
    exact = _add(database, list_id, {"pattern": "AB12CDE"})
    with database.transaction() as session:
        entries.update(session, SYSTEM, exact, {"reason": "x"})
        entries.delete(session, SYSTEM, exact)
    assert _revision(database) == before
    _add(database, list_id, {"pattern": "AB12*"})
    assert _revision(database) > before


def test_an_entry_with_hits_stays(database: Database, list_id: UUID) -> None:
    bolo_id = _add(database, list_id, {"pattern": "LS15EBC"})
    add_event(database, plate="LS15EBC")
    with database.transaction() as session, pytest.raises(Conflict, match="active to false"):
        entries.delete(session, SYSTEM, bolo_id)
    with database.transaction() as session, pytest.raises(Conflict, match="active to false"):
        lists.delete(session, SYSTEM, list_id, MemoryNotifier())


def test_finding_entries(database: Database, list_id: UUID) -> None:
    with database.transaction() as session:
        other = lists.create(session, SYSTEM, {"name": "other"}).id
    first = _add(database, list_id, {"pattern": "AB12CDE", "case_number": "17"})
    second = _add(database, other, {"pattern": "AB12CDE", "active": False})
    third = _add(database, other, {"pattern": "AB12*"})

    def found(**wanted: Any) -> set[UUID]:
        with database.transaction() as session:
            return {row.id for row in entries.find(session, PageRequest("bolos"), EntryFilter(**wanted)).items}

    assert found() == {first, second, third}
    assert found(list_id=other) == {second, third}
    assert found(plate="ab 12 cde") == {first, second}
    assert found(plate="AB12*") == {third}
    assert found(case_number="17") == {first}
    assert found(active=False) == {second}


def test_changes_are_audited_with_who_and_why(database: Database, list_id: UUID) -> None:
    actor = add_user(database).actor
    with database.transaction() as session:
        made = entries.create(session, actor, list_id, {"pattern": "AB12CDE", "reason": "stolen"})
        entries.update(session, actor, made.id, {"active": False})
        entries.delete(session, actor, made.id)
    with database.transaction() as session:
        rows = session.scalars(
            select(AuditRecord).where(AuditRecord.actor_id == actor.id).order_by(AuditRecord.seq)
        ).all()
    assert [row.action for row in rows] == ["bolo.created", "bolo.changed", "bolo.deleted"]
    assert (rows[0].reason, rows[0].detail["pattern"]) == ("stolen", "AB12CDE")


def test_what_is_not_there(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(NotFound):
            entries.create(session, SYSTEM, uuid4(), {"pattern": "AB12"})
        with pytest.raises(NotFound):
            entries.get(session, uuid4())
        with pytest.raises(NotFound):
            lists.update(session, SYSTEM, uuid4(), {"name": "x"})


def test_lists_have_names_of_their_own(database: Database, list_id: UUID) -> None:
    with database.transaction() as session, pytest.raises(Conflict):
        lists.create(session, SYSTEM, {"name": "stolen"})
    with database.transaction() as session:
        other = lists.create(session, SYSTEM, {"name": "other"}).id
    with pytest.raises(Conflict), database.transaction() as session:
        lists.update(session, SYSTEM, other, {"name": "stolen"})
    with database.transaction() as session:
        assert [row.id for row in lists.find(session, PageRequest("lists")).items] == [other, list_id]


def test_a_list_goes_with_its_entries_and_its_topic(database: Database, list_id: UUID) -> None:
    notifier = MemoryNotifier()
    bolo_id = _add(database, list_id, {"pattern": "AB12*"})
    subscriptions.subscribe(database, SYSTEM, list_id, (Channel.EMAIL, "desk@example.org"), notifier)
    with database.transaction() as session:
        lists.delete(session, Actor(None, "admin"), list_id, notifier)
    assert notifier.topics == {}
    with database.transaction() as session, pytest.raises(NotFound):
        entries.get(session, bolo_id)
