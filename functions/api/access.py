"""Who may call a route: said where the route is, by `allows`, and held by one dependency of every application.

What is said here is in `access.json` as one table for people, for the keys that machines call with, and for the paths
of the deployed API; see `functions.api.access_table`.
"""

import base64
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param

from anpr.audit import Actor
from anpr.errors import Forbidden, Unauthenticated
from anpr.identity import apikeys, auth, outside
from anpr.identity.principals import Principal
from anpr.models import Role
from functions.api.dependencies import Services, request_id

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Access(StrEnum):
    """The least that a caller must be."""

    PUBLIC = "public"
    VIEWER = "viewer"
    REVIEWER = "reviewer"
    ADMIN = "admin"
    SCRAPER = "scraper"
    """An administrator, or a monitoring system with the deployment's scrape token."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a caller of one route must be, and of whose data.

    Attributes:
        access: the least that a caller must be.
        keys: what an API key must be permitted, each as `<data>:<read or write>`: one for all data that the route
            gives, has sent to somebody, or tells by its answer whether there is any. Without any, only people may
            call it: a judgement that a machine gives is none, and no key gives out rights.
        everywhere: whether only who sees every camera may call it, since what it gives or does is of all of them.
        audits: the actions that a call may put on record.
    """

    access: Access
    keys: frozenset[str] = frozenset()
    everywhere: bool = False
    audits: frozenset[str] = frozenset()


_RULE: Final = "access_rule"


def allows(
    access: Access, *, keys: Collection[str] = (), everywhere: bool = False, audits: Collection[str] = ()
) -> Callable[[Endpoint], Endpoint]:
    """Say beside a route who may call it, and what that puts on record; see `Rule`.

    It stands below the router's own decorator, as the one nearest to the function.
    """
    rule = Rule(access, frozenset(keys), everywhere, frozenset(audits))

    def declare(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _RULE, rule)
        return endpoint

    return declare


def rule_of(endpoint: Callable[..., Any]) -> Rule:
    """What was said of a route's function.

    Raises:
        LookupError: nothing was.
    """
    rule: Rule | None = getattr(endpoint, _RULE, None)
    if rule is None:
        raise LookupError(f"{endpoint.__module__}.{endpoint.__qualname__} does not say who may call it")
    return rule


ROLES: Final = {
    Access.VIEWER: Role.VIEWER,
    Access.REVIEWER: Role.REVIEWER,
    Access.ADMIN: Role.ADMIN,
    Access.SCRAPER: Role.ADMIN,
}
"""The role that a caller must have who is not let in for another reason."""


def authorise(request: Request, services: Services) -> None:
    """Let a request through to its route, or not; leaves the caller in `request.state.principal`.

    A transaction of its own, over before the route begins its own: a route may do its work in two.

    Raises:
        Unauthenticated: the route is not public and the caller shows no good token.
        Forbidden: the caller's role, permissions or cameras are not enough.
    """
    rule = rule_of(request.scope["endpoint"])
    if rule.access is Access.PUBLIC:
        return
    token = _credential(request)
    if rule.access is Access.SCRAPER and services.is_scraper(token):
        request.state.principal = Principal(Actor(None, "metrics scraper", request_id(request)), Role.ADMIN)
        return
    if services.logins is not None and not token.startswith(apikeys.PREFIX):
        principal = outside.authenticate(services.database, services.logins, token, request_id=request_id(request))
    else:
        with services.database.transaction() as session:
            if token.startswith(apikeys.PREFIX):
                principal = apikeys.authenticate(session, token, request_id=request_id(request))
            else:
                principal = auth.authenticate(session, services.verifier, token, request_id=request_id(request))
    _refuse_too_little(principal, rule)
    request.state.principal = principal


def _refuse_too_little(principal: Principal, rule: Rule) -> None:
    role = ROLES[rule.access]
    if not principal.has(role):
        raise Forbidden(f"This needs the role {role}; yours is {principal.role}.")
    if principal.key_id is not None and not rule.keys:
        raise Forbidden("Only a person may do that; an API key may not.")
    missing = principal.lacks(rule.keys)
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
    if scheme.lower() == "basic":
        return _key_as_password(token)
    if scheme.lower() == "token" and token.startswith(apikeys.PREFIX):
        # As clients of other services send theirs; no access token is taken so.
        return token
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Log in and send the access token as Authorization: Bearer.")
    return token


def _key_as_password(token: str) -> str:
    """The key that a device sends as a password, which is all that some can be told; with any name of a user."""
    try:
        password = base64.b64decode(token, validate=True).decode().partition(":")[2]
    except ValueError:
        password = ""
    # No password of a person is taken so: each request would have to hash it.
    if not password.startswith(apikeys.PREFIX):
        raise Unauthenticated("As Authorization: Basic, an API key is taken for a password, and nothing else.")
    return password
