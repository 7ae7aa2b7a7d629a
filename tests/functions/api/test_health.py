from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from anpr.models import UploadStatus
from tests.builders import CAPTURED_AT, add_upload
from tests.functions.api.client import SCRAPE_TOKEN, Api, Client


def test_the_process_answers_without_the_database(api: Api) -> None:
    api.database.engine.dispose()
    reply = api.anonymous.get("/health")
    assert (reply.status, reply.json()) == (200, {"status": "ok"})


def test_each_service_is_checked(api: Api) -> None:
    reply = api.admin.get("/admin/health")
    assert reply.status == 200
    found = reply.json()
    assert found["ok"] is True
    assert {name: (check["ok"], check["error"]) for name, check in found["checks"].items()} == {
        "database": (True, None),
        "bucket": (True, None),
        "queue": (True, None),
        "bus": (True, None),
    }
    assert all(check["latency_ms"] >= 0 for check in found["checks"].values())


def test_a_service_that_is_down_is_named(api: Api) -> None:
    api.blobs.down = True
    reply = api.admin.get("/admin/health")
    assert reply.status == 503
    found = reply.json()
    assert found["ok"] is False
    assert (found["checks"]["bucket"]["ok"], found["checks"]["bucket"]["error"]) == (False, "the storage is down")
    assert found["checks"]["queue"]["ok"] is True


def test_what_waits_and_what_nobody_could_deal_with_is_told(api: Api) -> None:
    queued_at = datetime.now(UTC) - timedelta(minutes=3)
    add_upload(api.database, status=UploadStatus.QUEUED, queued_at=queued_at)
    add_upload(api.database, status=UploadStatus.QUEUED, queued_at=queued_at + timedelta(minutes=1))
    add_upload(api.database, status=UploadStatus.PROCESSING)
    add_upload(api.database, status=UploadStatus.FAILED)
    add_upload(api.database, status=UploadStatus.FAILED, created_at=datetime.now(UTC) - timedelta(days=8))
    api.queue.send("{}")
    api.queue.dead.append("{}")

    found = api.admin.get("/admin/backlog").json()

    assert found["jobs"] == {"awaiting_file": 0, "queued": 2, "processing": 1}
    assert datetime.fromisoformat(found["oldest_queued_at"]) == queued_at
    assert {name: found[name] for name in ("jobs_failed", "queue_size", "dead_letters", "events_set_aside")} == {
        "jobs_failed": 1,
        "queue_size": 1,
        "dead_letters": 1,
        "events_set_aside": 0,
    }


def test_where_nothing_waits_nothing_is_the_oldest(api: Api) -> None:
    found = api.admin.get("/admin/backlog").json()
    assert found["oldest_queued_at"] is None
    assert (found["deliveries_pending"], found["deliveries_failed"]) == (0, 0)


def test_metrics_are_counted_from_the_uploads_and_the_queue(api: Api) -> None:
    for status, events in ((UploadStatus.SUCCEEDED, 3), (UploadStatus.SUCCEEDED, 4), (UploadStatus.FAILED, 1)):
        add_upload(api.database, status=status, events_count=events, finished_at=CAPTURED_AT)
    add_upload(api.database, status=UploadStatus.PROCESSING, events_count=2)
    api.queue.send("{}")

    reply = Client(api.handler, SCRAPE_TOKEN).get("/metrics")

    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = dict(line.split() for line in reply.body.splitlines() if not line.startswith("#"))
    assert samples == {
        "anpr_events_processed_total": "10",
        "anpr_jobs_processed_total": "2",
        "anpr_jobs_failed_total": "1",
        "anpr_outbox_set_aside": "0",
        "anpr_queue_size": "1",
    }
    assert reply.body.count("# TYPE ") == len(samples)


def test_a_query_that_takes_too_long_is_a_problem_in_words(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(_session: object) -> None:
        with api.database.transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = 50"))
            session.execute(text("SELECT pg_sleep(5)"))

    monkeypatch.setattr("anpr.governance.health.count", sleep)
    reply = Client(api.handler, SCRAPE_TOKEN).get("/metrics")
    assert (reply.status, reply.headers["content-type"]) == (503, "application/problem+json")
    assert "took too long" in reply.json()["detail"]
