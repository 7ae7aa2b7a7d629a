"""The bus of domain events."""

from typing import Final

from aws_cdk import Duration, aws_events, aws_events_targets, aws_iam, aws_lambda, aws_sqs
from constructs import Construct

from anpr.messages import SOURCE, EventType
from infra.acknowledgements import acknowledge

BUS_NAME: Final = "anpr"


class DomainBus(Construct):
    """The event bus `anpr`; each environment has an account of its own, so the name is the same in all.

    Attributes:
        bus: the bus.
        tap: a queue that gets every event for a day, for people and tests to look at; None unless asked for.
    """

    def __init__(self, scope: Construct, id_: str, *, tapped: bool) -> None:
        super().__init__(scope, id_)
        self.bus = aws_events.EventBus(self, "Bus", event_bus_name=BUS_NAME)
        self.tap = self._tap() if tapped else None

    def grant_publish(self, grantee: aws_iam.IGrantable) -> None:
        """Allow putting events on the bus."""
        self._grant(grantee, "events:PutEvents")

    def grant_describe(self, grantee: aws_iam.IGrantable) -> None:
        """Allow asking whether the bus is there."""
        self._grant(grantee, "events:DescribeEventBus")

    def deliver(self, id_: str, function: aws_lambda.IFunction, *kinds: EventType) -> None:
        """Have a function run on each event of some kinds. What it does not take is offered again, for six hours."""
        aws_events.Rule(
            self,
            id_,
            event_bus=self.bus,
            event_pattern=aws_events.EventPattern(source=[SOURCE], detail_type=[kind.value for kind in kinds]),
            targets=[aws_events_targets.LambdaFunction(function, max_event_age=Duration.hours(6))],
        )

    def queue_up(self, id_: str, queue: aws_sqs.IQueue, *kinds: EventType) -> None:
        """Put each event of some kinds on a queue, for consumers that an outage must not make miss any."""
        aws_events.Rule(
            self,
            id_,
            event_bus=self.bus,
            event_pattern=aws_events.EventPattern(source=[SOURCE], detail_type=[kind.value for kind in kinds]),
            targets=[aws_events_targets.SqsQueue(queue)],
        )

    def _grant(self, grantee: aws_iam.IGrantable, action: str) -> None:
        aws_iam.Grant.add_to_principal(grantee=grantee, actions=[action], resource_arns=[self.bus.event_bus_arn])

    def _tap(self) -> aws_sqs.Queue:
        queue = aws_sqs.Queue(
            self,
            "Tap",
            encryption=aws_sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(1),
        )
        acknowledge(queue, "SQS3", "Nothing consumes it: a day later its messages are gone, which is what it is for.")
        aws_events.Rule(
            self,
            "TapRule",
            event_bus=self.bus,
            description="Every domain event, for people and tests to look at.",
            event_pattern=aws_events.EventPattern(source=[SOURCE], detail_type=[kind.value for kind in EventType]),
            targets=[aws_events_targets.SqsQueue(queue)],
        )
        return queue
