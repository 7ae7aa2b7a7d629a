"""`anpr.ports.Notifier` on tables and a queue: topics, and subscriptions that count once a signed link was followed.

Whatever is to be sent becomes one message for each address, so that a mail server that is down, or refuses one of them,
keeps nobody else from being told, and nobody is told twice for somebody else's sake.
"""

from typing import Final
from uuid import UUID, uuid4

import jwt
from pydantic import BaseModel
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from anpr.adapters.selfhost.settings import MailSettings
from anpr.db import Database
from anpr.errors import NotFound, Unauthenticated, Unprocessable
from anpr.models import Channel, NoticeSubscription, NoticeTopic
from anpr.ports import JobQueue, Notice

ADMINS: Final = "admins"
"""The topic of what administrators must know; its one address is a setting, and needs no confirmation."""

CONFIRM: Final = "confirm"
UNSUBSCRIBE: Final = "unsubscribe"
_ALGORITHM: Final = "HS256"


class NoticeDue(BaseModel):
    """A message of the queue `notice_sender`: one notice for one address.

    Attributes:
        subscription_id: whom to tell; None for the administrators.
        notice: what; None to ask whether the address should be told of the topic at all.
    """

    subscription_id: UUID | None
    subject: str = ""
    text: str = ""
    short: str = ""
    ask: bool = False


class QueuedNotices:
    """Topics by name."""

    def __init__(self, database: Database, queue: JobQueue, settings: MailSettings) -> None:
        self._database = database
        self._queue = queue
        self._settings = settings

    def open_topic(self, name: str, *, title: str) -> str:
        made = insert(NoticeTopic).values(name=name, title=title)
        with self._database.transaction() as session:
            session.execute(made.on_conflict_do_update(index_elements=["name"], set_={"title": title}))
        return name

    def close_topic(self, topic: str) -> None:
        with self._database.transaction() as session:
            session.execute(delete(NoticeTopic).where(NoticeTopic.name == topic))

    def subscribe(self, topic: str, channel: str, address: str) -> str:
        kind = Channel(channel)
        if kind is Channel.EMAIL and self._settings.host is None:
            raise Unprocessable("E-mail is not set up here; set ANPR_MAIL_HOST.")
        if kind is Channel.SMS and self._settings.sms_url is None:
            raise Unprocessable("SMS is not set up here; set ANPR_MAIL_SMS_URL.")
        with self._database.transaction() as session:
            if session.get(NoticeTopic, topic) is None:
                raise NotFound("There is no such topic.")
            wanted = insert(NoticeSubscription).values(id=uuid4(), topic=topic, channel=kind, address=address)
            found: UUID = session.execute(
                wanted.on_conflict_do_update(
                    index_elements=["topic", "channel", "address"], set_={"address": address}
                ).returning(NoticeSubscription.id)
            ).scalar_one()
            waits = session.scalars(
                select(NoticeSubscription.id).where(
                    NoticeSubscription.id == found, NoticeSubscription.confirmed_at.is_(None)
                )
            ).one_or_none()
        if waits is not None:
            self._queue.send(NoticeDue(subscription_id=found, ask=True).model_dump_json())
        return str(found)

    def unsubscribe(self, subscription: str) -> None:
        end(self._database, UUID(subscription))

    def publish(self, topic: str, notice: Notice) -> None:
        said = {"subject": notice.subject, "text": notice.text, "short": notice.short}
        if topic == ADMINS:
            if self._settings.admins is not None and self._settings.host is not None:
                self._queue.send(NoticeDue(subscription_id=None, **said).model_dump_json())
            return
        with self._database.transaction() as session:
            if session.get(NoticeTopic, topic) is None:
                raise NotFound("There is no such topic.")
            told = session.scalars(
                select(NoticeSubscription.id).where(
                    NoticeSubscription.topic == topic, NoticeSubscription.confirmed_at.is_not(None)
                )
            ).all()
        for subscription_id in told:
            self._queue.send(NoticeDue(subscription_id=subscription_id, **said).model_dump_json())


def confirm(database: Database, subscription_id: UUID) -> None:
    """Have a subscription count.

    Raises:
        NotFound: it has ended meanwhile.
    """
    with database.transaction() as session:
        confirmed = session.scalar(
            update(NoticeSubscription)
            .where(NoticeSubscription.id == subscription_id)
            .values(confirmed_at=func.coalesce(NoticeSubscription.confirmed_at, func.now()))
            .returning(NoticeSubscription.id)
        )
    if confirmed is None:
        raise NotFound("This subscription has ended.")


def end(database: Database, subscription_id: UUID) -> None:
    """End a subscription; one that is not there is no error."""
    with database.transaction() as session:
        session.execute(delete(NoticeSubscription).where(NoticeSubscription.id == subscription_id))


def sign(key: str, action: str, subscription_id: UUID) -> str:
    """Make the token of a link: it is good for one action on one subscription, for as long as that is there."""
    return jwt.encode({"sub": str(subscription_id), "act": action}, key, algorithm=_ALGORITHM)


def signed_for(key: str, action: str, token: str) -> UUID:
    """Read a link's token.

    Raises:
        Unauthenticated: it is none of ours, or for another action.
    """
    try:
        content = jwt.decode(token, key, algorithms=[_ALGORITHM], options={"require": ["sub", "act"]})
        if content["act"] != action:
            raise Unauthenticated("This link is not valid.")
        return UUID(content["sub"])
    except (jwt.InvalidTokenError, ValueError) as error:
        raise Unauthenticated("This link is not valid.") from error
