import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from anpr import outbox, tracing
from anpr.adapters.selfhost.bus import QueueBus
from anpr.db import Database
from anpr.errors import Unavailable
from anpr.messages import CloudEvent, EventType, JobRequest
from anpr.models import OutboxMessage
from anpr.ports import Published
from anpr.rules import CONSUMERS
from tests.memory import MemoryBus, MemoryQueue

ANY_ID = "00000000-0000-0000-0000-000000000001"


def promise(database: Database, count: int, event_type: EventType = EventType.EVENT_CREATED) -> None:
    with database.transaction() as session:
        for number in range(count):
            outbox.add(session, event_type, str(number), JobRequest(upload_id=ANY_ID))
            session.flush()


def let_retry(database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(OutboxMessage).values(retry_at=func.now()))


def unpublished(database: Database) -> int:
    with database.transaction() as session:
        return session.scalars(
            select(func.count()).select_from(OutboxMessage).where(OutboxMessage.published_at.is_(None))
        ).one()


def test_events_are_published_once_in_order_as_they_were_promised(database: Database) -> None:
    promise(database, 250)
    bus = MemoryBus()

    assert outbox.relay(database, bus) == 250
    assert outbox.relay(database, bus) == 0

    assert [event.subject for event in bus.events] == [str(number) for number in range(250)]
    assert {(event.type, event.source, event.data["upload_id"]) for event in bus.events} == {
        ("event.created", "anpr", ANY_ID)
    }
    with database.transaction() as session:
        assert {event.id for event in bus.events} == set(session.scalars(select(OutboxMessage.id)))


def test_an_event_keeps_its_trace_whoever_relays_it_and_the_envelope_says_nothing_of_it(database: Database) -> None:
    with tracing.continued("of the job"):
        promise(database, 1)
    promise(database, 1)
    queues = {name: MemoryQueue() for name in CONSUMERS}
    tap = MemoryQueue()

    with tracing.continued("of the sweep"):
        outbox.relay(database, QueueBus(queues, tap))

    taken = [tap.receive(wait_s=0, visibility_s=1) for _ in range(2)]
    assert [each and each.attributes for each in taken] == [
        {tracing.ATTRIBUTE: "of the job"},
        {tracing.ATTRIBUTE: "of the sweep"},
    ]
    assert all(each is not None and "trace" not in json.loads(each.body) for each in taken)


def test_a_rolled_back_promise_is_not_kept(database: Database) -> None:
    def promise_and_fail() -> None:
        with database.transaction() as session:
            outbox.add(session, EventType.EVENT_CREATED, "1", JobRequest(upload_id=ANY_ID))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        promise_and_fail()

    bus = MemoryBus()
    assert outbox.relay(database, bus) == 0
    assert bus.events == []


def test_a_limit_bounds_one_relay(database: Database) -> None:
    promise(database, 7)

    assert outbox.relay(database, MemoryBus(), limit=5) == 5
    assert unpublished(database) == 2


def test_a_bus_that_is_down_loses_nothing(database: Database) -> None:
    promise(database, 3)
    bus = MemoryBus(down=True)

    with pytest.raises(Unavailable):
        outbox.relay(database, bus)
    assert unpublished(database) == 3

    bus.down = False
    assert outbox.relay(database, bus) == 3


def test_what_the_bus_refuses_waits_and_holds_up_nothing_else(database: Database) -> None:
    promise(database, 1, EventType.UPLOAD_FAILED)
    promise(database, 2)
    bus = MemoryBus(refused={"upload.failed"})

    assert outbox.relay(database, bus) == 2
    assert unpublished(database) == 1

    bus.refused = set()
    assert outbox.relay(database, bus) == 0
    let_retry(database)
    assert outbox.relay(database, bus) == 1


def test_a_heap_that_the_bus_refuses_does_not_block_what_comes_after_it(database: Database) -> None:
    promise(database, 250, EventType.UPLOAD_FAILED)
    promise(database, 3)
    bus = MemoryBus(refused={"upload.failed"})

    assert outbox.relay(database, bus) == 3


def test_what_the_bus_refuses_again_and_again_is_set_aside_with_the_reason(database: Database) -> None:
    promise(database, 1, EventType.UPLOAD_FAILED)
    bus = MemoryBus(refused={"upload.failed"})

    for tries in range(1, 6):
        with database.transaction() as session:
            assert outbox.set_aside(session) == 0
        assert outbox.relay(database, bus) == 0
        with database.transaction() as session:
            row = session.scalars(select(OutboxMessage)).one()
            assert (row.refusals, row.refusal) == (tries, "refused by type")
        let_retry(database)

    with database.transaction() as session:
        assert outbox.set_aside(session) == 1
        assert outbox.prune(session, datetime.now(UTC)) == 0
    bus.refused = set()
    assert outbox.relay(database, bus) == 0


def test_an_outage_counts_against_no_event(database: Database) -> None:
    promise(database, 1)
    for _ in range(10):
        with pytest.raises(Unavailable):
            outbox.relay(database, MemoryBus(down=True))

    assert outbox.relay(database, MemoryBus()) == 1


def test_two_relays_at_once_publish_each_event_once(database: Database) -> None:
    promise(database, 150)
    bus = MemoryBus()

    class Waiting(MemoryBus):
        """Holds its batch until the other relay is through."""

        def publish(self, events: Sequence[CloudEvent]) -> Published:
            held.set()
            other_is_through.wait(10)
            return super().publish(events)

    held, other_is_through = threading.Event(), threading.Event()
    slow = Waiting()
    thread = threading.Thread(target=outbox.relay, args=(database, slow), kwargs={"limit": 100})
    thread.start()
    assert held.wait(10)
    quick_count = outbox.relay(database, bus)
    other_is_through.set()
    thread.join()

    assert (quick_count, len(slow.events)) == (50, 100)
    assert len({event.id for event in bus.events + slow.events}) == 150


def test_only_old_published_events_are_pruned(database: Database) -> None:
    promise(database, 3)
    old = datetime.now(UTC) - timedelta(days=8)
    with database.transaction() as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.subject == "0").values(published_at=old))
        session.execute(
            update(OutboxMessage).where(OutboxMessage.subject == "1").values(published_at=datetime.now(UTC))
        )
        session.execute(update(OutboxMessage).where(OutboxMessage.subject == "2").values(created_at=old))

    with database.transaction() as session:
        assert outbox.prune(session, datetime.now(UTC) - timedelta(days=7)) == 1

    with database.transaction() as session:
        assert session.scalars(select(OutboxMessage.subject).order_by(OutboxMessage.subject)).all() == ["1", "2"]
