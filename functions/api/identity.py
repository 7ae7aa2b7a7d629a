"""The identity function: logins, accounts, and the API's description. It alone can read the signing key."""

from anpr import bootstrap
from anpr.identity.tokens import TokenSigner, TokenVerifier
from anpr.ports import Secret
from anpr.settings import TokenSettings
from functions.api.entry import lambda_handler
from functions.api.routes import api_keys, auth, camera_limits, docs, users
from functions.api.services import ApiServices

ROUTERS = (auth.router, api_keys.router, users.router, camera_limits.users_router, docs.router)


def services() -> ApiServices:
    """Read this function's settings and wire its services."""
    settings = TokenSettings()
    return ApiServices(
        database=bootstrap.database(),
        verifier=TokenVerifier(settings),
        signer=TokenSigner(settings, bootstrap.secret_store(), Secret.SIGNING_KEY),
    )


handler = lambda_handler("identity", ROUTERS, services)
