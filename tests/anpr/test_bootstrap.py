import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from moto import mock_aws
from pydantic import ValidationError
from sqlalchemy import make_url, text

from anpr import bootstrap
from anpr.adapters.aws.client import make_client
from anpr.adapters.family import Misconfigured, refuse_strangers
from anpr.errors import Unavailable
from anpr.ports import Secret


@pytest.fixture
def _aws() -> Iterator[None]:
    with mock_aws():
        yield


def answer(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    database = bootstrap.database()
    with database.transaction() as session:
        name = session.execute(text("SELECT current_database()")).scalar_one()
    database.engine.dispose()
    return str(name)


def test_the_database_is_found_by_a_url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = answer(monkeypatch, ANPR_DB_URL=database_url, ANPR_DB_SSL="false")

    assert found == make_url(database_url).database


@pytest.mark.usefixtures("_aws")
def test_the_database_is_found_by_a_secret_as_rds_writes_it(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = make_url(database_url)
    secret = {
        "engine": "postgres",
        "host": url.host,
        "port": url.port,
        "username": url.username,
        # A character that would need escaping, were a URL put together as text.
        "password": "p@ss/word?",
        "dbname": url.database,
    }
    make_client("secretsmanager").create_secret(Name="db", SecretString=json.dumps(secret))

    assert answer(monkeypatch, ANPR_DB_SECRET_ID="db", ANPR_DB_SSL="false") == url.database


@pytest.mark.usefixtures("_aws")
def test_an_owners_secret_as_rds_makes_it_leaves_the_address_to_the_settings(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_url(database_url)
    make_client("secretsmanager").create_secret(
        Name="owner", SecretString=json.dumps({"username": url.username, "password": "p@ss/word?"})
    )

    found = answer(monkeypatch, ANPR_DB_SECRET_ID="owner", ANPR_DB_SSL="false", **_address(database_url))

    assert found == url.database


def test_a_user_without_a_secret_logs_in_by_iam(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    user = str(make_url(database_url).username)

    found = answer(monkeypatch, ANPR_DB_USER=user, ANPR_DB_SSL="false", **_address(database_url))

    assert found == make_url(database_url).database


def test_a_login_by_iam_needs_credentials(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")

    with pytest.raises(Unavailable, match="credentials"):
        answer(monkeypatch, ANPR_DB_USER="anpr_app", ANPR_DB_SSL="false", **_address(database_url))


def _address(database_url: str) -> dict[str, str]:
    url = make_url(database_url)
    return {"ANPR_DB_HOST": str(url.host), "ANPR_DB_PORT": str(url.port), "ANPR_DB_NAME": str(url.database)}


@pytest.mark.usefixtures("_aws")
def test_a_database_that_is_not_set_up_yet_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="not set up yet"):
        answer(monkeypatch, ANPR_DB_SECRET_ID=f"none-{uuid4()}")


@pytest.mark.parametrize("both", [True, False])
def test_the_database_is_named_in_exactly_one_way(both: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"ANPR_DB_URL": "postgresql://a@b/c", "ANPR_DB_SECRET_ID": "db"} if both else {}

    with pytest.raises(ValidationError, match="exactly one of"):
        answer(monkeypatch, **variables)


@pytest.mark.usefixtures("_aws")
def test_each_adapter_is_wired_to_its_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    make_client("s3").create_bucket(Bucket="footage", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    make_client("events").create_event_bus(Name="plates")
    make_client("secretsmanager").create_secret(Name="s", SecretString="{}")
    monkeypatch.setenv("ANPR_SIGNING_SECRET_ID", "s")
    monkeypatch.setenv("ANPR_S3_BUCKET", "footage")
    monkeypatch.setenv("ANPR_QUEUE_URL", make_client("sqs").create_queue(QueueName="jobs")["QueueUrl"])
    dead_letters = make_client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    monkeypatch.setenv("ANPR_QUEUE_DEAD_LETTER_URL", dead_letters)
    monkeypatch.setenv("ANPR_BUS_NAME", "plates")

    bootstrap.blob_store().check()
    bootstrap.event_bus().check()
    bootstrap.job_queue().send("job")
    assert bootstrap.job_queue().depth() == 1
    assert bootstrap.count_dead_jobs() == 0
    make_client("sqs").send_message(QueueUrl=dead_letters, MessageBody="delivered in vain")
    assert bootstrap.count_dead_jobs() == 1
    assert bootstrap.secret_store().get(Secret.SIGNING_KEY) == {}


def test_a_mode_without_adapters_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPR_MODE", "mainframe")

    with pytest.raises(ValidationError):
        bootstrap.secret_store()


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANPR_S3_BUCKET", raising=False)

    with pytest.raises(ValidationError, match="ANPR_S3_BUCKET"):
        bootstrap.blob_store()


def test_a_setting_that_only_another_mode_knows_is_named() -> None:
    known = {"aws": frozenset({"ANPR_BUS_NAME"}), "selfhost": frozenset({"ANPR_REDIS_URL", "ANPR_SHARED"})}

    refuse_strangers("aws", known, {"ANPR_BUS_NAME": "anpr", "PATH": "/bin"})
    with pytest.raises(Misconfigured, match="ANPR_REDIS_URL_FILE belongs to ANPR_MODE=selfhost"):
        refuse_strangers("aws", known, {"ANPR_BUS_NAME": "anpr", "ANPR_REDIS_URL_FILE": "/run/secrets/redis"})


def test_a_value_may_stand_in_a_file_and_is_never_repeated(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text(f"{database_url}\n")
    monkeypatch.setenv("ANPR_DB_URL_FILE", str(tmp_path / "url"))
    assert answer(monkeypatch, ANPR_DB_SSL="false") == make_url(database_url).database

    (tmp_path / "url").write_text("mysql://me:hunter2@db/anpr")
    with pytest.raises(ValidationError, match="ANPR_DB_URL") as refused:
        answer(monkeypatch, ANPR_DB_SSL="false")
    assert "hunter2" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANPR_DB_URL_FILE", str(tmp_path / "none"))

    with pytest.raises(ValueError, match=r"ANPR_DB_URL_FILE names .*/none, which cannot be read"):
        bootstrap.database()


def test_what_records_traces_is_loaded_by_nobody_who_records_none() -> None:
    code = (
        "import sys, anpr.bootstrap, anpr.adapters.aws.wiring, anpr.adapters.selfhost.wiring, anpr.outbox\n"
        "print([name for name in sys.modules if name.startswith(('aws_xray_sdk', 'opentelemetry'))])"
    )

    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.strip() == "[]"
