import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from moto import mock_aws
from sqlalchemy import text

from anpr import audit, bootstrap, cli
from anpr.adapters.aws.client import make_client
from anpr.audit import SYSTEM, Action
from anpr.db import Database
from anpr.governance import anchors, signing
from anpr.governance.anchors import Series
from anpr.ports import Secret

ISSUE = ["--holder", "City of Cluj", "--plan", "city", "--cameras", "40", "--monthly-minutes", "100000"]


@pytest.fixture
def private_key(tmp_path: Path) -> Path:
    return tmp_path / "issuer.pem"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = cli.main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return status, said.out.strip(), said.err.strip()


def make_issuer(capsys: pytest.CaptureFixture[str], private_key: Path) -> str:
    status, said, _ = run(capsys, "license", "keygen", "--private-key", private_key)
    assert status == 0
    return said.removeprefix("ANPR_LICENSE_PUBLIC_KEYS=")


def test_a_licence_is_issued_and_read_back(capsys: pytest.CaptureFixture[str], private_key: Path) -> None:
    public = make_issuer(capsys, private_key)
    issue = ["license", "issue", "--private-key", private_key, *ISSUE]
    status, key, _ = run(capsys, *issue, "--expires", "2030-12-31", "--features", "exports, webhooks")
    assert status == 0
    assert key.startswith("ANPR1.")
    status, terms, _ = run(capsys, "license", "show", "--public-key", public, key)
    assert status == 0
    assert '"holder": "City of Cluj"' in terms
    assert '"expires_on": "2030-12-31"' in terms
    assert '"webhooks"' in terms


def test_the_private_key_is_its_owners_and_is_not_overwritten(
    capsys: pytest.CaptureFixture[str], private_key: Path
) -> None:
    make_issuer(capsys, private_key)
    assert stat.S_IMODE(private_key.stat().st_mode) == 0o600
    before = private_key.read_bytes()
    status, _, complaint = run(capsys, "license", "keygen", "--private-key", private_key)
    assert (status, private_key.read_bytes()) == (2, before)
    assert "exists" in complaint


@pytest.mark.parametrize("wrong", [["--expires", "2001-01-01"], ["--expires", "2030-12-31", "--features", "telepathy"]])
def test_terms_that_make_no_sense_are_refused(
    capsys: pytest.CaptureFixture[str], private_key: Path, wrong: list[str]
) -> None:
    make_issuer(capsys, private_key)
    status, key, complaint = run(capsys, "license", "issue", "--private-key", private_key, *ISSUE, *wrong)
    assert (status, key) == (2, "")
    assert complaint.startswith("anpr: ")


def test_a_key_of_another_issuer_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    make_issuer(capsys, tmp_path / "one.pem")
    other = make_issuer(capsys, tmp_path / "other.pem")
    _, key, _ = run(
        capsys, "license", "issue", "--private-key", tmp_path / "one.pem", *ISSUE, "--expires", "2030-12-31"
    )
    status, terms, _ = run(capsys, "license", "show", "--public-key", other, key)
    assert (status, terms) == (2, "")


@pytest.fixture
def log(database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An audit log of five records, in the database that the settings name."""
    monkeypatch.setenv("ANPR_DB_URL", database_url)
    monkeypatch.setenv("ANPR_DB_SSL", "false")
    with database.transaction() as session:
        for number in range(5):
            audit.record(session, SYSTEM, Action.PLATE_SEARCHED, f"plate:{number}")
    return database


def tamper(log: Database, statement: str) -> None:
    with log.transaction() as session:
        session.execute(text("ALTER TABLE audit_logs DISABLE TRIGGER audit_logs_append_only"))
        session.execute(text(statement))


def test_a_log_that_is_whole_says_what_to_keep(capsys: pytest.CaptureFixture[str], log: Database) -> None:
    status, said, _ = run(capsys, "audit", "verify")
    assert status == 0
    assert "not held against anchors" in said
    kept = said.splitlines()[0].removeprefix("whole up to ")
    assert kept.startswith("5:")
    assert run(capsys, "audit", "verify", "--expect", kept)[0] == 0
    tamper(log, "DELETE FROM audit_logs WHERE seq = 5")
    assert run(capsys, "audit", "verify")[0] == 0
    assert run(capsys, "audit", "verify", "--expect", kept)[:2] == (
        1,
        "BROKEN: Record 5 is not the one whose hash was kept.",
    )


@pytest.fixture
def anchored(log: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The log's first anchor, in the bucket that the settings name; gives the public key of its signature."""
    with mock_aws():
        make_client("s3").create_bucket(
            Bucket="anchors", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        make_client("secretsmanager").create_secret(Name="anchors", SecretString="{}")
        monkeypatch.setenv("ANPR_ANCHOR_BUCKET", "anchors")
        monkeypatch.setenv("ANPR_ANCHOR_KEY_SECRET_ID", "anchors")
        secrets = bootstrap.secret_store()
        public = anchors.ensure_key(secrets, Secret.ANCHOR_KEY)
        store = bootstrap.anchor_store()
        assert store is not None
        series = Series(log, store, lambda: anchors.load_key(secrets, Secret.ANCHOR_KEY))
        assert series.keep_up(datetime.now(UTC))
        yield public


def test_a_log_is_held_against_its_anchors(capsys: pytest.CaptureFixture[str], log: Database, anchored: str) -> None:
    status, said, _ = run(capsys, "audit", "verify", "--key", anchored)
    assert status == 0
    assert "as 1 anchors have it, the newest of record 5" in said
    assert said.endswith(f"signed by {anchored}")
    _, other = signing.new_signing_key()
    assert run(capsys, "audit", "verify", "--key", other)[0] == 1

    tamper(log, "DELETE FROM audit_logs WHERE seq = 5")

    status, said, _ = run(capsys, "audit", "verify")
    assert status == 1
    assert said.startswith("BROKEN: Anchor 1 of ")
    assert "found record 5 at the log's end, which is gone" in said


@pytest.mark.usefixtures("anchored")
def test_anchors_are_begun_anew_with_a_reason(capsys: pytest.CaptureFixture[str], log: Database) -> None:
    tamper(log, "DELETE FROM audit_logs WHERE seq = 5")

    status, said, _ = run(capsys, "audit", "restart", "--reason", "restored from a backup")

    assert (status, said) == (0, "anchor 2 begins anew at record 5")
    status, said, _ = run(capsys, "audit", "verify")
    assert status == 0
    assert "begun anew by anchor 2" in said
    assert "restored from a backup" in said


def test_a_record_that_was_changed_is_named(capsys: pytest.CaptureFixture[str], log: Database) -> None:
    tamper(log, "UPDATE audit_logs SET actor = 'nobody' WHERE seq = 3")
    status, said, _ = run(capsys, "audit", "verify")
    assert status == 1
    assert said.startswith("BROKEN: Record 3")


def test_a_database_that_is_not_configured_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, complaint = run(capsys, "audit", "verify")
    assert status == 2
    assert "ANPR_DB_URL" in complaint


def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "anpr", "license", "keygen", "--private-key", str(tmp_path / "k.pem")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ANPR_LICENSE_PUBLIC_KEYS=")
