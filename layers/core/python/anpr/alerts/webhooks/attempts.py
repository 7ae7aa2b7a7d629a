"""Attempts: who may make one now, how it went, and what follows from that for the delivery and its endpoint."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from anpr.alerts.egress import Answer
from anpr.alerts.webhooks import endpoints
from anpr.identity import scopes
from anpr.models import BoloMatch, DeliveryStatus, Event, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from anpr.settings import WebhookSettings

_GONE: Final = 410
_THROTTLED: Final = frozenset({429, 503})
_UNSEEN: Final = "Whoever registered the webhook may not see this camera any more."


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this sender alone may attempt now, with what it needs.

    Attributes:
        lease_until: until when, which tells this attempt from one that was asked for meanwhile.
        secrets: the endpoint's sealed secrets that sign, the current one first.
        images: keys of the crop and the frame of the hit's event; None where there is none.
    """

    id: UUID
    attempt: int
    lease_until: datetime
    message_id: UUID
    type: str
    payload: dict[str, Any]
    url: str
    secrets: tuple[bytes, ...]
    images: tuple[str | None, str | None] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went: an answer, or why there was none."""

    answer: Answer | None
    error: str | None
    duration_ms: float

    @property
    def arrived(self) -> bool:
        """Whether the receiver took the message."""
        return self.answer is not None and 200 <= self.answer.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver said that there will be nothing at this address any more."""
        return self.answer is not None and self.answer.status == _GONE


def due_in(session: Session, delivery_id: UUID, attempt: int) -> timedelta | None:
    """How long a delivery has to wait for an attempt; None where that attempt is no longer to be made."""
    row = session.execute(
        select(WebhookDelivery.due_at, func.now().label("now"))
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(*_waiting(delivery_id, attempt))
    ).one_or_none()
    return None if row is None else max(row.due_at - row.now, timedelta(0))


def claim(session: Session, delivery_id: UUID, attempt: int, lease: timedelta) -> Claimed | None:
    """Take a delivery that is due, in one statement: of two copies of a message, one gets it.

    Returns:
        None where the attempt is not due, made already, or being made; or where it must not be made, which ends the
        delivery: it is about a camera that whoever registered the endpoint may not see.
    """
    leased = session.execute(
        update(WebhookDelivery)
        .where(
            *_waiting(delivery_id, attempt),
            WebhookEndpoint.id == WebhookDelivery.endpoint_id,
            WebhookDelivery.due_at <= func.now(),
            or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until < func.now()),
        )
        .values(lease_until=func.now() + lease)
        .returning(WebhookDelivery.endpoint_id, WebhookDelivery.lease_until)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if leased is None:
        return None
    delivery = session.get_one(WebhookDelivery, delivery_id, populate_existing=True)
    endpoint = session.get_one(WebhookEndpoint, leased.endpoint_id)
    hit = session.execute(
        select(BoloMatch.camera_id, Event.crop_key, Event.frame_key, Event.media_deleted_at)
        .join(BoloMatch, BoloMatch.event_id == Event.id)
        .where(BoloMatch.id == delivery.match_id)
    ).one_or_none()
    now = session.execute(select(func.now())).scalar_one()
    claimed = Claimed(
        id=delivery.id,
        attempt=attempt,
        lease_until=leased.lease_until,
        message_id=delivery.message_id,
        type=delivery.type,
        payload=delivery.payload,
        url=endpoint.url,
        secrets=endpoints.secrets_of(endpoint, now),
        images=None if hit is None or hit.media_deleted_at is not None else (hit.crop_key, hit.frame_key),
    )
    camera_id = _camera_of(delivery.payload) if hit is None else hit.camera_id
    if camera_id is None or scopes.covers(endpoints.cameras_of(session, endpoint), camera_id):
        return claimed
    delivery.status, delivery.lease_until = DeliveryStatus.FAILED, None
    session.add(_logged(claimed, Outcome(None, _UNSEEN, 0), now))
    return None


def settle(session: Session, claimed: Claimed, outcome: Outcome, settings: WebhookSettings) -> timedelta | None:
    """Log an attempt, and end the delivery or say when to try again.

    Returns:
        How long to wait for the next attempt; None where there is none.
    """
    # The endpoint first, here as everywhere: two deliveries of one endpoint settle one after the other.
    endpoint_id = session.scalar(select(WebhookDelivery.endpoint_id).where(WebhookDelivery.id == claimed.id))
    if endpoint_id is None:
        return None  # The endpoint was deleted meanwhile, and its log with it.
    endpoint = endpoints.get(session, endpoint_id, lock=True)
    delivery = session.get_one(WebhookDelivery, claimed.id, with_for_update=True)
    now: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    session.add(_logged(claimed, outcome, now))
    wait = None
    # A replay that was asked for meanwhile, or another sender whom the lease fell to, has the delivery now.
    if delivery.lease_until == claimed.lease_until:
        wait = _advance(delivery, claimed.attempt, outcome, now, settings)
        if outcome.arrived:
            _measure(session, delivery, now)
    _judge(session, endpoint, outcome, now, settings)
    session.flush()
    return wait if endpoint.active else None


def _camera_of(payload: dict[str, Any]) -> UUID | None:
    """The camera that a message without a hit is about; None where it is about none."""
    named = payload["data"].get("camera_id")
    return None if named is None else UUID(named)


def _waiting(delivery_id: UUID, attempt: int) -> tuple[ColumnElement[bool], ...]:
    return (
        WebhookDelivery.id == delivery_id,
        WebhookDelivery.status == DeliveryStatus.PENDING,
        WebhookDelivery.attempts == attempt,
        WebhookEndpoint.active.is_(True),
    )


def _logged(claimed: Claimed, outcome: Outcome, now: datetime) -> WebhookAttempt:
    answer = outcome.answer
    return WebhookAttempt(
        id=uuid4(),
        delivery_id=claimed.id,
        at=now - timedelta(milliseconds=outcome.duration_ms),
        duration_ms=outcome.duration_ms,
        status_code=None if answer is None else answer.status,
        response="" if answer is None else answer.excerpt,
        error=outcome.error,
    )


def _advance(
    delivery: WebhookDelivery, attempt: int, outcome: Outcome, now: datetime, settings: WebhookSettings
) -> timedelta | None:
    """End a delivery, or say when to try again; None where there is nothing to wait for."""
    delivery.attempts, delivery.lease_until = attempt + 1, None
    if outcome.arrived:
        delivery.status, delivery.delivered_at = DeliveryStatus.DELIVERED, now
        return None
    # A message is not at fault where the address is gone: it is kept for when the endpoint, disabled now, is back.
    wait = timedelta(0) if outcome.is_gone else _next_wait(attempt, outcome, settings)
    if wait is None:
        delivery.status = DeliveryStatus.FAILED
    else:
        delivery.due_at = now + wait
    return wait


def _judge(
    session: Session, endpoint: WebhookEndpoint, outcome: Outcome, now: datetime, settings: WebhookSettings
) -> None:
    """Count an outcome for or against an endpoint, and disable it where it is time."""
    if outcome.arrived:
        endpoint.failing_since = None
        return
    endpoint.failing_since = endpoint.failing_since or now
    if outcome.is_gone:
        _disable(session, endpoint, "The receiver said that the address is gone (410).")
    elif now - endpoint.failing_since >= settings.disable_after:
        days = settings.disable_after / timedelta(days=1)
        _disable(session, endpoint, f"Every delivery has failed for {days:g} days.")


def _measure(session: Session, delivery: WebhookDelivery, now: datetime) -> None:
    """Store how long after the hit, and after the passage's end, its first message arrived."""
    hit = session.get(BoloMatch, delivery.match_id) if delivery.match_id is not None else None
    # A replay's time says nothing of the way's speed.
    if hit is not None and delivery.since_hit_s is None:
        delivery.since_hit_s = (now - hit.created_at).total_seconds()
        delivery.since_passage_s = (now - hit.passage_ended_at).total_seconds()
        hit.first_notified_at = hit.first_notified_at or now


def _next_wait(attempt: int, outcome: Outcome, settings: WebhookSettings) -> timedelta | None:
    if attempt >= len(settings.retry_after_s):
        return None
    wait_s = settings.retry_after_s[attempt]
    if outcome.answer is not None and outcome.answer.status in _THROTTLED:
        wait_s = max(wait_s, outcome.answer.retry_after_s or 0)
    return timedelta(seconds=wait_s)


def _disable(session: Session, endpoint: WebhookEndpoint, reason: str) -> None:
    if endpoint.active:
        endpoints.disable(session, endpoint, reason)
