"""Notices by the backend's own e-mail: who is asked, who is told, and what becomes of a mail server that is down."""

import re
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from anpr.adapters.selfhost import notices
from anpr.adapters.selfhost.mailing import Mailer
from anpr.adapters.selfhost.notices import ADMINS, NoticeDue, QueuedNotices
from anpr.adapters.selfhost.settings import MailSettings
from anpr.db import Database
from anpr.errors import NotFound, Unauthenticated, Unavailable, Unprocessable
from anpr.ports import Notice
from tests.memory import MemoryQueue
from tests.smtp_server import MailServer, mail_server

KEY = "a key of at least thirty-two bytes, as HS256 wants"
HIT = Notice("LS15EBC at\r\nNorth gate", "LS15EBC was seen.", "ANPR LS15EBC")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


class Place:
    """Topics, their queue, and a mailer that sends what is on it."""

    def __init__(self, database: Database, server: MailServer) -> None:
        self.settings = MailSettings(
            host="127.0.0.1", port=server.port, security="none", sender="anpr@example.org", admins="boss@example.org"
        )
        self.database = database
        self.queue = MemoryQueue()
        self.notifier = QueuedNotices(database, self.queue, self.settings)
        self.mailer = Mailer(database, self.settings, KEY)

    def send(self) -> list[str]:
        """Send all that is due."""
        outcomes = []
        while (message := self.queue.receive(wait_s=0, visibility_s=60)) is not None:
            outcomes.append(self.mailer.send(message.body))
            self.queue.delete(message)
        return outcomes


@pytest.fixture
def place(database: Database, server: MailServer) -> Place:
    made = Place(database, server)
    made.notifier.open_topic("bolo-1", title="Stolen cars")
    return made


def link_in(text: str) -> tuple[str, str]:
    found = re.search(r"/notices/(\w+)\?token=(\S+)", text)
    assert found, text
    return found[1], found[2]


def test_nobody_is_told_before_they_agreed_and_nobody_after_they_left(place: Place, server: MailServer) -> None:
    reference = place.notifier.subscribe("bolo-1", "email", "me@example.org")
    place.notifier.publish("bolo-1", HIT)
    assert place.send() == ["sent"]
    [asked] = server.taken
    assert (asked["to"], asked["subject"]) == ("me@example.org", "Confirm: Stolen cars")
    action, token = link_in(asked.get_content())
    assert action == notices.CONFIRM
    notices.confirm(place.database, notices.signed_for(KEY, action, token))

    place.notifier.publish("bolo-1", HIT)
    assert place.send() == ["sent"]
    told = server.taken[1]
    assert told["subject"] == "LS15EBC at North gate"
    assert "LS15EBC was seen." in told.get_content()
    assert told["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    action, token = link_in(told["list-unsubscribe"].strip("<>"))
    place.notifier.publish("bolo-1", HIT)
    notices.end(place.database, notices.signed_for(KEY, action, token))

    # What was on its way when they left is not sent either.
    assert place.send() == ["over"]
    with pytest.raises(NotFound):
        notices.confirm(place.database, UUID(reference))
    place.notifier.unsubscribe(reference)


def test_to_subscribe_twice_is_one_subscription(place: Place, server: MailServer) -> None:
    first, second = (place.notifier.subscribe("bolo-1", "email", "me@example.org") for _ in range(2))
    assert first == second
    notices.confirm(place.database, UUID(first))
    place.send()
    asked = len(server.taken)

    place.notifier.subscribe("bolo-1", "email", "me@example.org")
    place.notifier.publish("bolo-1", HIT)

    assert place.send() == ["sent"]
    assert len(server.taken) == asked + 1


def test_a_mail_server_that_refuses_leaves_the_notice_to_be_sent_later(place: Place, server: MailServer) -> None:
    due = NoticeDue(subscription_id=None, subject="A webhook was disabled", text="…").model_dump_json()
    server.refuses = True
    with pytest.raises(Unavailable):
        place.mailer.send(due)

    server.refuses = False
    assert place.mailer.send(due) == "sent"
    assert [message["to"] for message in server.taken] == ["boss@example.org"]


def test_administrators_are_told_without_a_subscription(place: Place, server: MailServer) -> None:
    place.notifier.publish(ADMINS, HIT)

    assert place.send() == ["sent"]
    assert server.taken[0]["to"] == "boss@example.org"


def test_a_link_is_good_for_its_own_action_and_signed_by_our_own_key() -> None:
    subscription = uuid4()
    token = notices.sign(KEY, notices.CONFIRM, subscription)

    assert notices.signed_for(KEY, notices.CONFIRM, token) == subscription
    forged = notices.sign("another key of at least thirty-two bytes", notices.CONFIRM, subscription)
    for action, shown in ((notices.UNSUBSCRIBE, token), (notices.CONFIRM, forged), (notices.CONFIRM, "x")):
        with pytest.raises(Unauthenticated):
            notices.signed_for(KEY, action, shown)


def test_topics_that_are_gone_and_channels_that_are_not_set_up_are_refused(place: Place, database: Database) -> None:
    place.notifier.close_topic("bolo-1")
    with pytest.raises(NotFound):
        place.notifier.publish("bolo-1", HIT)
    with pytest.raises(NotFound):
        place.notifier.subscribe("bolo-1", "email", "me@example.org")
    with pytest.raises(Unprocessable, match="SMS"):
        place.notifier.subscribe("bolo-1", "sms", "+491700000000")
    silent = QueuedNotices(database, MemoryQueue(), MailSettings())
    with pytest.raises(Unprocessable, match="ANPR_MAIL_HOST"):
        silent.subscribe("bolo-1", "email", "me@example.org")
