from uuid import UUID

import pytest

from anpr.alerts.bolos import Matcher, entries, lists
from anpr.alerts.bolos.entries import EntryFields
from anpr.alerts.bolos.matcher import _Chunk
from anpr.alerts.bolos.patterns import Read
from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.models import BoloKind, Tolerance
from anpr.plates import CONFUSABLES


@pytest.fixture
def list_id(database: Database) -> UUID:
    with database.transaction() as session:
        return lists.create(session, SYSTEM, {"name": "stolen"}).id


def _add(database: Database, list_id: UUID, **fields: object) -> UUID:
    with database.transaction() as session:
        made: EntryFields = {**fields}  # type: ignore[typeddict-item] # as the test gives them
        return entries.create(session, SYSTEM, list_id, made, confirm_broad=True).id


def _found(database: Database, matcher: Matcher, read: Read) -> set[UUID]:
    with database.transaction() as session:
        return matcher.find(session, read)


def test_every_kind_of_entry_is_found(database: Database, list_id: UUID) -> None:
    exact = _add(database, list_id, pattern="LS15EBC")
    alike = _add(database, list_id, pattern="L515E8C", tolerance=Tolerance.CONFUSABLES)
    near = _add(database, list_id, pattern="LS15EBX", tolerance=Tolerance.ONE_EDIT)
    wildcard = _add(database, list_id, pattern="LS*BC")
    regex = _add(database, list_id, pattern=r"ls\d+ebc", kind=BoloKind.REGEX)
    for pattern in ("LS15EBD", "LS15EBCX", "AB*"):
        _add(database, list_id, pattern=pattern)

    assert _found(database, Matcher(), Read("LS15EBC")) == {exact, alike, near, wildcard, regex}


def test_a_candidate_finds_only_entries_that_forgive(database: Database, list_id: UUID) -> None:
    _add(database, list_id, pattern="AB12CDE")
    forgiving = _add(database, list_id, pattern="AB12CDF", tolerance=Tolerance.CONFUSABLES)

    read = Read("XX99XXX", candidates=("AB12CDE", "AB12CDF"))

    assert _found(database, Matcher(), read) == {forgiving}


def test_a_pattern_acts_once_it_is_committed_and_no_longer_once_it_is_gone(database: Database, list_id: UUID) -> None:
    matcher = Matcher()
    assert _found(database, matcher, Read("LS15EBC")) == set()

    bolo_id = _add(database, list_id, pattern="LS15*")
    assert _found(database, matcher, Read("LS15EBC")) == {bolo_id}

    with database.transaction() as session:
        entries.update(session, SYSTEM, bolo_id, {"active": False})
    assert _found(database, matcher, Read("LS15EBC")) == set()

    with database.transaction() as session:
        entries.update(session, SYSTEM, bolo_id, {"active": True, "pattern": "LS16*"})
    assert _found(database, matcher, Read("LS15EBC")) == set()
    assert _found(database, matcher, Read("LS16EBC")) == {bolo_id}

    with database.transaction() as session:
        entries.delete(session, SYSTEM, bolo_id)
    assert _found(database, matcher, Read("LS16EBC")) == set()


def test_an_entry_that_turns_from_plate_to_pattern_is_found_as_such(database: Database, list_id: UUID) -> None:
    matcher = Matcher()
    bolo_id = _add(database, list_id, pattern="LS15EBC")
    assert _found(database, matcher, Read("LS15EBC")) == {bolo_id}

    with database.transaction() as session:
        entries.update(session, SYSTEM, bolo_id, {"pattern": "LS?5EBC", "kind": None})

    assert _found(database, matcher, Read("LS25EBC")) == {bolo_id}


@pytest.mark.parametrize("plate", ["", "?", "沪A12345", "LS15EBC" * 3])
def test_odd_reads_find_nothing_and_do_no_harm(database: Database, list_id: UUID, plate: str) -> None:
    _add(database, list_id, pattern="LS15EB?")
    assert _found(database, Matcher(), Read(plate, readable="?" not in plate)) == set()


def test_where_the_set_gives_up_the_patterns_are_tried_one_by_one() -> None:
    ids = (UUID(int=1), UUID(int=2), UUID(int=3))
    chunk = _Chunk(ids, ("LS15.*", "AB.*", "L.15EBC"), None)
    assert chunk.match("LS15EBC") == [ids[0], ids[2]]


def test_the_database_folds_look_alikes_as_the_code_does() -> None:
    """The folding that seeds and the import rely on is a map of single characters to single characters."""
    assert all(len(a) == len(b) == 1 for a, b in CONFUSABLES.items())
