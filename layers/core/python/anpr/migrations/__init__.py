"""Alembic migrations, run from code: by the set-up function on deployment, and by the tests."""

import io
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

# Any fixed number: whoever holds this advisory lock is migrating.
_LOCK = 0x616E7072


def config(connection: Connection) -> Config:
    """Make an Alembic configuration that works on an open connection, in the schema where it makes its tables."""
    made = _config(connection.execute(text("SELECT current_schema()")).scalar_one())
    made.attributes["connection"] = connection
    return made


def statements(schema: str) -> str:
    """Write out what `upgrade` does to an empty database, as SQL, without the transaction around it.

    Args:
        schema: where the tables go; also the first in the search path of whoever runs the statements.
    """
    made = _config(schema)
    made.output_buffer = io.StringIO()
    command.upgrade(made, "head", sql=True)
    return made.output_buffer.getvalue()


def _config(schema: str) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.attributes["schema"] = schema
    return made


def upgrade(engine: Engine) -> str | None:
    """Bring the schema to the newest revision, in one transaction; a second run at the same time waits.

    A schema that is newer than this code is left as it is: that is what a deployment that was rolled back finds.

    Returns:
        The revision the database is at afterwards.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        # A migration may rewrite a large table; the usual limits would end it half-way.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        settings = config(connection)
        migration = _found(connection, settings)
        found = migration.get_current_revision()
        known = {script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()}
        if found is None or found in known:
            command.upgrade(settings, "head")
        return migration.get_current_revision()


def _found(connection: Connection, settings: Config) -> MigrationContext:
    """What there is; looked for in our schema alone, as one that is searched later may have another application's."""
    return MigrationContext.configure(connection, opts={"version_table_schema": settings.attributes["schema"]})


def is_behind(engine: Engine) -> bool:
    """Tell whether the schema is older than this code wants; one that is newer, as after a roll-back, is not."""
    with engine.connect() as connection:
        settings = config(connection)
        found = _found(connection, settings).get_current_revision()
        scripts = ScriptDirectory.from_config(settings)
    known = {script.revision for script in scripts.walk_revisions()}
    return found is None or (found in known and found != scripts.get_current_head())


def let_in_by_iam(engine: Engine) -> bool:
    """Let the functions' and workers' role log in, by IAM and in no other way.

    Amazon's PostgreSQL has the role `rds_iam` for that, whose members cannot log in by a password. Elsewhere there is
    no such role, and nothing is changed.

    Returns:
        Whether this database knows IAM.
    """
    with engine.begin() as connection:
        if connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = 'rds_iam'")).first() is None:
            return False
        connection.execute(text("GRANT rds_iam TO anpr_app"))
        connection.execute(text("ALTER ROLE anpr_app LOGIN"))
    return True
