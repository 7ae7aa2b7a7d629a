"""Who is told of a list's hits, and what a failure on either side of the notification service leaves behind."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text

from anpr import audit
from anpr.alerts.bolos import lists, subscriptions
from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.errors import Conflict, NotFound, Unavailable, Unprocessable
from anpr.identity import camera_limits
from anpr.identity.camera_limits import Grants
from anpr.models import AuditRecord, BoloList, BoloSubscription, Channel, Role, User
from tests.builders import add_event, add_user
from tests.memory import MemoryNotifier

DESK = (Channel.EMAIL, "desk@example.org")


@pytest.fixture
def list_id(database: Database) -> UUID:
    with database.transaction() as session:
        return lists.create(session, SYSTEM, {"name": "stolen"}).id


def addresses(database: Database, list_id: UUID) -> list[str]:
    with database.transaction() as session:
        return [row.address for row in subscriptions.find(session, list_id)]


def recorded(database: Database) -> list[tuple[str, str | None]]:
    with database.transaction() as session:
        rows = session.scalars(select(AuditRecord).order_by(AuditRecord.seq))
        return [(row.action, row.reason) for row in rows if "subscribed" in row.action]


class Meanwhile(MemoryNotifier):
    """A service during whose call something else happens."""

    happening: Callable[[], object] = staticmethod(lambda: None)

    def subscribe(self, topic: str, channel: str, address: str) -> str:
        reference = super().subscribe(topic, channel, address)
        self.happening()
        return reference

    def unsubscribe(self, subscription: str) -> None:
        self.happening()
        super().unsubscribe(subscription)


def test_people_subscribe_to_a_list_and_leave_it(database: Database, list_id: UUID) -> None:
    notifier = MemoryNotifier()
    made = subscriptions.subscribe(database, SYSTEM, list_id, DESK, notifier)
    subscriptions.subscribe(database, SYSTEM, list_id, (Channel.SMS, "+40721234567"), notifier)
    with pytest.raises(Conflict):
        subscriptions.subscribe(database, SYSTEM, list_id, DESK, notifier)
    with pytest.raises(Unprocessable):
        subscriptions.subscribe(database, SYSTEM, list_id, (Channel.SMS, "0721 234 567"), notifier)
    assert {(channel, address) for _, channel, address in notifier.subscribers.values()} == {
        ("email", "desk@example.org"),
        ("sms", "+40721234567"),
    }

    subscriptions.unsubscribe(database, SYSTEM, list_id, made.id, notifier)
    assert addresses(database, list_id) == ["+40721234567"]
    with pytest.raises(NotFound):
        subscriptions.unsubscribe(database, SYSTEM, list_id, made.id, notifier)
    assert len(notifier.subscribers) == 1


def test_subscriptions_follow_what_their_maker_may_see(database: Database, list_id: UUID) -> None:
    notifier = MemoryNotifier()
    seen, unseen = (add_event(database).camera_id for _ in range(2))
    maker = add_user(database, Role.ADMIN).actor
    assert maker.id is not None
    subscriptions.subscribe(database, maker, list_id, DESK, notifier)
    subscriptions.subscribe(database, SYSTEM, list_id, (Channel.SMS, "+40721234567"), notifier)
    assert subscriptions.end_blind(database, list_id, unseen, notifier) == 0

    with database.transaction() as session:
        session.get_one(User, maker.id).role = Role.REVIEWER
        camera_limits.change(session, SYSTEM, maker.id, Grants(camera_ids=frozenset({seen})))

    assert subscriptions.end_blind(database, list_id, seen, notifier) == 0
    notifier.down = True
    with pytest.raises(Unavailable):
        subscriptions.end_blind(database, list_id, unseen, notifier)
    assert len(addresses(database, list_id)) == 2
    notifier.down = False
    assert [subscriptions.end_blind(database, list_id, unseen, notifier) for _ in range(2)] == [1, 0]
    assert addresses(database, list_id) == ["+40721234567"]
    assert [address for _, _, address in notifier.subscribers.values()] == ["+40721234567"]
    [*_, (action, reason)] = recorded(database)
    assert action == "bolo_list.unsubscribed"
    assert "may not see a camera" in str(reason)


def test_where_the_service_does_not_answer_nobody_is_subscribed_or_gone(database: Database, list_id: UUID) -> None:
    notifier = MemoryNotifier(down=True)
    with pytest.raises(Unavailable):
        subscriptions.subscribe(database, SYSTEM, list_id, DESK, notifier)
    assert addresses(database, list_id) == []
    assert recorded(database) == [
        ("bolo_list.subscribed", None),
        ("bolo_list.unsubscribed", "the notification service is down"),
    ]

    notifier.down = False
    made = subscriptions.subscribe(database, SYSTEM, list_id, DESK, notifier)
    notifier.down = True
    with pytest.raises(Unavailable):
        subscriptions.unsubscribe(database, SYSTEM, list_id, made.id, notifier)
    assert addresses(database, list_id) == ["desk@example.org"]
    assert len(notifier.subscribers) == 1


def test_no_lock_is_held_while_the_service_is_asked(database: Database, list_id: UUID) -> None:
    def look() -> None:
        with database.transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '100ms'"))
            session.execute(select(BoloList).where(BoloList.id == list_id).with_for_update(nowait=True))
            session.execute(select(BoloSubscription).with_for_update(nowait=True))
            assert session.scalar(text(f"SELECT pg_try_advisory_xact_lock({audit._LOCK})")), "the audit log's"

    notifier = Meanwhile()
    notifier.happening = look
    made = subscriptions.subscribe(database, SYSTEM, list_id, DESK, notifier)
    subscriptions.unsubscribe(database, SYSTEM, list_id, made.id, notifier)

    assert notifier.subscribers == {}


def test_whoever_could_not_be_put_on_record_is_told_nothing(database: Database, list_id: UUID) -> None:
    def remove() -> None:
        with database.transaction() as session:
            session.execute(delete(BoloList).where(BoloList.id == list_id))

    notifier = Meanwhile()
    notifier.happening = remove

    with pytest.raises(Conflict, match="ended"):
        subscriptions.subscribe(database, SYSTEM, list_id, DESK, notifier)

    assert notifier.subscribers == {}


def test_a_subscription_whose_maker_died_is_made_good_or_ended(database: Database, list_id: UUID) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    notifier = Meanwhile()
    notifier.happening = die
    with pytest.raises(KeyboardInterrupt):
        subscriptions.subscribe(database, SYSTEM, list_id, DESK, notifier)
    assert addresses(database, list_id) == ["desk@example.org"]

    notifier.happening = lambda: None
    made = subscriptions.subscribe(database, SYSTEM, list_id, DESK, notifier)
    assert made.reference
    assert addresses(database, list_id) == ["desk@example.org"]
