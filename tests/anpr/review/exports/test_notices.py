from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from anpr.db import Database
from anpr.errors import Unavailable
from anpr.identity.principals import Principal
from anpr.models import Export, ExportStatus, User
from anpr.ports import Notice
from anpr.review.exports import notices
from tests.builders import CAPTURED_AT, add_user


@dataclass
class MemoryTopics:
    """Topics that keep what was published; `down` makes publishing fail."""

    subscribers: dict[str, list[str]] = field(default_factory=dict)
    published: list[tuple[str, Notice]] = field(default_factory=list)
    down: bool = False

    def open_topic(self, name: str, *, title: str) -> str:
        assert title
        self.subscribers.setdefault(name, [])
        return name

    def close_topic(self, topic: str) -> None:
        self.subscribers.pop(topic, None)

    def subscribe(self, topic: str, channel: str, address: str) -> str:
        self.subscribers[topic].append(f"{channel}:{address}")
        return address

    def unsubscribe(self, subscription: str) -> None:
        for subscribers in self.subscribers.values():
            subscribers[:] = [one for one in subscribers if not one.endswith(subscription)]

    def publish(self, topic: str, notice: Notice) -> None:
        if self.down:
            raise Unavailable("the topics are down")
        self.published.append((topic, notice))


def export(database: Database, who: Principal, status: ExportStatus, *, notify: bool = True, **columns: object) -> UUID:
    row = Export(id=uuid4(), requested_by=who.actor.id, request={}, reason="-", notify=notify, status=status)
    for name, value in {"events_total": 7, "expires_at": CAPTURED_AT, "size_bytes": 2_500_000, **columns}.items():
        setattr(row, name, value)
    with database.transaction() as session:
        session.add(row)
    return row.id


def test_who_asked_is_subscribed_and_told_once(database: Database) -> None:
    who, topics = add_user(database), MemoryTopics()
    export_id = export(database, who, ExportStatus.QUEUED)

    notices.invite(database, topics, export_id)
    with database.transaction() as session:
        session.get_one(Export, export_id).status = ExportStatus.READY
    notices.tell(database, topics, export_id)
    notices.tell(database, topics, export_id)

    topic = f"account-{who.actor.id}"
    assert topics.subscribers == {topic: [f"email:{who.actor.name}"]}
    [(to, notice)] = topics.published
    assert to == topic
    assert notice.subject == "Your export is ready"
    assert "7 events" in notice.text
    assert "2.5 MB" in notice.text
    assert "2026-03-01 12:00 UTC" in notice.text


def test_a_failure_is_told_with_its_reason(database: Database) -> None:
    who, topics = add_user(database), MemoryTopics()
    export_id = export(database, who, ExportStatus.FAILED, failure_reason="It could not be written.")

    notices.tell(database, topics, export_id)

    assert "It could not be written." in topics.published[0][1].text
    assert len(topics.published[0][1].short) <= 160


def test_nobody_is_told_who_did_not_ask_or_is_gone(database: Database) -> None:
    who, topics = add_user(database), MemoryTopics()
    not_asked = export(database, who, ExportStatus.READY, notify=False)
    asked = export(database, who, ExportStatus.READY)
    with database.transaction() as session:
        session.get_one(User, who.actor.id).active = False

    for export_id in (not_asked, asked, uuid4()):
        notices.invite(database, topics, export_id)
        notices.tell(database, topics, export_id)
    assert topics.published == []
    assert topics.subscribers == {}


def test_a_notice_that_did_not_get_through_is_sent_again(database: Database) -> None:
    who, topics = add_user(database), MemoryTopics(down=True)
    export_id = export(database, who, ExportStatus.READY)

    with pytest.raises(Unavailable):
        notices.tell(database, topics, export_id)
    topics.down = False
    notices.tell(database, topics, export_id)

    assert len(topics.published) == 1
