"""Taking the backend's webhooks: whether one is the backend's, and what it says. The standard is Standard Webhooks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from standardwebhooks.webhooks import EmptyWebhookSecretError, WebhookVerificationError
from standardwebhooks.webhooks import Webhook as Verifier

from anpr_client.errors import InvalidWebhook
from anpr_client.models import Candidate, HitList, Model, Region


class WebhookCamera(Model):
    """Where it was seen."""

    name: str
    latitude: float | None
    longitude: float | None
    heading: float | None


class WebhookEvent(Model):
    """The passage."""

    id: UUID
    plate: str
    plate_normalized: str
    region: Region | None
    score: float
    candidates: list[Candidate]
    camera_id: UUID
    camera: WebhookCamera
    captured_at: datetime
    processed_at: datetime
    crop_url: str | None = None
    frame_url: str | None = None


class WebhookBolo(Model):
    """What was wanted, and on which list."""

    id: UUID
    kind: str
    pattern: str
    reason: str
    vehicle: str
    case_number: str | None
    list: HitList


class WebhookHit(Model):
    """The hit."""

    id: UUID
    status: str
    status_note: str
    plate: str
    matched_by: str
    region_differs: bool
    reviewed: bool


class HitData(Model):
    """What `bolo.matched` and `bolo.updated` say."""

    hit: WebhookHit
    bolo: WebhookBolo
    event: WebhookEvent


class Webhook(Model):
    """A message of the backend's.

    Attributes:
        id: the same for each delivery of one message; a receiver that has seen it need do nothing.
        type: such as `bolo.matched`.
        data: as it came.
        hit: the same typed, in a message about a hit.
    """

    id: str
    type: str
    timestamp: datetime
    data: dict[str, Any]
    hit: HitData | None = None


def verify(body: bytes, headers: Mapping[str, str], *secrets: str) -> Webhook:
    """Tell whether a request that came is the backend's, and read it.

    Args:
        body: the request's body, byte by byte as it came.
        headers: its headers.
        secrets: the endpoint's secret (`whsec_…`); while it is being changed, the old and the new one.

    Returns:
        The message.

    Raises:
        InvalidWebhook: the signature is no good, or older than five minutes, or the body is no message of ours.
    """
    told = {name.lower(): value for name, value in headers.items()}
    for secret in secrets:
        try:
            message = Verifier(secret).verify(body, told)
        except (EmptyWebhookSecretError, WebhookVerificationError, ValueError) as error:
            refused = str(error)
            continue
        return _read(message, told["webhook-id"])
    raise InvalidWebhook(f"The webhook is not to be trusted: {refused if secrets else 'there is no secret'}.")


def _read(message: object, message_id: str) -> Webhook:
    try:
        webhook = Webhook.model_validate({**message, "id": message_id} if isinstance(message, dict) else message)
        if "hit" not in webhook.data:
            return webhook
        return webhook.model_copy(update={"hit": HitData.model_validate(webhook.data)})
    except ValidationError as error:
        raise InvalidWebhook(f"The webhook is signed, but its body is no message that is known: {error}") from error
