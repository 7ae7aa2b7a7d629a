"""What the routes of wanted plates, webhooks and counters work with."""

import hmac
from dataclasses import dataclass, field
from typing import Annotated, Self

from fastapi import Depends

from anpr import bootstrap
from anpr.alerts.egress import EgressPolicy, policy_of
from anpr.db import Database
from anpr.ports import BlobStore, JobQueue, Notifier
from anpr.settings import MetricsSettings, WebhookSettings
from functions.api.services import Publishing, services
from functions.api.services.sealing import Sealing


@dataclass(frozen=True, kw_only=True)
class AlertsServices(Publishing, Sealing):
    """What people and machines are alerted by.

    Attributes:
        blobs: crops of hits.
        jobs: detection jobs, which are counted here and sent elsewhere.
        deliveries: webhook deliveries that are due.
        notifier: topics that people subscribe to.
        webhooks: how webhooks are sent.
        metrics: who may scrape.
    """

    blobs: BlobStore
    jobs: JobQueue
    deliveries: JobQueue
    notifier: Notifier
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)

    @classmethod
    def wire(cls, database: Database) -> Self:
        return cls(
            database=database,
            bus=bootstrap.event_bus(),
            blobs=bootstrap.blob_store(),
            jobs=bootstrap.job_queue(),
            deliveries=bootstrap.webhook_queue(),
            notifier=bootstrap.notifier(),
            secrets=bootstrap.secret_store(),
        )

    def is_scraper(self, token: str) -> bool:
        expected = self.metrics.token
        return expected is not None and hmac.compare_digest(token.encode(), expected.get_secret_value().encode())

    @property
    def policy(self) -> EgressPolicy:
        """Where webhooks may go."""
        return policy_of(self.webhooks)


Alerts = Annotated[AlertsServices, Depends(services)]
