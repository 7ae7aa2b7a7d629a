"""Logins, accounts, and the API's description. It alone can read the signing key."""

from typing import Final

from functions.api.resource import Group
from functions.api.routes import api_keys, auth, camera_limits, docs, sessions, users
from functions.api.services.identity import IdentityServices

GROUP: Final = Group(
    "identity",
    (auth.router, sessions.router, api_keys.router, users.router, camera_limits.users_router, docs.router),
    IdentityServices,
)
