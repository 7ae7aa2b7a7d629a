"""Scheduled: move or end the uploads that stand still, book forgotten use, and delete what is past its time."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr.background.services import Run, Services
from anpr.messages import METRICS_NAMESPACE, Metric

NAME = "retention"
logger = Logger(service=NAME)


@cache
def _services() -> Services:
    """Made at the first call and kept while this instance of the function is warm."""
    return Services(logger)


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look after everything once."""
    report = Run(_services(), lambda: context.get_remaining_time_in_millis() / 1000).task(NAME)
    if report["disputed"] is not None:
        _alarm()
    return report


def _alarm() -> None:
    """Count a run that found the audit log not to be what its anchors say; whoever is on duty is told of the first."""
    metrics = EphemeralMetrics(service=NAME, namespace=METRICS_NAMESPACE)
    metrics.add_metric(Metric.AUDIT_DISPUTES.value, MetricUnit.Count, 1)
    metrics.flush_metrics()
