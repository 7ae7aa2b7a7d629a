"""The review function: passages, verdicts on them, exports."""

from anpr import bootstrap
from anpr.alerts.bolos import Matcher
from anpr.identity.tokens import TokenVerifier
from anpr.settings import ExportSettings, ReviewSettings, SearchSettings, TokenSettings
from functions.api.entry import lambda_handler
from functions.api.judging import JudgingServices
from functions.api.routes import events, exports, feedback
from functions.api.services import ApiServices

ROUTERS = (events.router, feedback.router, exports.router)


def services() -> ApiServices:
    """Read this function's settings and wire its services."""
    return ApiServices(
        database=bootstrap.database(),
        verifier=TokenVerifier(TokenSettings()),
        blobs=bootstrap.blob_store(),
        bus=bootstrap.event_bus(),
        search=SearchSettings(),
        judging=JudgingServices(Matcher(), ReviewSettings()),
        exports=ExportSettings(),
    )


handler = lambda_handler("review", ROUTERS, services)
