"""A backup on real servers, restored into an empty set-up: nothing is missing, and the audit log is whole."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select, text

from anpr import audit, bootstrap
from anpr.adapters.selfhost import object_store
from anpr.adapters.selfhost.settings import ObjectStoreSettings
from anpr.audit import SYSTEM, Action
from anpr.cli import main
from anpr.db import Database
from anpr.governance import anchors
from anpr.governance.anchors import Series
from anpr.messages import upload_key
from anpr.models import AuditRecord, Event, Upload
from anpr.operations import installing
from anpr.ports import Secret
from infra.local.postgres import Postgres, program
from infra.local.servers import SeaweedFS
from tests.builders import add_event, add_upload

Place = Callable[[str], None]


@pytest.fixture
def move_to(
    postgres: Postgres, seaweedfs: SeaweedFS, _server: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Place]:
    """Makes a set-up of one's own by a name, and has the environment name it."""
    made: list[str] = []
    monkeypatch.setenv("ANPR_MODE", "selfhost")
    monkeypatch.setenv("ANPR_DB_SSL", "false")
    monkeypatch.setenv("ANPR_S3_ENDPOINT_URL", seaweedfs.endpoint)
    monkeypatch.setenv("ANPR_ANCHOR_ENDPOINT_URL", seaweedfs.endpoint)
    monkeypatch.setenv("ANPR_S3_ACCESS_KEY_ID", seaweedfs.keys.access)
    monkeypatch.setenv("ANPR_S3_SECRET_ACCESS_KEY", seaweedfs.keys.secret)
    s3 = object_store.make_client(seaweedfs.endpoint, ObjectStoreSettings())
    run = uuid4().hex[:12]

    def move(name: str) -> None:
        database = f"backup_{name}_{run}"
        with _server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {database} TEMPLATE template_anpr STRATEGY FILE_COPY"))
        made.append(database)
        for kind in ("footage", "anchors"):
            s3.create_bucket(Bucket=f"{kind}-{name}-{run}")
            s3.put_bucket_versioning(Bucket=f"{kind}-{name}-{run}", VersioningConfiguration={"Status": "Enabled"})
        installing.make_secrets(tmp_path / name, admin_email="me@example.org")
        monkeypatch.setenv("ANPR_DB_URL", postgres.url(database))
        monkeypatch.setenv("ANPR_S3_BUCKET", f"footage-{name}-{run}")
        monkeypatch.setenv("ANPR_ANCHOR_BUCKET", f"anchors-{name}-{run}")
        monkeypatch.setenv("ANPR_SECRETS_DIR", str(tmp_path / name))

    yield move
    with _server.connect() as connection:
        for database in made:
            connection.execute(text(f"DROP DATABASE {database} WITH (FORCE)"))


@pytest.fixture
def full(move_to: Place) -> Iterator[Database]:
    """A set-up with an upload, what was read in it, and an audit log that is anchored."""
    move_to("old")
    database, blobs = bootstrap.database(), bootstrap.blob_store()
    upload = add_upload(database, source_version_id="of-the-old-bucket")
    event = add_event(database, upload=upload, plate="LS15EBC")
    blobs.put(upload_key(upload.id), b"footage", content_type="video/mp4")
    assert event.crop_key is not None
    blobs.put(event.crop_key, b"crop", content_type="image/jpeg")
    with database.transaction() as session:
        audit.record(session, SYSTEM, Action.PLATE_SEARCHED, "plate:LS15EBC", reason="a test")
    store = bootstrap.anchor_store()
    assert store is not None
    series = Series(database, store, lambda: anchors.load_key(bootstrap.secret_store(), Secret.ANCHOR_KEY))
    assert series.keep_up(datetime.now(UTC)) is not None
    yield database
    database.engine.dispose()


def tools() -> str:
    return str(program("pg_dump").parent)


def test_what_was_backed_up_stands_in_an_empty_set_up_and_the_audit_log_verifies(
    full: Database, move_to: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, key = tmp_path / "backup", bootstrap.secret_store().get(Secret.SIGNING_KEY)
    assert main(["backup", str(folder), "--tools", tools()]) == 0
    with full.transaction() as session:
        events, records = (session.scalars(select(column)).all() for column in (Event.id, AuditRecord.hash))

    move_to("new")
    assert main(["restore", str(folder), "--tools", tools()]) == 0, capsys.readouterr().err

    assert "the audit log is whole" in capsys.readouterr().out
    assert bootstrap.secret_store().get(Secret.SIGNING_KEY) == key
    database, blobs = bootstrap.database(), bootstrap.blob_store()
    with database.transaction() as session:
        assert session.scalars(select(Event.id)).all() == events
        assert session.scalars(select(AuditRecord.hash)).all()[: len(records)] == records
        upload = session.scalars(select(Upload)).one()
        crop = session.scalars(select(Event.crop_key)).one()
    database.engine.dispose()
    assert upload.source_version_id is None
    blobs.download(upload_key(upload.id), tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == b"footage"
    assert crop is not None
    info = blobs.info(crop)
    assert info is not None
    assert (info.size_bytes, info.content_type) == (4, "image/jpeg")
    assert main(["audit", "verify"]) == 0
    assert "as 1 anchors have it" in capsys.readouterr().out


def test_a_backup_that_is_not_what_it_was_or_a_set_up_in_use_is_refused(
    full: Database, move_to: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "backup"
    assert main(["backup", str(folder), "--tools", tools()]) == 0
    assert main(["backup", str(folder), "--tools", tools()]) == 2
    assert main(["restore", str(folder), "--tools", tools()]) == 2
    assert "cameras here already" in capsys.readouterr().err

    move_to("new")
    next(path for path in (folder / "objects").rglob("*") if path.is_file()).write_bytes(b"another")
    assert main(["restore", str(folder), "--tools", tools()]) == 2
    assert "is not what it was" in capsys.readouterr().err
    with full.transaction() as session:
        assert session.scalars(select(Event.id)).all()
