"""/webhooks: addresses that are told of hits, and the log of what they were told."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query

from anpr.alerts.webhooks import deliveries, endpoints
from anpr.alerts.webhooks.endpoints import EndpointFields
from anpr.governance.license_keys import Feature
from anpr.messages import WebhookDue
from functions.api.access import Access, allows
from functions.api.dependencies import CallerActor, DbSession
from functions.api.licensing import requires
from functions.api.resource import Resource
from functions.api.schemas.common import page_fields
from functions.api.schemas.webhooks import (
    AttemptOut,
    DeliveryDetail,
    DeliveryOut,
    DeliveryPage,
    DeliveryQuery,
    NewWebhookOut,
    SecretOut,
    WebhookIn,
    WebhookOut,
    WebhookPage,
    WebhookPatch,
    WebhookQuery,
)
from functions.api.services.alerts import Alerts

router = Resource("/webhooks", tag="webhooks", about="Addresses that are told of hits, and what they were told.")


@router.get("", summary="List webhooks")
@allows(Access.ADMIN, keys={"webhooks:read"}, everywhere=True)
def list_webhooks(query: Annotated[WebhookQuery, Query()], session: DbSession) -> WebhookPage:
    """All endpoints, newest first."""
    return WebhookPage.model_validate(page_fields(endpoints.find(session, query.page("webhooks"))))


@router.post("", status_code=201, summary="Register a webhook", dependencies=[Depends(requires(Feature.WEBHOOKS))])
@allows(Access.ADMIN, keys={"events:read", "webhooks:write"}, everywhere=True, audits={"webhook.created"})
def create_webhook(body: WebhookIn, session: DbSession, actor: CallerActor, services: Alerts) -> NewWebhookOut:
    """Register an endpoint. Its secret is in this response alone."""
    fields = cast("EndpointFields", body.model_dump())
    made, secret = endpoints.create(session, actor, fields, services.seal(), services.policy)
    return NewWebhookOut(**WebhookOut.model_validate(made).model_dump(), secret=secret)


@router.get("/{webhook_id}", summary="Get a webhook")
@allows(Access.ADMIN, keys={"webhooks:read"}, everywhere=True)
def get_webhook(webhook_id: UUID, session: DbSession) -> WebhookOut:
    """One endpoint."""
    return WebhookOut.model_validate(endpoints.get(session, webhook_id))


@router.patch("/{webhook_id}", summary="Change a webhook")
@allows(Access.ADMIN, keys={"events:read", "webhooks:write"}, everywhere=True, audits={"webhook.changed"})
def change_webhook(
    webhook_id: UUID, body: WebhookPatch, session: DbSession, actor: CallerActor, services: Alerts
) -> WebhookOut:
    """Change what is given."""
    fields = cast("EndpointFields", body.model_dump(exclude_unset=True))
    return WebhookOut.model_validate(endpoints.update(session, actor, webhook_id, fields, services.policy))


@router.delete("/{webhook_id}", status_code=204, summary="Remove a webhook")
@allows(Access.ADMIN, keys={"webhooks:write"}, everywhere=True, audits={"webhook.deleted"})
def delete_webhook(webhook_id: UUID, session: DbSession, actor: CallerActor) -> None:
    """Remove an endpoint with its delivery log."""
    endpoints.delete(session, actor, webhook_id)


@router.post("/{webhook_id}/secret", status_code=201, summary="Give a webhook a new secret")
@allows(Access.ADMIN, keys={"webhooks:write"}, everywhere=True, audits={"webhook.secret_rotated"})
def rotate_secret(webhook_id: UUID, session: DbSession, actor: CallerActor, services: Alerts) -> SecretOut:
    """For a day, messages are signed with both the new secret and the one before."""
    overlap = services.webhooks.secret_overlap
    return SecretOut(secret=endpoints.rotate(session, actor, webhook_id, services.seal(), overlap))


@router.post("/{webhook_id}/test", status_code=202, summary="Send a test message")
@allows(Access.ADMIN, keys={"webhooks:write"}, everywhere=True, audits={"webhook.pinged"})
def test_webhook(webhook_id: UUID, actor: CallerActor, services: Alerts) -> DeliveryOut:
    """Send a `webhook.ping`; how it went is in the delivery log."""
    with services.database.transaction() as session:
        made = deliveries.ping(session, actor, webhook_id)
    services.deliveries.send(WebhookDue(delivery_id=made.id, attempt=made.attempts).model_dump_json())
    return DeliveryOut.model_validate(made)


@router.get("/{webhook_id}/deliveries", summary="List deliveries")
@allows(Access.ADMIN, keys={"webhooks:read"}, everywhere=True)
def list_deliveries(webhook_id: UUID, query: Annotated[DeliveryQuery, Query()], session: DbSession) -> DeliveryPage:
    """What the endpoint was told, newest first."""
    page = deliveries.find(session, query.page("webhook-deliveries"), webhook_id, status=query.status)
    return DeliveryPage.model_validate(page_fields(page))


@router.get("/{webhook_id}/deliveries/{delivery_id}", summary="Get a delivery with its attempts")
@allows(Access.ADMIN, keys={"webhooks:read"}, everywhere=True)
def get_delivery(webhook_id: UUID, delivery_id: UUID, session: DbSession) -> DeliveryDetail:
    """One delivery, and every request that was made for it."""
    found, attempts = deliveries.get(session, webhook_id, delivery_id)
    log = [AttemptOut.model_validate(attempt) for attempt in attempts]
    return DeliveryDetail(**DeliveryOut.model_validate(found).model_dump(), log=log)


@router.post("/{webhook_id}/deliveries/{delivery_id}/replay", status_code=202, summary="Send a delivery again")
@allows(Access.ADMIN, keys={"events:read", "webhooks:write"}, everywhere=True, audits={"webhook.replayed"})
def replay_delivery(webhook_id: UUID, delivery_id: UUID, actor: CallerActor, services: Alerts) -> DeliveryOut:
    """Send it again under the id it had, whether or not it arrived."""
    with services.database.transaction() as session:
        found = deliveries.replay(session, actor, webhook_id, delivery_id)
    services.deliveries.send(WebhookDue(delivery_id=found.id, attempt=found.attempts).model_dump_json())
    return DeliveryOut.model_validate(found)
