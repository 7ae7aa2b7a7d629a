"""Expired refresh tokens by their time; the latest time that a licence was judged at."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_refresh_tokens_expires_at"), "refresh_tokens", ["expires_at"], unique=False)
    op.create_table(
        "license_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("latest", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_license_clock_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_license_clock")),
    )
    # Not the clock's time alone, which may have been set back before this.
    op.execute(
        """
        INSERT INTO license_clock (id, latest)
        SELECT 1, greatest(now(), (SELECT max(at) FROM audit_logs), (SELECT max(activated_at) FROM licenses))
        """
    )
    op.execute("REVOKE INSERT, DELETE ON license_clock FROM anpr_app")
