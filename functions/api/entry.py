"""How API Gateway's events come to an application: built at the first call, nothing at import."""

from collections.abc import Callable, Sequence
from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from fastapi import APIRouter
from mangum import Mangum

from anpr.errors import AnprError
from functions.api.app import create_app
from functions.api.problems import MEDIA_TYPE, problem_response, retry_headers
from functions.api.services import ApiServices
from functions.api.telemetry import Telemetry, make_telemetry

Response = dict[str, Any]
Handler = Callable[[dict[str, Any], Any], Response]

# Mangum sends all but a few types as base64, which API Gateway turns back but readers of a raw payload do not.
_TEXT_TYPES = ["text/", "application/json", "application/geo+json", MEDIA_TYPE]


class LambdaHandler:
    """The handler of one group of routes."""

    def __init__(self, group: str, routers: Sequence[APIRouter], services: Callable[[], ApiServices]) -> None:
        self._group = group
        self._routers = routers
        self._services = services
        self._telemetry: Telemetry | None = None
        self._handle: Handler | None = None

    def __call__(self, event: dict[str, Any], context: Any) -> Response:
        """Answer one request of an HTTP API (payload 2.0)."""
        if self._telemetry is None:
            self._telemetry = make_telemetry(self._group)
        if self._handle is None:
            try:
                self._handle = self._build(self._telemetry)
            except AnprError as error:
                # Such as a database whose secret has no value yet; the next call tries again.
                self._telemetry.logger.exception("cannot start")
                return _refusal(error)
        return self._handle(event, context)

    def _build(self, telemetry: Telemetry) -> Handler:
        adapter = Mangum(
            create_app(self._services(), self._routers, telemetry), lifespan="off", text_mime_types=_TEXT_TYPES
        )

        def answer(event: dict[str, Any], context: Any) -> Response:
            try:
                return adapter(event, context)
            finally:
                telemetry.flush()

        traced = telemetry.tracer.capture_lambda_handler(answer, capture_response=False)
        logged: Handler = telemetry.logger.inject_lambda_context(
            traced, correlation_id_path=correlation_paths.API_GATEWAY_HTTP
        )
        return logged


def _refusal(error: AnprError) -> Response:
    response = problem_response(status=error.status, code=error.code, title=error.title, detail=error.detail)
    return {
        "statusCode": response.status_code,
        "headers": {"content-type": MEDIA_TYPE, **retry_headers(error)},
        "body": bytes(response.body).decode(),
        "isBase64Encoded": False,
    }
