"""The alerts function: wanted plates, their hits, webhooks; health and metrics."""

from anpr import bootstrap
from anpr.identity.tokens import TokenVerifier
from anpr.ports import Secret
from anpr.settings import MetricsSettings, TokenSettings, WebhookSettings
from functions.api.alerting import AlertingServices
from functions.api.entry import lambda_handler
from functions.api.routes import bolo_hits, bolo_lists, bolos, health, webhooks
from functions.api.services import ApiServices

# Of the routers below /bolos, the one whose paths begin with a parameter comes last.
ROUTERS = (health.router, bolo_lists.router, bolo_hits.router, bolos.router, webhooks.router)


def services() -> ApiServices:
    """Read this function's settings and wire its services."""
    return ApiServices(
        database=bootstrap.database(),
        verifier=TokenVerifier(TokenSettings()),
        blobs=bootstrap.blob_store(),
        queue=bootstrap.job_queue(),
        bus=bootstrap.event_bus(),
        metrics=MetricsSettings(),
        alerting=AlertingServices(
            notifier=bootstrap.notifier(),
            queue=bootstrap.webhook_queue(),
            secrets=bootstrap.secret_store(),
            key_secret_id=Secret.WEBHOOK_KEY,
            webhooks=WebhookSettings(),
        ),
    )


handler = lambda_handler("alerts", ROUTERS, services)
