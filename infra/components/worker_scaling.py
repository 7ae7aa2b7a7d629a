"""How many workers: from the queue's metrics to the services' desired counts, as `infra.scaling` has it."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration, Stack, aws_cloudwatch, aws_cloudwatch_actions, aws_ecs, aws_iam, aws_sqs
from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

from infra.scaling import ScalingPolicy, rungs

_MINUTE: Final = Duration.minutes(1)
_LATE_MINUTES: Final = 3
_LAG_MINUTES: Final = 2
"""For so long, ECS's metrics may be behind those of SQS: workers that run do not count yet."""

# Counts are whole numbers: this is between none and one.
_SOME: Final = 0.5


class BacklogScaling(Construct):
    """Two services follow one queue: workers on spot capacity do all there is; those on demand, what is left over.

    An alarm that scales acts each minute as long as it lasts, so a service is set to what is wanted again and again.

    Attributes:
        work: the alarm that lasts as long as there is work.
        late: the alarm that lasts as long as workers on demand are called for.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        queue: aws_sqs.IQueue,
        spot: aws_ecs.BaseService,
        fallback: aws_ecs.BaseService,
        policy: ScalingPolicy,
    ) -> None:
        super().__init__(scope, id_)
        wanted = wanted_workers(queue, policy)
        missing = missing_workers(queue, spot, policy)
        self.work = self._alarm("Work", wanted, "There is work for workers.", minutes=1)
        self.late = self._alarm(
            "Late",
            late_workers(queue, missing, policy),
            "Work waits too long, and workers on spot capacity do not come.",
            minutes=_LATE_MINUTES,
        )
        rest = self._alarm("Rest", wanted, "There is no more work.", minutes=policy.rest_minutes, below=True)
        enough = self._alarm(
            "Enough",
            missing,
            "Spot capacity is enough.",
            minutes=policy.stay_minutes,
            of=policy.stay_minutes + _LAG_MINUTES,
            below=True,
        )
        self._follow("Spot", spot, policy.most, up=self.work, down=rest)
        self._follow("Fallback", fallback, policy.most_fallback, up=self.late, down=enough)

    def _alarm(
        self,
        id_: str,
        metric: aws_cloudwatch.IMetric,
        says: str,
        *,
        minutes: int,
        of: int | None = None,
        below: bool = False,
    ) -> aws_cloudwatch.Alarm:
        compare = aws_cloudwatch.ComparisonOperator
        return aws_cloudwatch.Alarm(
            self,
            id_,
            metric=metric,
            alarm_description=f"{says} It sets how many workers there are; nobody need act.",
            threshold=_SOME,
            comparison_operator=compare.LESS_THAN_THRESHOLD if below else compare.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            datapoints_to_alarm=minutes,
            evaluation_periods=of or minutes,
            # A queue that nobody has touched for six hours has no metrics. Nothing is known then, and nothing done.
            treat_missing_data=aws_cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _follow(
        self,
        id_: str,
        service: aws_ecs.BaseService,
        most: int,
        *,
        up: aws_cloudwatch.Alarm,
        down: aws_cloudwatch.Alarm,
    ) -> None:
        target = autoscaling.ScalableTarget(
            self,
            id_,
            service_namespace=autoscaling.ServiceNamespace.ECS,
            resource_id=f"service/{service.cluster.cluster_name}/{service.service_name}",
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=0,
            max_capacity=most,
            role=self._service_linked_role(id_),
        )
        self._set(f"{id_}Work", target, up, _steps(most))
        self._set(f"{id_}Rest", target, down, [(None, 0, 0)])

    def _set(
        self,
        id_: str,
        target: autoscaling.ScalableTarget,
        alarm: aws_cloudwatch.Alarm,
        steps: Sequence[tuple[float | None, float | None, int]],
    ) -> None:
        action = autoscaling.StepScalingAction(
            self,
            id_,
            scaling_target=target,
            adjustment_type=autoscaling.AdjustmentType.EXACT_CAPACITY,
            metric_aggregation_type=autoscaling.MetricAggregationType.MAXIMUM,
            cooldown=_MINUTE,
        )
        for lower, upper, count in steps:
            action.add_adjustment(adjustment=count, lower_bound=lower, upper_bound=upper)
        alarm.add_alarm_action(aws_cloudwatch_actions.ApplicationScalingAction(action))

    def _service_linked_role(self, id_: str) -> aws_iam.IRole:
        """The role that Application Auto Scaling uses for ECS in any case, and makes where there is none."""
        return aws_iam.Role.from_role_arn(
            self,
            f"{id_}Role",
            Stack.of(self).format_arn(
                service="iam",
                region="",
                resource="role",
                resource_name=(
                    "aws-service-role/ecs.application-autoscaling.amazonaws.com"
                    "/AWSServiceRoleForApplicationAutoScaling_ECSService"
                ),
            ),
        )


# What a metric lacks counts as nothing in a sum and in a comparison, as CloudWatch has it. To say so by FILL would make
# up the newest minute, which no metric has yet: the alarms would look at nothing else.


def wanted_workers(queue: aws_sqs.IQueue, policy: ScalingPolicy) -> aws_cloudwatch.MathExpression:
    """`ScalingPolicy.wanted` in the language of CloudWatch."""
    held = _newest(queue.metric_approximate_number_of_messages_not_visible())
    waiting = _newest(queue.metric_approximate_number_of_messages_visible())
    load = _math(f"(waiting + held) / {policy.jobs_per_worker}", {"waiting": waiting, "held": held})
    return _math("CEIL(IF(held > load, held, load))", {"held": held, "load": load}, "Workers wanted")


def missing_workers(
    queue: aws_sqs.IQueue, spot: aws_ecs.BaseService, policy: ScalingPolicy
) -> aws_cloudwatch.MathExpression:
    """`ScalingPolicy.missing` in the language of CloudWatch."""
    return _math(
        "IF(wanted > workers, wanted - workers, 0)",
        {"wanted": wanted_workers(queue, policy), "workers": _running(spot)},
        "Workers missing",
    )


def late_workers(
    queue: aws_sqs.IQueue, missing: aws_cloudwatch.MathExpression, policy: ScalingPolicy
) -> aws_cloudwatch.MathExpression:
    """`ScalingPolicy.late` in the language of CloudWatch."""
    return _math(
        f"IF(waiting > 0 AND oldest >= {policy.patience_minutes * 60}, missing, 0)",
        {
            "waiting": _newest(queue.metric_approximate_number_of_messages_visible()),
            "oldest": _newest(queue.metric_approximate_age_of_oldest_message()),
            "missing": missing,
        },
        "Workers on demand",
    )


def _newest(metric: aws_cloudwatch.Metric) -> aws_cloudwatch.Metric:
    return metric.with_(period=_MINUTE, statistic="Maximum")


def _running(service: aws_ecs.BaseService) -> aws_cloudwatch.Metric:
    """How many tasks run: each sends one sample of its processor's use a minute, which costs nothing."""
    return aws_cloudwatch.Metric(
        namespace="AWS/ECS",
        metric_name="CPUUtilization",
        dimensions_map={"ClusterName": service.cluster.cluster_name, "ServiceName": service.service_name},
        statistic="SampleCount",
        period=_MINUTE,
    )


def _math(
    expression: str, using: dict[str, aws_cloudwatch.IMetric], label: str | None = None
) -> aws_cloudwatch.MathExpression:
    return aws_cloudwatch.MathExpression(expression=expression, using_metrics=using, label=label, period=_MINUTE)


def _steps(most: int) -> list[tuple[float | None, float | None, int]]:
    """Bounds above the threshold, and the number of workers between them: (0, 1, 1), (1, 2, 2), … (n, None, most)."""
    found = rungs(most)
    below = (0, *found[:-1])
    return [(lower, None if rung == most else rung, rung) for lower, rung in zip(below, found, strict=True)]
