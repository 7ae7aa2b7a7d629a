"""Licences, metering, retention, scopes, limits and API keys."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_tables()
    _let_old_audit_rows_go()
    _grant_to_application()


def _create_tables() -> None:
    op.create_table(
        "camera_groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_groups")),
        sa.UniqueConstraint("name", name=op.f("uq_camera_groups_name")),
    )
    op.create_table(
        "deletion_receipts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("retention", "erasure", name="deletionkind", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cutoffs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("deleted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("kept", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion_receipts")),
    )
    op.create_index("ix_deletion_receipts_finished_at_id", "deletion_receipts", ["finished_at", "id"], unique=False)
    op.create_table(
        "license_notices",
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("period", "kind", name=op.f("pk_license_notices")),
    )
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("whole_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limits")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_rate_limits_whole_at", "rate_limits", ["whole_at"], unique=False)
    op.create_table(
        "usage_records",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("source_event_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "seconds >= 0 AND frames >= 0 AND images >= 0 AND events >= 0", name=op.f("ck_usage_records_not_negative")
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_usage_records")),
    )
    op.create_index("ix_usage_records_day_camera_id", "usage_records", ["day", "camera_id"], unique=False)
    op.create_table(
        "usage_months",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_usage_months")),
    )
    op.create_table(
        "usage_reports",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("camera_name", sa.String(), nullable=False),
        sa.Column("uploads", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("month", "camera_id", name=op.f("pk_usage_reports")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("admin", "reviewer", "viewer", name="role", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("permissions", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_api_keys_owner_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index(op.f("ix_api_keys_owner_id"), "api_keys", ["owner_id"], unique=False)
    op.create_table(
        "camera_group_members",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_camera_group_members_camera_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["camera_groups.id"], name=op.f("fk_camera_group_members_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "camera_id", name=op.f("pk_camera_group_members")),
    )
    op.create_index(op.f("ix_camera_group_members_camera_id"), "camera_group_members", ["camera_id"], unique=False)
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=True),
        sa.Column("plate_key", sa.String(), nullable=True),
        sa.Column("camera_id", sa.Uuid(), nullable=True),
        sa.Column("captured_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("captured_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("captured_from < captured_to", name=op.f("ck_legal_holds_period")),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_legal_holds_camera_id")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_legal_holds_created_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    op.create_index(
        "ix_legal_holds_active",
        "legal_holds",
        ["case_number"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "licenses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("activated_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["activated_by"], ["users.id"], name=op.f("fk_licenses_activated_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licenses")),
    )
    op.create_table(
        "camera_limits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(user_id IS NULL) <> (api_key_id IS NULL)", name=op.f("ck_camera_limits_one_holder")),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_keys.id"], name=op.f("fk_camera_limits_api_key_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_camera_limits_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_limits")),
        sa.UniqueConstraint("api_key_id", name=op.f("uq_camera_limits_api_key_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_camera_limits_user_id")),
    )
    op.create_table(
        "camera_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("limit_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(camera_id IS NULL) <> (group_id IS NULL)", name=op.f("ck_camera_grants_one_target")),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_camera_grants_camera_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["camera_groups.id"], name=op.f("fk_camera_grants_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["limit_id"], ["camera_limits.id"], name=op.f("fk_camera_grants_limit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_grants")),
    )
    op.create_index(op.f("ix_camera_grants_camera_id"), "camera_grants", ["camera_id"], unique=False)
    op.create_index(op.f("ix_camera_grants_group_id"), "camera_grants", ["group_id"], unique=False)
    op.create_index(op.f("ix_camera_grants_limit_id"), "camera_grants", ["limit_id"], unique=False)
    op.add_column("events", sa.Column("media_deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_events_media_kept",
        "events",
        ["processed_at"],
        unique=False,
        postgresql_where=sa.text("media_deleted_at IS NULL"),
    )
    op.create_index("ix_events_processed_at", "events", ["processed_at"], unique=False)
    op.add_column("uploads", sa.Column("source_deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_uploads_source_kept",
        "uploads",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("source_deleted_at IS NULL"),
    )
    op.create_index("ix_audit_logs_target_at", "audit_logs", ["target", "at"], unique=False)
    op.create_index("ix_audit_logs_at_seq", "audit_logs", ["at", "seq"], unique=False)


def _let_old_audit_rows_go() -> None:
    """One door through the append-only trigger: a function that removes the oldest rows and nothing else.

    It runs with its owner's rights, so the application needs no DELETE on the table. It keeps what is younger than 90
    days whatever it is asked, and always the newest row, which the next one is chained to.
    """
    op.execute(
        """
        CREATE OR REPLACE FUNCTION audit_logs_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND current_setting('anpr.audit_prune', true) = 'on' THEN
                RETURN NULL;
            END IF;
            RAISE EXCEPTION 'the audit log is append-only';
        END $$
        """
    )
    schema = context.config.attributes["schema"]
    op.execute(
        f"""
        CREATE FUNCTION audit_logs_prune(before timestamptz, OUT through_seq bigint, OUT head bytea, OUT removed bigint)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp AS $$
        BEGIN
            IF before > now() - interval '90 days' THEN
                RAISE EXCEPTION 'audit rows are kept for at least 90 days';
            END IF;
            -- Only a prefix may go, and "at" need not rise with "seq" where clocks were set back.
            SELECT least(
                       (SELECT max(seq) FROM {schema}.audit_logs),
                       (SELECT min(seq) FROM {schema}.audit_logs WHERE at >= before)
                   ) - 1
              INTO through_seq;
            SELECT hash INTO head FROM {schema}.audit_logs WHERE seq = through_seq;
            PERFORM set_config('anpr.audit_prune', 'on', true);
            DELETE FROM {schema}.audit_logs WHERE seq <= through_seq;
            GET DIAGNOSTICS removed = ROW_COUNT;
            PERFORM set_config('anpr.audit_prune', 'off', true);
        END $$
        """  # noqa: S608 - the schema's name is our own
    )
    op.execute("REVOKE ALL ON FUNCTION audit_logs_prune FROM PUBLIC")


def _grant_to_application() -> None:
    """The role that all functions but the set-up's take on: it uses the tables, and owns and alters none.

    Roles belong to the server, not to one of its databases, so it may be there already; then it is only granted to.
    """
    op.execute(
        """
        DO $$ BEGIN
            CREATE ROLE anpr_app NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """
    )
    op.execute("GRANT anpr_app TO CURRENT_USER")
    schema = context.config.attributes["schema"]
    op.execute(f"GRANT USAGE ON SCHEMA {schema} TO anpr_app")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO anpr_app")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO anpr_app")
    defaults = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}"
    op.execute(f"{defaults} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO anpr_app")
    op.execute(f"{defaults} GRANT USAGE ON SEQUENCES TO anpr_app")
    op.execute("REVOKE UPDATE, DELETE ON audit_logs, usage_reports FROM anpr_app")
    op.execute("REVOKE DELETE ON deletion_receipts FROM anpr_app")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM anpr_app")
    op.execute("GRANT EXECUTE ON FUNCTION audit_logs_prune TO anpr_app")
