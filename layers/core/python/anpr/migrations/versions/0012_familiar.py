"""Which passages' plates were beyond doubt, for a camera's reader to learn from."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("beyond_doubt", sa.Boolean(), server_default=sa.false(), nullable=False))
    # The default was for the rows that were there: nobody knows it of them.
    op.alter_column("events", "beyond_doubt", server_default=None)
    op.create_index(
        "ix_events_familiar",
        "events",
        ["camera_id", sa.text("processed_at DESC")],
        unique=False,
        postgresql_where=sa.text(
            "beyond_doubt AND review_status = 'unreviewed' OR review_status IN ('confirmed', 'corrected')"
        ),
    )
