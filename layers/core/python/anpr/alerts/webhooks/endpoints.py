"""Endpoints: the HTTPS addresses that are told of hits, and of the audit log's anchors."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, TypedDict
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpr import audit, outbox
from anpr.alerts import egress
from anpr.alerts.egress import EgressPolicy
from anpr.alerts.webhooks.sealing import Seal, new_secret
from anpr.audit import SYSTEM, Action, Actor
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.identity import camera_limits
from anpr.identity.scopes import CameraScope
from anpr.messages import EventType, WebhookDisabled
from anpr.models import BoloList, User, WebhookEndpoint
from anpr.paging import Page, PageRequest, Position, newest_first, page_of

DEFAULT_TYPES: Final = (EventType.BOLO_MATCHED.value, EventType.BOLO_UPDATED.value)
"""What an endpoint is told of where nothing else is asked for."""

EVENT_TYPES: Final = (
    *DEFAULT_TYPES,
    EventType.AUDIT_ANCHORED.value,
    EventType.CAMERA_SILENT.value,
    EventType.CAMERA_BACK.value,
)
"""What an endpoint may be told of."""

_MAX_ENDPOINTS: Final = 100


class EndpointFields(TypedDict, total=False):
    """What may be set of an endpoint; a field that is not there is left as it is.

    Attributes:
        event_types: what it is told of, of `EVENT_TYPES`.
        list_ids: the lists whose hits it is told of; None for all.
        active: an inactive endpoint is sent nothing; what waits for it stays.
    """

    url: str
    description: str
    event_types: list[str]
    list_ids: list[UUID] | None
    active: bool


def create(
    session: Session, actor: Actor, fields: EndpointFields, seal: Seal, policy: EgressPolicy
) -> tuple[WebhookEndpoint, str]:
    """Register an endpoint; `url` is required.

    Returns:
        The endpoint, and its secret, which is never shown again.

    Raises:
        Unprocessable: the URL cannot be sent to, or a list or type is unknown.
        Conflict: there are as many endpoints as there may be.
    """
    _check(session, fields, policy)
    if (session.scalar(select(func.count()).select_from(WebhookEndpoint)) or 0) >= _MAX_ENDPOINTS:
        raise Conflict(f"There are {_MAX_ENDPOINTS} endpoints, which is the most there may be.")
    secret = new_secret()
    made = WebhookEndpoint(
        id=uuid4(),
        secret=seal.close(secret),
        created_by=actor.id,
        url=fields["url"],
        description=fields.get("description", ""),
        event_types=fields.get("event_types") or list(DEFAULT_TYPES),
        list_ids=fields.get("list_ids"),
        active=fields.get("active", True),
    )
    session.add(made)
    session.flush()
    session.refresh(made)
    audit.record(session, actor, Action.WEBHOOK_CREATED, f"webhook:{made.id}", detail={"url": made.url})
    return made, secret


def find(session: Session, page: PageRequest) -> Page[WebhookEndpoint]:
    """List the endpoints, newest first."""
    statement = newest_first(select(WebhookEndpoint), WebhookEndpoint.created_at, WebhookEndpoint.id, page)
    return page_of(session.scalars(statement).all(), page, lambda row: Position(row.created_at, row.id))


def get(session: Session, endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint:
    """Get one endpoint.

    Raises:
        NotFound: there is none.
    """
    found = session.get(WebhookEndpoint, endpoint_id, with_for_update=True if lock else None, populate_existing=lock)
    if found is None:
        raise NotFound(f"There is no webhook {endpoint_id}.")
    return found


def update(
    session: Session, actor: Actor, endpoint_id: UUID, fields: EndpointFields, policy: EgressPolicy
) -> WebhookEndpoint:
    """Change an endpoint. Making it active again forgets its failures, and what waits for it is sent.

    Raises:
        NotFound: there is none.
        Unprocessable: as for `create`.
    """
    changing = get(session, endpoint_id, lock=True)
    _check(session, fields, policy)
    changed = {name: value for name, value in fields.items() if value != getattr(changing, name)}
    for name, value in changed.items():
        setattr(changing, name, value)
    if changed.get("active"):
        changing.failing_since = changing.disabled_at = changing.disabled_reason = None
    session.flush()
    if changed:
        audit.record(session, actor, Action.WEBHOOK_CHANGED, f"webhook:{endpoint_id}", detail=changed)
    return changing


def cameras_of(session: Session, endpoint: WebhookEndpoint) -> CameraScope:
    """The cameras whose hits an endpoint is told of: those that whoever registered it may see now; None for all."""
    maker = None if endpoint.created_by is None else session.get(User, endpoint.created_by)
    return None if maker is None else camera_limits.seen_by(session, maker)


def secrets_of(endpoint: WebhookEndpoint, now: datetime) -> tuple[bytes, ...]:
    """The sealed secrets that sign at a time, the current one first."""
    if endpoint.previous_secret is None or (endpoint.previous_secret_until or now) <= now:
        return (endpoint.secret,)
    return endpoint.secret, endpoint.previous_secret


def rotate(session: Session, actor: Actor, endpoint_id: UUID, seal: Seal, overlap: timedelta) -> str:
    """Give an endpoint a new secret. For the length of `overlap` the old one signs too.

    Returns:
        The new secret, which is never shown again.

    Raises:
        NotFound: there is none.
    """
    changing = get(session, endpoint_id, lock=True)
    secret = new_secret()
    changing.previous_secret, changing.previous_secret_until = changing.secret, func.now() + overlap
    changing.secret = seal.close(secret)
    session.flush()
    session.refresh(changing)
    audit.record(session, actor, Action.WEBHOOK_SECRET_ROTATED, f"webhook:{endpoint_id}")
    return secret


def delete(session: Session, actor: Actor, endpoint_id: UUID) -> None:
    """Remove an endpoint with its delivery log.

    Raises:
        NotFound: there is none.
    """
    removing = get(session, endpoint_id, lock=True)
    session.delete(removing)
    session.flush()
    audit.record(session, actor, Action.WEBHOOK_DELETED, f"webhook:{endpoint_id}", detail={"url": removing.url})


def disable(session: Session, endpoint: WebhookEndpoint, reason: str) -> None:
    """Send an endpoint nothing more, with the promise of its `webhook.disabled`."""
    endpoint.active, endpoint.disabled_at, endpoint.disabled_reason = False, func.now(), reason
    session.flush()
    disabled = WebhookDisabled(endpoint_id=endpoint.id, url=endpoint.url, reason=reason)
    outbox.add(session, EventType.WEBHOOK_DISABLED, str(endpoint.id), disabled)
    audit.record(session, SYSTEM, Action.WEBHOOK_DISABLED, f"webhook:{endpoint.id}", reason=reason)


def _check(session: Session, fields: EndpointFields, policy: EgressPolicy) -> None:
    if "url" in fields:
        egress.checked_url(fields["url"], policy)
    unknown = set(fields.get("event_types", ())) - set(EVENT_TYPES)
    if unknown:
        raise Unprocessable(f"There is no event type {min(unknown)!r}; there are {', '.join(EVENT_TYPES)}.")
    _check_lists(session, fields.get("list_ids") or ())


def _check_lists(session: Session, list_ids: Collection[UUID]) -> None:
    if not list_ids:
        return
    known = set(session.scalars(select(BoloList.id).where(BoloList.id.in_(list_ids))))
    for list_id in list_ids:
        if list_id not in known:
            raise Unprocessable(f"There is no list {list_id}.", errors=[{"pointer": "/list_ids"}])
