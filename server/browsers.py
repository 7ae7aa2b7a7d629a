"""Letting web pages of other origins call an application."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp


def for_browsers(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Let pages of some origins call an application; of none, it is left as it is."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["authorization", "content-type", "idempotency-key", "x-api-key"],
        expose_headers=["x-request-id", "retry-after", "license-warning"],
        max_age=3600,
    )
