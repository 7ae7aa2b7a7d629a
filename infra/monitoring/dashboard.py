"""One page that shows how a deployment is: footage on the left, alerts and API on the right, what it costs below."""

from collections.abc import Sequence

from aws_cdk import Duration, aws_cloudwatch
from aws_cdk.aws_cloudwatch import GraphWidget, IMetric, IWidget, SingleValueWidget, YAxisProps
from constructs import Construct

from anpr.messages import Metric
from infra.environments import Environment
from infra.monitoring.measures import Measures

_HALF = 12
_THIRD = 8
_DAY = Duration.days(1)


class OperationsDashboard(Construct):
    """A dashboard, of few enough metrics to be free of charge: an account has three of fifty each."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        measures: Measures,
        alarms: Sequence[aws_cloudwatch.IAlarm],
    ) -> None:
        """Make the dashboard.

        Args:
            scope: parent construct.
            id_: name below the parent.
            environment: the deployment's decisions.
            measures: what can be shown.
            alarms: shown by their state, on top.
        """
        super().__init__(scope, id_)
        aws_cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"anpr-{environment.name}",
            default_interval=_DAY,
            widgets=[
                [aws_cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=24, height=3)],
                _jobs(measures),
                _reading(measures),
                _alerts(measures),
                _api(measures),
                _costs(measures),
            ],
        )


def _jobs(measures: Measures) -> list[IWidget]:
    queue = measures.core.detection.queue
    return [
        _graph("How long the oldest job has waited", "seconds", measures.waited()),
        _graph(
            "Jobs",
            "jobs",
            measures.waiting(queue, "waiting"),
            measures.taken(queue, "being read"),
            *(measures.waiting(letters, f"dead {kind}") for kind, letters in measures.dead_letters.items()),
        ),
    ]


def _reading(measures: Measures) -> list[IWidget]:
    return [
        _graph("Reading speed", "frames a second", measures.speed(), width=_THIRD),
        _graph(
            "GPU",
            "%",
            measures.worker(Metric.GPU_BUSY, "Average", "busy"),
            measures.worker(Metric.GPU_MEMORY, "Maximum", "memory"),
            width=_THIRD,
            top=100,
        ),
        _graph(
            "Done",
            "in five minutes",
            measures.worker(Metric.JOBS_PROCESSED, "Sum", "jobs"),
            measures.worker(Metric.JOBS_FAILED, "Sum", "failed jobs"),
            measures.worker(Metric.EVENTS_PROCESSED, "Sum", "passages"),
            width=_THIRD,
        ),
    ]


def _alerts(measures: Measures) -> list[IWidget]:
    return [
        _graph("Hits", "in five minutes", measures.notifier(Metric.HITS, "Sum", "hits told of")),
        _graph(
            "From a hit to its notice",
            "seconds",
            measures.notifier(Metric.NOTIFICATION_TIME, "p50", "p50"),
            measures.notifier(Metric.NOTIFICATION_TIME, "p95", "p95"),
            measures.oldest(measures.core.alerting.hits.queue, "oldest hit that waits"),
        ),
    ]


def _api(measures: Measures) -> list[IWidget]:
    return [
        _graph("Latency of the API", "ms", measures.api_latency("p50"), measures.api_latency("p95"), width=_THIRD),
        _graph("Requests", "in five minutes", *measures.api_counts(), width=_THIRD),
        _graph(
            "Behind the API",
            "in five minutes",
            measures.background_errors(),
            measures.undelivered(),
            measures.throttled(),
            width=_THIRD,
        ),
    ]


def _costs(measures: Measures) -> list[IWidget]:
    """What the bill is made of; docs/cost.md has the prices."""
    hours = aws_cloudwatch.MathExpression(
        expression="footage / 3600",
        using_metrics={"footage": measures.worker(Metric.FOOTAGE_TIME, "Sum", "footage")},
        period=_DAY,
        label="hours of footage read today",
    )
    return [
        _graph("Cost: workers", "workers", measures.running(), width=_THIRD),
        _graph("Cost: database", "capacity units", measures.capacity("Average"), measures.connections(), width=_THIRD),
        SingleValueWidget(title="Cost: footage and storage", metrics=[hours, *_stored(measures)], width=_THIRD),
    ]


def _stored(measures: Measures) -> list[IMetric]:
    return [
        aws_cloudwatch.Metric(
            namespace="AWS/S3",
            metric_name="BucketSizeBytes",
            dimensions_map={"BucketName": measures.core.footage.bucket.bucket_name, "StorageType": "StandardStorage"},
            period=_DAY,
            statistic="Average",
            label="bytes in the bucket",
        ),
        measures.database.cluster.metric_volume_bytes_used(
            period=_DAY, statistic="Average", label="bytes in the database"
        ),
    ]


def _graph(title: str, unit: str, *metrics: IMetric, width: int = _HALF, top: float | None = None) -> GraphWidget:
    return GraphWidget(
        title=title,
        left=list(metrics),
        left_y_axis=YAxisProps(label=unit, show_units=False, min=0, max=top),
        width=width,
        height=6,
    )
