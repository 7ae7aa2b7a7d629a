"""Events that the bus refuses are set aside; totals outlive what they count; metering goes by when a file was read."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_UNPUBLISHED = sa.text("published_at IS NULL")
_WAITING = sa.text("published_at IS NULL AND set_aside_at IS NULL")
_SET_ASIDE = sa.text("set_aside_at IS NOT NULL")
_SUCCEEDED = sa.text("status = 'succeeded'")


def upgrade() -> None:
    op.create_table(
        "carried_totals",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_carried_totals")),
    )
    op.add_column("outbox", sa.Column("refusals", sa.Integer(), server_default="0", nullable=False))
    # The default was for the rows that were there.
    op.alter_column("outbox", "refusals", server_default=None)
    op.add_column("outbox", sa.Column("refusal", sa.String(), nullable=True))
    op.add_column("outbox", sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_outbox_unpublished", table_name="outbox", postgresql_where=_UNPUBLISHED)
    op.create_index("ix_outbox_waiting", "outbox", ["seq"], postgresql_where=_WAITING)
    op.create_index("ix_outbox_set_aside", "outbox", ["set_aside_at"], postgresql_where=_SET_ASIDE)
    op.create_index("ix_uploads_succeeded_at", "uploads", ["finished_at"], postgresql_where=_SUCCEEDED)
