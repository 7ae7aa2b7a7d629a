"""Webhooks: endpoints and their delivery log."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from anpr.alerts.egress import MAX_URL_LENGTH
from anpr.models import DeliveryStatus
from functions.api.schemas.common import Line, PageOut, PageQuery, Patch, RequestModel, ResponseModel, Text

Url = Annotated[Line, Field(max_length=MAX_URL_LENGTH, description="An https address on the public internet.")]
Description = Annotated[Text, Field(max_length=2000)]
WebhookEvent = Literal["bolo.matched", "bolo.updated", "audit.anchored", "camera.silent", "camera.back"]
EventTypes = Annotated[list[WebhookEvent], Field(min_length=1, max_length=5, description="What to be told of.")]
ListIds = Annotated[
    list[UUID], Field(min_length=1, max_length=100, description="Hits of these lists only; null for all lists.")
]


class WebhookIn(RequestModel):
    """An endpoint to register."""

    model_config = ConfigDict(json_schema_extra={"example": {"url": "https://dispatch.example.org/anpr"}})

    url: Url
    description: Description = ""
    event_types: Annotated[EventTypes, Field(default_factory=lambda: ["bolo.matched", "bolo.updated"])]
    list_ids: ListIds | None = None
    active: bool = True


class WebhookPatch(Patch):
    """What to change of an endpoint; with `active` true, an endpoint that was disabled is sent what waited."""

    clearable = frozenset({"list_ids"})

    url: Url | None = None
    description: Description | None = None
    event_types: EventTypes | None = None
    list_ids: ListIds | None = None
    active: bool | None = None


class WebhookOut(ResponseModel):
    """An endpoint. Its secret is shown once, when it is made."""

    id: UUID
    url: str
    description: str
    event_types: list[str]
    list_ids: list[UUID] | None
    active: bool
    failing_since: Annotated[datetime | None, Field(description="Nothing has arrived since.")]
    disabled_at: datetime | None
    disabled_reason: str | None
    previous_secret_until: Annotated[datetime | None, Field(description="Until then the replaced secret signs too.")]
    created_at: datetime


class WebhookPage(PageOut[WebhookOut]):
    """Endpoints, newest first."""


class WebhookQuery(PageQuery):
    """Which page of the endpoints."""


class SecretOut(ResponseModel):
    """A secret, to verify signatures with as Standard Webhooks describes; never shown again."""

    secret: Annotated[str, Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])]


class NewWebhookOut(WebhookOut, SecretOut):
    """A new endpoint, with its secret."""


class DeliveryOut(ResponseModel):
    """One message to the endpoint."""

    id: UUID
    message_id: Annotated[UUID, Field(description="`webhook-id` of the requests, the same at every attempt.")]
    type: str
    status: DeliveryStatus
    attempts: int
    created_at: datetime
    due_at: Annotated[datetime, Field(description="When it is tried next, while it is pending.")]
    delivered_at: datetime | None
    since_hit_s: Annotated[float | None, Field(description="Seconds from the hit's recording to its arrival.")]
    since_passage_s: Annotated[float | None, Field(description="Seconds from the end of the passage to the arrival.")]


class DeliveryPage(PageOut[DeliveryOut]):
    """Deliveries, newest first."""


class DeliveryQuery(PageQuery):
    """Which deliveries to list."""

    status: DeliveryStatus | None = None


class AttemptOut(ResponseModel):
    """One request, and what came back."""

    at: datetime
    duration_ms: float
    status_code: int | None
    response: Annotated[str, Field(description="The beginning of the response's body.")]
    error: Annotated[str | None, Field(description="Why there was no response.")]


class DeliveryDetail(DeliveryOut):
    """A delivery with its attempts."""

    log: list[AttemptOut]
