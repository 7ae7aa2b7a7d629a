"""What an application reports by, and the middleware that gives each request its id and its one log line.

The application only knows the port; the host brings what stands behind it. On AWS that is Powertools
(`functions.api.aws.telemetry`); a process of its own has `PlainTelemetry`, or the like of its choice.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anpr.messages import Metric
from functions.api.problems import problem_response


class Log(Protocol):
    """A logger as the standard library has it; `extra` becomes fields of the line."""

    def info(self, msg: object, /, *, extra: Mapping[str, object] | None = None) -> None: ...

    def warning(
        self, msg: object, /, *, extra: Mapping[str, object] | None = None, exc_info: BaseException | bool | None = None
    ) -> None: ...

    def exception(self, msg: object, /, *, extra: Mapping[str, object] | None = None) -> None: ...


class Telemetry(Protocol):
    """What a process reports by."""

    @property
    def logger(self) -> Log:
        """Lines for people."""
        ...

    def count(self, metric: Metric, value: int = 1) -> None:
        """Count something that happened."""
        ...

    def span(self, name: str) -> AbstractContextManager[object]:
        """Trace what is done inside as one part of the work under way, where that is traced at all."""
        ...


@dataclass(frozen=True, slots=True)
class PlainTelemetry:
    """Reports by the standard library: whoever runs the process decides where lines go.

    Attributes:
        logger: takes the lines.
        counts: what was counted since the process began.
        count_too: takes what is counted as well, if given.
    """

    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("anpr.api"))
    counts: Counter[Metric] = field(default_factory=Counter)
    count_too: Callable[[Metric, int], None] | None = None

    def count(self, metric: Metric, value: int = 1) -> None:
        self.counts[metric] += value
        if self.count_too is not None:
            self.count_too(metric, value)

    def span(self, _name: str) -> AbstractContextManager[object]:
        return nullcontext()


class RequestReport:
    """ASGI middleware: an id for the request, a line in the log, and a plain answer to what nobody expected.

    A host that knows the request by an id already leaves it in `scope["state"]["request_id"]`; a client's own header
    is not believed, since the audit log keeps the id.

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
        request_id = scope.setdefault("state", {}).setdefault("request_id", uuid4().hex)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        log: dict[str, Any] = {"request_id": request_id, "method": scope["method"], "path": scope["path"]}
        try:
            with self._telemetry.span("request"):
                await self._app(scope, receive, send_with_id)
        except Exception:
            # The outermost boundary: whatever it is, the client gets a problem that tells nothing of our inside.
            self._telemetry.logger.exception("unexpected error", extra=log)
            self._telemetry.count(Metric.UNEXPECTED_ERRORS)
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
