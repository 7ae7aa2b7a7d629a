"""The database of a Supabase project: a schema of our own that its Data API does not see, and a trigger on Storage.

`python -m anpr.adapters.supabase.schema` writes `migrations/001_initial_schema.sql`, which does to an empty project
what `migrate` does, and may be pasted into its SQL editor; `--check` tells whether the file is up to date.

The tables are in a schema that is not exposed, and whose use is granted to `anpr_app` alone: `anon`, `authenticated`
and `service_role`, whom the Data API acts as, can name nothing in it. A team's own tables in `public` are left alone.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

from anpr import migrations

SCHEMA: Final = "anpr"
SEARCH_PATH: Final = f"{SCHEMA}, extensions, public"
"""Extensions are in `extensions` on Supabase; in `public` in projects of before."""

BUCKET: Final = "anpr"
"""The bucket that the committed file's trigger is for; `migrate` makes it for the one that is configured."""

TRIGGER: Final = "anpr_stored_upload"

FILE: Final = Path("migrations") / "001_initial_schema.sql"
_EXTENSIONS: Final = ("citext", "pg_trgm", "fuzzystrmatch")

_HEAD: Final = f"""\
-- The schema of an empty database, for the SQL editor of a Supabase project; written by
-- `python -m anpr.adapters.supabase.schema` from the migrations, and not to be edited. One transaction: all or nothing.
-- docs/supabase.md says when to use this, and when `migrate`. The bucket of footage is taken to be called `{BUCKET}`.
"""

_BEFORE: Final = "\n".join(
    [
        f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};",
        "CREATE SCHEMA IF NOT EXISTS extensions;",
        *(f"CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA extensions;" for name in _EXTENSIONS),
        f"SET LOCAL search_path = {SEARCH_PATH};",
    ]
)

_GRANTS: Final = """\
-- Nobody of the Data API's may use the schema, nor anything in it, whatever a project grants by default.
DO $$
DECLARE
    who text;
BEGIN
    FOR who IN
        SELECT 'PUBLIC' UNION ALL
        SELECT quote_ident(rolname) FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE format('REVOKE ALL ON SCHEMA {schema} FROM %s', who);
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM %s', who);
        EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM %s', who);
        EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM %s', who);
    END LOOP;
END $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO anpr_app;
GRANT USAGE ON SCHEMA extensions TO anpr_app;"""

_TRIGGER: Final = """\
-- A file that Storage took starts its job at once. Whatever fails in here must not fail the upload: the client's
-- `complete`, and the sweep after it, do the same.
CREATE OR REPLACE FUNCTION {schema}.stored_upload_queues_job() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found uuid;
BEGIN
    UPDATE {schema}.uploads SET status = 'queued', queued_at = now(), finished_at = NULL, failure_reason = NULL
    WHERE id = split_part(NEW.name, '/', 2)::uuid AND status IN ('awaiting_file', 'expired')
        AND size_bytes = (NEW.metadata ->> 'size')::bigint
        AND content_type = lower(trim(split_part(NEW.metadata ->> 'mimetype', ';', 1)))
    RETURNING id INTO found;
    IF found IS NOT NULL THEN
        INSERT INTO {schema}.queue_messages (id, queue, body)
        VALUES (gen_random_uuid(), 'video_processing', json_build_object('upload_id', found)::text);
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'anpr: % begins no job by itself: %', NEW.name, SQLERRM;
    RETURN NULL;
END $$;
DO $$ BEGIN
    IF to_regclass('storage.objects') IS NULL THEN
        RAISE NOTICE 'there is no storage.objects here, so no trigger is put on it';
    ELSE
        CREATE OR REPLACE TRIGGER {trigger} AFTER INSERT OR UPDATE OF metadata ON storage.objects
        FOR EACH ROW WHEN (NEW.bucket_id = {bucket} AND NEW.name LIKE 'uploads/%/source')
        EXECUTE FUNCTION {schema}.stored_upload_queues_job();
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'no trigger may be put on storage.objects; a job begins when the client calls complete';
END $$;"""


def upgrade(engine: Engine, bucket: str) -> str | None:
    """Bring the schema to the newest revision, and hold its grants and its trigger to what they should be.

    Args:
        engine: whoever it logs in as owns what is made; by a direct or session connection, with `SEARCH_PATH`.
        bucket: of footage.

    Returns:
        The revision the database is at afterwards.
    """
    with engine.begin() as connection:
        connection.execute(text(_BEFORE))
    revision = migrations.upgrade(engine)
    with engine.begin() as connection:
        # The driver's own call: `:=` and the like are no parameters.
        connection.exec_driver_sql(_after(bucket))
    return revision


def rendered() -> str:
    """The committed file's text."""
    parts = (_HEAD, "BEGIN;", _BEFORE, migrations.statements(SCHEMA).strip(), _after(BUCKET), "COMMIT;")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _after(bucket: str) -> str:
    quoted = "'" + bucket.replace("'", "''") + "'"
    # The grants come last: to the trigger's function a project's defaults apply like to any other.
    return f"{_TRIGGER}\n\n{_GRANTS}".format(schema=SCHEMA, trigger=TRIGGER, bucket=quoted)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or compare it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m anpr.adapters.supabase.schema", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file differs")
    if not parser.parse_args(arguments).check:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(rendered())
    elif not FILE.exists() or FILE.read_text() != rendered():
        sys.stderr.write(f"{FILE} is out of date; run python -m anpr.adapters.supabase.schema\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
