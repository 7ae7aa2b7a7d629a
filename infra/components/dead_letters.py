"""Queues whose hopeless messages are kept aside."""

from typing import Final

from aws_cdk import Duration, aws_sqs
from constructs import Construct

_RETENTION: Final = Duration.days(14)


def queue_with_dead_letters(
    scope: Construct, id_: str, *, visibility_s: int, max_receives: int
) -> tuple[aws_sqs.Queue, aws_sqs.Queue]:
    """Make an encrypted standard queue, and `DeadLetters` beside it; both keep messages for two weeks.

    Args:
        scope: parent construct.
        id_: the queue's name below the parent.
        visibility_s: how long a message that was taken stays hidden.
        max_receives: how often a message is delivered before it is put aside.

    Returns:
        The queue and its dead letters.
    """
    dead_letters = aws_sqs.Queue(
        scope,
        "DeadLetters",
        encryption=aws_sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=_RETENTION,
    )
    queue = aws_sqs.Queue(
        scope,
        id_,
        encryption=aws_sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        visibility_timeout=Duration.seconds(visibility_s),
        retention_period=_RETENTION,
        dead_letter_queue=aws_sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=max_receives),
    )
    return queue, dead_letters
