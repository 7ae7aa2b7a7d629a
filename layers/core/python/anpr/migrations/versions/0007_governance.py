"""Erasure that waits for footage still to be read, and the outbox by what it says something of.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None

_CONDEMNED = sa.text("source_condemned_at IS NOT NULL AND source_deleted_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "open_erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("include_hits", sa.Boolean(), nullable=False),
        sa.Column(
            "requested_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_erasures")),
    )
    op.add_column("uploads", sa.Column("source_condemned_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_uploads_source_condemned", "uploads", ["id"], unique=False, postgresql_where=_CONDEMNED)
    op.create_index("ix_outbox_subject", "outbox", ["subject"], unique=False)
