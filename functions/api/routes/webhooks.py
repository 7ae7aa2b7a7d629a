"""/webhooks: addresses that are told of hits, and the log of what they were told."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from anpr.alerts.webhooks import deliveries, endpoints
from anpr.alerts.webhooks.endpoints import EndpointFields
from anpr.governance.license_keys import Feature
from anpr.messages import WebhookDue
from functions.api.alerting import Alerting
from functions.api.dependencies import CallerActor, DbSession, Services
from functions.api.licensing import requires
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

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.get("", summary="List webhooks")
def list_webhooks(query: Annotated[WebhookQuery, Query()], session: DbSession) -> WebhookPage:
    """All endpoints, newest first."""
    return WebhookPage.model_validate(page_fields(endpoints.find(session, query.page("webhooks"))))


@router.post("", status_code=201, summary="Register a webhook", dependencies=[Depends(requires(Feature.WEBHOOKS))])
def create_webhook(body: WebhookIn, session: DbSession, actor: CallerActor, alerting: Alerting) -> NewWebhookOut:
    """Register an endpoint. Its secret is in this response alone."""
    fields = cast("EndpointFields", body.model_dump())
    made, secret = endpoints.create(session, actor, fields, alerting.seal(), alerting.policy)
    return NewWebhookOut(**WebhookOut.model_validate(made).model_dump(), secret=secret)


@router.get("/{webhook_id}", summary="Get a webhook")
def get_webhook(webhook_id: UUID, session: DbSession) -> WebhookOut:
    """One endpoint."""
    return WebhookOut.model_validate(endpoints.get(session, webhook_id))


@router.patch("/{webhook_id}", summary="Change a webhook")
def change_webhook(
    webhook_id: UUID, body: WebhookPatch, session: DbSession, actor: CallerActor, alerting: Alerting
) -> WebhookOut:
    """Change what is given."""
    fields = cast("EndpointFields", body.model_dump(exclude_unset=True))
    return WebhookOut.model_validate(endpoints.update(session, actor, webhook_id, fields, alerting.policy))


@router.delete("/{webhook_id}", status_code=204, summary="Remove a webhook")
def delete_webhook(webhook_id: UUID, session: DbSession, actor: CallerActor) -> None:
    """Remove an endpoint with its delivery log."""
    endpoints.delete(session, actor, webhook_id)


@router.post("/{webhook_id}/secret", status_code=201, summary="Give a webhook a new secret")
def rotate_secret(webhook_id: UUID, session: DbSession, actor: CallerActor, alerting: Alerting) -> SecretOut:
    """For a day, messages are signed with both the new secret and the one before."""
    overlap = alerting.webhooks.secret_overlap
    return SecretOut(secret=endpoints.rotate(session, actor, webhook_id, alerting.seal(), overlap))


@router.post("/{webhook_id}/test", status_code=202, summary="Send a test message")
def test_webhook(webhook_id: UUID, services: Services, actor: CallerActor, alerting: Alerting) -> DeliveryOut:
    """Send a `webhook.ping`; how it went is in the delivery log."""
    with services.database.transaction() as session:
        made = deliveries.ping(session, actor, webhook_id)
    alerting.queue.send(WebhookDue(delivery_id=made.id, attempt=made.attempts).model_dump_json())
    return DeliveryOut.model_validate(made)


@router.get("/{webhook_id}/deliveries", summary="List deliveries")
def list_deliveries(webhook_id: UUID, query: Annotated[DeliveryQuery, Query()], session: DbSession) -> DeliveryPage:
    """What the endpoint was told, newest first."""
    page = deliveries.find(session, query.page("webhook-deliveries"), webhook_id, status=query.status)
    return DeliveryPage.model_validate(page_fields(page))


@router.get("/{webhook_id}/deliveries/{delivery_id}", summary="Get a delivery with its attempts")
def get_delivery(webhook_id: UUID, delivery_id: UUID, session: DbSession) -> DeliveryDetail:
    """One delivery, and every request that was made for it."""
    found, attempts = deliveries.get(session, webhook_id, delivery_id)
    log = [AttemptOut.model_validate(attempt) for attempt in attempts]
    return DeliveryDetail(**DeliveryOut.model_validate(found).model_dump(), log=log)


@router.post("/{webhook_id}/deliveries/{delivery_id}/replay", status_code=202, summary="Send a delivery again")
def replay_delivery(
    webhook_id: UUID, delivery_id: UUID, services: Services, actor: CallerActor, alerting: Alerting
) -> DeliveryOut:
    """Send it again under the id it had, whether or not it arrived."""
    with services.database.transaction() as session:
        found = deliveries.replay(session, actor, webhook_id, delivery_id)
    alerting.queue.send(WebhookDue(delivery_id=found.id, attempt=found.attempts).model_dump_json())
    return DeliveryOut.model_validate(found)
