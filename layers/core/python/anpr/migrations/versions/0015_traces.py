"""An event in the outbox keeps which trace it belongs to, so that whoever relays it passes that on."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("trace", sa.String(), nullable=True))
