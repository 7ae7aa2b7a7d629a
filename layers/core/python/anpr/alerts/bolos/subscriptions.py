"""Who is told of a list's hits by e-mail and SMS.

The notification service is called between transactions, never within one: no lock waits for it, and it tells nobody
whom no row names. A row is there before the service knows of it (`reference` is empty until then), and goes when the
service has forgotten it.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpr import audit
from anpr.alerts.bolos import lists
from anpr.audit import SYSTEM, Action, Actor
from anpr.db import Database
from anpr.errors import AnprError, Conflict, NotFound, Unavailable, Unprocessable
from anpr.identity import camera_limits, scopes
from anpr.models import BoloSubscription, Channel, User
from anpr.ports import Notifier

_MAX_SUBSCRIPTIONS: Final = 100
_BLIND: Final = "Whoever subscribed them may not see a camera any more that the list had a hit at."
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def find(session: Session, list_id: UUID) -> Sequence[BoloSubscription]:
    """List who is told of a list's hits.

    Raises:
        NotFound: there is no such list.
    """
    lists.get(session, list_id)
    statement = select(BoloSubscription).where(BoloSubscription.list_id == list_id)
    return session.scalars(statement.order_by(BoloSubscription.created_at, BoloSubscription.id)).all()


def subscribe(
    database: Database, actor: Actor, list_id: UUID, recipient: tuple[Channel, str], notifier: Notifier
) -> BoloSubscription:
    """Tell somebody of a list's hits. An e-mail address is sent a link that its owner must follow first.

    It works in transactions of its own, and is safe to ask for again.

    Args:
        database: where the list is.
        actor: who subscribes them.
        list_id: the list.
        recipient: the channel, and the address on it: an e-mail address, or a telephone number as in E.164.
        notifier: where the list's topic is.

    Raises:
        NotFound: there is no such list.
        Conflict: they are subscribed already, or the list has as many subscribers as it may.
        Unprocessable: a telephone number of another form, or an address that the service does not take.
        Unavailable: the database or the service does not answer; nobody is subscribed.
    """
    channel, address = recipient
    if channel is Channel.SMS and not _PHONE.fullmatch(address):
        why = "A telephone number starts with + and the country's code, and has digits only."
        raise Unprocessable(why, errors=[{"pointer": "/address", "detail": why}])
    with database.transaction() as session:
        made = _announce(session, actor, list_id, recipient)
        title = lists.get(session, list_id).name
    try:
        # Opening a topic that is there gives the same one.
        topic = notifier.open_topic(f"bolo-{list_id}", title=title)
        reference = notifier.subscribe(topic, channel.value, address)
    except AnprError as error:
        with database.transaction() as session:
            _remove(session, actor, made.id, reason=error.detail)
        raise
    try:
        with database.transaction() as session:
            return _settle(session, made.id, topic, reference)
    except AnprError:
        # Whoever no row names, nobody could unsubscribe.
        with suppress(Unavailable):
            notifier.unsubscribe(reference)
        raise


def unsubscribe(database: Database, actor: Actor, list_id: UUID, subscription_id: UUID, notifier: Notifier) -> None:
    """Tell somebody no more. It works in transactions of its own, and is safe to ask for again.

    Raises:
        NotFound: there is no such subscription to this list.
        Unavailable: the database or the service does not answer; the subscription is there as long as it is listed.
    """
    with database.transaction() as session:
        ending = session.get(BoloSubscription, subscription_id)
        if ending is None or ending.list_id != list_id:
            raise NotFound(f"The list has no subscription {subscription_id}.")
    if ending.reference:
        notifier.unsubscribe(ending.reference)
    with database.transaction() as session:
        _remove(session, actor, subscription_id)


def end_blind(database: Database, list_id: UUID, camera_id: UUID, notifier: Notifier) -> int:
    """End those subscriptions to a list whose maker may not see a camera any more, before a hit at it is told.

    All subscribers of a list are told the same at once, so who may not be told of all is told of nothing.

    Returns:
        How many ended.

    Raises:
        Unavailable: the database or the service does not answer; the hit must not be told yet.
    """
    with database.transaction() as session:
        made = session.execute(
            select(BoloSubscription, User)
            .join(User, User.id == BoloSubscription.created_by)
            .where(BoloSubscription.list_id == list_id)
        ).all()
        blind = [row for row, maker in made if not scopes.covers(camera_limits.seen_by(session, maker), camera_id)]
    for ending in blind:
        if ending.reference:
            notifier.unsubscribe(ending.reference)
        with database.transaction() as session:
            _remove(session, SYSTEM, ending.id, reason=_BLIND)
    return len(blind)


def _announce(session: Session, actor: Actor, list_id: UUID, recipient: tuple[Channel, str]) -> BoloSubscription:
    """Make a subscription's row, or find one whose maker never came to its end."""
    channel, address = recipient
    lists.get(session, list_id, lock=True)
    present = find(session, list_id)
    same = next((one for one in present if (one.channel, one.address) == recipient), None)
    if same is not None and same.reference:
        raise Conflict(f"{address} is subscribed to this list already.")
    if same is not None:
        return same
    if len(present) >= _MAX_SUBSCRIPTIONS:
        raise Conflict(f"A list has at most {_MAX_SUBSCRIPTIONS} subscribers; use a distribution address.")
    made = BoloSubscription(
        id=uuid4(), list_id=list_id, channel=channel, address=address, reference="", created_by=actor.id
    )
    session.add(made)
    session.flush()
    session.refresh(made)
    detail = {"channel": channel.value, "address": address}
    audit.record(session, actor, Action.BOLO_LIST_SUBSCRIBED, f"bolo_list:{list_id}", detail=detail)
    return made


def _settle(session: Session, subscription_id: UUID, topic: str, reference: str) -> BoloSubscription:
    made = session.get(BoloSubscription, subscription_id, with_for_update=True)
    if made is None:
        raise Conflict("The subscription was ended, or its list removed, while it was made.")
    made.reference = reference
    lists.get(session, made.list_id, lock=True).topic = topic
    return made


def _remove(session: Session, actor: Actor, subscription_id: UUID, *, reason: str | None = None) -> None:
    """Remove a row, unless it is gone already."""
    removing = session.get(BoloSubscription, subscription_id, with_for_update=True)
    if removing is None:
        return
    session.delete(removing)
    session.flush()
    detail = {"channel": removing.channel.value, "address": removing.address}
    target = f"bolo_list:{removing.list_id}"
    audit.record(session, actor, Action.BOLO_LIST_UNSUBSCRIBED, target, reason=reason, detail=detail)
