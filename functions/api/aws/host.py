"""How API Gateway's events come to a group's application: built at the first call, nothing at import."""

import random
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from mangum import Mangum
from mangum.types import ASGI
from snapshot_restore_py import register_after_restore, register_before_snapshot
from starlette.types import ASGIApp, Receive, Scope, Send

from anpr import bootstrap
from anpr.errors import AnprError
from functions.api.app import create_app
from functions.api.aws.telemetry import PowertoolsTelemetry, make_telemetry
from functions.api.problems import MEDIA_TYPE, problem_response, retry_headers
from functions.api.resource import Group
from functions.api.services import ApiServices

Response = dict[str, Any]
Handler = Callable[[dict[str, Any], Any], Response]

# Mangum sends all but a few types as base64, which API Gateway turns back but readers of a raw payload do not.
_TEXT_TYPES = ["text/", "application/json", "application/geo+json", MEDIA_TYPE]


class LambdaHandler:
    """The handler of one group of routes.

    Where Lambda starts the function from a snapshot of its memory, the snapshot is taken with the application built and
    once used, but without a connection or a key; and each start from it lets go of the like once more.
    """

    def __init__(self, group: Group, services: Callable[[], ApiServices]) -> None:
        """Take what the handler is made of.

        Args:
            group: what it serves.
            services: makes what its routes work with, at the first call.
        """
        self._group = group
        self._make_services = services
        self._telemetry: PowertoolsTelemetry | None = None
        self._services: ApiServices | None = None
        self._application: Handler | None = None
        self._handle: Handler | None = None

    def __call__(self, event: dict[str, Any], context: Any) -> Response:
        """Answer one request of an HTTP API (payload 2.0).

        An event that is none comes from our own schedule, which only keeps the function from being forgotten.
        """
        if "requestContext" not in event:
            return {}
        try:
            handle = self._handle or self._build()
        except AnprError as error:
            # Such as a database whose secret has no value yet; the next call tries again.
            self._report().logger.exception("cannot start")
            return _refusal(error)
        return handle(event, context)

    def before_snapshot(self) -> None:
        """Build the application, and have it answer a request that needs nothing, so that the first is not slow."""
        try:
            _ = self._handle or self._build()
        except AnprError:
            # The first request tries again, as it would without a snapshot.
            self._report().logger.exception("cannot start before the snapshot")
            return
        if self._application is not None:
            self._application(_nothing(), None)
        self._renew()

    def after_restore(self) -> None:
        """Make this process another than its siblings from the same snapshot."""
        # Retries wait for a time drawn at random, which should not be the same for all. What must be secret is drawn
        # from the system, which Lambda makes sure is unique.
        random.seed()
        self._renew()

    def _renew(self) -> None:
        if self._services is not None:
            self._services.renew()

    def _report(self) -> PowertoolsTelemetry:
        if self._telemetry is None:
            self._telemetry = make_telemetry(self._group.name)
        return self._telemetry

    def _build(self) -> Handler:
        telemetry = self._report()
        self._services = self._make_services()
        app = _named_by_the_gateway(create_app(self._group, self._services, telemetry))
        adapter = Mangum(app, lifespan="off", text_mime_types=_TEXT_TYPES)

        def answer(event: dict[str, Any], context: Any) -> Response:
            try:
                return adapter(event, context)
            finally:
                telemetry.flush()

        traced = telemetry.tracer.capture_lambda_handler(answer, capture_response=False)
        logged: Handler = telemetry.logger.inject_lambda_context(
            traced, correlation_id_path=correlation_paths.API_GATEWAY_HTTP
        )
        self._application, self._handle = adapter, logged
        return logged


def lambda_handler(group: Group) -> LambdaHandler:
    """Make the handler of a group, which Lambda tells of snapshots of its memory."""
    made = LambdaHandler(group, lambda: group.services.wire(bootstrap.database()))
    register_before_snapshot(made.before_snapshot)
    register_after_restore(made.after_restore)
    return made


def _named_by_the_gateway(app: ASGIApp) -> ASGI:
    """Give each request the id that API Gateway logs it under."""

    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        given = scope.get("aws.event", {}).get("requestContext", {}).get("requestId")
        if given:
            scope.setdefault("state", {})["request_id"] = str(given)
        await app(scope, receive, send)

    return named


def _nothing() -> dict[str, Any]:
    """A request for a path that nobody serves."""
    http = {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "snapshot"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {"host": "localhost"},
        "requestContext": {"http": http, "requestId": "snapshot", "stage": "$default", "domainName": "localhost"},
        "isBase64Encoded": False,
    }


def _refusal(error: AnprError) -> Response:
    response = problem_response(status=error.status, code=error.code, title=error.title, detail=error.detail)
    return {
        "statusCode": response.status_code,
        "headers": {"content-type": MEDIA_TYPE, **retry_headers(error)},
        "body": bytes(response.body).decode(),
        "isBase64Encoded": False,
    }
