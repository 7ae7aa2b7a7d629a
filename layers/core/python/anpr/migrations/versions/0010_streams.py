"""Cameras' live streams, and their segments among the uploads."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = sa.Enum("file", "stream", name="uploadkind", native_enum=False, create_constraint=True, length=20)
    op.add_column("uploads", sa.Column("kind", kind, server_default="file", nullable=False))
    # The default was for the rows that were there.
    op.alter_column("uploads", "kind", server_default=None)
    op.create_table(
        "streams",
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "connecting",
                "connected",
                "lost",
                name="streamstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("connected_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_frame_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fps_in", sa.Float(), nullable=True),
        sa.Column("fps_read", sa.Float(), nullable=True),
        sa.Column("lag_s", sa.Float(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("silence_noticed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_streams_camera_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_streams")),
    )
