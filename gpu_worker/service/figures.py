"""What the worker counts, as lines of its log that CloudWatch makes metrics of (embedded metric format)."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from anpr.messages import METRICS_NAMESPACE, Metric

SERVICE: Final = "gpu_worker"
"""The dimension of the worker's metrics."""

Report: TypeAlias = Callable[[Mapping[Metric, float]], None]

_UNITS: Final = {"seconds": MetricUnit.Seconds, "percent": MetricUnit.Percent}
"""By the last word of a metric's name; all else is a number of things."""


def write_figures(figures: Mapping[Metric, float]) -> None:
    """Write figures that belong to one moment as one line. Safe to call from several threads."""
    metrics = EphemeralMetrics(namespace=METRICS_NAMESPACE, service=SERVICE)
    for metric, value in figures.items():
        unit = _UNITS.get(metric.value.rpartition("_")[2], MetricUnit.Count)
        metrics.add_metric(metric.value, unit, value)
    # In one call, so that no other thread's line comes between.
    sys.stdout.write(json.dumps(metrics.serialize_metric_set()) + "\n")
    sys.stdout.flush()


def each_of(*reports: Report | Literal[False] | None) -> Report:
    """Give figures to each that there is."""
    takers = [each for each in reports if each]

    def report(figures: Mapping[Metric, float]) -> None:
        for take in takers:
            take(figures)

    return report


def keep_quiet(figures: Mapping[Metric, float]) -> None:
    """Report nothing: nobody reads the log."""
