import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws
from sqlalchemy import select, update

from anpr.adapters.aws.client import make_client
from anpr.alerts import bolos
from anpr.db import Database
from anpr.errors import Unavailable
from anpr.messages import CloudEvent, EventType, ExportFinished, ExportRequested, export_key
from anpr.models import Export, ExportStatus, OutboxMessage, Verdict
from anpr.review import verdicts
from anpr.review.exports import notices, requests
from anpr.review.exports.requests import Content, ExportRequest
from anpr.review.verdicts import Opinion
from anpr.settings import ExportSettings
from functions.export_builder import handler as module
from tests.builders import add_event, add_user
from tests.lambda_context import lambda_context


@pytest.fixture(autouse=True)
def _deployed(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ANPR_DB_URL", database_url)
    monkeypatch.setenv("ANPR_DB_SSL", "false")
    monkeypatch.setenv("ANPR_BUS_NAME", "anpr")
    monkeypatch.setenv("ANPR_S3_BUCKET", "footage")
    monkeypatch.setenv("ANPR_ALERT_TOPIC_PREFIX", "anpr-")
    module._services.cache_clear()
    with mock_aws():
        make_client("events").create_event_bus(Name="anpr")
        make_client("s3").create_bucket(
            Bucket="footage", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        yield
        if module._services.cache_info().currsize:
            module._services().close()
    module._services.cache_clear()


def context(remaining_s: int = 900) -> LambdaContext:
    made = lambda_context("export_builder")
    vars(made)["get_remaining_time_in_millis"] = lambda: remaining_s * 1000
    return made


def delivered(kind: EventType, data: dict[str, Any]) -> dict[str, Any]:
    event = CloudEvent(id=uuid4(), type=kind, subject=data["export_id"], time=datetime.now(UTC), data=data)
    return {"source": "anpr", "detail-type": kind.value, "detail": event.model_dump(mode="json")}


def requested(export_id: UUID) -> dict[str, Any]:
    return delivered(EventType.EXPORT_REQUESTED, ExportRequested(export_id=export_id).model_dump(mode="json"))


@pytest.fixture
def export_id(database: Database) -> UUID:
    who, event = add_user(database), add_event(database)
    with database.transaction() as session:
        verdicts.give(session, who, event.id, Opinion(Verdict.CONFIRMED), matcher=bolos.Matcher())
        wanted = ExportRequest(contents=frozenset({Content.JSONL}))
        return requests.create(session, who, wanted, reason="a test", notify=True, settings=ExportSettings()).id


def export(database: Database, export_id: UUID) -> Export:
    with database.transaction() as session:
        return session.get_one(Export, export_id)


def test_a_request_on_the_bus_becomes_an_archive_in_the_bucket(database: Database, export_id: UUID) -> None:
    report = module.handler(requested(export_id), context())

    assert report == {"export_id": str(export_id), "outcome": "ready"}
    body = make_client("s3").get_object(Bucket="footage", Key=export_key(export_id))["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        assert opened.namelist() == ["events.jsonl", "manifest.json"]
    with database.transaction() as session:
        assert session.scalars(select(OutboxMessage.id).where(OutboxMessage.published_at.is_(None))).all() == []


def test_the_end_of_an_export_is_told_by_mail(database: Database, export_id: UUID) -> None:
    module.handler(requested(export_id), context())
    row = export(database, export_id)
    finished = ExportFinished(
        export_id=export_id, requested_by=row.requested_by, events=1, size_bytes=1, expires_at=None, failure_reason=None
    )

    module.handler(delivered(EventType.EXPORT_READY, finished.model_dump(mode="json")), context())

    (topic,) = make_client("sns").list_topics()["Topics"]
    assert topic["TopicArn"].endswith(f":anpr-account-{row.requested_by}")
    (subscription,) = make_client("sns").list_subscriptions_by_topic(TopicArn=topic["TopicArn"])["Subscriptions"]
    assert subscription["Protocol"] == "email"
    assert export(database, export_id).notify is False


def test_a_mail_that_cannot_be_announced_does_not_cost_the_archive(
    export_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise Unavailable("no topics today")

    monkeypatch.setattr(notices, "invite", refuse)

    assert module.handler(requested(export_id), context())["outcome"] == "ready"


def test_what_has_no_time_left_is_handed_to_the_next(database: Database, export_id: UUID) -> None:
    assert module.handler(requested(export_id), context(remaining_s=100))["outcome"] == "handed_on"
    assert export(database, export_id).status is ExportStatus.BUILDING
    assert module.handler(requested(export_id), context())["outcome"] == "ready"


def test_the_schedule_wakes_what_was_forgotten_and_deletes_what_is_over(database: Database, export_id: UUID) -> None:
    scheduled = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
    with database.transaction() as session:
        session.execute(update(Export).values(claimed_until=Export.created_at))
    assert module.handler(scheduled, context()) == {"woken": 1, "expired": 0, "cleared": 0}

    module.handler(requested(export_id), context())
    with database.transaction() as session:
        session.execute(update(Export).values(expires_at=Export.created_at))
    assert module.handler(scheduled, context()) == {"woken": 0, "expired": 1, "cleared": 0}
    assert make_client("s3").list_objects_v2(Bucket="footage")["KeyCount"] == 0
    assert export(database, export_id).status is ExportStatus.EXPIRED
