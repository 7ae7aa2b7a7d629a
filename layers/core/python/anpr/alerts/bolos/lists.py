"""Lists of wanted plates, and who is told of their hits by e-mail and SMS."""

import re
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final, TypedDict
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpr import audit
from anpr.alerts.bolos.matcher import touch
from anpr.audit import Actor
from anpr.db import after_commit
from anpr.errors import Conflict, NotFound, Unavailable, Unprocessable
from anpr.models import BoloList, BoloMatch, BoloSubscription, Channel, Priority
from anpr.paging import Page, PageRequest, Position, newest_first, page_of
from anpr.ports import Notifier

_MAX_SUBSCRIPTIONS: Final = 100
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")


class ListFields(TypedDict, total=False):
    """What may be set of a list; a field that is not there is left as it is.

    Attributes:
        active: entries of an inactive list match nothing.
        alert_interval_s: hits of one vehicle at one camera within this many seconds are one alert; 0 alerts of each.
    """

    name: str
    description: str
    priority: Priority
    active: bool
    alert_interval_s: int


def create(session: Session, actor: Actor, fields: ListFields) -> BoloList:
    """Make a list; `name` is required.

    Raises:
        Conflict: the name is taken.
    """
    values = {
        "description": "",
        "priority": Priority.NORMAL,
        "active": True,
        "alert_interval_s": 300,
        "created_by": actor.id,
        **fields,
    }
    made: BoloList | None = session.scalar(
        insert(BoloList)
        .values(id=uuid4(), **values)
        .on_conflict_do_nothing(index_elements=["name"])
        .returning(BoloList)
    )
    if made is None:
        raise Conflict(f"There is a list named {fields['name']!r} already.")
    audit.record(session, actor, "bolo_list.created", f"bolo_list:{made.id}", detail={"name": made.name})
    return made


def find(session: Session, page: PageRequest) -> Page[BoloList]:
    """List the lists, newest first."""
    rows = session.scalars(newest_first(select(BoloList), BoloList.created_at, BoloList.id, page)).all()
    return page_of(rows, page, lambda row: Position(row.created_at, row.id))


def get(session: Session, list_id: UUID, *, lock: bool = False) -> BoloList:
    """Get one list.

    Raises:
        NotFound: there is none.
    """
    found = session.get(BoloList, list_id, with_for_update=True if lock else None)
    if found is None:
        raise NotFound(f"There is no list {list_id}.")
    return found


def update(session: Session, actor: Actor, list_id: UUID, fields: ListFields) -> BoloList:
    """Change a list.

    Raises:
        NotFound: there is none.
        Conflict: the new name is taken.
    """
    changing = get(session, list_id, lock=True)
    changed = {name: value for name, value in fields.items() if value != getattr(changing, name)}
    for name, value in changed.items():
        setattr(changing, name, value)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(f"There is a list named {fields.get('name')!r} already.") from error
    if changed:
        audit.record(session, actor, "bolo_list.changed", f"bolo_list:{list_id}", detail=changed)
    return changing


def delete(session: Session, actor: Actor, list_id: UUID, notifier: Notifier) -> None:
    """Remove a list with its entries, and once that is committed its topic.

    Raises:
        NotFound: there is none.
        Conflict: it has hits, which would lose their reason; it can be made inactive instead.
    """
    removing = get(session, list_id, lock=True)
    if session.scalar(select(BoloMatch.id).where(BoloMatch.list_id == list_id).limit(1)) is not None:
        raise Conflict("The list has hits, which would lose their reason; set active to false instead.")
    touch(session)
    session.delete(removing)
    session.flush()
    audit.record(session, actor, "bolo_list.deleted", f"bolo_list:{list_id}", detail={"name": removing.name})
    if removing.topic is not None:
        after_commit(session, partial(_close, notifier, removing.topic))


def _close(notifier: Notifier, topic: str) -> None:
    # A topic that is left behind tells nobody anything.
    with suppress(Unavailable):
        notifier.close_topic(topic)


def subscriptions(session: Session, list_id: UUID) -> Sequence[BoloSubscription]:
    """Who is told of a list's hits.

    Raises:
        NotFound: there is no such list.
    """
    get(session, list_id)
    statement = select(BoloSubscription).where(BoloSubscription.list_id == list_id)
    return session.scalars(statement.order_by(BoloSubscription.created_at, BoloSubscription.id)).all()


def subscribe(
    session: Session, actor: Actor, list_id: UUID, recipient: tuple[Channel, str], notifier: Notifier
) -> BoloSubscription:
    """Tell somebody of a list's hits. An e-mail address is sent a link that its owner must follow first.

    Args:
        session: the transaction.
        actor: who subscribes them.
        list_id: the list.
        recipient: the channel, and the address on it: an e-mail address, or a telephone number as in E.164.
        notifier: where the list's topic is.

    Raises:
        NotFound: there is no such list.
        Conflict: they are subscribed already, or the list has as many subscribers as it may.
        Unprocessable: a telephone number of another form.
    """
    channel, address = recipient
    if channel is Channel.SMS and not _PHONE.fullmatch(address):
        raise Unprocessable("A telephone number starts with + and the country's code, and has digits only.")
    subscribed = get(session, list_id, lock=True)
    present = subscriptions(session, list_id)
    if any((one.channel, one.address) == recipient for one in present):
        raise Conflict(f"{address} is subscribed to this list already.")
    if len(present) >= _MAX_SUBSCRIPTIONS:
        raise Conflict(f"A list has at most {_MAX_SUBSCRIPTIONS} subscribers; use a distribution address.")
    # Opening a topic that is there gives the same one.
    subscribed.topic = notifier.open_topic(f"bolo-{list_id}", title=subscribed.name)
    made = BoloSubscription(
        id=uuid4(),
        list_id=list_id,
        channel=channel,
        address=address,
        reference=notifier.subscribe(subscribed.topic, channel.value, address),
    )
    session.add(made)
    session.flush()
    session.refresh(made)
    detail = {"channel": channel.value, "address": address}
    audit.record(session, actor, "bolo_list.subscribed", f"bolo_list:{list_id}", detail=detail)
    return made


def unsubscribe(session: Session, actor: Actor, list_id: UUID, subscription_id: UUID, notifier: Notifier) -> None:
    """Tell somebody no more.

    Raises:
        NotFound: there is no such subscription to this list.
    """
    removing = session.get(BoloSubscription, subscription_id, with_for_update=True)
    if removing is None or removing.list_id != list_id:
        raise NotFound(f"The list has no subscription {subscription_id}.")
    notifier.unsubscribe(removing.reference)
    session.delete(removing)
    session.flush()
    detail = {"channel": removing.channel.value, "address": removing.address}
    audit.record(session, actor, "bolo_list.unsubscribed", f"bolo_list:{list_id}", detail=detail)
