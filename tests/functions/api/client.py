"""A client that calls the API's Lambda handler with API Gateway's payload 2.0, as nobody or as somebody."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from anpr.db import Database
from anpr.identity.tokens import TokenKind, TokenSigner, TokenVerifier
from anpr.models import Role
from functions.api.access import rule_of
from functions.api.app import routes_of
from functions.api.aws.host import Handler, LambdaHandler
from functions.api.services import ApiServices
from functions.api.services.alerts import AlertsServices
from functions.api.whole import GROUPS, segments_of
from tests.lambda_context import lambda_context
from tests.memory import MemoryAnchors, MemoryBlobs, MemoryBus, MemoryQueue, MemorySecrets

PASSWORD = "correct horse battery staple"
SCRAPE_TOKEN = "a-token-for-the-scraper"


@dataclass
class Reply:
    """What the handler answered."""

    status: int
    headers: dict[str, str]
    body: str
    cookies: list[str] = field(default_factory=list)

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Calls the handler as API Gateway does, perhaps as somebody."""

    def __init__(self, handler: Handler, token: str | None = None) -> None:
        self._handler = handler
        self.token = token

    def request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        body: Any = None,
        raw: str | None = None,
        raw_bytes: bytes | None = None,
        headers: dict[str, str] | None = None,
        address: str = "192.0.2.1",
    ) -> Reply:
        sent = {"content-type": "application/json", "host": "api.example.org"}
        if self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        sent |= headers or {}
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": urlencode(params or {}, doseq=True),
            "headers": sent,
            "requestContext": {
                "requestId": uuid4().hex,
                "stage": "$default",
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": address},
            },
            "isBase64Encoded": False,
        }
        if raw is not None or body is not None:
            event["body"] = raw if raw is not None else json.dumps(body)
        if raw_bytes is not None:
            event |= {"body": base64.b64encode(raw_bytes).decode(), "isBase64Encoded": True}
        answer = self._handler(event, lambda_context("api"))
        content = answer.get("body", "")
        if answer.get("isBase64Encoded"):
            content = base64.b64decode(content).decode()
        return Reply(answer["statusCode"], answer.get("headers", {}), content, answer.get("cookies", []))

    def get(self, path: str, **options: Any) -> Reply:
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Reply:
        return self.request("POST", path, body=body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Reply:
        return self.request("PATCH", path, body=body, **options)

    def delete(self, path: str, **options: Any) -> Reply:
        return self.request("DELETE", path, **options)


RULES: Final = {
    (method, route.path): rule_of(route.endpoint) for group in GROUPS for method, route in routes_of(group.resources)
}
"""Who may call what, as the routes say it."""


def route_of(method: str, path: str) -> tuple[str, str] | None:
    """The route that a request is for, if there is one."""
    for known in RULES:
        if known[0] == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known[1]), path):
            return known
    return None


def gateway(services: Mapping[str, ApiServices], seen: dict[str, tuple[str, str]]) -> Handler:
    """The five functions' handlers behind one, which hands each request on by the first part of its path.

    Args:
        services: each group's, by its name.
        seen: gets the method and path of each request, by the request's id.
    """
    handlers = {group.name: LambdaHandler(group, partial(services.__getitem__, group.name)) for group in GROUPS}
    routed = {segment: handlers[group.name] for group in GROUPS for segment in segments_of(group)}

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        context_of = event["requestContext"]
        seen[context_of["requestId"]] = context_of["http"]["method"], event["rawPath"]
        segment = event["rawPath"].split("/")[1]
        return routed.get(segment, handlers["identity"])(event, context)

    return handle


@dataclass
class Api:
    """The API, and what stands behind it."""

    handler: Handler
    database: Database
    signer: TokenSigner
    verifier: TokenVerifier
    blobs: MemoryBlobs
    queue: MemoryQueue
    bus: MemoryBus
    anchors: MemoryAnchors
    secrets: MemorySecrets
    users: dict[Role, UUID]
    services: dict[str, ApiServices]
    seen: dict[str, tuple[str, str]]

    def with_services(self, **changes: Any) -> "Api":
        """The same, but for some services, in every group that has them."""
        services = {
            name: replace(one, **{field: value for field, value in changes.items() if hasattr(one, field)})
            for name, one in self.services.items()
        }
        return replace(self, services=services, handler=gateway(services, self.seen))

    @property
    def alerts(self) -> AlertsServices:
        found = self.services["alerts"]
        assert isinstance(found, AlertsServices)
        return found

    @property
    def anonymous(self) -> Client:
        return Client(self.handler)

    def token(self, user_id: UUID, *, issued_at: datetime | None = None) -> str:
        return self.signer.sign(
            TokenKind.ACCESS, subject=user_id, token_id=uuid4(), issued_at=issued_at or datetime.now(UTC)
        )

    def as_role(self, role: Role) -> Client:
        return Client(self.handler, self.token(self.users[role]))

    @property
    def admin(self) -> Client:
        return self.as_role(Role.ADMIN)

    @property
    def reviewer(self) -> Client:
        return self.as_role(Role.REVIEWER)

    @property
    def viewer(self) -> Client:
        return self.as_role(Role.VIEWER)

    def expired(self, role: Role) -> Client:
        return Client(self.handler, self.token(self.users[role], issued_at=datetime.now(UTC) - timedelta(hours=1)))
