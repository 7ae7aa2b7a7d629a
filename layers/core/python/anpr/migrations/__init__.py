"""Alembic migrations, run from code: by the set-up function on deployment, and by the tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, text

# Any fixed number: whoever holds this advisory lock is migrating.
_LOCK = 0x616E7072


def config(connection: Connection) -> Config:
    """Make an Alembic configuration that works on an open connection."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def upgrade(engine: Engine) -> str | None:
    """Bring the schema to the newest revision, in one transaction; a second run at the same time waits.

    Returns:
        The revision the database is at afterwards.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        # A migration may rewrite a large table; the usual limit would end it half-way.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        command.upgrade(config(connection), "head")
        return MigrationContext.configure(connection).get_current_revision()
