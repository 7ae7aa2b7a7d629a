"""The alerts function: health and metrics."""

from anpr import bootstrap
from anpr.settings import MetricsSettings, TokenSettings
from anpr.tokens import TokenVerifier
from functions.api.entry import LambdaHandler
from functions.api.routes import health
from functions.api.services import ApiServices

ROUTERS = (health.router,)


def services() -> ApiServices:
    """Read this function's settings and wire its services."""
    return ApiServices(
        database=bootstrap.database(),
        verifier=TokenVerifier(TokenSettings()),
        blobs=bootstrap.blob_store(),
        queue=bootstrap.job_queue(),
        bus=bootstrap.event_bus(),
        metrics=MetricsSettings(),
    )


handler = LambdaHandler("alerts", ROUTERS, services)
