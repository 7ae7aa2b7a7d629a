"""What the audit log can prove, and what the application's role may not do to it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from anpr import audit
from anpr.audit import SYSTEM, Action, Actor
from anpr.db import Database, make_engine
from anpr.governance import audit_log
from anpr.governance.audit_log import AuditFilter, Head
from anpr.models import AuditRecord
from anpr.paging import PageRequest
from anpr.settings import DatabaseSettings

YEAR = timedelta(days=365)


def record(database: Database, count: int) -> None:
    with database.transaction() as session:
        for number in range(count):
            audit.record(
                session, SYSTEM, Action.PLATE_SEARCHED, f"search:{number}", reason="case 7", detail={"plate": "AB12CDE"}
            )


def make_older(database: Database, age: timedelta) -> None:
    """Make every record so far as it would be had it been appended `age` ago."""
    with tampering(database), database.transaction() as session:
        previous = bytes(32)
        for row in session.scalars(select(AuditRecord).order_by(AuditRecord.seq)):
            row.at -= age
            row.previous_hash = previous
            row.hash = previous = audit.digest(row)


class tampering:  # noqa: N801 - reads as what it does
    """Let the owner of the table change rows, as somebody who has the server could."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._switch("DISABLE")

    def __exit__(self, *_: object) -> None:
        self._switch("ENABLE")

    def _switch(self, how: str) -> None:
        with self._database.transaction() as session:
            session.execute(text(f"ALTER TABLE audit_logs {how} TRIGGER audit_logs_append_only"))


def verify(database: Database) -> int | None:
    with database.transaction() as session:
        return audit_log.verify(session)


def prune(session: Session, before: datetime, *, limit: int = 5000) -> int:
    due = audit_log.prunable(session, before, limit=limit)
    return 0 if due is None else audit_log.prune(session, due)


@pytest.fixture
def application(database_url: str) -> Iterator[Database]:
    """The same database as the functions see it."""
    engine = make_engine(make_url(database_url), DatabaseSettings(url=database_url, ssl=False, role="anpr_app"))
    yield Database(engine)
    engine.dispose()


def test_a_log_that_nobody_touched_is_whole(database: Database) -> None:
    assert verify(database) is None
    record(database, 5)
    assert verify(database) is None


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody else'",
        "actor_id = gen_random_uuid()",
        "action = 'event.evidence_taken'",
        "target = 'search:x'",
        "reason = NULL",
        'detail = \'{"plate": "XX99XXX"}\'',
        "detail = '{}'",
        "at = at - interval '1 second'",
        "request_id = 'r'",
        "previous_hash = sha256('x')",
        "hash = sha256('x')",
    ],
)
def test_a_row_that_was_changed_is_found(database: Database, change: str) -> None:
    record(database, 7)
    with tampering(database), database.transaction() as session:
        session.execute(text(f"UPDATE audit_logs SET {change} WHERE seq = 4"))  # noqa: S608 - from above
    assert verify(database) == 4


def test_a_row_that_was_changed_with_its_hash_is_found_at_the_next(database: Database) -> None:
    record(database, 7)
    with tampering(database), database.transaction() as session:
        row = session.get_one(AuditRecord, 4)
        row.actor = "somebody else"
        row.hash = audit.digest(row)
    assert verify(database) == 5


def test_a_row_that_was_removed_is_found(database: Database) -> None:
    record(database, 7)
    with tampering(database), database.transaction() as session:
        session.execute(text("DELETE FROM audit_logs WHERE seq = 4"))
    assert verify(database) == 5


def test_rows_cut_off_the_front_are_found(database: Database) -> None:
    record(database, 7)
    with tampering(database), database.transaction() as session:
        session.execute(text("DELETE FROM audit_logs WHERE seq <= 3"))
    assert verify(database) == 4


def test_rows_cut_off_the_end_are_found_by_a_head_that_was_kept(database: Database) -> None:
    record(database, 7)
    with database.transaction() as session:
        kept = audit_log.head(session)
        assert kept is not None
        assert audit_log.holds(session, kept)
    with tampering(database), database.transaction() as session:
        session.execute(text("DELETE FROM audit_logs WHERE seq = 7"))
    assert verify(database) is None
    with database.transaction() as session:
        assert not audit_log.holds(session, kept)
    record(database, 1)
    with database.transaction() as session:
        assert not audit_log.holds(session, kept)
        assert not audit_log.holds(session, Head(kept.seq, bytes(32)))


def test_pruning_keeps_the_chain_and_says_where_it_starts(database: Database) -> None:
    record(database, 5)
    make_older(database, 3 * YEAR)
    record(database, 3)
    with database.transaction() as session:
        assert prune(session, datetime.now(UTC) - 2 * YEAR) == 5
    with database.transaction() as session:
        rows = session.scalars(select(AuditRecord).order_by(AuditRecord.seq)).all()
    assert [row.seq for row in rows] == [6, 7, 8, 9]
    assert rows[-1].action == "audit.pruned"
    assert rows[-1].detail["through_seq"] == 5
    assert verify(database) is None


def test_pruning_twice_prunes_once(database: Database) -> None:
    record(database, 5)
    make_older(database, 3 * YEAR)
    record(database, 1)
    for removed in (5, 0):
        with database.transaction() as session:
            assert prune(session, datetime.now(UTC) - 2 * YEAR) == removed
    assert verify(database) is None


def test_pruning_of_everything_leaves_the_newest_record(database: Database) -> None:
    record(database, 5)
    make_older(database, 3 * YEAR)
    with database.transaction() as session:
        assert prune(session, datetime.now(UTC) - 2 * YEAR) == 4
    assert verify(database) is None


def test_pruning_goes_batch_by_batch(database: Database) -> None:
    record(database, 5)
    make_older(database, 3 * YEAR)
    record(database, 1)
    for removed in (2, 2, 1, 0):
        with database.transaction() as session:
            assert prune(session, datetime.now(UTC) - 2 * YEAR, limit=2) == removed
            assert audit_log.verify(session) is None


def test_more_than_was_pruned_cannot_be_missing(database: Database) -> None:
    record(database, 5)
    make_older(database, 3 * YEAR)
    record(database, 3)
    with database.transaction() as session:
        prune(session, datetime.now(UTC) - 2 * YEAR)
    with tampering(database), database.transaction() as session:
        session.execute(text("DELETE FROM audit_logs WHERE seq <= 7"))
    assert verify(database) == 8


def test_the_database_keeps_what_is_young_whatever_it_is_asked(database: Database) -> None:
    record(database, 5)
    with pytest.raises(DatabaseError, match="at least 90 days"), database.transaction() as session:
        prune(session, datetime.now(UTC))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_logs SET actor = 'x'",
        "DELETE FROM audit_logs",
        "TRUNCATE audit_logs",
        "ALTER TABLE audit_logs DISABLE TRIGGER audit_logs_append_only",
        "DROP TABLE audit_logs",
        "DELETE FROM deletion_receipts",
        "DELETE FROM usage_reports",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE TABLE mine (id int)",
    ],
)
def test_the_application_has_no_right_to(application: Database, statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), application.transaction() as session:
        session.execute(text(statement))


def test_the_application_cannot_open_the_door_by_itself(database: Database, application: Database) -> None:
    record(database, 2)
    pruning = text("WITH door AS (SELECT set_config('anpr.audit_prune', 'on', true)) DELETE FROM audit_logs USING door")
    with pytest.raises(DatabaseError, match="permission denied"), application.transaction() as session:
        session.execute(pruning)


def test_the_application_can_append_and_prune(database: Database, application: Database) -> None:
    record(database, 3)
    make_older(database, 3 * YEAR)
    record(application, 3)
    with application.transaction() as session:
        assert prune(session, datetime.now(UTC) - 2 * YEAR) == 3
    assert verify(application) is None


def test_records_are_listed_newest_first_in_pages(database: Database) -> None:
    record(database, 5)
    seen: list[int] = []
    cursor = None
    while True:
        with database.transaction() as session:
            page = audit_log.find(session, PageRequest("audit", 2, cursor), AuditFilter())
        seen += [row.seq for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]


def test_records_are_found_by_actor_action_target_and_time(database: Database) -> None:
    someone = Actor(uuid4(), "a@example.org")
    with database.transaction() as session:
        audit.record(session, someone, Action.EVENT_EVIDENCE_TAKEN, "event:1")
        audit.record(session, SYSTEM, Action.PLATE_SEARCHED, "search")
        audit.record(session, someone, Action.PLATE_SEARCHED, "search")
    now = datetime.now(UTC)

    def found(**wanted: UUID | str | datetime | None) -> list[int]:
        with database.transaction() as session:
            return [
                row.seq
                for row in audit_log.find(session, PageRequest("audit"), AuditFilter(**wanted)).items  # type: ignore[arg-type]
            ]

    assert found(actor_id=someone.id) == [3, 1]
    assert found(action="plate.searched") == [3, 2]
    assert found(target="event:1") == [1]
    assert found(actor_id=someone.id, action="plate.searched") == [3]
    assert found(start=now) == []
    assert found(end=now) == [3, 2, 1]
