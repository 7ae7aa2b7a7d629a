import json
from collections.abc import Iterator

import pytest
from moto import mock_aws
from sqlalchemy import func, update

from anpr import outbox
from anpr.adapters.aws.client import make_client
from anpr.background.relaying import EventsRefused
from anpr.db import Database
from anpr.messages import EventType, JobRequest
from anpr.models import OutboxMessage
from functions.outbox_relay import handler as module
from tests.lambda_context import lambda_context


@pytest.fixture(autouse=True)
def _fresh_services(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ANPR_DB_URL", database_url)
    monkeypatch.setenv("ANPR_DB_SSL", "false")
    monkeypatch.setenv("ANPR_BUS_NAME", "anpr")
    module._services.cache_clear()
    with mock_aws():
        yield
        if module._services.cache_info().currsize:
            module._services().close()
    module._services.cache_clear()


def test_events_that_are_set_aside_are_told_by_the_functions_errors(database: Database) -> None:
    make_client("events").create_event_bus(Name="anpr")
    with database.transaction() as session:
        request = JobRequest(upload_id="00000000-0000-0000-0000-000000000001")
        outbox.add(session, EventType.UPLOAD_FAILED, "1", request)
        session.flush()
        session.execute(update(OutboxMessage).values(set_aside_at=func.now(), refusal="too large"))

    with pytest.raises(EventsRefused, match="1 events"):
        module.handler({}, lambda_context("outbox_relay"))


def test_what_waits_in_the_outbox_reaches_the_bus_once(database: Database) -> None:
    events, sqs = make_client("events"), make_client("sqs")
    events.create_event_bus(Name="anpr")
    url = sqs.create_queue(QueueName="tap")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="all", EventBusName="anpr", EventPattern='{"detail-type": ["upload.failed"]}')
    events.put_targets(Rule="all", EventBusName="anpr", Targets=[{"Id": "tap", "Arn": arn}])
    with database.transaction() as session:
        request = JobRequest(upload_id="00000000-0000-0000-0000-000000000001")
        outbox.add(session, EventType.UPLOAD_FAILED, "1", request)

    assert module.handler({}, lambda_context("outbox_relay")) == {"published": 1}
    assert module.handler({}, lambda_context("outbox_relay")) == {"published": 0}

    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(message["Body"])["detail"]["data"] == request.model_dump(mode="json")
