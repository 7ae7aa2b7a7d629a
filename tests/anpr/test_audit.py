from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from anpr import audit
from anpr.audit import SYSTEM, Action, Actor
from anpr.db import Database
from anpr.governance import audit_log
from anpr.models import AuditRecord


def append(database: Database, target: str, **options: object) -> None:
    with database.transaction() as session:
        audit.record(session, SYSTEM, Action.JOB_RETRIED, target, **options)  # type: ignore[arg-type] # a reason or a detail


def test_a_record_says_who_what_when_and_why(database: Database) -> None:
    actor = Actor(uuid4(), "ana@example.org", "request-1")
    before = datetime.now(UTC)
    with database.transaction() as session:
        audit.record(session, actor, Action.JOB_RETRIED, "thing:1", reason="case 7", detail={"count": 3})

    with database.transaction() as session:
        row = session.scalars(select(AuditRecord)).one()
    assert (row.actor_id, row.actor, row.request_id) == (actor.id, "ana@example.org", "request-1")
    assert (row.action, row.target, row.reason, row.detail) == ("job.retried", "thing:1", "case 7", {"count": 3})
    assert before <= row.at <= datetime.now(UTC)


def test_details_of_every_kind_leave_the_chain_whole(database: Database) -> None:
    append(
        database,
        "thing:1",
        reason="\u0141\u00f3d\u017a \U0001f697",
        detail={
            "big": 10**30,
            "small": 1e-7,
            "large": 1e22,
            "whole": 1.0,
            "none": None,
            "yes": True,
            "at": datetime(2026, 5, 1, 12, 30, 0, 1, UTC),
            "id": UUID(int=7),
            "set": {"a"},
            "nested": {"list": [1, {"b": 0.1}], "\u00e9": "\u0142"},
        },
    )
    append(database, "thing:2")

    with database.transaction() as session:
        assert audit_log.verify(session) is None
        detail = session.scalars(select(AuditRecord).order_by(AuditRecord.seq)).all()[0].detail
    assert detail["big"] == 10**30
    assert detail["at"] == "2026-05-01T12:30:00.000001+00:00"
    assert detail["set"] == ["a"]


def test_what_is_rolled_back_is_not_on_record(database: Database) -> None:
    with database.transaction() as session:
        audit.record(session, SYSTEM, Action.JOB_RETRIED, "thing:1")
        session.rollback()
    append(database, "thing:2")

    with database.transaction() as session:
        assert list(session.scalars(select(AuditRecord.target))) == ["thing:2"]
        assert audit_log.verify(session) is None


def test_records_made_at_the_same_time_make_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda number: append(database, f"thing:{number}"), range(40)))

    with database.transaction() as session:
        assert audit_log.verify(session) is None
        assert session.scalars(select(AuditRecord.seq).order_by(AuditRecord.seq)).all() == list(range(1, 41))
