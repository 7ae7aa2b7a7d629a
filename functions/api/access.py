"""Who may call what: one table, one dependency that enforces it, and no route outside it."""

import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param

from anpr.audit import Actor
from anpr.errors import Forbidden, Unauthenticated
from anpr.identity import apikeys, auth
from anpr.identity.principals import Principal
from anpr.models import Role
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


_EVENTS: Final = frozenset({"events:read"})


@dataclass(frozen=True, slots=True)
class Rule:
    """What a caller of one route must be, and of whose data.

    Attributes:
        access: the least that a caller must be.
        also: what a key must be permitted besides the route's own `<resource>:<read or write>`, because the route gives
            data of another resource, has it sent to somebody, or tells by its answer whether there is any.
        person: whether only people may call it: a judgement that a machine gives is none.
        everywhere: whether only who sees every camera may call it, since what it gives or does is of all of them.
    """

    access: Access
    also: frozenset[str] = frozenset()
    person: bool = False
    everywhere: bool = False


ACCESS: Final[dict[tuple[str, str], Rule]] = {
    # identity
    ("GET", "/docs"): Rule(Access.PUBLIC),
    ("GET", "/openapi.json"): Rule(Access.PUBLIC),
    ("POST", "/auth/login"): Rule(Access.PUBLIC),
    ("POST", "/auth/refresh"): Rule(Access.PUBLIC),
    ("POST", "/auth/logout"): Rule(Access.PUBLIC),
    ("GET", "/auth/keys"): Rule(Access.ADMIN, everywhere=True),
    ("POST", "/auth/keys"): Rule(Access.ADMIN, everywhere=True),
    ("DELETE", "/auth/keys/{key_id}"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/users"): Rule(Access.ADMIN, everywhere=True),
    ("POST", "/users"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/users/me"): Rule(Access.VIEWER),
    ("POST", "/users/me/password"): Rule(Access.VIEWER),
    ("GET", "/users/{user_id}"): Rule(Access.ADMIN, everywhere=True),
    ("PATCH", "/users/{user_id}"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/users/{user_id}/cameras"): Rule(Access.ADMIN, everywhere=True),
    ("PUT", "/users/{user_id}/cameras"): Rule(Access.ADMIN, everywhere=True),
    # capture
    ("GET", "/cameras"): Rule(Access.VIEWER),
    ("POST", "/cameras"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/cameras/{camera_id}"): Rule(Access.VIEWER),
    ("PATCH", "/cameras/{camera_id}"): Rule(Access.ADMIN),
    ("DELETE", "/cameras/{camera_id}"): Rule(Access.ADMIN),
    ("GET", "/cameras/groups"): Rule(Access.ADMIN, everywhere=True),
    ("POST", "/cameras/groups"): Rule(Access.ADMIN, everywhere=True),
    ("PUT", "/cameras/groups/{group_id}"): Rule(Access.ADMIN, everywhere=True),
    ("DELETE", "/cameras/groups/{group_id}"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/uploads"): Rule(Access.VIEWER),
    ("POST", "/uploads"): Rule(Access.REVIEWER),
    ("GET", "/uploads/{upload_id}"): Rule(Access.VIEWER),
    ("GET", "/jobs"): Rule(Access.VIEWER),
    ("GET", "/jobs/{job_id}"): Rule(Access.VIEWER),
    ("POST", "/jobs/{job_id}/retry"): Rule(Access.REVIEWER),
    # review
    ("GET", "/events"): Rule(Access.VIEWER),
    ("GET", "/events/{event_id}"): Rule(Access.VIEWER),
    ("GET", "/feedback/queue"): Rule(Access.REVIEWER, also=_EVENTS),
    ("POST", "/feedback/claims"): Rule(Access.REVIEWER, person=True),
    ("GET", "/feedback/agreement"): Rule(Access.REVIEWER),
    ("GET", "/feedback/events/{event_id}"): Rule(Access.REVIEWER, also=_EVENTS),
    ("POST", "/feedback/events/{event_id}"): Rule(Access.REVIEWER, person=True),
    ("PUT", "/feedback/events/{event_id}/claim"): Rule(Access.REVIEWER, person=True),
    ("DELETE", "/feedback/events/{event_id}/claim"): Rule(Access.REVIEWER, person=True),
    ("POST", "/feedback/events/{event_id}/second-opinion"): Rule(Access.REVIEWER, person=True),
    ("POST", "/feedback/verdicts/{verdict_id}/undo"): Rule(Access.REVIEWER, person=True),
    ("GET", "/exports"): Rule(Access.REVIEWER),
    ("POST", "/exports"): Rule(Access.REVIEWER, also=_EVENTS),
    ("GET", "/exports/{export_id}"): Rule(Access.REVIEWER),
    ("DELETE", "/exports/{export_id}"): Rule(Access.REVIEWER),
    ("POST", "/exports/{export_id}/link"): Rule(Access.REVIEWER, also=_EVENTS),
    # alerts
    ("GET", "/bolos"): Rule(Access.VIEWER),
    ("POST", "/bolos"): Rule(Access.REVIEWER),
    ("POST", "/bolos/preview"): Rule(Access.REVIEWER, also=_EVENTS),
    ("GET", "/bolos/{bolo_id}"): Rule(Access.VIEWER),
    ("PATCH", "/bolos/{bolo_id}"): Rule(Access.REVIEWER),
    ("DELETE", "/bolos/{bolo_id}"): Rule(Access.REVIEWER, also=_EVENTS, everywhere=True),
    ("POST", "/bolos/{bolo_id}/back-search"): Rule(Access.REVIEWER, also=_EVENTS),
    ("GET", "/bolos/hits"): Rule(Access.VIEWER, also=_EVENTS),
    ("GET", "/bolos/hits/{hit_id}"): Rule(Access.VIEWER, also=_EVENTS),
    ("PATCH", "/bolos/hits/{hit_id}"): Rule(Access.REVIEWER, also=_EVENTS),
    ("GET", "/bolos/lists"): Rule(Access.VIEWER),
    ("POST", "/bolos/lists"): Rule(Access.ADMIN),
    ("GET", "/bolos/lists/{list_id}"): Rule(Access.VIEWER),
    ("PATCH", "/bolos/lists/{list_id}"): Rule(Access.ADMIN),
    ("DELETE", "/bolos/lists/{list_id}"): Rule(Access.ADMIN, also=_EVENTS, everywhere=True),
    ("POST", "/bolos/lists/{list_id}/import"): Rule(Access.REVIEWER),
    ("GET", "/bolos/lists/{list_id}/export"): Rule(Access.REVIEWER),
    ("GET", "/bolos/lists/{list_id}/subscriptions"): Rule(Access.ADMIN, everywhere=True),
    ("POST", "/bolos/lists/{list_id}/subscriptions"): Rule(Access.ADMIN, also=_EVENTS, everywhere=True),
    ("DELETE", "/bolos/lists/{list_id}/subscriptions/{subscription_id}"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/webhooks"): Rule(Access.ADMIN, everywhere=True),
    ("POST", "/webhooks"): Rule(Access.ADMIN, also=_EVENTS, everywhere=True),
    ("GET", "/webhooks/{webhook_id}"): Rule(Access.ADMIN, everywhere=True),
    ("PATCH", "/webhooks/{webhook_id}"): Rule(Access.ADMIN, also=_EVENTS, everywhere=True),
    ("DELETE", "/webhooks/{webhook_id}"): Rule(Access.ADMIN, everywhere=True),
    ("POST", "/webhooks/{webhook_id}/secret"): Rule(Access.ADMIN, everywhere=True),
    ("POST", "/webhooks/{webhook_id}/test"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/webhooks/{webhook_id}/deliveries"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/webhooks/{webhook_id}/deliveries/{delivery_id}"): Rule(Access.ADMIN, everywhere=True),
    ("POST", "/webhooks/{webhook_id}/deliveries/{delivery_id}/replay"): Rule(
        Access.ADMIN, also=_EVENTS, everywhere=True
    ),
    ("GET", "/health"): Rule(Access.PUBLIC),
    ("GET", "/metrics"): Rule(Access.SCRAPER, everywhere=True),
    # governance
    ("GET", "/admin/health"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/admin/audit"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/admin/audit/verification"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/admin/holds"): Rule(Access.ADMIN, everywhere=True),
    ("POST", "/admin/holds"): Rule(Access.ADMIN, everywhere=True),
    ("DELETE", "/admin/holds/{hold_id}"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/admin/receipts"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/admin/subjects/{plate}"): Rule(Access.ADMIN, everywhere=True),
    ("DELETE", "/admin/subjects/{plate}"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/licenses"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/licenses/current"): Rule(Access.VIEWER),
    ("POST", "/licenses/activate"): Rule(Access.ADMIN, everywhere=True),
    ("GET", "/usage"): Rule(Access.REVIEWER),
    ("GET", "/usage/reports"): Rule(Access.REVIEWER),
    ("GET", "/usage/reports/{month}"): Rule(Access.REVIEWER),
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
        Forbidden: the caller's role, permissions or cameras are not enough.
    """
    method, path = request.method, request.scope["route"].path
    rule = ACCESS[method, path]
    if rule.access is Access.PUBLIC:
        return
    token = _credential(request)
    if rule.access is Access.SCRAPER and _is_scraper(token, services):
        request.state.principal = Principal(Actor(None, "metrics scraper", request_id(request)), Role.ADMIN)
        return
    with services.database.transaction() as session:
        if token.startswith(apikeys.PREFIX):
            principal = apikeys.authenticate(session, token, request_id=request_id(request))
        else:
            principal = auth.authenticate(session, services.verifier, token, request_id=request_id(request))
    _refuse_too_little(principal, rule, needed(method, path))
    request.state.principal = principal


def needed(method: str, path: str) -> frozenset[str]:
    """The permissions that a key needs for a route: its own resource's, and those of the data that it gives besides."""
    verb = "read" if method in ("GET", "HEAD") else "write"
    return ACCESS[method, path].also | {f"{path.split('/')[1]}:{verb}"}


def _refuse_too_little(principal: Principal, rule: Rule, permissions: frozenset[str]) -> None:
    role = _ROLES[rule.access]
    if not principal.has(role):
        raise Forbidden(f"This needs the role {role}; yours is {principal.role}.")
    if principal.key_id is not None and (rule.person or not permissions <= apikeys.PERMISSIONS):
        raise Forbidden("Only a person may do that; an API key may not.")
    missing = principal.lacks(permissions)
    if missing:
        raise Forbidden(f"This API key has no permission for that; it needs {', '.join(sorted(missing))} too.")
    if rule.everywhere and principal.scope is not None:
        raise Forbidden("This concerns every camera, and you are limited to some.")


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
