import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from anpr import migrations
from anpr.db import Database
from anpr.models import Base


def test_the_migrated_schema_is_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_second_run_changes_nothing(database: Database) -> None:
    first = migrations.upgrade(database.engine)
    assert first is not None
    assert migrations.upgrade(database.engine) == first


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_logs SET actor = 'x'", "DELETE FROM audit_logs", "TRUNCATE audit_logs"]
)
def test_the_audit_log_refuses_change(database: Database, statement: str) -> None:
    with database.engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text(statement))
