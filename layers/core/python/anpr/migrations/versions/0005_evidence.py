"""Which file was read, and what was posted after it; an index for the jobs of one status."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("uploads", sa.Column("source_version_id", sa.String(), nullable=True))
    op.add_column("uploads", sa.Column("source_sha256", sa.String(), nullable=True))
    op.add_column("uploads", sa.Column("replacements", sa.Integer(), server_default="0", nullable=False))
    # The default was for the rows that were there.
    op.alter_column("uploads", "replacements", server_default=None)
    op.add_column("uploads", sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("uploads", sa.Column("replacement_version_id", sa.String(), nullable=True))
    op.create_index(
        "ix_uploads_replaced", "uploads", ["id"], postgresql_where=sa.text("replacement_version_id IS NOT NULL")
    )
    op.create_index("ix_uploads_status_created_at_id", "uploads", ["status", "created_at", "id"])
