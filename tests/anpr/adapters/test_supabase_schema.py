"""The schema in a Supabase project: the file is what `migrate` does, and the Data API sees none of it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import ProgrammingError

from anpr.adapters.supabase import schema
from anpr.db import Database, make_engine
from anpr.messages import JobRequest
from anpr.models import Camera, QueuedMessage, Upload, UploadStatus
from anpr.settings import DatabaseSettings
from infra.local.postgres import Postgres, free_port, program
from infra.local.scratch import scratch
from infra.packaging import ROOT
from tests.builders import CAPTURED_AT
from tests.supabase.project import OWNER, Project, project

_BAD = ("anon", "authenticated", "service_role")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server of its own, as a project has: roles are a server's, and here the owner must have made `anpr_app`."""
    with scratch() as folder:
        made = Postgres(folder / "data", free_port(), durable=False)
        made.start()
        try:
            yield made
        finally:
            made.remove()


@pytest.fixture
def online(server: Postgres) -> Iterator[Project]:
    """A project that `migrate` set up."""
    with project(server) as made:
        migrate(made)
        yield made


@pytest.fixture
def pasted(server: Postgres) -> Iterator[Project]:
    """A project into which the file was pasted."""
    with project(server) as made:
        psql(made, (ROOT / schema.FILE).read_text())
        yield made


def migrate(made: Project) -> str | None:
    engine = make_engine(
        make_url(made.url), DatabaseSettings(url=made.url, ssl=False), pooled=True, search_path=schema.SEARCH_PATH
    )
    try:
        return schema.upgrade(engine, schema.BUCKET)
    finally:
        engine.dispose()


def psql(made: Project, script: str) -> None:
    """Run a script, which must succeed, as the SQL editor does: as the owner, who is no superuser."""
    error = run(made, script)
    assert error is None, error


def run(made: Project, script: str) -> str | None:
    """The same; gives what went wrong."""
    command = [str(program("psql")), "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", made.url]
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=120, check=False)
    return done.stderr if done.returncode else None


def dump(made: Project) -> list[str]:
    command = [str(program("pg_dump")), "--schema-only", made.postgres.url(made.name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=dict(os.environ))
    # Each dump has a word of its own drawn for it.
    return [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def application(made: Project) -> Database:
    settings = DatabaseSettings(url=made.url, ssl=False, role="anpr_app")
    return Database(make_engine(make_url(made.url), settings, pooled=True, search_path=schema.SEARCH_PATH))


def test_the_file_is_what_the_migrations_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    assert schema.main(["--check"]) == 0
    monkeypatch.chdir(tmp_path)
    assert schema.main(["--check"]) == 1
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0


def test_the_file_and_migrate_make_the_same_database(online: Project, pasted: Project) -> None:
    assert dump(pasted) == dump(online)


def test_migrate_goes_on_from_what_was_pasted_and_changes_nothing(pasted: Project) -> None:
    before = dump(pasted)
    assert migrate(pasted) is not None
    assert dump(pasted) == before


def test_what_is_pasted_a_second_time_changes_nothing(pasted: Project) -> None:
    before = dump(pasted)
    assert "already exists" in (run(pasted, (ROOT / schema.FILE).read_text()) or "")
    assert dump(pasted) == before


def test_where_no_trigger_may_be_put_on_storage_all_else_is_there(server: Postgres) -> None:
    with project(server) as made:
        with made.admin.connect() as connection:
            connection.execute(text("REVOKE TRIGGER ON storage.objects FROM postgres"))
        psql(made, (ROOT / schema.FILE).read_text())
        assert migrate(made) is not None
        upload_id = waiting_upload(made)
        store(made, f"uploads/{upload_id}/source", {"size": 4, "mimetype": "video/mp4"})
        assert state(made, upload_id) == (UploadStatus.AWAITING_FILE, [])


def test_a_table_of_the_teams_own_is_left_alone(server: Postgres) -> None:
    with project(server) as made:
        psql(
            made,
            "CREATE TABLE public.users (name text); CREATE TABLE public.alembic_version (version_num text);"
            "INSERT INTO public.alembic_version VALUES ('theirs')",
        )
        migrate(made)
        with made.admin.connect() as connection:
            theirs = connection.execute(text("SELECT version_num FROM public.alembic_version")).scalar_one()
            columns = connection.execute(
                text(
                    "SELECT count(*) FROM information_schema.columns WHERE table_name = 'users'"
                    " AND table_schema = 'public'"
                )
            ).scalar_one()
        assert (theirs, columns) == ("theirs", 1)


@pytest.mark.parametrize("role", _BAD)
def test_the_data_apis_roles_can_name_nothing(pasted: Project, role: str) -> None:
    with pasted.admin.connect() as connection:
        kinds = {
            "table": "SELECT oid FROM pg_class WHERE relnamespace = 'anpr'::regnamespace AND relkind IN ('r', 'p')",
            "sequence": "SELECT oid FROM pg_class WHERE relnamespace = 'anpr'::regnamespace AND relkind = 'S'",
            "function": "SELECT oid FROM pg_proc WHERE pronamespace = 'anpr'::regnamespace",
        }
        rights = {
            "table": "SELECT, INSERT, UPDATE, DELETE, TRUNCATE",
            "sequence": "USAGE, SELECT",
            "function": "EXECUTE",
        }
        seen = 0
        for kind, found in kinds.items():
            for oid in connection.execute(text(found)).scalars().all():
                seen += 1
                has = text(f"SELECT has_{kind}_privilege(:role, CAST(:oid AS oid), :rights)")
                assert not connection.execute(has, {"role": role, "oid": oid, "rights": rights[kind]}).scalar_one()
        assert seen > 30
        connection.execute(text(f"SET ROLE {role}"))
        for statement in (
            "SELECT * FROM anpr.users",
            "DELETE FROM anpr.audit_logs",
            "SELECT anpr.audit_logs_prune(now())",
        ):
            with pytest.raises(ProgrammingError, match="permission denied for schema anpr"):
                connection.execute(text(statement))
        connection.execute(text("RESET ROLE"))


def waiting_upload(made: Project) -> UUID:
    database = application(made)
    upload_id = uuid4()
    with database.transaction() as session:
        camera = Camera(id=uuid4(), name=f"camera {upload_id}")
        session.add(camera)
        session.flush()
        session.add(
            Upload(
                id=upload_id,
                camera_id=camera.id,
                file_name="f",
                content_type="video/mp4",
                size_bytes=4,
                captured_at=CAPTURED_AT,
            )
        )
    database.engine.dispose()
    return upload_id


def store(made: Project, name: str, metadata: dict[str, object], *, bucket: str = schema.BUCKET) -> None:
    """Put an object's row as Storage does, by a role that knows nothing of this backend."""
    with made.admin.connect() as connection:
        connection.execute(text("SET ROLE supabase_storage_admin"))
        connection.execute(
            text(
                "INSERT INTO storage.objects (bucket_id, name, metadata) VALUES (:bucket, :name, CAST(:data AS jsonb))"
            ),
            {"bucket": bucket, "name": name, "data": json.dumps(metadata)},
        )
        connection.execute(text("RESET ROLE"))


def state(made: Project, upload_id: UUID) -> tuple[UploadStatus, list[str]]:
    database = application(made)
    with database.transaction() as session:
        found = session.get_one(Upload, upload_id).status, list(session.scalars(select(QueuedMessage.body)))
    database.engine.dispose()
    return found


def test_a_stored_file_begins_its_job_once(pasted: Project) -> None:
    upload_id = waiting_upload(pasted)

    for _ in range(2):
        store(pasted, f"uploads/{upload_id}/source", {"size": 4, "mimetype": "video/mp4; codecs=x"})

    status, bodies = state(pasted, upload_id)
    assert status is UploadStatus.QUEUED
    assert [JobRequest.model_validate_json(body).upload_id for body in bodies] == [upload_id]


@pytest.mark.parametrize(
    ("change", "metadata"),
    [
        ({"bucket": "another"}, {"size": 4, "mimetype": "video/mp4"}),
        ({}, {"size": 5, "mimetype": "video/mp4"}),
        ({}, {"size": 4, "mimetype": "text/html"}),
        ({}, {"size": "many", "mimetype": "video/mp4"}),
        ({}, {}),
    ],
)
def test_another_file_is_stored_and_begins_nothing(
    pasted: Project, change: dict[str, str], metadata: dict[str, object]
) -> None:
    upload_id = waiting_upload(pasted)

    store(pasted, f"uploads/{upload_id}/source", metadata, **change)

    assert state(pasted, upload_id) == (UploadStatus.AWAITING_FILE, [])


def test_whatever_fails_in_the_trigger_the_upload_is_taken(pasted: Project) -> None:
    store(pasted, "uploads/no-uuid/source", {"size": 4, "mimetype": "video/mp4"})
    psql(pasted, "ALTER TABLE anpr.queue_messages RENAME TO elsewhere")
    store(pasted, f"uploads/{uuid4()}/source", {"size": 4, "mimetype": "video/mp4"})
    psql(pasted, "ALTER TABLE anpr.uploads RENAME TO gone")
    store(pasted, f"uploads/{uuid4()}/source", {"size": 4, "mimetype": "video/mp4"})
    with pasted.admin.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM storage.objects")).scalar_one() == 3


def test_the_application_may_use_its_tables_and_alter_none(pasted: Project) -> None:
    database = application(pasted)
    with database.transaction() as session:
        assert session.execute(text("SELECT current_user, session_user")).one() == ("anpr_app", OWNER)
        session.add(Camera(id=uuid4(), name="one"))
    for statement in ("DELETE FROM audit_logs", "DROP TABLE cameras", "CREATE TABLE anpr.mine ()"):
        with pytest.raises(ProgrammingError), database.transaction() as session:
            session.execute(text(statement))
    database.engine.dispose()
