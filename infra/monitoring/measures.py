"""What can be measured of a deployment: what AWS counts of its services, and what the backend counts itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration, aws_apigatewayv2, aws_cloudwatch, aws_ecs, aws_events, aws_lambda, aws_sqs

from anpr.messages import METRICS_NAMESPACE, Metric
from infra.stacks.core import CoreStack
from infra.stacks.database import DatabaseStack

_PERIOD: Final = Duration.minutes(5)
_WORKER: Final = {"service": "gpu_worker"}
_NOTIFIER: Final = {"service": "bolo_notifier"}
_RETENTION: Final = {"service": "retention"}


@dataclass(frozen=True, slots=True)
class Measures:
    """Metrics of one deployment, over five minutes each.

    Attributes:
        core: queues, bucket, functions and API.
        database: the cluster.
        workers: the services that run workers.
    """

    core: CoreStack
    database: DatabaseStack
    workers: Sequence[aws_ecs.BaseService]

    @property
    def dead_letters(self) -> dict[str, aws_sqs.IQueue]:
        """Queues of messages that were given up, by what they are about."""
        alerting = self.core.alerting
        return {
            "jobs": self.core.detection.dead_letters,
            "hits": alerting.hits.dead_letters,
            "webhooks": alerting.webhooks.dead_letters,
        }

    @property
    def background(self) -> dict[str, aws_lambda.Function]:
        """Functions that nobody waits for, so that nobody but an alarm tells of their errors."""
        people = {"Identity", "Capture", "Review", "Alerts", "Governance", "Setup"}
        return {name: function for name, function in self.core.functions.items() if name not in people}

    @property
    def _api(self) -> aws_apigatewayv2.HttpApi:
        return self.core.api.api

    def oldest(self, queue: aws_sqs.IQueue, label: str) -> aws_cloudwatch.Metric:
        """Age of the oldest message, in seconds."""
        return queue.metric_approximate_age_of_oldest_message(period=_PERIOD, statistic="Maximum", label=label)

    def waiting(self, queue: aws_sqs.IQueue, label: str) -> aws_cloudwatch.Metric:
        """Messages that nobody has taken."""
        return queue.metric_approximate_number_of_messages_visible(period=_PERIOD, statistic="Maximum", label=label)

    def waited(self) -> aws_cloudwatch.MathExpression:
        """How long jobs wait, in seconds: a job that is being read for hours is the oldest too, and does not wait."""
        queue = self.core.detection.queue
        return _math(
            "IF(waiting > 0, oldest, 0)",
            "wait of the oldest job",
            waiting=self.waiting(queue, "waiting"),
            oldest=self.oldest(queue, "oldest"),
        )

    def taken(self, queue: aws_sqs.IQueue, label: str) -> aws_cloudwatch.Metric:
        """Messages that are being worked on."""
        return queue.metric_approximate_number_of_messages_not_visible(period=_PERIOD, statistic="Maximum", label=label)

    def worker(self, metric: Metric, statistic: str, label: str) -> aws_cloudwatch.Metric:
        """What the workers count."""
        return _own(metric, _WORKER, statistic, label)

    def notifier(self, metric: Metric, statistic: str, label: str) -> aws_cloudwatch.Metric:
        """What the notifier counts."""
        return _own(metric, _NOTIFIER, statistic, label)

    def disputes(self) -> aws_cloudwatch.Metric:
        """Runs of retention that found the audit log not to be what its anchors say."""
        return _own(Metric.AUDIT_DISPUTES, _RETENTION, "Sum", "audit log disputed")

    def speed(self) -> aws_cloudwatch.MathExpression:
        """Frames a second that a worker reads while it works."""
        return _math(
            "frames / seconds",
            "frames a second, a worker",
            frames=self.worker(Metric.FRAMES, "Sum", "frames"),
            seconds=self.worker(Metric.JOB_TIME, "Sum", "seconds of work"),
        )

    def failing(self) -> aws_cloudwatch.MathExpression:
        """Jobs that failed, in per cent; none while there are too few to tell."""
        return _math(
            "IF(FILL(failed, 0) + FILL(done, 0) >= 5, 100 * FILL(failed, 0) / (FILL(failed, 0) + FILL(done, 0)), 0)",
            "jobs that failed, %",
            failed=self.worker(Metric.JOBS_FAILED, "Sum", "failed"),
            done=self.worker(Metric.JOBS_PROCESSED, "Sum", "done"),
        )

    def running(self) -> aws_cloudwatch.MathExpression:
        """Workers that run. ECS reports each task once a minute, so the number of reports is the number of tasks."""
        reports = {
            f"service{number}": service.metric_cpu_utilization(period=_PERIOD, statistic="SampleCount")
            for number, service in enumerate(self.workers)
        }
        total = " + ".join(f"FILL({name}, 0)" for name in reports)
        return _math(f"({total}) / 5", "workers", **reports)

    def idle_workers(self) -> aws_cloudwatch.MathExpression:
        """1 while workers run and there is nothing to do, else 0."""
        queue = self.core.detection.queue
        return _math(
            "IF(running > 0 AND waiting + taken < 1, 1, 0)",
            "workers without work",
            running=self.running(),
            waiting=self.waiting(queue, "waiting"),
            taken=self.taken(queue, "taken"),
        )

    def api_failing(self) -> aws_cloudwatch.MathExpression:
        """Requests that failed by our fault, in per cent; none while there are too few to tell."""
        return _math(
            "IF(requests >= 20, 100 * failed / requests, 0)",
            "requests that failed, %",
            failed=self._api.metric_server_error(period=_PERIOD, statistic="Sum"),
            requests=self._api.metric_count(period=_PERIOD, statistic="Sum"),
        )

    def api_slow(self) -> aws_cloudwatch.MathExpression:
        """95th percentile of the API's latency in ms; none while a few cold starts would make it."""
        return _math(
            "IF(requests >= 50, latency, 0)",
            "latency p95, ms",
            latency=self.api_latency("p95"),
            requests=self._api.metric_count(period=_PERIOD, statistic="Sum"),
        )

    def api_latency(self, statistic: str) -> aws_cloudwatch.Metric:
        """The API's latency in ms, as its clients see it."""
        return self._api.metric_latency(period=_PERIOD, statistic=statistic, label=statistic)

    def api_counts(self) -> list[aws_cloudwatch.IMetric]:
        """Requests, and those that failed by the client's fault or by ours."""
        api = self._api
        return [
            api.metric_count(period=_PERIOD, statistic="Sum", label="requests"),
            api.metric_client_error(period=_PERIOD, statistic="Sum", label="4xx"),
            api.metric_server_error(period=_PERIOD, statistic="Sum", label="5xx"),
        ]

    def background_errors(self) -> aws_cloudwatch.MathExpression:
        """Runs of background functions that failed."""
        errors = {
            f"errors{number}": function.metric_errors(period=_PERIOD, statistic="Sum", label=name)
            for number, (name, function) in enumerate(self.background.items())
        }
        total = " + ".join(f"FILL({name}, 0)" for name in errors)
        return _math(total, "failed runs", **errors)

    def throttled(self) -> aws_cloudwatch.Metric:
        """Calls of functions that the account's concurrency left no room for."""
        return aws_lambda.Function.metric_all_throttles(period=_PERIOD, statistic="Sum", label="refused calls")

    def concurrent(self) -> aws_cloudwatch.Metric:
        """Functions that ran at the same time, in the whole account."""
        return aws_lambda.Function.metric_all_concurrent_executions(
            period=_PERIOD, statistic="Maximum", label="at the same time"
        )

    def undelivered(self) -> aws_cloudwatch.MathExpression:
        """Events that the rules of the bus could not deliver."""
        bus = self.core.bus.bus
        rules = [child for child in self.core.bus.node.find_all() if isinstance(child, aws_events.Rule)]
        failed = {
            f"rule{number}": aws_cloudwatch.Metric(
                namespace="AWS/Events",
                metric_name="FailedInvocations",
                dimensions_map={"EventBusName": bus.event_bus_name, "RuleName": rule.rule_name},
                period=_PERIOD,
                statistic="Sum",
            )
            for number, rule in enumerate(rules)
        }
        return _math(" + ".join(f"FILL({name}, 0)" for name in failed), "events not delivered", **failed)

    def capacity(self, statistic: str) -> aws_cloudwatch.Metric:
        """The database's capacity units; 0 while it sleeps."""
        return self.database.cluster.metric_serverless_database_capacity(
            period=_PERIOD, statistic=statistic, label=f"capacity units ({statistic.lower()})"
        )

    def capacity_used(self) -> aws_cloudwatch.Metric:
        """How much of the most capacity the database has, in per cent."""
        return self.database.cluster.metric_acu_utilization(period=_PERIOD, statistic="Average", label="of the most, %")

    def connections(self) -> aws_cloudwatch.Metric:
        """Open connections to the database."""
        return self.database.cluster.metric_database_connections(
            period=_PERIOD, statistic="Maximum", label="connections"
        )


def _own(metric: Metric, dimensions: dict[str, str], statistic: str, label: str) -> aws_cloudwatch.Metric:
    return aws_cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=metric.value,
        dimensions_map=dimensions,
        period=_PERIOD,
        statistic=statistic,
        label=label,
    )


def _math(expression: str, label: str, **parts: aws_cloudwatch.IMetric) -> aws_cloudwatch.MathExpression:
    return aws_cloudwatch.MathExpression(expression=expression, using_metrics=parts, period=_PERIOD, label=label)
