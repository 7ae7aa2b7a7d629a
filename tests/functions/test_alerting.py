"""The notifier and the sender as Lambda calls them, one after the other, on moto's queues."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from moto import mock_aws
from sqlalchemy import select

from anpr import outbox
from anpr.adapters.aws.client import make_client
from anpr.alerts.bolos import entries, lists
from anpr.alerts.egress import policy_of
from anpr.alerts.webhooks import endpoints, sealing
from anpr.alerts.webhooks.sealing import Seal
from anpr.audit import SYSTEM
from anpr.background.services import Run
from anpr.db import Database
from anpr.errors import Unavailable
from anpr.messages import Metric
from anpr.models import DeliveryStatus, WebhookDelivery
from anpr.settings import WebhookSettings
from functions.bolo_notifier import handler as notifier
from functions.webhook_sender import handler as sender
from tests.builders import add_event
from tests.lambda_context import lambda_context
from tests.memory import MemoryBus, MemorySecrets
from tests.receiver import listening


@pytest.fixture
def queue_url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with mock_aws():
        url: str = make_client("sqs").create_queue(QueueName="webhooks")["QueueUrl"]
        make_client("events").create_event_bus(Name="anpr")
        secret = make_client("secretsmanager").create_secret(Name="webhook-key")["ARN"]
        for name, value in {
            "ANPR_DB_URL": database_url,
            "ANPR_DB_SSL": "false",
            "ANPR_S3_BUCKET": "footage",
            "ANPR_BUS_NAME": "anpr",
            "ANPR_ALERT_TOPIC_PREFIX": "anpr-",
            "ANPR_WEBHOOK_QUEUE_URL": url,
            "ANPR_WEBHOOK_KEY_SECRET_ID": secret,
            "ANPR_WEBHOOK_ALLOW_NETWORKS": '["127.0.0.0/8"]',
        }.items():
            monkeypatch.setenv(name, value)
        notifier._services.cache_clear()
        sender._services.cache_clear()
        yield url
        for module in (notifier, sender):
            if module._services.cache_info().currsize:
                module._services().close()
            module._services.cache_clear()


@pytest.fixture
def seal(queue_url: str) -> Seal:
    assert queue_url
    keys = MemorySecrets("key")
    sealing.ensure_key(keys, "key")
    make_client("secretsmanager").put_secret_value(SecretId="webhook-key", SecretString=json.dumps(keys.get("key")))
    return Seal.load(keys, "key")


def _records(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": str(number), "body": body, "eventSource": "aws:sqs"} for number, body in enumerate(bodies)
        ]
    }


def _waiting(queue_url: str) -> list[str]:
    found = make_client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in found.get("Messages", [])]


def test_a_hit_goes_from_the_bus_to_the_receiver(
    database: Database, queue_url: str, seal: Seal, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening() as receiver:
        with database.transaction() as session:
            list_id = lists.create(session, SYSTEM, {"name": "stolen"}).id
            entries.create(session, SYSTEM, list_id, {"pattern": "LS15EBC"})
            _, secret = endpoints.create(session, SYSTEM, {"url": receiver.url}, seal, policy_of(WebhookSettings()))
        add_event(database, plate="LS15EBC")
        bus = MemoryBus()
        outbox.relay(database, bus)
        [hit] = [event for event in bus.events if event.type == "bolo.matched"]
        message = json.dumps({"detail-type": hit.type, "source": "anpr", "detail": hit.model_dump(mode="json")})

        # One message among others that are not ours.
        answer = notifier.handler(_records(message, "{}", "no JSON"), lambda_context("bolo_notifier"))
        assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}
        [due] = _waiting(queue_url)
        assert sender.handler(_records(due), lambda_context("webhook_sender")) == {"batchItemFailures": []}

        assert [body["data"]["hit"]["plate"] for body in receiver.verified(secret)] == ["LS15EBC"]
    with database.transaction() as session:
        assert session.scalars(select(WebhookDelivery.status)).one() is DeliveryStatus.DELIVERED
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [(line[Metric.HITS], line["service"]) for line in written] == [([1], "bolo_notifier")]
    assert 0 < written[0][Metric.NOTIFICATION_TIME][0] < 60


@pytest.mark.usefixtures("seal")
def test_a_scheduled_sweep_and_what_is_not_ours(database: Database) -> None:
    unknown = json.dumps({"delivery_id": str(uuid4()), "attempt": 0})
    answer = sender.handler(_records('{"sweep":true}', unknown, "x"), lambda_context("webhook_sender"))
    assert answer == {"batchItemFailures": []}
    with database.transaction() as session:
        assert session.scalars(select(WebhookDelivery)).all() == []


@pytest.mark.usefixtures("queue_url")
def test_before_the_set_up_messages_wait() -> None:
    answer = sender.handler(_records('{"sweep":true}'), lambda_context("webhook_sender"))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    with pytest.raises(Unavailable, match="not set up"):
        Run(sender._services(), lambda: 60).message("webhook_sender", '{"sweep":true}')


@pytest.mark.usefixtures("queue_url", "database")
@pytest.mark.parametrize("function", [notifier, sender])
def test_a_batch_without_messages_only_wakes_the_function(function: Any) -> None:
    assert function.handler(_records(), lambda_context("awake")) == {"batchItemFailures": []}
    assert function._services.cache_info().currsize == 1
