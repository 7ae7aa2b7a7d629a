"""Alembic's environment: always online, on the connection that the caller opened."""

from alembic import context

from anpr.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
# The caller's transaction is the migration's: it is committed, or rolled back, as one.
context.run_migrations()
