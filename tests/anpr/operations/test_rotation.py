"""Keys and passwords are replaced as docs/selfhost.md says, on a set-up that is in use."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from anpr import bootstrap
from anpr.adapters.selfhost.secret_folder import SecretFolder
from anpr.alerts.webhooks.sealing import Seal
from anpr.background import set_up
from anpr.cli import main as anpr
from anpr.db import Database
from anpr.errors import Unauthenticated, Unavailable
from anpr.identity.tokens import Claims, TokenKind, TokenSigner, TokenVerifier
from anpr.models import AuditRecord
from anpr.operations import installing
from anpr.ports import Secret
from anpr.settings import TokenSettings


@pytest.fixture
def folder(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The keys of a set-up that stands."""
    installing.make_secrets(tmp_path, admin_email="me@example.org")
    monkeypatch.setenv("ANPR_MODE", "selfhost")
    monkeypatch.setenv("ANPR_DB_URL", database_url)
    monkeypatch.setenv("ANPR_DB_SSL", "false")
    monkeypatch.setenv("ANPR_SECRETS_DIR", str(tmp_path))
    set_up.set_up()
    return tmp_path


def token() -> str:
    signer = TokenSigner(TokenSettings(), bootstrap.secret_store(), Secret.SIGNING_KEY)
    return signer.sign(TokenKind.ACCESS, subject=uuid4(), token_id=uuid4(), issued_at=datetime.now(UTC))


def claims(database: Database, signed: str) -> Claims:
    """What a process that was started anew takes a token for."""
    with database.transaction() as session:
        return TokenVerifier(TokenSettings()).verify(session, signed, TokenKind.ACCESS)


def test_a_signing_key_is_replaced_and_the_old_one_believed_until_it_is_retired(
    folder: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    old = token()
    (folder / "signing-key.json").unlink()
    assert anpr(["init", "--dir", str(folder)]) == 0
    assert (folder / "signing-key.json").exists()
    # Nobody could log in any more: the database does not know the new key.
    assert anpr(["keys", "--retire-others", "--reason", "too early"]) == 2
    assert "migrate" in capsys.readouterr().err

    set_up.set_up()
    new = token()
    assert claims(database, old).subject != claims(database, new).subject
    assert anpr(["keys"]) == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["believed", "signs"]

    assert anpr(["keys", "--retire-others"]) == 2
    assert anpr(["keys", "--retire-others", "--reason", "a laptop was stolen"]) == 0
    with pytest.raises(Unauthenticated):
        claims(database, old)
    claims(database, new)
    # Done twice, it finds nothing to do.
    assert anpr(["keys", "--retire-others", "--reason", "again"]) == 0
    with database.transaction() as session:
        records = session.scalars(select(AuditRecord).where(AuditRecord.action == "signing_key.retired")).all()
    assert [record.reason for record in records] == ["a laptop was stolen"]


def test_a_webhooks_key_is_replaced_by_a_newer_one_before_it(folder: Path) -> None:
    store = SecretFolder(folder)
    sealed = Seal.load(store, Secret.WEBHOOK_KEY).close("whsec_of_before")
    keys = json.loads((folder / "webhook-key.json").read_text())["keys"]
    (folder / "webhook-key.json").unlink()
    assert anpr(["init", "--dir", str(folder)]) == 0
    newest = json.loads((folder / "webhook-key.json").read_text())["keys"]

    with pytest.raises(Unavailable):
        Seal.load(store, Secret.WEBHOOK_KEY).open(sealed)
    (folder / "webhook-key.json").write_text(json.dumps({"keys": [*newest, *keys]}))
    assert Seal.load(store, Secret.WEBHOOK_KEY).open(sealed) == "whsec_of_before"
