"""Who had somebody subscribed; webhooks of keys that may not register any are switched off, with the reason."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bolo_subscriptions", sa.Column("created_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_bolo_subscriptions_created_by"),
        "bolo_subscriptions",
        "users",
        ["created_by"],
        ["id"],
        ondelete="SET NULL",
    )
    # Until now only the audit log said it; of one who was subscribed twice, the last time counts.
    op.execute(
        """
        UPDATE bolo_subscriptions SET created_by = made.actor_id
        FROM (
            SELECT DISTINCT ON (a.target, a.detail ->> 'channel', a.detail ->> 'address')
                   a.target, a.detail ->> 'channel' AS channel, a.detail ->> 'address' AS address, a.actor_id
            FROM audit_logs a JOIN users u ON u.id = a.actor_id
            WHERE a.action = 'bolo_list.subscribed'
            ORDER BY a.target, a.detail ->> 'channel', a.detail ->> 'address', a.seq DESC
        ) made
        WHERE made.target = 'bolo_list:' || bolo_subscriptions.list_id
          AND made.channel = bolo_subscriptions.channel AND made.address = bolo_subscriptions.address
        """
    )
    _switch_off_webhooks_of_keys()


def _switch_off_webhooks_of_keys() -> None:
    """A webhook is told of all cameras' hits, and for a time, a key could register one that may not see them all.

    The audit log names such a key as who did it. What waits for the webhook stays, and an administrator who sets it
    active again answers for it from then on. Administrators are told, as of any webhook that is switched off.
    """
    op.execute(
        """
        WITH made_by AS (
            SELECT w.id, w.url, k.name,
                   CASE
                       WHEN EXISTS (SELECT FROM camera_limits l WHERE l.api_key_id = k.id)
                           THEN 'which is limited to some cameras'
                       WHEN NOT k.permissions @> ARRAY['events:read', 'webhooks:write']::varchar[]
                           THEN 'which may not read passages'
                       WHEN k.role <> 'admin' THEN 'which has not the role admin'
                   END AS lack
            FROM webhook_endpoints w
            JOIN audit_logs a ON a.action = 'webhook.created' AND a.target = 'webhook:' || w.id
            JOIN api_keys k ON k.owner_id = a.actor_id
                AND right(a.actor, length(k.name) + 7) = ' (key ' || k.name || ')'
            WHERE w.active
        ),
        switched_off AS (
            UPDATE webhook_endpoints
            SET active = false, disabled_at = now(),
                disabled_reason = 'The API key "' || made_by.name || '" registered it, ' || made_by.lack
                    || '. An administrator who sets it active has it told of the hits at every camera.'
            FROM made_by
            WHERE made_by.id = webhook_endpoints.id AND made_by.lack IS NOT NULL
            RETURNING webhook_endpoints.id, webhook_endpoints.url, webhook_endpoints.disabled_reason
        )
        INSERT INTO outbox (id, type, subject, data, refusals)
        SELECT gen_random_uuid(), 'webhook.disabled', id::text,
               jsonb_build_object('endpoint_id', id, 'url', url, 'reason', disabled_reason), 0
        FROM switched_off
        """
    )
