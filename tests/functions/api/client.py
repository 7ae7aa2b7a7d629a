"""A client that calls the API's Lambda handler with API Gateway's payload 2.0, as nobody or as somebody."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from anpr.db import Database
from anpr.identity.tokens import TokenKind, TokenSigner, TokenVerifier
from anpr.models import Role
from functions.api.entry import LambdaHandler
from functions.api.openapi import ROUTERS
from functions.api.services import ApiServices
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

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Calls the handler as API Gateway does, perhaps as somebody."""

    def __init__(self, handler: LambdaHandler, token: str | None = None) -> None:
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
        answer = self._handler(event, lambda_context("api"))
        content = answer.get("body", "")
        if answer.get("isBase64Encoded"):
            content = base64.b64decode(content).decode()
        return Reply(answer["statusCode"], answer.get("headers", {}), content)

    def get(self, path: str, **options: Any) -> Reply:
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Reply:
        return self.request("POST", path, body=body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Reply:
        return self.request("PATCH", path, body=body, **options)

    def delete(self, path: str, **options: Any) -> Reply:
        return self.request("DELETE", path, **options)


@dataclass
class Api:
    """The API, and what stands behind it."""

    handler: LambdaHandler
    database: Database
    signer: TokenSigner
    verifier: TokenVerifier
    blobs: MemoryBlobs
    queue: MemoryQueue
    bus: MemoryBus
    anchors: MemoryAnchors
    secrets: MemorySecrets
    users: dict[Role, UUID]
    services: ApiServices

    def with_services(self, **changes: Any) -> "Api":
        """The same, but for some services."""
        services = replace(self.services, **changes)
        return replace(self, services=services, handler=LambdaHandler("test", ROUTERS, lambda: services))

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
