"""Wanted plates, their hits, and webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bolo_revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_bolo_revision_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bolo_revision")),
    )
    op.create_table(
        "bolo_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column(
            "priority",
            sa.Enum(
                "low",
                "normal",
                "high",
                "critical",
                name="priority",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("alert_interval_s", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("alert_interval_s >= 0", name=op.f("ck_bolo_lists_alert_interval")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_bolo_lists_created_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bolo_lists")),
        sa.UniqueConstraint("name", name=op.f("uq_bolo_lists_name")),
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("event_types", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("list_ids", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("previous_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.String(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_webhook_endpoints_created_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_table(
        "bolo_subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("email", "sms", name="channel", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["bolo_lists.id"], name=op.f("fk_bolo_subscriptions_list_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bolo_subscriptions")),
        sa.UniqueConstraint(
            "list_id", "channel", "address", name=op.f("uq_bolo_subscriptions_list_id_channel_address")
        ),
    )
    op.create_table(
        "bolos",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "exact", "wildcard", "regex", name="bolokind", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("pattern", sa.String(), nullable=False),
        sa.Column("pattern_key", sa.String(), nullable=False),
        sa.Column("edit_variants", sa.ARRAY(sa.String()), nullable=True),
        sa.Column(
            "tolerance",
            sa.Enum(
                "none",
                "confusables",
                "one_edit",
                name="tolerance",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("vehicle", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("tolerance = 'none' OR kind <> 'regex'", name=op.f("ck_bolos_tolerance_kind")),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_bolos_validity")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_bolos_created_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["list_id"], ["bolo_lists.id"], name=op.f("fk_bolos_list_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bolos")),
        sa.UniqueConstraint(
            "list_id",
            "kind",
            "pattern",
            "region",
            "case_number",
            name="uq_bolos_entry",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_bolos_created_at_id", "bolos", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_bolos_edit_variants",
        "bolos",
        ["edit_variants"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("kind = 'exact' AND active AND tolerance = 'one_edit'"),
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "ix_bolos_exact", "bolos", ["pattern"], unique=False, postgresql_where=sa.text("kind = 'exact' AND active")
    )
    op.create_index("ix_bolos_list_id_created_at_id", "bolos", ["list_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_bolos_patterns", "bolos", ["id"], unique=False, postgresql_where=sa.text("kind <> 'exact' AND active")
    )
    op.create_index(
        "ix_bolos_tolerant",
        "bolos",
        ["pattern_key"],
        unique=False,
        postgresql_where=sa.text("kind = 'exact' AND active AND tolerance <> 'none'"),
    )
    op.create_table(
        "bolo_matches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("bolo_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("vehicle_key", sa.String(), nullable=False),
        sa.Column(
            "matched_by",
            sa.Enum(
                "exact",
                "wildcard",
                "regex",
                "confusable",
                "candidate",
                "one_edit",
                name="matchedby",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.Column("historical", sa.Boolean(), nullable=False),
        sa.Column("alert", sa.Boolean(), nullable=False),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "unverified",
                "verified",
                "wrong_read",
                "wrong_vehicle",
                "dismissed",
                "withdrawn",
                name="hitstatus",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("status_note", sa.String(), nullable=False),
        sa.Column("status_by", sa.Uuid(), nullable=True),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passage_ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("first_notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bolo_id"], ["bolos.id"], name=op.f("fk_bolo_matches_bolo_id")),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_bolo_matches_camera_id")),
        sa.ForeignKeyConstraint(
            ["duplicate_of"], ["bolo_matches.id"], name=op.f("fk_bolo_matches_duplicate_of"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_bolo_matches_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["list_id"], ["bolo_lists.id"], name=op.f("fk_bolo_matches_list_id")),
        sa.ForeignKeyConstraint(
            ["status_by"], ["users.id"], name=op.f("fk_bolo_matches_status_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bolo_matches")),
        sa.UniqueConstraint("event_id", "bolo_id", name=op.f("uq_bolo_matches_event_id_bolo_id")),
    )
    op.create_index(
        "ix_bolo_matches_alerts",
        "bolo_matches",
        ["bolo_id", "camera_id", "vehicle_key", "captured_at"],
        unique=False,
        postgresql_where=sa.text("alert"),
    )
    op.create_index(
        "ix_bolo_matches_bolo_id_captured_at_id", "bolo_matches", ["bolo_id", "captured_at", "id"], unique=False
    )
    op.create_index(
        "ix_bolo_matches_camera_id_captured_at_id", "bolo_matches", ["camera_id", "captured_at", "id"], unique=False
    )
    op.create_index("ix_bolo_matches_captured_at_id", "bolo_matches", ["captured_at", "id"], unique=False)
    op.create_index(
        "ix_bolo_matches_duplicate_of",
        "bolo_matches",
        ["duplicate_of"],
        unique=False,
        postgresql_where=sa.text("duplicate_of IS NOT NULL"),
    )
    op.create_index(
        "ix_bolo_matches_list_id_captured_at_id", "bolo_matches", ["list_id", "captured_at", "id"], unique=False
    )
    op.create_index(
        "ix_bolo_matches_status_captured_at_id", "bolo_matches", ["status", "captured_at", "id"], unique=False
    )
    op.create_table(
        "bolo_notices",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("match_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["match_id"], ["bolo_matches.id"], name=op.f("fk_bolo_notices_match_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_bolo_notices")),
    )
    op.create_index(op.f("ix_bolo_notices_match_id"), "bolo_notices", ["match_id"], unique=False)
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("match_id", sa.Uuid(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "delivered",
                "failed",
                name="deliverystatus",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since_hit_s", sa.Double(), nullable=True),
        sa.Column("since_passage_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name=op.f("fk_webhook_deliveries_endpoint_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["match_id"], ["bolo_matches.id"], name=op.f("fk_webhook_deliveries_match_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("endpoint_id", "message_id", name=op.f("uq_webhook_deliveries_endpoint_id_message_id")),
    )
    op.create_index("ix_webhook_deliveries_created_at", "webhook_deliveries", ["created_at"], unique=False)
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "ix_webhook_deliveries_endpoint_id_created_at_id",
        "webhook_deliveries",
        ["endpoint_id", "created_at", "id"],
        unique=False,
    )
    op.create_index("ix_webhook_deliveries_match_id", "webhook_deliveries", ["match_id"], unique=False)
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("response", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_deliveries.id"], name=op.f("fk_webhook_attempts_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempts")),
    )
    op.create_index(op.f("ix_webhook_attempts_delivery_id"), "webhook_attempts", ["delivery_id"], unique=False)
    op.execute("INSERT INTO bolo_revision (id, revision) VALUES (1, 0)")
    # A function, because its plan is kept: to plan this statement takes four times as long as to execute it.
    op.execute(
        """
        CREATE FUNCTION bolo_look_up(plate text, keys text, variants text)
        RETURNS TABLE (revision integer, id uuid) LANGUAGE plpgsql STABLE AS $$
        BEGIN
            RETURN QUERY
            WITH found AS (
                SELECT b.id FROM bolos AS b WHERE b.kind = 'exact' AND b.active AND b.pattern = plate
                UNION
                SELECT b.id FROM bolos AS b
                WHERE b.kind = 'exact' AND b.active AND b.tolerance <> 'none'
                    AND b.pattern_key = ANY (string_to_array(keys, ','))
                UNION
                SELECT b.id FROM bolos AS b
                WHERE b.kind = 'exact' AND b.active AND b.tolerance = 'one_edit'
                    AND b.edit_variants && string_to_array(variants, ',')::varchar[]
            )
            SELECT r.revision, found.id FROM bolo_revision AS r LEFT JOIN found ON true;
        END $$
        """
    )
