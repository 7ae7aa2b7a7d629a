"""Logs, traces and metrics by Powertools, and the middleware that gives each request its id and its one log line."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anpr.messages import METRICS_NAMESPACE
from functions.api.problems import problem_response


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What a process reports by."""

    logger: Logger
    tracer: Tracer
    metrics: Metrics

    def count(self, name: str, value: int = 1) -> None:
        """Count something that happened; it goes to CloudWatch with the request's end."""
        self.metrics.add_metric(name, MetricUnit.Count, value)

    def flush(self) -> None:
        """Write the metrics that were counted, if any, as one EMF line."""
        if self.metrics.metric_set:
            self.metrics.flush_metrics()
            # Where metrics are switched off, Powertools writes nothing and forgets nothing.
            self.metrics.clear_metrics()


def make_telemetry(group: str) -> Telemetry:
    """Set up reporting for one group of routes; levels and switches come from Powertools' own variables."""
    service = f"api-{group}"
    metrics = Metrics(service=service, namespace=METRICS_NAMESPACE)
    return Telemetry(Logger(service=service), Tracer(service=service), metrics)


class RequestReport:
    """ASGI middleware: an id for the request, a line in the log, and a plain answer to what nobody expected.

    It stands inside Starlette's own error middleware, which would raise an error once more after answering it.
    """

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        log: dict[str, Any] = {"request_id": request_id, "method": scope["method"], "path": scope["path"]}
        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            # The outermost boundary: whatever it is, the client gets a problem that tells nothing of our inside.
            self._telemetry.logger.exception("unexpected error", extra=log)
            self._telemetry.count("anpr_api_unexpected_errors_total")
            if status == 0:
                response = problem_response(
                    status=500,
                    code="internal-error",
                    title="Internal error",
                    detail="Something went wrong on our side; the request id helps to find out what.",
                    extra={"instance": scope["path"], "request_id": request_id},
                )
                await response(scope, receive, send_with_id)
            return
        principal = scope["state"].get("principal")
        log |= {
            "status": status,
            "ms": round((time.perf_counter() - started) * 1000, 1),
            "user_id": None if principal is None else str(principal.actor.id),
        }
        self._telemetry.logger.info("request", extra=log)


def _request_id(scope: Scope) -> str:
    """API Gateway's id of the request; a client's own header is not believed, since the audit log keeps the id."""
    event: dict[str, Any] = scope.get("aws.event", {})
    given = event.get("requestContext", {}).get("requestId")
    return str(given) if given else uuid4().hex
