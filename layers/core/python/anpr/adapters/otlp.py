"""Traces and figures by OTLP, over HTTP, to the collector that OpenTelemetry's own variables name.

Everything is sent by threads of the SDK's, a batch at a time, with time-outs: a collector that is down costs what it
would have been told, and a line in the log each minute.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from opentelemetry import context, metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from anpr.adapters.family import Misconfigured
from anpr.messages import Metric

Report: TypeAlias = Callable[[Mapping[Metric, float]], None]

TIMEOUT_S: Final = 3.0
"""The longest that one batch may take, with its repetitions; the SDK's own variable replaces it."""

_TOLD_EVERY_S: Final = 60.0
_HEADER: Final = "traceparent"
_PROPAGATOR: Final = TraceContextTextMapPropagator()


class OtlpTelemetry:
    """`anpr.tracing.Recorder`, and figures, by OpenTelemetry's SDK."""

    def __init__(self, service: str) -> None:
        """Begin to send. What the SDK's variables say goes before what is said here.

        Args:
            service: name of this process's kind, such as `anpr-api`.

        Raises:
            Misconfigured: the variables ask for what is not there.
        """
        _check(os.environ)
        _quieten()
        name = os.environ.get("OTEL_SERVICE_NAME") or service
        resource = Resource.create({SERVICE_NAME: name})
        timeout_s = None if os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT") else TIMEOUT_S
        self._tracers = TracerProvider(resource=resource)
        if endpoint_of("TRACES", os.environ):
            self._tracers.add_span_processor(_WithoutAddresses())
            self._tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=timeout_s)))
        readers = []
        if endpoint_of("METRICS", os.environ):
            readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(timeout=timeout_s)))
        self._meters = MeterProvider(readers, resource=resource)
        self._tracer = self._tracers.get_tracer("anpr")
        self._meter = self._meters.get_meter("anpr")
        self._instruments: dict[Metric, Callable[[float], None]] = {}

    def serve_all(self) -> None:
        """Have the libraries of this process report here too, such as the web framework each request."""
        trace.set_tracer_provider(self._tracers)
        metrics.set_meter_provider(self._meters)

    def current_header(self) -> str | None:
        """The header of OpenTelemetry's own span under way, such as the web framework's of a request."""
        return _header_of(context.get_current())

    @contextmanager
    def span(self, name: str, header: str | None) -> Iterator["_Span"]:
        """Record what is done inside as a part of what the header names."""
        parent = context.Context() if header is None else _PROPAGATOR.extract({_HEADER: header}, context.Context())
        with self._tracer.start_as_current_span(name, parent) as begun:
            yield _Span(begun)

    def count(self, metric: Metric, value: float) -> None:
        """Take one figure: what it is added to, or compared with, the last word of its name says."""
        if metric not in self._instruments:
            self._instruments[metric] = self._instrument(metric.value)
        self._instruments[metric](value)

    def report(self, figures: Mapping[Metric, float]) -> None:
        """Take figures of one moment."""
        for metric, value in figures.items():
            self.count(metric, value)

    def close(self) -> None:
        """Send what waits, as far as the time-outs allow, and end."""
        self._tracers.shutdown()
        self._meters.shutdown(timeout_millis=TIMEOUT_S * 1000)

    def _instrument(self, name: str) -> Callable[[float], None]:
        match name.rpartition("_")[2]:
            case "seconds":
                return self._meter.create_histogram(name, unit="s").record
            case "total":
                return self._meter.create_counter(name).add
            case "percent":
                return self._meter.create_gauge(name, unit="%").set
            case _:
                return self._meter.create_gauge(name).set


class _Span:
    """`anpr.tracing.Span`."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def header(self) -> str | None:
        return _header_of(trace.set_span_in_context(self._span))

    def note(self, name: str, value: str) -> None:
        self._span.set_attribute(f"anpr.{name}", value)


class _WithoutAddresses(SpanProcessor):
    """Keeps what people asked for out of traces: plates stand in queries and in paths; the route is enough."""

    def on_start(self, span: SdkSpan, parent_context: context.Context | None = None) -> None:
        del parent_context
        for name in ("url.path", "url.query"):
            if span.attributes and name in span.attributes:
                span.set_attribute(name, "REDACTED")


class _SeldomTold(logging.Handler):
    """Says once a minute at most that something was not taken, where the SDK says it of each try."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._told_at = -_TOLD_EVERY_S

    def emit(self, record: logging.LogRecord) -> None:
        now = time.monotonic()
        if now - self._told_at < _TOLD_EVERY_S:
            return
        self._told_at = now
        logging.getLogger("anpr.telemetry").warning("traces or figures are lost: %s", record.getMessage()[:300])


def endpoint_of(signal: str, environment: Mapping[str, str]) -> str | None:
    """Where a signal (`TRACES`, `METRICS`) is sent, or None where it is not."""
    off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if off or environment.get(f"OTEL_{signal}_EXPORTER", "otlp").lower() == "none":
        return None
    return (
        environment.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
        or environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")
        or None
    )


def _check(environment: Mapping[str, str]) -> None:
    for signal in ("TRACES", "METRICS"):
        endpoint = endpoint_of(signal, environment)
        if endpoint is None:
            continue
        protocol = (
            environment.get(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL")
            or environment.get("OTEL_EXPORTER_OTLP_PROTOCOL")
            or "http/protobuf"
        )
        if protocol != "http/protobuf":
            raise Misconfigured(f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol}; only http/protobuf is there.")
        if urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).hostname:
            raise Misconfigured(f"OTEL_EXPORTER_OTLP_ENDPOINT is no address of http or https: {endpoint}")


def _quieten() -> None:
    logger = logging.getLogger("opentelemetry")
    logger.handlers = [_SeldomTold()]
    logger.propagate = False


def _header_of(under_way: context.Context) -> str | None:
    carrier: dict[str, Any] = {}
    _PROPAGATOR.inject(carrier, under_way)
    return carrier.get(_HEADER)
