from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from anpr.db import Database
from anpr.governance import signing, usage
from anpr.messages import CloudEvent, EventType, UploadProcessed
from anpr.models import OutboxMessage, UsageRecord
from functions.usage_meter import handler as module
from tests.lambda_context import lambda_context

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _fresh_services(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module._services.cache_clear()
    _, public = signing.new_signing_key()
    variables = {
        "ANPR_DB_URL": database_url,
        "ANPR_DB_SSL": "false",
        "ANPR_DB_ROLE": "anpr_app",
        "ANPR_LICENSE_PUBLIC_KEYS": public,
        "ANPR_LICENSE_EVALUATION_MINUTES": "10",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield
    if module._services.cache_info().currsize:
        module._services().close()
    module._services.cache_clear()


def message(minutes: float) -> dict[str, Any]:
    """An event as EventBridge delivers it."""
    processed = UploadProcessed(
        upload_id=uuid4(),
        camera_id=uuid4(),
        media="video",
        duration_s=minutes * 60,
        frames=100,
        events=2,
        unreadable=0,
        finished_at=NOW,
    )
    event = CloudEvent(
        id=uuid4(),
        type=EventType.UPLOAD_PROCESSED,
        subject=str(processed.upload_id),
        time=NOW,
        data=processed.model_dump(mode="json"),
    )
    detail = event.model_dump(mode="json")
    return {"detail-type": EventType.UPLOAD_PROCESSED, "source": "anpr", "detail": detail}


def test_an_upload_is_booked_once_however_often_it_is_told_of(database: Database) -> None:
    event = message(1.5)
    assert module.handler(event, lambda_context("usage_meter")) == {"booked": True}
    assert module.handler(event, lambda_context("usage_meter")) == {"booked": False}
    with database.transaction() as session:
        row = session.scalars(select(UsageRecord)).one()
        assert usage.of_month(session, NOW).minutes == 1.5
    assert row.source_event_id == UUID(event["detail"]["id"])


def test_notice_is_given_as_a_limit_comes_near(database: Database) -> None:
    for minutes in (7.0, 1.5, 0.5):
        module.handler(message(minutes), lambda_context("usage_meter"))
    with database.transaction() as session:
        [notice] = session.scalars(select(OutboxMessage)).all()
    assert (notice.type, notice.data["kind"]) == ("license.warning", "monthly_minutes:80")


def test_what_is_no_such_event_is_refused() -> None:
    event = message(1.0)
    del event["detail"]["data"]["upload_id"]
    with pytest.raises(ValidationError):
        module.handler(event, lambda_context("usage_meter"))
