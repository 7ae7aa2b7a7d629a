"""What the routes of wanted plates, webhooks and counters work with."""

import hmac
from dataclasses import dataclass, field
from typing import Annotated, Self

from fastapi import Depends

from anpr import bootstrap
from anpr.alerts.egress import EgressPolicy, policy_of
from anpr.alerts.webhooks.sealing import Seal
from anpr.db import Database
from anpr.ports import BlobStore, JobQueue, Notifier, Secret, SecretStore
from anpr.settings import MetricsSettings, WebhookSettings
from functions.api.services import Publishing, services


@dataclass(frozen=True, kw_only=True)
class AlertsServices(Publishing):
    """What people and machines are alerted by.

    Attributes:
        blobs: crops of hits.
        jobs: detection jobs, which are counted here and sent elsewhere.
        deliveries: webhook deliveries that are due.
        notifier: topics that people subscribe to.
        secrets: where the key of the webhooks' secrets is.
        key_secret_id: which secret it is.
        webhooks: how webhooks are sent.
        metrics: who may scrape.
    """

    blobs: BlobStore
    jobs: JobQueue
    deliveries: JobQueue
    notifier: Notifier
    secrets: SecretStore
    key_secret_id: str
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
            key_secret_id=Secret.WEBHOOK_KEY,
        )

    def is_scraper(self, token: str) -> bool:
        expected = self.metrics.token
        return expected is not None and hmac.compare_digest(token.encode(), expected.get_secret_value().encode())

    def seal(self) -> Seal:
        """The key of the webhooks' secrets, read where it is used: few requests need it."""
        return Seal.load(self.secrets, self.key_secret_id)

    @property
    def policy(self) -> EgressPolicy:
        """Where webhooks may go."""
        return policy_of(self.webhooks)


Alerts = Annotated[AlertsServices, Depends(services)]
