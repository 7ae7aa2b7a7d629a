"""Keeping the metrics of a queue that nobody uses: workers are called by them."""

from typing import Final

from aws_cdk import Duration, aws_iam, aws_scheduler, aws_scheduler_targets, aws_sqs
from constructs import Construct

_EVERY: Final = Duration.hours(3)
_TAG: Final = "anpr:no-such-tag"


class QueueAwake(Construct):
    """Calls a queue's API every few hours, without changing anything.

    SQS reports on a queue for six hours after the last call of any kind, and takes up to a quarter of an hour to begin
    again: so long the first clip of the morning would wait before anybody knew of it. A schedule cannot call what only
    reads, so it removes a tag that the queue does not have.
    """

    def __init__(self, scope: Construct, id_: str, *, queue: aws_sqs.IQueue) -> None:
        super().__init__(scope, id_)
        aws_scheduler.Schedule(
            self,
            "Schedule",
            description="Keeps CloudWatch's metrics of the detection queue coming. It changes nothing.",
            schedule=aws_scheduler.ScheduleExpression.rate(_EVERY),
            target=aws_scheduler_targets.Universal(
                service="sqs",
                action="untagQueue",
                input=aws_scheduler.ScheduleTargetInput.from_object({"QueueUrl": queue.queue_url, "TagKeys": [_TAG]}),
                policy_statements=[aws_iam.PolicyStatement(actions=["sqs:UntagQueue"], resources=[queue.queue_arn])],
            ),
        )
