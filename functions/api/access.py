"""Who may call what: one table, one dependency that enforces it, and no route outside it."""

import hmac
from enum import StrEnum
from typing import Final

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param

from anpr import auth
from anpr.audit import Actor
from anpr.errors import Forbidden, Unauthenticated
from anpr.models import Role
from anpr.principals import Principal
from functions.api.dependencies import Services, request_id
from functions.api.services import ApiServices


class Access(StrEnum):
    """The least that a caller must be."""

    PUBLIC = "public"
    VIEWER = "viewer"
    REVIEWER = "reviewer"
    ADMIN = "admin"
    SCRAPER = "scraper"
    """An administrator, or a monitoring system with the deployment's scrape token."""


ACCESS: Final[dict[tuple[str, str], Access]] = {
    # identity
    ("GET", "/docs"): Access.PUBLIC,
    ("GET", "/openapi.json"): Access.PUBLIC,
    ("POST", "/auth/login"): Access.PUBLIC,
    ("POST", "/auth/refresh"): Access.PUBLIC,
    ("POST", "/auth/logout"): Access.PUBLIC,
    ("GET", "/users"): Access.ADMIN,
    ("POST", "/users"): Access.ADMIN,
    ("GET", "/users/me"): Access.VIEWER,
    ("POST", "/users/me/password"): Access.VIEWER,
    ("GET", "/users/{user_id}"): Access.ADMIN,
    ("PATCH", "/users/{user_id}"): Access.ADMIN,
    # capture
    ("GET", "/cameras"): Access.VIEWER,
    ("POST", "/cameras"): Access.ADMIN,
    ("GET", "/cameras/{camera_id}"): Access.VIEWER,
    ("PATCH", "/cameras/{camera_id}"): Access.ADMIN,
    ("DELETE", "/cameras/{camera_id}"): Access.ADMIN,
    ("GET", "/uploads"): Access.VIEWER,
    ("POST", "/uploads"): Access.REVIEWER,
    ("GET", "/uploads/{upload_id}"): Access.VIEWER,
    ("GET", "/jobs"): Access.VIEWER,
    ("GET", "/jobs/{job_id}"): Access.VIEWER,
    ("POST", "/jobs/{job_id}/retry"): Access.REVIEWER,
    # review
    ("GET", "/events"): Access.VIEWER,
    ("GET", "/events/{event_id}"): Access.VIEWER,
    ("GET", "/feedback/queue"): Access.REVIEWER,
    ("POST", "/feedback/claims"): Access.REVIEWER,
    ("GET", "/feedback/agreement"): Access.REVIEWER,
    ("GET", "/feedback/events/{event_id}"): Access.REVIEWER,
    ("POST", "/feedback/events/{event_id}"): Access.REVIEWER,
    ("PUT", "/feedback/events/{event_id}/claim"): Access.REVIEWER,
    ("DELETE", "/feedback/events/{event_id}/claim"): Access.REVIEWER,
    ("POST", "/feedback/events/{event_id}/second-opinion"): Access.REVIEWER,
    ("POST", "/feedback/verdicts/{verdict_id}/undo"): Access.REVIEWER,
    ("GET", "/exports"): Access.REVIEWER,
    ("POST", "/exports"): Access.REVIEWER,
    ("GET", "/exports/{export_id}"): Access.REVIEWER,
    ("DELETE", "/exports/{export_id}"): Access.REVIEWER,
    ("POST", "/exports/{export_id}/link"): Access.REVIEWER,
    # alerts
    ("GET", "/health"): Access.PUBLIC,
    ("GET", "/admin/health"): Access.ADMIN,
    ("GET", "/metrics"): Access.SCRAPER,
}

_ROLES: Final = {
    Access.VIEWER: Role.VIEWER,
    Access.REVIEWER: Role.REVIEWER,
    Access.ADMIN: Role.ADMIN,
    Access.SCRAPER: Role.ADMIN,
}


def authorise(request: Request, services: Services) -> None:
    """Let a request through to its route, or not; leaves the caller in `request.state.principal`.

    A transaction of its own, over before the route begins its own: a route may do its work in two.

    Raises:
        Unauthenticated: the route is not public and the caller shows no good token.
        Forbidden: the caller's role is not enough.
    """
    access = ACCESS[request.method, request.scope["route"].path]
    if access is Access.PUBLIC:
        return
    token = _bearer_token(request)
    if access is Access.SCRAPER and _is_scraper(token, services):
        request.state.principal = Principal(Actor(None, "metrics scraper", request_id(request)), Role.ADMIN)
        return
    with services.database.transaction() as session:
        principal = auth.authenticate(session, services.verifier, token, request_id=request_id(request))
    if not principal.has(_ROLES[access]):
        raise Forbidden(f"This needs the role {_ROLES[access]}; yours is {principal.role}.")
    request.state.principal = principal


def _bearer_token(request: Request) -> str:
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Log in and send the access token as Authorization: Bearer.")
    return token


def _is_scraper(token: str, services: ApiServices) -> bool:
    expected = None if services.metrics is None else services.metrics.token
    return expected is not None and hmac.compare_digest(token.encode(), expected.get_secret_value().encode())
