from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws
from sqlalchemy import update

from anpr import outbox
from anpr.adapters.aws import make_client
from anpr.db import Database
from anpr.messages import EventType, JobRequest, upload_ids_of
from anpr.models import OutboxMessage, UploadStatus
from functions.retention import handler as module
from tests.builders import add_upload, reload
from tests.lambda_context import lambda_context


@pytest.fixture(autouse=True)
def _fresh_services(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module._services.cache_clear()
    with mock_aws():
        make_client("s3").create_bucket(
            Bucket="footage", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        variables = {
            "ANPR_DB_URL": database_url,
            "ANPR_DB_SSL": "false",
            "ANPR_S3_BUCKET": "footage",
            "ANPR_QUEUE_URL": make_client("sqs").create_queue(QueueName="jobs")["QueueUrl"],
            "ANPR_QUEUE_DEAD_LETTER_URL": "https://queue.invalid/dead",
            "ANPR_UPLOAD_EXPIRE_AFTER": "PT2H",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield
        if module._services.cache_info().currsize:
            module._services()[0].engine.dispose()
    module._services.cache_clear()


def test_what_stands_still_is_moved_and_old_events_are_pruned(database: Database) -> None:
    now = datetime.now(UTC)
    expired = add_upload(database, created_at=now - timedelta(hours=3))
    lost = add_upload(database, status=UploadStatus.QUEUED, queued_at=now - timedelta(hours=1))
    with database.transaction() as session:
        outbox.add(session, EventType.UPLOAD_FAILED, "1", JobRequest(upload_id=lost.id))
        session.flush()
        session.execute(update(OutboxMessage).values(published_at=now - timedelta(days=8)))

    assert module.handler({}, lambda_context("retention")) == {"expired": 1, "resent": 1, "failed": 0, "pruned": 1}

    assert reload(database, expired).status is UploadStatus.EXPIRED
    queue = module._services()[2]
    message = queue.receive(wait_s=0, visibility_s=1)
    assert message is not None
    assert upload_ids_of(message.body) == [lost.id]
    assert module.handler({}, lambda_context("retention")) == {"expired": 0, "resent": 0, "failed": 0, "pruned": 0}
