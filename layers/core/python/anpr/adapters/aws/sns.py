"""`anpr.ports.Notifier` on Simple Notification Service."""

import json
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from anpr.adapters.aws.client import translated
from anpr.adapters.aws.settings import AlertSettings
from anpr.errors import NotFound, Unavailable, Unprocessable
from anpr.ports import Notice

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

_MAX_SUBJECT: Final = 100
_MAX_SMS: Final = 160
_GONE: Final = "There is no such topic."


class SnsNotifier:
    """Topics whose names begin with the deployment's prefix: its role may touch no others."""

    def __init__(self, client: "SNSClient", settings: AlertSettings) -> None:
        self._client = client
        self._prefix = settings.topic_prefix

    def open_topic(self, name: str, *, title: str) -> str:
        attributes = {"DisplayName": _one_line(title, _MAX_SUBJECT), "KmsMasterKeyId": "alias/aws/sns"}
        with translated("notification service"):
            topic = self._client.create_topic(Name=f"{self._prefix}{name}")["TopicArn"]
            # Given with the creation, a title that changed since would be refused.
            for attribute, value in (attributes | {"Policy": _policy(topic)}).items():
                self._client.set_topic_attributes(TopicArn=topic, AttributeName=attribute, AttributeValue=value)
        return topic

    def close_topic(self, topic: str) -> None:
        with suppress(NotFound), translated("notification service"):
            self._client.delete_topic(TopicArn=topic)

    def subscribe(self, topic: str, channel: str, address: str) -> str:
        try:
            with translated("notification service", missing=_GONE):
                made = self._client.subscribe(
                    TopicArn=topic, Protocol=channel, Endpoint=address, ReturnSubscriptionArn=True
                )
        except Unavailable as error:
            if _is_invalid(error.__cause__):
                raise Unprocessable("The notification service does not take this address.") from error
            raise
        return made["SubscriptionArn"]

    def unsubscribe(self, subscription: str) -> None:
        try:
            with suppress(NotFound), translated("notification service"):
                self._client.unsubscribe(SubscriptionArn=subscription)
        except Unavailable as error:
            # One that was never confirmed cannot be ended; it ends by itself after two days.
            if not _is_invalid(error.__cause__):
                raise

    def publish(self, topic: str, notice: Notice) -> None:
        message = {"default": notice.text, "sms": notice.short[:_MAX_SMS]}
        with translated("notification service", missing=_GONE):
            self._client.publish(
                TopicArn=topic,
                Subject=_one_line(notice.subject, _MAX_SUBJECT),
                Message=json.dumps(message),
                MessageStructure="json",
            )


def _policy(topic: str) -> str:
    """Leave it to the roles' own policies who may use a topic.

    The policy that SNS gives a topic without one lets every role of the account publish, subscribe and delete.
    """
    _, partition, _, _, account, _ = topic.split(":")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _is_invalid(error: BaseException | None) -> bool:
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
    return code in ("InvalidParameter", "InvalidParameterException")


def _one_line(text: str, limit: int) -> str:
    """What SNS takes as a subject or a title: printable ASCII in one line."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "replace").decode()
    return "".join(c if c.isprintable() else " " for c in ascii_only)[:limit]
