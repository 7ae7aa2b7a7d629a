import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook as Signer

from anpr.alerts import notifications
from anpr.alerts.bolos import hits
from anpr.messages import CloudEvent, EventType
from anpr_client import Client, InvalidWebhook, webhooks
from tests.builders import passage
from tests.client.server import Served

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def signed(body: dict[str, Any], *, secret: str = SECRET, at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
    at = at or datetime.now(UTC)
    text = json.dumps(body)
    signature = Signer(secret).sign("msg_1", at, text)
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": signature,
    }
    return text.encode(), headers


PING = {"type": "webhook.ping", "timestamp": "2026-03-01T08:00:00Z", "data": {}}


def test_what_the_backend_signed_is_read() -> None:
    body, headers = signed(PING)

    message = webhooks.verify(body, headers, OTHER, SECRET)

    assert (message.id, message.type, message.data, message.hit) == ("msg_1", "webhook.ping", {}, None)


def test_a_hit_is_typed(served: Served, client: Client, camera: str, clip: Any) -> None:
    """The payload is the backend's own, of a hit that it raised."""
    wanted = client.bolos.create_list("stolen")
    client.bolos.add(wanted.id, "B77ANP", reason="stolen", case_number="4711")
    upload = client.uploads.send(clip, camera=camera, captured_at=datetime(2026, 3, 1, tzinfo=UTC))
    served.read(upload.id, passage(1, plate="B77ANP"))
    [hit] = client.hits.list()
    event = CloudEvent(id=uuid4(), type=EventType.BOLO_MATCHED, subject="x", time=datetime.now(UTC), data={})
    with served.api.database.transaction() as session:
        payload = notifications.payload_of(event, hits.get(session, hit.id))

    message = webhooks.verify(*signed({"type": "bolo.matched", **payload}), SECRET)

    assert message.hit is not None
    assert (message.hit.event.plate, message.hit.bolo.case_number) == ("B77ANP", "4711")
    assert (message.hit.event.camera.name, message.hit.bolo.list.name) == ("North gate", "stolen")


def test_what_was_not_signed_by_the_backend_is_refused() -> None:
    body, headers = signed(PING)
    old = signed(PING, at=datetime.now(UTC) - timedelta(minutes=6))
    for refused in (
        (body.replace(b"ping", b"pong"), headers, SECRET),
        (body, headers, OTHER),
        (body, {}, SECRET),
        (body, {**headers, "Webhook-Signature": "v1"}, SECRET),
        (*old, SECRET),
        (body, headers),
        (body, headers, "whsec_"),
    ):
        with pytest.raises(InvalidWebhook, match="not to be trusted"):
            webhooks.verify(*refused)


def test_what_is_signed_and_makes_no_sense_is_refused() -> None:
    body, headers = signed({"type": "bolo.matched", "timestamp": "2026-03-01T08:00:00Z", "data": {"hit": 1}})
    with pytest.raises(InvalidWebhook, match="no message that is known"):
        webhooks.verify(body, headers, SECRET)
