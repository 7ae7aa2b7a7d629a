"""What somebody must be told of, from what value on, and where it says what to do then."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aws_cdk import Aws, aws_cloudwatch, aws_cloudwatch_actions, aws_iam, aws_sns
from aws_cdk.aws_sns_subscriptions import EmailSubscription
from constructs import Construct

from anpr.messages import Metric
from infra.environments import Environment
from infra.monitoring.measures import Measures

_LONGEST_WAIT_S: Final = 30 * 60
"""A GPU comes up in some five minutes; a job that has waited for six times that waits for something else."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One alarm: a metric, by periods of five minutes.

    Attributes:
        name: the alarm's, and its runbook's anchor in docs/runbooks.md.
        says: what is wrong, in a sentence.
        metric: what is watched; no data is no alarm.
        above: the greatest value that is well.
        periods: for how many of the last `of` periods it must be above.
        of: how many periods are looked at.
    """

    name: str
    says: str
    metric: aws_cloudwatch.IMetric
    above: float
    periods: int = 1
    of: int = 1


class Alarms(Construct):
    """An alarm for each watch, and a topic that tells whoever is on duty.

    Attributes:
        topic: where alarms, and their ends, are told.
        alarms: the alarms.
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, measures: Measures) -> None:
        super().__init__(scope, id_)
        # Not encrypted by a key: alarms may not use the one that AWS manages, and one of our own costs more a month
        # than all alarms. What is told are names of metrics and figures.
        self.topic = aws_sns.Topic(self, "Topic", display_name=f"ANPR alarms ({environment.name})", enforce_ssl=True)
        # The policy that demands TLS takes the place of the one that let alarms in.
        self.topic.add_to_resource_policy(
            aws_iam.PolicyStatement(
                principals=[aws_iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        self.topic.add_subscription(EmailSubscription(environment.alarm_email or environment.admin_email))
        action = aws_cloudwatch_actions.SnsAction(self.topic)
        self.alarms: list[aws_cloudwatch.Alarm] = []
        for watch in watches(measures):
            alarm = aws_cloudwatch.Alarm(
                self,
                watch.name,
                alarm_name=f"anpr-{environment.name}-{watch.name}",
                alarm_description=f"{watch.says} What to do: {environment.runbooks}#{watch.name}",
                metric=watch.metric,
                threshold=watch.above,
                comparison_operator=aws_cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                evaluation_periods=watch.of,
                datapoints_to_alarm=watch.periods,
                treat_missing_data=aws_cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            alarm.add_alarm_action(action)
            alarm.add_ok_action(action)
            self.alarms.append(alarm)


def watches(measures: Measures) -> Iterator[Watch]:
    """List what is watched, in the order of the way of a clip."""
    yield from _footage(measures)
    yield from _alerts(measures)
    yield from _serving(measures)


def _footage(measures: Measures) -> Iterator[Watch]:
    yield Watch(
        "jobs-wait-too-long",
        f"Jobs wait, and the oldest is more than {_LONGEST_WAIT_S // 60} minutes old.",
        measures.waited(),
        above=_LONGEST_WAIT_S,
        periods=3,
        of=3,
    )
    yield Watch(
        "jobs-fail",
        "More than a quarter of the jobs of the last quarter of an hour failed.",
        measures.failing(),
        above=25,
        periods=2,
        of=3,
    )
    yield Watch(
        "dead-jobs",
        "A job broke the worker three times and was put aside.",
        measures.waiting(measures.dead_letters["jobs"], "dead jobs"),
        above=0,
    )
    yield Watch(
        "workers-without-work",
        "Workers have been running for an hour with nothing to do.",
        measures.idle_workers(),
        above=0,
        periods=12,
        of=12,
    )


def _alerts(measures: Measures) -> Iterator[Watch]:
    yield Watch(
        "alerts-are-late",
        "One hit in twenty was told of only half a minute after it was recorded, or later.",
        measures.notifier(Metric.NOTIFICATION_TIME, "p95", "notification p95"),
        above=30,
        periods=2,
        of=2,
    )
    yield Watch(
        "hits-wait",
        "A hit has waited for more than two minutes to be told of.",
        measures.oldest(measures.core.alerting.hits.queue, "oldest hit"),
        above=120,
        periods=2,
        of=2,
    )
    for kind in ("hits", "webhooks"):
        yield Watch(
            f"dead-{kind}",
            f"Messages of {kind} were put aside after fifty tries.",
            measures.waiting(measures.dead_letters[kind], f"dead {kind}"),
            above=0,
        )
    yield Watch("events-not-delivered", "The bus could not deliver an event.", measures.undelivered(), above=0)


def _serving(measures: Measures) -> Iterator[Watch]:
    yield Watch(
        "api-fails",
        "More than two in a hundred requests fail by our fault.",
        measures.api_failing(),
        above=2,
        periods=2,
        of=3,
    )
    yield Watch(
        "api-is-slow",
        "One request in twenty takes more than two seconds.",
        measures.api_slow(),
        above=2000,
        periods=3,
        of=3,
    )
    yield Watch(
        "background-fails",
        "Functions that nobody waits for fail again and again.",
        measures.background_errors(),
        above=3,
        periods=2,
        of=3,
    )
    yield Watch(
        "audit-log-disputed",
        "The audit log is not what its newest anchor says that it was.",
        measures.disputes(),
        above=0,
    )
    yield Watch(
        "calls-are-refused",
        "The account's limit of functions at the same time is reached.",
        measures.throttled(),
        above=0,
        periods=2,
        of=3,
    )
    yield Watch(
        "database-at-its-limit",
        "The database has needed more than nine tenths of its most capacity for a quarter of an hour.",
        measures.capacity_used(),
        above=90,
        periods=3,
        of=3,
    )
