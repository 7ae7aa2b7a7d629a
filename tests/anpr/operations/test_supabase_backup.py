"""A backup of what is ours in a Supabase project, restored into another, with our trigger on a table of theirs."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from anpr.adapters.supabase import schema
from anpr.db import Database, make_engine
from anpr.messages import upload_key
from anpr.models import Upload
from anpr.settings import DatabaseSettings
from infra.local.postgres import program
from infra.local.scratch import scratch
from tests.builders import add_upload
from tests.supabase.pooler import MISSING
from tests.supabase.pooler import program as pooler
from tests.supabase.project import Project
from tests.supabase.site import SupabaseSite, set_up

pytestmark = [pytest.mark.timeout(300), pytest.mark.skipif(pooler() is None, reason=MISSING)]


@pytest.fixture
def projects() -> Iterator[tuple[SupabaseSite, SupabaseSite]]:
    with ExitStack() as stack:
        yield tuple(set_up(stack.enter_context(scratch()), stack) for _ in range(2))  # type: ignore[misc] # two


def connect(made: Project) -> Database:
    engine = make_engine(
        make_url(made.url), DatabaseSettings(url=made.url, ssl=False), pooled=True, search_path=schema.SEARCH_PATH
    )
    return Database(engine)


def test_what_was_backed_up_stands_in_another_project(
    projects: tuple[SupabaseSite, SupabaseSite], tmp_path: Path
) -> None:
    old, new = projects
    database = connect(old.project)
    upload = add_upload(database)
    database.engine.dispose()
    old.storage.client.put_object(Bucket="anpr", Key=upload_key(upload.id), Body=b"footage", ContentType="video/mp4")
    with new.project.admin.connect() as connection:
        connection.execute(text("CREATE TABLE public.theirs (name text)"))
    tools = ("--tools", str(program("pg_dump").parent))
    folder = str(tmp_path / "backup")

    done = old.run("-m", "anpr", "backup", folder, *tools, ANPR_DB_URL=old.project.url, ANPR_DB_ROLE="")
    assert done.returncode == 0, done.stderr
    done = new.run("-m", "anpr", "restore", folder, *tools, ANPR_DB_URL=new.project.url, ANPR_DB_ROLE="")
    assert done.returncode == 0, done.stderr

    database = connect(new.project)
    with database.transaction() as session:
        assert session.get_one(Upload, upload.id).camera_id == upload.camera_id
    with new.project.admin.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM public.theirs")).scalar_one() == 0
    database.engine.dispose()
    kept = new.storage.client.get_object(Bucket="anpr", Key=upload_key(upload.id))["Body"].read()
    assert kept == b"footage"
    checked = new.run("-m", "anpr", "check")
    assert checked.returncode == 0, checked.stdout
    assert "ok   trigger on Storage" in checked.stdout
