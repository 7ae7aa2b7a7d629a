"""Alembic's environment: on the connection that the caller opened; without one, statements are written out instead."""

from alembic import context

from anpr.models import Base

attributes = context.config.attributes
settings = {"target_metadata": Base.metadata, "version_table_schema": attributes["schema"]}
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True, **settings)
else:
    context.configure(connection=attributes["connection"], **settings)
# The caller's transaction is the migration's: it is committed, or rolled back, as one.
context.run_migrations()
