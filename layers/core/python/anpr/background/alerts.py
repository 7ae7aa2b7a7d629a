"""Hits: people and machines are told, and webhooks sent."""

from anpr import bootstrap
from anpr.alerts import notifications
from anpr.alerts.notifications import NotificationServices
from anpr.alerts.webhooks.sealing import Seal
from anpr.alerts.webhooks.sending import Sender, SenderServices
from anpr.background.services import Report, Run, Services
from anpr.messages import CloudEvent, WebhookSweep
from anpr.ports import Secret
from anpr.settings import WebhookSettings


def notify(run: Run, event: CloudEvent) -> Report:
    """Tell people and machines of hits, and administrators of what they must know."""
    notifications.notify(run.services.once(_notifications), event)
    return {"type": event.type, "subject": event.subject}


def send_webhook(run: Run, body: str) -> Report:
    """Send a webhook that is due, or, as a sweep asks, those whose message was lost."""
    return {"outcome": run.services.once(_sender).handle(body)}


def sweep_webhooks(run: Run) -> Report:
    """Have whoever sends webhooks look for those whose message was lost."""
    run.services.webhooks.send(WebhookSweep().model_dump_json())
    return {}


def _notifications(services: Services) -> NotificationServices:
    return NotificationServices(services.database, services.notifier, services.webhooks, bootstrap.notices_topic())


def _sender(services: Services) -> Sender:
    seal = Seal.load(bootstrap.secret_store(), Secret.WEBHOOK_KEY)
    settings = WebhookSettings()
    post = bootstrap.poster(settings)
    return Sender(SenderServices(services.database, services.webhooks, services.blobs, seal, post), settings)
