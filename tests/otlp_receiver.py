"""A collector on the loopback interface, for tests: OTLP over HTTP as protobuf, kept as it came."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class SpanSeen:
    """One span: which process did what, as a part of what, and what is said of it."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, str]


@dataclass
class Collector:
    """What came.

    Attributes:
        url: for `OTEL_EXPORTER_OTLP_ENDPOINT`.
        spans: of all services, in the order in which they came.
        figures: names of the metrics, by service.
        bodies: of the requests, as they were.
    """

    url: str = ""
    spans: list[SpanSeen] = field(default_factory=list)
    figures: dict[str, set[str]] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)

    def take(self, path: str, body: bytes) -> int:
        self.bodies.append(body)
        if path == "/v1/traces":
            self.spans += _spans_of(ExportTraceServiceRequest.FromString(body))
        elif path == "/v1/metrics":
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                names = {metric.name for scope in resource.scope_metrics for metric in scope.metrics}
                self.figures.setdefault(_attributes(resource.resource.attributes)["service.name"], set()).update(names)
        else:
            return 404
        return 200

    def of_trace(self, trace_id: str) -> dict[str, SpanSeen]:
        """The spans of one trace, by their ids."""
        return {span.span_id: span for span in self.spans if span.trace_id == trace_id}


def _spans_of(request: ExportTraceServiceRequest) -> Iterator[SpanSeen]:
    for resource in request.resource_spans:
        service = _attributes(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
                yield SpanSeen(service, span.name, *ids, _attributes(span.attributes))


def _attributes(pairs: Any) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in pairs}


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    collector: Collector

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that hangs up is not the test's concern."""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        collector: Collector = self.server.collector  # type: ignore[attr-defined] # the only server it is used with
        status = collector.take(self.path, self.rfile.read(int(self.headers["content-length"])))
        self.send_response(status)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def collecting() -> Iterator[Collector]:
    """A running collector."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.collector = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
