"""Traces and figures by OTLP: what a collector gets, and what it costs where there is none."""

import logging
import socket
from collections.abc import Iterator

import pytest

from anpr import bootstrap, tracing
from anpr.adapters.family import Misconfigured
from anpr.adapters.otlp import OtlpTelemetry
from anpr.messages import Metric
from infra.local.postgres import free_port
from tests.otlp_receiver import Collector, collecting

PARENT = "00-67891233abcdef012345678912345678-53995c3f42cd8ad8-01"


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    logger = logging.getLogger("opentelemetry")
    handlers, propagate = logger.handlers, logger.propagate
    yield
    tracing.record_by(None)
    logger.handlers, logger.propagate = handlers, propagate


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        yield running


def begun(service: str = "anpr-test") -> OtlpTelemetry:
    telemetry = bootstrap.telemetry(service)
    assert telemetry is not None
    tracing.record_by(telemetry)
    return telemetry


def test_without_an_endpoint_nothing_is_sent_and_a_span_is_just_done() -> None:
    assert bootstrap.telemetry("anpr-test") is None

    with tracing.span("job", {"upload_id": "1"}) as span:
        span.note("outcome", "over")
        assert (span.header, tracing.current_header(), tracing.current_trace_id()) == (None, None, None)


def test_spans_hang_together_by_the_header_that_is_passed_on(collector: Collector) -> None:
    telemetry = begun()

    with tracing.continued(PARENT), tracing.span("job", {"upload_id": "1"}) as job:
        passed_on = tracing.current_header()
        assert tracing.current_trace_id() == "67891233abcdef012345678912345678"
        with tracing.span("read"):
            pass
        job.note("outcome", "over")
    # In another process, by a message.
    with tracing.continued(passed_on), tracing.span("bolo_notifier"):
        pass
    assert tracing.current_header() is None
    telemetry.close()

    spans = {span.name: span for span in collector.spans}
    assert {span.trace_id for span in collector.spans} == {"67891233abcdef012345678912345678"}
    assert spans["job"].parent_id == "53995c3f42cd8ad8"
    assert spans["read"].parent_id == spans["bolo_notifier"].parent_id == spans["job"].span_id
    assert {"anpr.upload_id": "1", "anpr.outcome": "over"}.items() <= spans["job"].attributes.items()
    assert spans["job"].service == "anpr-test"


@pytest.mark.parametrize("header", [None, "no header", "Root=1-0-0;Parent=a;Sampled=1"])
def test_what_names_no_trace_begins_one(collector: Collector, header: str | None) -> None:
    telemetry = begun()
    with tracing.continued(header), tracing.span("job"):
        pass
    telemetry.close()

    (span,) = collector.spans
    assert span.parent_id == ""


def test_a_trace_that_is_not_recorded_upstream_is_not_recorded_here_and_goes_on(collector: Collector) -> None:
    telemetry = begun()
    with tracing.continued(PARENT[:-1] + "0"), tracing.span("job") as span:
        assert span.header is not None
        assert span.header.endswith("-00")
    telemetry.close()

    assert collector.spans == []


def test_what_is_raised_goes_on_and_ends_the_span(collector: Collector) -> None:
    telemetry = begun()
    with pytest.raises(ZeroDivisionError), tracing.span("job"):
        raise ZeroDivisionError("by hand")
    telemetry.close()

    assert [span.name for span in collector.spans] == ["job"]


def test_figures_are_sent_by_their_names(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "ours")
    telemetry = begun()
    telemetry.report({Metric.JOBS_PROCESSED: 1, Metric.JOB_TIME: 2.5, Metric.GPU_BUSY: 40})
    telemetry.count(Metric.UNEXPECTED_ERRORS, 1)
    telemetry.close()

    assert collector.figures == {
        "ours": {
            "anpr_jobs_processed_total",
            "anpr_job_seconds",
            "anpr_gpu_busy_percent",
            "anpr_api_unexpected_errors_total",
        }
    }


@pytest.mark.parametrize("silent", [False, True], ids=["refuses", "takes, and says nothing"])
def test_a_collector_that_is_down_costs_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, silent: bool
) -> None:
    with socket.socket() as listener:
        if silent:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
        port = listener.getsockname()[1] if silent else free_port()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        telemetry = begun()
        done = []
        for number in range(3):
            with tracing.span("job"):
                done.append(number)
        telemetry.report({Metric.JOBS_PROCESSED: 3})
        telemetry.close()

    assert done == [0, 1, 2]
    lines = [record for record in caplog.records if record.name == "anpr.telemetry"]
    assert [(line.levelname, "are lost" in line.getMessage()) for line in lines] == [("WARNING", True)]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")],
)
def test_what_cannot_be_is_refused_by_the_variables_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    monkeypatch.setenv(variable, value)

    with pytest.raises(Misconfigured, match=variable):
        bootstrap.telemetry("anpr-test")


@pytest.mark.parametrize("variable", ["OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"])
def test_traces_can_be_switched_off(collector: Collector, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "true" if variable == "OTEL_SDK_DISABLED" else "none")
    telemetry = begun()
    with tracing.span("job"):
        pass
    telemetry.close()

    assert collector.spans == []
