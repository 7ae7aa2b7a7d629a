"""A queue, and topics with their subscriptions, for places without a cloud's."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queue_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("trace", sa.String(), nullable=True),
        sa.Column("receives", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("visible_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_messages")),
    )
    op.create_index(
        "ix_queue_messages_due", "queue_messages", ["queue", "visible_at"], postgresql_where=sa.text("dead_at IS NULL")
    )
    op.create_index(
        "ix_queue_messages_dead",
        "queue_messages",
        ["queue", "dead_at"],
        postgresql_where=sa.text("dead_at IS NOT NULL"),
    )
    op.create_table(
        "notice_topics",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_notice_topics")),
    )
    op.create_table(
        "notice_subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_notice_subscriptions_channel")),
        sa.ForeignKeyConstraint(
            ["topic"], ["notice_topics.name"], name=op.f("fk_notice_subscriptions_topic"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_subscriptions")),
        sa.UniqueConstraint("topic", "channel", "address", name=op.f("uq_notice_subscriptions_topic_channel_address")),
    )
