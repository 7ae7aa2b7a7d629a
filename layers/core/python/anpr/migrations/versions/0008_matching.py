"""One spelling of region codes, and what a search back for a wanted plate needs to miss nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _spell_regions_alike()
    op.create_index(
        "ix_events_candidate_plates",
        "events",
        [sa.text("(jsonb_path_query_array(candidates, '$[*].plate'::jsonpath))")],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "ix_events_other_letters",
        "events",
        ["captured_at", "id"],
        postgresql_where=sa.text("plate ~ '[^A-Z0-9?]'"),
    )


def _spell_regions_alike() -> None:
    op.execute("UPDATE events SET region_code = lower(region_code) WHERE region_code <> lower(region_code)")
    op.execute(
        """
        UPDATE events SET reviewed_region_code = lower(reviewed_region_code)
        WHERE reviewed_region_code <> lower(reviewed_region_code)
        """
    )
    op.execute("UPDATE corrections SET region_code = lower(region_code) WHERE region_code <> lower(region_code)")
    op.execute("UPDATE export_items SET region_code = lower(region_code) WHERE region_code <> lower(region_code)")
    # A verdict that said what the machine had said, in the other case, was taken for a correction.
    op.execute(
        """
        UPDATE corrections AS c SET verdict = 'confirmed', plate = NULL
        FROM events AS e
        WHERE e.id = c.event_id AND c.verdict = 'corrected' AND c.plate = e.plate AND c.region_code = e.region_code
        """
    )
    op.execute(
        """
        UPDATE events SET review_status = 'confirmed', reviewed_plate = NULL, reviewed_plate_key = NULL
        WHERE review_status = 'corrected' AND reviewed_plate = plate AND reviewed_region_code = region_code
        """
    )
