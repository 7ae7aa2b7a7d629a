"""Logging in."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from functions.api.schemas.common import Line, RequestModel, ResponseModel, Secret

MAX_TOKEN_LENGTH = 4096


class LoginIn(RequestModel):
    """Who wants to log in."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"email": "ana@example.org", "password": "correct horse battery staple"}}
    )

    email: Annotated[Line, Field(min_length=3, max_length=254)]
    password: Annotated[Secret, Field(min_length=1, max_length=256)]


class RefreshIn(RequestModel):
    """A refresh token."""

    refresh_token: Annotated[Line, Field(min_length=1, max_length=MAX_TOKEN_LENGTH)]


class TokensOut(ResponseModel):
    """Tokens: the access token goes into each request, the refresh token gets the next pair, once."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind of token, not one
    expires_in: Annotated[int, Field(description="Seconds until the access token expires.")]


class SessionOut(ResponseModel):
    """An access token, to be sent with each request; the refresh token is in a cookie beside it."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind of token, not one
    expires_in: Annotated[int, Field(description="Seconds until the access token expires.")]
