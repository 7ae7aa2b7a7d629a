"""Reviews and exports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("camera_ids", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "building",
                "ready",
                "failed",
                "expired",
                name="exportstatus",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("failure_reason", sa.String(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("events_total", sa.Integer(), nullable=False),
        sa.Column("images_total", sa.Integer(), nullable=False),
        sa.Column("images_done", sa.Integer(), nullable=False),
        sa.Column("images_missing", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim_token", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("multipart_id", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("item_no", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["users.id"], name=op.f("fk_exports_requested_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index("ix_exports_created_at_id", "exports", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_exports_expires_at", "exports", ["expires_at"], unique=False, postgresql_where=sa.text("status = 'ready'")
    )
    op.create_index("ix_exports_requested_by_created_at", "exports", ["requested_by", "created_at"], unique=False)
    op.create_index(
        "ix_exports_unfinished",
        "exports",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'building')"),
    )
    op.create_table(
        "export_entries",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("item_no", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("crc32", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["export_id"], ["exports.id"], name=op.f("fk_export_entries_export_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("export_id", "no", name=op.f("pk_export_entries")),
    )
    op.create_index("ix_export_entries_item", "export_entries", ["export_id", "stage", "item_no"], unique=True)
    op.create_table(
        "export_items",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("plate", sa.String(), nullable=True),
        sa.Column("region_code", sa.String(), nullable=True),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("frame_no", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["export_id"], ["exports.id"], name=op.f("fk_export_items_export_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("export_id", "no", name=op.f("pk_export_items")),
    )
    op.create_index("ix_export_items_event_id", "export_items", ["event_id"], unique=False)
    op.create_index(
        "ix_export_items_frame",
        "export_items",
        ["export_id", "frame_no"],
        postgresql_where=sa.text("frame_no IS NOT NULL"),
    )
    op.create_table(
        "export_parts",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["export_id"], ["exports.id"], name=op.f("fk_export_parts_export_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_export_parts")),
    )
    op.create_table(
        "corrections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum(
                "confirmed",
                "corrected",
                "rejected",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("plate", sa.String(), nullable=True),
        sa.Column("region_code", sa.String(), nullable=True),
        sa.Column(
            "reject_reason",
            sa.Enum(
                "not_a_plate",
                "unreadable",
                "wrong_vehicle",
                name="rejectreason",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.Column("second_opinion", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(verdict = 'corrected') = (plate IS NOT NULL)", name=op.f("ck_corrections_plate")),
        sa.CheckConstraint("(verdict = 'rejected') = (reject_reason IS NOT NULL)", name=op.f("ck_corrections_reason")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_corrections_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["users.id"], name=op.f("fk_corrections_reviewer_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"], ["corrections.id"], name=op.f("fk_corrections_supersedes_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"], ["users.id"], name=op.f("fk_corrections_undone_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint("seq", name=op.f("uq_corrections_seq")),
    )
    op.create_index("ix_corrections_event_id_seq", "corrections", ["event_id", "seq"], unique=False)
    op.create_index("ix_corrections_reviewer_id_seq", "corrections", ["reviewer_id", "seq"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("doubt", sa.Double(), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_opinion_by", sa.Uuid(), nullable=True),
        sa.Column("second_opinion_note", sa.String(), nullable=False),
        sa.Column("disagreement", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_reviews_camera_id")),
        sa.ForeignKeyConstraint(["claimed_by"], ["users.id"], name=op.f("fk_reviews_claimed_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_reviews_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["second_opinion_by"], ["users.id"], name=op.f("fk_reviews_second_opinion_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_reviews")),
    )
    op.create_index(
        "ix_reviews_camera_queue",
        "reviews",
        ["camera_id", sa.literal_column("urgency DESC"), sa.literal_column("doubt DESC"), "event_id"],
        unique=False,
        postgresql_where=sa.text("open"),
    )
    op.create_index(
        "ix_reviews_claimed_by",
        "reviews",
        ["claimed_by"],
        unique=False,
        postgresql_where=sa.text("claimed_by IS NOT NULL"),
    )
    op.create_index(
        "ix_reviews_disagreement", "reviews", ["event_id"], unique=False, postgresql_where=sa.text("disagreement")
    )
    op.create_index(
        "ix_reviews_queue",
        "reviews",
        [sa.literal_column("urgency DESC"), sa.literal_column("doubt DESC"), "event_id"],
        unique=False,
        postgresql_where=sa.text("open"),
    )
    op.add_column("events", sa.Column("reviewed_plate", sa.String(collation="C"), nullable=True))
    op.add_column("events", sa.Column("reviewed_plate_key", sa.String(collation="C"), nullable=True))
    op.add_column("events", sa.Column("reviewed_region_code", sa.String(), nullable=True))
    op.create_index(
        "ix_events_reviewed_plate_captured_at_id",
        "events",
        ["reviewed_plate", "captured_at", "id"],
        unique=False,
        postgresql_where=sa.text("reviewed_plate IS NOT NULL"),
    )
    op.create_index(
        "ix_events_reviewed_plate_key_captured_at",
        "events",
        ["reviewed_plate_key", "captured_at"],
        unique=False,
        postgresql_where=sa.text("reviewed_plate IS NOT NULL"),
    )
    op.create_index(
        "ix_events_reviewed_plate_key_trgm",
        "events",
        ["reviewed_plate_key"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"reviewed_plate_key": "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},
        postgresql_where=sa.text("reviewed_plate IS NOT NULL"),
    )
    op.create_index(
        "ix_events_reviewed_plate_trgm",
        "events",
        ["reviewed_plate"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"reviewed_plate": "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},
        postgresql_where=sa.text("reviewed_plate IS NOT NULL"),
    )
    # Events from before there was a queue join it. Their candidates are not looked at: the score says nearly as much.
    op.execute(
        """
        INSERT INTO reviews (event_id, camera_id, doubt, urgency, open, second_opinion_note, disagreement)
        SELECT id, camera_id, greatest(0, least(1, 1 - score)), 0, true, '', false FROM events
        """
    )
