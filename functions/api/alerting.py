"""What the routes of wanted plates and webhooks work with, and how they ask for it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from anpr.alerts.egress import EgressPolicy, policy_of
from anpr.alerts.webhooks.sealing import Seal
from anpr.ports import JobQueue, Notifier, SecretStore
from anpr.settings import WebhookSettings
from functions.api.dependencies import Services, needed


@dataclass(frozen=True, slots=True)
class AlertingServices:
    """What wanted plates and webhooks need.

    Attributes:
        notifier: topics that people subscribe to.
        queue: webhook deliveries that are due.
        secrets: where the key of the webhooks' secrets is.
        key_secret_id: which secret it is.
        webhooks: how webhooks are sent.
    """

    notifier: Notifier
    queue: JobQueue
    secrets: SecretStore
    key_secret_id: str
    webhooks: WebhookSettings

    def seal(self) -> Seal:
        """The key, read where it is used: few requests need it."""
        return Seal.load(self.secrets, self.key_secret_id)

    @property
    def policy(self) -> EgressPolicy:
        """Where webhooks may go."""
        return policy_of(self.webhooks)


def alerting(services: Services) -> AlertingServices:
    return needed(services.alerting, "what alerts need")


Alerting = Annotated[AlertingServices, Depends(alerting)]
