from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from moto import mock_aws
from sqlalchemy import func, select, text, update

from anpr import audit, bootstrap, outbox
from anpr.adapters.aws.client import make_client
from anpr.audit import SYSTEM, Action
from anpr.db import Database
from anpr.governance import anchors, audit_verification, license_keys, licenses, signing, usage
from anpr.governance.audit_verification import Thoroughness
from anpr.governance.license_keys import LicenseTerms
from anpr.messages import EventType, JobRequest, upload_ids_of, upload_key
from anpr.models import Event, OutboxMessage, RefreshToken, Upload, UploadStatus
from anpr.ports import Secret
from anpr.settings import LicenseSettings
from functions.retention import handler as module
from tests.builders import add_event, add_upload, add_user, reload
from tests.lambda_context import lambda_context


@pytest.fixture(autouse=True)
def _fresh_services(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module._services.cache_clear()
    with mock_aws():
        make_client("s3").create_bucket(
            Bucket="footage", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        make_client("s3").create_bucket(
            Bucket="anchors", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        make_client("secretsmanager").create_secret(Name="anchors", SecretString="{}")
        variables = {
            "ANPR_DB_URL": database_url,
            "ANPR_DB_SSL": "false",
            "ANPR_S3_BUCKET": "footage",
            "ANPR_QUEUE_URL": make_client("sqs").create_queue(QueueName="jobs")["QueueUrl"],
            "ANPR_QUEUE_DEAD_LETTER_URL": "https://queue.invalid/dead",
            "ANPR_UPLOAD_EXPIRE_AFTER": "PT2H",
            "ANPR_ANCHOR_BUCKET": "anchors",
            "ANPR_ANCHOR_KEY_SECRET_ID": "anchors",
            "ANPR_RETENTION_UPLOADS_DAYS": "1",
            "ANPR_RETENTION_CROPS_DAYS": "1",
            "ANPR_RETENTION_EVENTS_DAYS": "1",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        anchors.ensure_key(bootstrap.secret_store(), Secret.ANCHOR_KEY)
        yield
        if module._services.cache_info().currsize:
            module._services().close()
    module._services.cache_clear()


def add_refresh_token(database: Database, *, expires_at: datetime) -> UUID:
    owner = add_user(database)
    with database.transaction() as session:
        row = RefreshToken(id=uuid4(), family_id=uuid4(), user_id=owner.actor.id, expires_at=expires_at)
        session.add(row)
    return row.id


def test_what_stands_still_is_moved_and_old_events_are_pruned(database: Database) -> None:
    now = datetime.now(UTC)
    expired = add_upload(database, created_at=now - timedelta(hours=3))
    lost = add_upload(database, status=UploadStatus.QUEUED, queued_at=now - timedelta(hours=1))
    with database.transaction() as session:
        outbox.add(session, EventType.UPLOAD_FAILED, "1", JobRequest(upload_id=lost.id))
        session.flush()
        session.execute(update(OutboxMessage).values(published_at=now - timedelta(days=8)))

    add_refresh_token(database, expires_at=now - timedelta(days=1))
    good = add_refresh_token(database, expires_at=now + timedelta(days=1))

    report = module.handler({}, lambda_context("retention"))
    assert (report["expired"], report["resent"], report["failed"], report["pruned"]) == (1, 1, 0, 1)
    with database.transaction() as session:
        assert session.scalars(select(RefreshToken.id)).all() == [good]

    assert reload(database, expired).status is UploadStatus.EXPIRED
    message = module._services().queue.receive(wait_s=0, visibility_s=1)
    assert message is not None
    assert upload_ids_of(message.body) == [lost.id]
    report = module.handler({}, lambda_context("retention"))
    assert (report["expired"], report["resent"], report["failed"], report["pruned"]) == (0, 0, 0, 0)


def test_administrators_hear_of_a_licence_that_runs_out_where_nothing_is_uploaded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem, public = signing.new_signing_key()
    today = datetime.now(UTC).date()
    terms = LicenseTerms(
        holder="x", plan="x", cameras=1, monthly_minutes=1, starts_on=today, expires_on=today + timedelta(days=9)
    )
    monkeypatch.setenv("ANPR_LICENSE_PUBLIC_KEYS", public)
    with database.transaction() as session:
        key = license_keys.issue(terms, signing.read_private_key(pem))
        licenses.activate(session, SYSTEM, key, LicenseSettings(public_keys=public))

    for _ in range(2):
        module.handler({}, lambda_context("retention"))

    with database.transaction() as session:
        [notice] = session.scalars(select(OutboxMessage).where(OutboxMessage.type == "license.warning")).all()
    assert (notice.type, notice.data["kind"]) == ("license.warning", "license:licensed")


def test_what_is_past_its_time_is_deleted_and_its_use_booked_before(database: Database) -> None:
    now = datetime.now(UTC)
    upload = add_upload(database)
    event = add_event(database, upload=upload)
    over = {"status": UploadStatus.SUCCEEDED, "duration_s": 90.0, "finished_at": now - timedelta(hours=30)}
    with database.transaction() as session:
        session.execute(update(Upload).values(created_at=now - timedelta(hours=30), **over))
        session.execute(update(Event).values(processed_at=now - timedelta(hours=30)))
    s3 = make_client("s3")
    for key in (event.crop_key, event.frame_key, upload_key(upload.id)):
        s3.put_object(Bucket="footage", Key=key, Body=b"x")

    report = module.handler({}, lambda_context("retention"))

    assert (report["booked"], report["complete"]) == (1, True)
    assert report["deleted"] == {"events": 1, "objects": 3, "sources": 1, "uploads": 1}
    assert s3.list_objects_v2(Bucket="footage")["KeyCount"] == 0
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 0
        assert usage.of_month(session, now - timedelta(hours=30)).minutes == 1.5
    again = module.handler({}, lambda_context("retention"))
    assert (again["deleted"], again["booked"]) == ({}, 0)


def test_the_audit_log_is_anchored_and_a_tail_that_was_cut_off_alarms_and_is_told_of_once(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.transaction() as session:
        for number in range(3):
            audit.record(session, SYSTEM, Action.PLATE_SEARCHED, f"plate:{number}")
    report = module.handler({}, lambda_context("retention"))
    assert (report["anchored"], report["disputed"]) == (1, None)
    assert module.handler({}, lambda_context("retention"))["anchored"] is None
    with database.transaction() as session:
        assert audit_verification.verify(session, bootstrap.anchor_store(), Thoroughness()).ok
        session.execute(text("ALTER TABLE audit_logs DISABLE TRIGGER audit_logs_append_only"))
        session.execute(text("DELETE FROM audit_logs WHERE seq = 3"))
    # As if the hour were over.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("anpr.governance.anchors.EVERY", timedelta(0))
        capsys.readouterr()
        reports = [module.handler({}, lambda_context("retention")) for _ in range(2)]

    assert all("record 3" in report["disputed"] for report in reports)
    assert capsys.readouterr().out.count('"anpr_audit_disputes_total":[1.0]') == 2
    with database.transaction() as session:
        told = session.scalars(select(OutboxMessage).where(OutboxMessage.type == "audit.disputed")).all()
        assert [message.data["reason"] for message in told] == [reports[0]["disputed"]]
