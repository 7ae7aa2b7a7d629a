import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from anpr.adapters.aws.client import make_client
from anpr.adapters.aws.settings import AlertSettings
from anpr.adapters.aws.sns import SnsNotifier
from anpr.errors import NotFound, Unavailable, Unprocessable
from anpr.ports import Notice


@pytest.fixture
def sns() -> Iterator[Any]:
    with mock_aws():
        yield make_client("sns")


@pytest.fixture
def notifier(sns: Any) -> SnsNotifier:
    return SnsNotifier(sns, AlertSettings(topic_prefix="anpr-"))


def _tap(sns: Any, topic: str) -> Any:
    """A queue that gets what the topic's subscribers get."""
    sqs = make_client("sqs")
    url = sqs.create_queue(QueueName="tap")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def read() -> dict[str, Any]:
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
        told: dict[str, Any] = json.loads(message["Body"])
        return told

    return read


def test_a_topic_is_opened_once_under_the_prefix_and_renamed(sns: Any, notifier: SnsNotifier) -> None:
    topic = notifier.open_topic("bolo-1", title="Stolen")
    assert notifier.open_topic("bolo-1", title="Gestohlen ☂\nnew") == topic
    assert topic.endswith(":anpr-bolo-1")
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["DisplayName"] == "Gestohlen ? new"
    assert attributes["KmsMasterKeyId"] == "alias/aws/sns"


def test_a_topic_is_left_to_what_the_roles_may_do(sns: Any, notifier: SnsNotifier) -> None:
    topic = notifier.open_topic("bolo-1", title="Stolen")
    (statement,) = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{topic.split(':')[4]}:root"}
    assert (statement["Action"], statement["Resource"]) == ("sns:Publish", topic)


def test_subscribers_are_told(sns: Any, notifier: SnsNotifier) -> None:
    topic = notifier.open_topic("bolo-1", title="Stolen")
    read = _tap(sns, topic)
    notifier.publish(topic, Notice("[HIGH] LS15EBC at Nordtor\nÖst", "LS15EBC was seen.", "LS15EBC seen"))
    told = read()
    assert (told["Subject"], told["Message"]) == ("[HIGH] LS15EBC at Nordtor O?st", "LS15EBC was seen.")


def test_a_subject_that_is_too_long_is_cut(sns: Any, notifier: SnsNotifier) -> None:
    topic = notifier.open_topic("bolo-1", title="x" * 300)
    read = _tap(sns, topic)
    notifier.publish(topic, Notice("s" * 300, "text", "short" * 100))
    assert len(read()["Subject"]) == 100


def test_a_subscription_is_made_and_ended(sns: Any, notifier: SnsNotifier) -> None:
    topic = notifier.open_topic("bolo-1", title="Stolen")
    reference = notifier.subscribe(topic, "email", "desk@example.org")
    (made,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (made["Protocol"], made["Endpoint"], made["SubscriptionArn"]) == ("email", "desk@example.org", reference)
    notifier.unsubscribe(reference)
    notifier.unsubscribe(reference)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_an_address_that_the_service_does_not_take(notifier: SnsNotifier) -> None:
    topic = notifier.open_topic("bolo-1", title="Stolen")
    with pytest.raises(Unprocessable):
        notifier.subscribe(topic, "sms", "not a number")


def test_a_topic_that_is_gone(notifier: SnsNotifier) -> None:
    topic = notifier.open_topic("bolo-1", title="Stolen")
    notifier.close_topic(topic)
    notifier.close_topic(topic)
    with pytest.raises(NotFound):
        notifier.publish(topic, Notice("subject", "text", "short"))


def test_a_service_that_does_not_answer() -> None:
    client = make_client("sns", "http://127.0.0.1:9")
    notifier = SnsNotifier(client, AlertSettings(topic_prefix="anpr-"))
    with pytest.raises(Unavailable):
        notifier.open_topic("bolo-1", title="Stolen")
    with pytest.raises(Unavailable):
        notifier.unsubscribe("arn:aws:sns:eu-central-1:1:x:y")
