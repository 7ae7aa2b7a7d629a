"""Sending what is due: claim, sign, post, log, and come back later."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, Final

from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook

from anpr.alerts.egress import Undelivered
from anpr.alerts.posting import Poster
from anpr.alerts.webhooks import attempts, deliveries
from anpr.alerts.webhooks.attempts import Claimed, Outcome
from anpr.alerts.webhooks.sealing import Seal
from anpr.db import Database
from anpr.messages import WebhookDue, WebhookSweep
from anpr.ports import BlobStore, JobQueue
from anpr.settings import WebhookSettings

MAX_BODY_BYTES: Final = 20_000
_MAX_DELAY_S: Final = 900
"""The longest that SQS hides a message; a delivery that is due later comes by several times."""

_LEASE_GRACE: Final = timedelta(seconds=15)
"""For what stands around the request itself: another function may have to start to make it."""

_SWEEP_LIMIT: Final = 500
_SWEEP_GRACE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SenderServices:
    """What a sender works with.

    Attributes:
        post: makes the requests.
    """

    database: Database
    queue: JobQueue
    blobs: BlobStore
    seal: Seal
    post: Poster


class Sender:
    """Handles the messages of the webhook queue."""

    def __init__(self, services: SenderServices, settings: WebhookSettings) -> None:
        self._database = services.database
        self._queue = services.queue
        self._blobs = services.blobs
        self._seal = services.seal
        self._post = services.post
        self._settings = settings

    def handle(self, body: str) -> str:
        """Do what one message asks for.

        Returns:
            What became of it, for the log: `delivered`, `failed`, `waits`, `over`, `swept` or `unknown`.

        Raises:
            anpr.errors.Unavailable: a service does not answer; the message must come again.
        """
        try:
            message = json.loads(body)
            if isinstance(message, dict) and "sweep" in message:
                WebhookSweep.model_validate(message)
                return self._sweep()
            due = WebhookDue.model_validate(message)
        except (ValueError, ValidationError):
            return "unknown"
        return self._deliver(due)

    def _deliver(self, due: WebhookDue) -> str:
        lease = timedelta(seconds=self._settings.longest_post_s) + _LEASE_GRACE
        with self._database.transaction() as session:
            claimed = attempts.claim(session, due.delivery_id, due.attempt, lease)
            wait = None if claimed else attempts.due_in(session, due.delivery_id, due.attempt)
        if claimed is None:
            # Leased by another copy: that one sees to it. Not due yet: on to the next stop.
            if not wait:
                return "over"
            self._come_back(due, wait)
            return "waits"
        outcome = self._attempt(claimed)
        with self._database.transaction() as session:
            wait = attempts.settle(session, claimed, outcome, self._settings)
        if outcome.arrived:
            return "delivered"
        if wait is not None:
            self._come_back(WebhookDue(delivery_id=due.delivery_id, attempt=due.attempt + 1), wait)
        return "failed"

    def _attempt(self, claimed: Claimed) -> Outcome:
        body = self._body(claimed)
        headers = _signed(claimed, body, [self._seal.open(secret) for secret in claimed.secrets])
        started = perf_counter()
        try:
            answer = self._post(claimed.url, body.encode(), headers)
        except Undelivered as error:
            return Outcome(None, str(error), (perf_counter() - started) * 1000)
        return Outcome(answer, None, (perf_counter() - started) * 1000)

    def _body(self, claimed: Claimed) -> str:
        """The body, with links that are fresh at every attempt: those of yesterday would have expired."""
        data: dict[str, Any] = dict(claimed.payload["data"])
        if "event" in data:
            crop, frame = claimed.images or (None, None)
            links = {"crop_url": self._link(crop), "frame_url": self._link(frame)}
            data["event"] = {**data["event"], **links}
        content = {"type": claimed.type, "timestamp": claimed.payload["timestamp"], "data": data}
        return json.dumps(content, separators=(",", ":"))

    def _link(self, key: str | None) -> str | None:
        return None if key is None else self._blobs.presign_get(key)

    def _come_back(self, due: WebhookDue, wait: timedelta) -> None:
        # Rounded up: a message that is a moment early would only be sent on.
        delay_s = min(int(wait.total_seconds() + 0.999), _MAX_DELAY_S)
        self._queue.send(due.model_dump_json(), delay_s=delay_s)

    def _sweep(self) -> str:
        with self._database.transaction() as session:
            lost = deliveries.overdue(session, _SWEEP_GRACE, _SWEEP_LIMIT)
            deliveries.prune(session, self._settings.keep_deliveries)
        for delivery_id, attempt in lost:
            self._queue.send(WebhookDue(delivery_id=delivery_id, attempt=attempt).model_dump_json())
        return "swept"


def _signed(claimed: Claimed, body: str, secrets: list[str]) -> dict[str, str]:
    """The headers of Standard Webhooks; the time is the attempt's."""
    message_id, at = str(claimed.message_id), datetime.now(UTC)
    return {
        "content-type": "application/json",
        "user-agent": "anpr-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in secrets),
    }
