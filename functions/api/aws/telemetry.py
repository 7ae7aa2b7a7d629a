"""Reports by Powertools: JSON lines for CloudWatch, metrics in them (EMF), segments for X-Ray."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from anpr.messages import METRICS_NAMESPACE, Metric


@dataclass(frozen=True, slots=True)
class PowertoolsTelemetry:
    """What a function reports by."""

    logger: Logger
    tracer: Tracer
    metrics: Metrics

    def count(self, metric: Metric, value: int = 1) -> None:
        """Count something that happened; it goes to CloudWatch with the request's end."""
        self.metrics.add_metric(metric.value, MetricUnit.Count, value)

    def span(self, name: str) -> AbstractContextManager[object]:
        """A subsegment of the function's own."""
        subsegment: AbstractContextManager[object] = self.tracer.provider.in_subsegment(f"## {name}")
        return subsegment

    def flush(self) -> None:
        """Write the metrics that were counted, if any, as one EMF line."""
        if self.metrics.metric_set:
            self.metrics.flush_metrics()
            # Where metrics are switched off, Powertools writes nothing and forgets nothing.
            self.metrics.clear_metrics()


def make_telemetry(group: str) -> PowertoolsTelemetry:
    """Set up reporting for one group of routes; levels and switches come from Powertools' own variables."""
    service = f"api-{group}"
    metrics = Metrics(service=service, namespace=METRICS_NAMESPACE)
    return PowertoolsTelemetry(Logger(service=service), Tracer(service=service), metrics)
