import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from anpr import audit, cli
from anpr.audit import SYSTEM
from anpr.db import Database

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
            audit.record(session, SYSTEM, "plate.searched", f"plate:{number}")
    return database


def tamper(log: Database, statement: str) -> None:
    with log.transaction() as session:
        session.execute(text("ALTER TABLE audit_logs DISABLE TRIGGER audit_logs_append_only"))
        session.execute(text(statement))


def test_a_log_that_is_whole_says_what_to_keep(capsys: pytest.CaptureFixture[str], log: Database) -> None:
    status, said, _ = run(capsys, "audit", "verify")
    assert status == 0
    kept = said.removeprefix("whole up to ")
    assert kept.startswith("5:")
    assert run(capsys, "audit", "verify", "--expect", kept)[0] == 0
    tamper(log, "DELETE FROM audit_logs WHERE seq = 5")
    assert run(capsys, "audit", "verify")[0] == 0
    assert run(capsys, "audit", "verify", "--expect", kept)[:2] == (
        1,
        "BROKEN: record 5 is not the one whose hash was kept.",
    )


def test_a_record_that_was_changed_is_named(capsys: pytest.CaptureFixture[str], log: Database) -> None:
    tamper(log, "UPDATE audit_logs SET actor = 'nobody' WHERE seq = 3")
    status, said, _ = run(capsys, "audit", "verify")
    assert status == 1
    assert said.startswith("BROKEN at record 3")


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
