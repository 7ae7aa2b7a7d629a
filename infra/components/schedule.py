"""A function that runs every few minutes."""

from aws_cdk import Duration, aws_events, aws_events_targets, aws_lambda
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
