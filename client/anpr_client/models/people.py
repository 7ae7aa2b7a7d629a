"""Logins and accounts."""

from datetime import datetime
from uuid import UUID

from anpr_client.models.base import Model


class Tokens(Model):
    """A login: the access token goes into each request, the refresh token gets the next pair, once.

    Attributes:
        expires_in: seconds until the access token expires.
    """

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


class User(Model):
    """An account."""

    id: UUID
    email: str
    full_name: str
    role: str
    active: bool
    created_at: datetime
    last_login_at: datetime | None
