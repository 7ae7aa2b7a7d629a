"""The queue of detection jobs, and where messages go that no worker could deal with."""

from typing import Final

from aws_cdk import Aws, aws_iam
from constructs import Construct

from infra.components.dead_letters import queue_with_dead_letters

MAX_RECEIVES: Final = 3
VISIBILITY_S: Final = 60
"""A worker extends this while it works; it is how long the job of a worker that died stays hidden."""


class DetectionQueue(Construct):
    """An encrypted queue with a dead-letter queue.

    Attributes:
        queue: S3's notifications and retries of jobs.
        dead_letters: messages that were received three times in vain, for two weeks.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.queue, self.dead_letters = queue_with_dead_letters(
            self, "Jobs", visibility_s=VISIBILITY_S, max_receives=MAX_RECEIVES
        )
        # The bucket names this queue, so the queue's policy cannot name the bucket: the account is what it checks.
        self.queue.add_to_resource_policy(
            aws_iam.PolicyStatement(
                principals=[aws_iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )

    def grant_send(self, grantee: aws_iam.IGrantable) -> None:
        """Allow putting jobs on the queue."""
        self._grant(grantee, "sqs:SendMessage")

    def grant_measure(self, grantee: aws_iam.IGrantable) -> None:
        """Allow reading how many messages wait."""
        self._grant(grantee, "sqs:GetQueueAttributes")

    def grant_measure_dead(self, grantee: aws_iam.IGrantable) -> None:
        """Allow reading how many messages nobody could deal with."""
        aws_iam.Grant.add_to_principal(
            grantee=grantee, actions=["sqs:GetQueueAttributes"], resource_arns=[self.dead_letters.queue_arn]
        )

    def grant_work(self, grantee: aws_iam.IGrantable) -> None:
        """Allow taking jobs, keeping them hidden and acknowledging them."""
        self._grant(grantee, "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage")

    def _grant(self, grantee: aws_iam.IGrantable, *actions: str) -> None:
        aws_iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=[self.queue.queue_arn])
