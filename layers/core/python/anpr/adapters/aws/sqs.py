"""`anpr.ports.JobQueue` on one SQS standard queue."""

from typing import TYPE_CHECKING, Literal

from anpr import tracing
from anpr.adapters.aws.client import LONG_POLL_S, translated
from anpr.ports import QueueMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import MessageSystemAttributeValueTypeDef


class SqsJobQueue:
    """`anpr.ports.JobQueue` on one SQS standard queue."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, body: str, *, delay_s: int = 0) -> None:
        with translated("queue"):
            self._client.send_message(
                QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_s, MessageSystemAttributes=_trace_attribute()
            )

    def receive(self, *, wait_s: int, visibility_s: int) -> QueueMessage | None:
        with translated("queue"):
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=1,
                WaitTimeSeconds=min(wait_s, LONG_POLL_S),
                VisibilityTimeout=visibility_s,
                MessageSystemAttributeNames=["ApproximateReceiveCount", tracing.ATTRIBUTE],
            )
        for message in answer.get("Messages", []):
            attributes = {str(name): value for name, value in message.get("Attributes", {}).items()}
            receives = int(attributes.pop("ApproximateReceiveCount", "1"))
            return QueueMessage(message.get("Body", ""), message["ReceiptHandle"], receives, attributes)
        return None

    def extend(self, message: QueueMessage, *, visibility_s: int) -> None:
        with translated("queue", missing="The message is no longer held by this receiver."):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=visibility_s
            )

    def delete(self, message: QueueMessage) -> None:
        with translated("queue", missing="The message is no longer held by this receiver."):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def depth(self) -> int:
        with translated("queue"):
            answer = self._client.get_queue_attributes(
                QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"]
            )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def check(self) -> None:
        self.depth()


def _trace_attribute() -> dict[Literal["AWSTraceHeader"], "MessageSystemAttributeValueTypeDef"]:
    header = tracing.current_header()
    return {} if header is None else {tracing.ATTRIBUTE: {"DataType": "String", "StringValue": header}}
