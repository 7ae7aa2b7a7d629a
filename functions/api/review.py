"""The review function: passages."""

from anpr import bootstrap
from anpr.settings import SearchSettings, TokenSettings
from anpr.tokens import TokenVerifier
from functions.api.entry import LambdaHandler
from functions.api.routes import events
from functions.api.services import ApiServices

ROUTERS = (events.router,)


def services() -> ApiServices:
    """Read this function's settings and wire its services."""
    return ApiServices(
        database=bootstrap.database(),
        verifier=TokenVerifier(TokenSettings()),
        blobs=bootstrap.blob_store(),
        search=SearchSettings(),
    )


handler = LambdaHandler("review", ROUTERS, services)
