"""Deliveries: one message to one endpoint each, with the log of its attempts.

A delivery's row is the truth, and the queue's message only says when to look at it: a second copy of a message finds
the delivery leased or done, and a message that is lost is made good by the sweep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import any_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr import audit
from anpr.alerts.webhooks import endpoints
from anpr.audit import Action, Actor
from anpr.errors import Conflict, NotFound
from anpr.models import DeliveryStatus, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from anpr.paging import Page, PageRequest, Position, newest_first, page_of

PING: Final = "webhook.ping"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message for every endpoint that wants it.

    Attributes:
        id: the bus event's id, by which receivers tell a second delivery from a second message.
        type: the event's type.
        payload: `timestamp` and `data` of the body; links to images are made when it is sent.
        match_id: the hit it is about; None where it is about none.
        list_id: the hit's list; a message without one is for all who want its type.
    """

    id: UUID
    type: str
    payload: dict[str, Any]
    match_id: UUID | None = None
    list_id: UUID | None = None


def plan(session: Session, message: Outgoing) -> Sequence[tuple[UUID, int]]:
    """Make a delivery for each endpoint that wants a message, unless it has one.

    One that is inactive has it kept: the delivery waits until the endpoint is active again, or is forgotten in time.

    Returns:
        The deliveries that can be made now, whoever planned them, each with its number of attempts so far.
    """
    wanting = select(WebhookEndpoint.id).where(any_(WebhookEndpoint.event_types) == message.type)
    if message.list_id is not None:
        its_list = any_(WebhookEndpoint.list_ids) == message.list_id
        wanting = wanting.where(or_(WebhookEndpoint.list_ids.is_(None), its_list))
    for endpoint_id in session.scalars(wanting).all():
        session.execute(
            insert(WebhookDelivery)
            .values(
                id=uuid4(),
                endpoint_id=endpoint_id,
                message_id=message.id,
                type=message.type,
                match_id=message.match_id,
                payload=message.payload,
            )
            .on_conflict_do_nothing(index_elements=["endpoint_id", "message_id"])
        )
    waiting = (
        select(WebhookDelivery.id, WebhookDelivery.attempts)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(
            WebhookDelivery.message_id == message.id,
            WebhookDelivery.status == DeliveryStatus.PENDING,
            WebhookEndpoint.active,
        )
    )
    return [(row.id, row.attempts) for row in session.execute(waiting)]


def ping(session: Session, actor: Actor, endpoint_id: UUID) -> WebhookDelivery:
    """Send an endpoint a message that says nothing, to try it out.

    Raises:
        NotFound: there is no such endpoint.
        Conflict: the endpoint is not active.
    """
    _active(session, endpoint_id)
    at = session.execute(select(func.now())).scalar_one()
    made = WebhookDelivery(
        id=uuid4(),
        endpoint_id=endpoint_id,
        message_id=uuid4(),
        type=PING,
        payload={"timestamp": at.isoformat(), "data": {}},
    )
    session.add(made)
    session.flush()
    session.refresh(made)
    audit.record(session, actor, Action.WEBHOOK_PINGED, f"webhook:{endpoint_id}")
    return made


def find(
    session: Session, page: PageRequest, endpoint_id: UUID, *, status: DeliveryStatus | None = None
) -> Page[WebhookDelivery]:
    """List an endpoint's deliveries, newest first.

    Raises:
        NotFound: there is no such endpoint.
    """
    endpoints.get(session, endpoint_id)
    statement = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if status is not None:
        statement = statement.where(WebhookDelivery.status == status)
    rows = session.scalars(newest_first(statement, WebhookDelivery.created_at, WebhookDelivery.id, page)).all()
    return page_of(rows, page, lambda row: Position(row.created_at, row.id))


def get(session: Session, endpoint_id: UUID, delivery_id: UUID) -> tuple[WebhookDelivery, Sequence[WebhookAttempt]]:
    """Get one delivery with its attempts, the first one first.

    Raises:
        NotFound: the endpoint has no such delivery.
    """
    found = session.get(WebhookDelivery, delivery_id)
    if found is None or found.endpoint_id != endpoint_id:
        raise NotFound(f"The webhook has no delivery {delivery_id}.")
    statement = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id)
    return found, session.scalars(statement.order_by(WebhookAttempt.at, WebhookAttempt.id)).all()


def replay(session: Session, actor: Actor, endpoint_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Send a delivery again, from the first of its attempts, under the id it had.

    An attempt that is under way goes on beside it, and is logged; what it comes to changes nothing any more.

    Raises:
        NotFound: the endpoint has no such delivery.
        Conflict: the endpoint is not active.
    """
    _active(session, endpoint_id)
    found, _ = get(session, endpoint_id, delivery_id)
    found.status, found.attempts, found.lease_until = DeliveryStatus.PENDING, 0, None
    found.due_at = func.now()
    session.flush()
    session.refresh(found)
    audit.record(session, actor, Action.WEBHOOK_REPLAYED, f"webhook:{endpoint_id}", detail={"delivery": delivery_id})
    return found


def overdue(session: Session, grace: timedelta, limit: int) -> Sequence[tuple[UUID, int]]:
    """Find deliveries whose message must have been lost: due for longer than `grace`, and nobody at it."""
    rows = session.execute(
        select(WebhookDelivery.id, WebhookDelivery.attempts)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(
            WebhookDelivery.status == DeliveryStatus.PENDING,
            WebhookDelivery.due_at < func.now() - grace,
            or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until < func.now()),
            WebhookEndpoint.active,
        )
        .order_by(WebhookDelivery.due_at)
        .limit(limit)
    )
    return [(row.id, row.attempts) for row in rows]


def prune(session: Session, older_than: timedelta) -> int:
    """Forget deliveries older than this that are over, or are kept for an endpoint that is inactive.

    Returns:
        How many.
    """
    inactive = select(WebhookEndpoint.id).where(WebhookEndpoint.active.is_(False))
    gone = session.scalars(
        delete(WebhookDelivery)
        .where(
            WebhookDelivery.created_at < func.now() - older_than,
            or_(WebhookDelivery.status != DeliveryStatus.PENDING, WebhookDelivery.endpoint_id.in_(inactive)),
        )
        .returning(WebhookDelivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _active(session: Session, endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = endpoints.get(session, endpoint_id)
    if not endpoint.active:
        raise Conflict("The webhook is not active; set active to true first.")
    return endpoint
