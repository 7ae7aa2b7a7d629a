"""The governance function: licences, use, the audit log, holds, erasure. It alone of the API may delete footage."""

from anpr import bootstrap
from anpr.identity.tokens import TokenVerifier
from anpr.settings import TokenSettings
from functions.api.entry import lambda_handler
from functions.api.routes import governance, health, licenses, usage
from functions.api.services import ApiServices

ROUTERS = (licenses.router, usage.router, governance.router, health.admin_router)


def services() -> ApiServices:
    """Read this function's settings and wire its services."""
    return ApiServices(
        database=bootstrap.database(),
        verifier=TokenVerifier(TokenSettings()),
        blobs=bootstrap.blob_store(),
        queue=bootstrap.job_queue(),
        bus=bootstrap.event_bus(),
        anchors=bootstrap.anchor_store(),
    )


handler = lambda_handler("governance", ROUTERS, services)
