"""A queue between what asks for work and the function that does it."""

from typing import Final

from aws_cdk import aws_iam, aws_lambda
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from infra.components.dead_letters import queue_with_dead_letters

_MAX_RECEIVES: Final = 50
"""Generous: what fails is an outage of something else, and outages end. At a visibility of two minutes, 100 minutes."""


class WorkQueue(Construct):
    """A standard queue with its dead letters.

    Attributes:
        queue: the work.
        dead_letters: work that failed every time, for two weeks.
    """

    def __init__(self, scope: Construct, id_: str, *, visibility_s: int) -> None:
        """Make the queue.

        Args:
            scope: parent construct.
            id_: name below the parent.
            visibility_s: how long a message that was taken stays hidden: more than the function may run.
        """
        super().__init__(scope, id_)
        self.queue, self.dead_letters = queue_with_dead_letters(
            self, "Queue", visibility_s=visibility_s, max_receives=_MAX_RECEIVES
        )

    def grant_send(self, grantee: aws_iam.IGrantable) -> None:
        """Allow putting work on the queue."""
        aws_iam.Grant.add_to_principal(
            grantee=grantee, actions=["sqs:SendMessage"], resource_arns=[self.queue.queue_arn]
        )

    def feed(self, function: aws_lambda.Function, *, at_once: int) -> None:
        """Have a function take the work.

        Args:
            function: reports which messages of a batch failed.
            at_once: the most messages in one call.
        """
        function.add_event_source(SqsEventSource(self.queue, batch_size=at_once, report_batch_item_failures=True))
