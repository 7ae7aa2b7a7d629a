"""What happens every few minutes."""

from collections.abc import Mapping

from aws_cdk import Duration, aws_events, aws_events_targets, aws_lambda, aws_sqs
from constructs import Construct


class Schedule(Construct):
    """Runs a function at a fixed rate. A run that fails is not repeated: the next one does the same work."""

    def __init__(self, scope: Construct, id_: str, *, minutes: int, function: aws_lambda.IFunction) -> None:
        super().__init__(scope, id_)
        aws_events.Rule(
            self,
            "Rule",
            schedule=aws_events.Schedule.rate(Duration.minutes(minutes)),
            targets=[aws_events_targets.LambdaFunction(function, retry_attempts=0)],
        )


class ScheduledMessage(Construct):
    """Puts a message on a queue at a fixed rate, for a function that takes its work from there anyhow."""

    def __init__(
        self, scope: Construct, id_: str, *, minutes: int, queue: aws_sqs.IQueue, message: Mapping[str, object]
    ) -> None:
        super().__init__(scope, id_)
        aws_events.Rule(
            self,
            "Rule",
            schedule=aws_events.Schedule.rate(Duration.minutes(minutes)),
            targets=[aws_events_targets.SqsQueue(queue, message=aws_events.RuleTargetInput.from_object(dict(message)))],
        )
