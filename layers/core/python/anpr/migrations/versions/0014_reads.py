"""Reads of other engines: which engine read a passage, by which serial a camera is known, and what came already."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MAY_BE_MISSING: tuple[tuple[str, sa.types.TypeEngine[Any]], ...] = (
    ("box_xmin", sa.Double()),
    ("box_ymin", sa.Double()),
    ("box_xmax", sa.Double()),
    ("box_ymax", sa.Double()),
    ("crop_key", sa.String()),
    ("frame_key", sa.String()),
)


def upgrade() -> None:
    op.add_column("cameras", sa.Column("serial", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("uq_cameras_serial"), "cameras", ["serial"])
    _allow_kinds("file", "stream", "read")
    op.create_index(
        "ix_uploads_footage_created_at_id",
        "uploads",
        ["created_at", "id"],
        postgresql_where=sa.text("kind <> 'read'"),
    )
    op.add_column("events", sa.Column("engine", sa.String(), nullable=False, server_default="anpr"))
    for column, kind in _MAY_BE_MISSING:
        op.alter_column("events", column, existing_type=kind, nullable=True)
    op.create_table(
        "handed_reads",
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_handed_reads_camera_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_handed_reads_event_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("camera_id", "digest", name=op.f("pk_handed_reads")),
    )
    op.create_index(op.f("ix_handed_reads_event_id"), "handed_reads", ["event_id"])


def _allow_kinds(*kinds: str) -> None:
    op.drop_constraint(op.f("ck_uploads_uploadkind"), "uploads", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_uploads_uploadkind"), "uploads", f"kind IN ({listed})")
