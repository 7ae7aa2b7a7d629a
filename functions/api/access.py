"""Who may call what: one table, one dependency that enforces it, and no route outside it."""

import hmac
from enum import StrEnum
from typing import Final

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param

from anpr import apikeys, auth
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
    ("GET", "/auth/keys"): Access.ADMIN,
    ("POST", "/auth/keys"): Access.ADMIN,
    ("DELETE", "/auth/keys/{key_id}"): Access.ADMIN,
    ("GET", "/users"): Access.ADMIN,
    ("POST", "/users"): Access.ADMIN,
    ("GET", "/users/me"): Access.VIEWER,
    ("POST", "/users/me/password"): Access.VIEWER,
    ("GET", "/users/{user_id}"): Access.ADMIN,
    ("PATCH", "/users/{user_id}"): Access.ADMIN,
    ("GET", "/users/{user_id}/cameras"): Access.ADMIN,
    ("PUT", "/users/{user_id}/cameras"): Access.ADMIN,
    # capture
    ("GET", "/cameras"): Access.VIEWER,
    ("POST", "/cameras"): Access.ADMIN,
    ("GET", "/cameras/{camera_id}"): Access.VIEWER,
    ("PATCH", "/cameras/{camera_id}"): Access.ADMIN,
    ("DELETE", "/cameras/{camera_id}"): Access.ADMIN,
    ("GET", "/cameras/groups"): Access.ADMIN,
    ("POST", "/cameras/groups"): Access.ADMIN,
    ("PUT", "/cameras/groups/{group_id}"): Access.ADMIN,
    ("DELETE", "/cameras/groups/{group_id}"): Access.ADMIN,
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
    ("GET", "/bolos"): Access.VIEWER,
    ("POST", "/bolos"): Access.REVIEWER,
    ("POST", "/bolos/preview"): Access.REVIEWER,
    ("GET", "/bolos/{bolo_id}"): Access.VIEWER,
    ("PATCH", "/bolos/{bolo_id}"): Access.REVIEWER,
    ("DELETE", "/bolos/{bolo_id}"): Access.REVIEWER,
    ("POST", "/bolos/{bolo_id}/back-search"): Access.REVIEWER,
    ("GET", "/bolos/hits"): Access.VIEWER,
    ("GET", "/bolos/hits/{hit_id}"): Access.VIEWER,
    ("PATCH", "/bolos/hits/{hit_id}"): Access.REVIEWER,
    ("GET", "/bolos/lists"): Access.VIEWER,
    ("POST", "/bolos/lists"): Access.ADMIN,
    ("GET", "/bolos/lists/{list_id}"): Access.VIEWER,
    ("PATCH", "/bolos/lists/{list_id}"): Access.ADMIN,
    ("DELETE", "/bolos/lists/{list_id}"): Access.ADMIN,
    ("POST", "/bolos/lists/{list_id}/import"): Access.REVIEWER,
    ("GET", "/bolos/lists/{list_id}/export"): Access.REVIEWER,
    ("GET", "/bolos/lists/{list_id}/subscriptions"): Access.ADMIN,
    ("POST", "/bolos/lists/{list_id}/subscriptions"): Access.ADMIN,
    ("DELETE", "/bolos/lists/{list_id}/subscriptions/{subscription_id}"): Access.ADMIN,
    ("GET", "/webhooks"): Access.ADMIN,
    ("POST", "/webhooks"): Access.ADMIN,
    ("GET", "/webhooks/{webhook_id}"): Access.ADMIN,
    ("PATCH", "/webhooks/{webhook_id}"): Access.ADMIN,
    ("DELETE", "/webhooks/{webhook_id}"): Access.ADMIN,
    ("POST", "/webhooks/{webhook_id}/secret"): Access.ADMIN,
    ("POST", "/webhooks/{webhook_id}/test"): Access.ADMIN,
    ("GET", "/webhooks/{webhook_id}/deliveries"): Access.ADMIN,
    ("GET", "/webhooks/{webhook_id}/deliveries/{delivery_id}"): Access.ADMIN,
    ("POST", "/webhooks/{webhook_id}/deliveries/{delivery_id}/replay"): Access.ADMIN,
    ("GET", "/health"): Access.PUBLIC,
    ("GET", "/metrics"): Access.SCRAPER,
    # governance
    ("GET", "/admin/health"): Access.ADMIN,
    ("GET", "/admin/audit"): Access.ADMIN,
    ("GET", "/admin/audit/verification"): Access.ADMIN,
    ("GET", "/admin/holds"): Access.ADMIN,
    ("POST", "/admin/holds"): Access.ADMIN,
    ("DELETE", "/admin/holds/{hold_id}"): Access.ADMIN,
    ("GET", "/admin/receipts"): Access.ADMIN,
    ("GET", "/admin/subjects/{plate}"): Access.ADMIN,
    ("DELETE", "/admin/subjects/{plate}"): Access.ADMIN,
    ("GET", "/licenses"): Access.ADMIN,
    ("GET", "/licenses/current"): Access.VIEWER,
    ("POST", "/licenses/activate"): Access.ADMIN,
    ("GET", "/usage"): Access.REVIEWER,
    ("GET", "/usage/reports"): Access.REVIEWER,
    ("GET", "/usage/reports/{month}"): Access.REVIEWER,
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
    token = _credential(request)
    if access is Access.SCRAPER and _is_scraper(token, services):
        request.state.principal = Principal(Actor(None, "metrics scraper", request_id(request)), Role.ADMIN)
        return
    with services.database.transaction() as session:
        if token.startswith(apikeys.PREFIX):
            principal = apikeys.authenticate(session, token, request_id=request_id(request))
        else:
            principal = auth.authenticate(session, services.verifier, token, request_id=request_id(request))
    if not principal.has(_ROLES[access]):
        raise Forbidden(f"This needs the role {_ROLES[access]}; yours is {principal.role}.")
    if not principal.may(request.method, request.scope["route"].path):
        raise Forbidden("This API key has no permission for that.")
    request.state.principal = principal


def _credential(request: Request) -> str:
    """An access token, or a machine's key, which may come in a header of its own."""
    key = request.headers.get("x-api-key")
    if key is not None:
        # A token that is meant for a person's session is not taken from a header that proxies may log.
        if not key.startswith(apikeys.PREFIX):
            raise Unauthenticated("X-API-Key is for API keys; send an access token as Authorization: Bearer.")
        return key
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Log in and send the access token as Authorization: Bearer.")
    return token


def _is_scraper(token: str, services: ApiServices) -> bool:
    expected = None if services.metrics is None else services.metrics.token
    return expected is not None and hmac.compare_digest(token.encode(), expected.get_secret_value().encode())
