"""How PostgreSQL would carry out a statement."""

from typing import Any

from sqlalchemy import Executable, event
from sqlalchemy.engine.interfaces import DBAPICursor

from anpr.db import Database


def plan_of(database: Database, statement: Executable) -> str:
    """Run a statement as the code under test does, and return the plan for exactly that text and those parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: DBAPICursor, sql: str, parameters: Any, *_rest: object) -> None:
        seen.append((sql, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.transaction() as session:
            session.execute(statement)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    sql, parameters = seen[-1]
    with database.engine.connect() as connection:
        return "\n".join(str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {sql}", parameters))
