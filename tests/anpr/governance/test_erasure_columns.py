"""Where a plate can stand: every column is in the page's table or cannot hold one, and the table is true."""

import re
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from sqlalchemy import Enum, String, func, insert, select, text, types, update

from anpr import audit
from anpr.alerts import bolos
from anpr.alerts.bolos import entries, lists
from anpr.audit import SYSTEM, Action
from anpr.db import Database
from anpr.governance import subjects
from anpr.governance.subjects import ErasureRequest
from anpr.models import (
    Base,
    BoloMatch,
    Event,
    Export,
    ExportItem,
    ExportStatus,
    KnownVehicle,
    OutboxMessage,
    Upload,
    UploadStatus,
    Verdict,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from anpr.review import vehicles, verdicts
from anpr.review.verdicts import Opinion
from tests.builders import add_event, add_upload, add_user
from tests.memory import MemoryBlobs

PLATE: Final = "CP47WXY"
"""No character of it looks like another, so its key is the plate itself."""
_PAGE: Final = Path(__file__).parents[3] / "docs" / "governance.md"

# Identifiers, enumerations, digests, addresses of people, and what the backend says in its own words.
CANNOT_BY_TABLE: Final = {
    "api_keys": ("permissions",),
    "audit_logs": ("action", "actor", "request_id"),
    "bolo_lists": ("topic",),
    "bolo_subscriptions": ("address", "reference"),
    "bolos": ("region",),
    "cameras": ("region_hint", "time_zone"),
    "carried_totals": ("name",),
    "corrections": ("region_code",),
    "deletion_receipts": ("cutoffs", "deleted", "kept"),
    "events": ("crop_key", "engine", "frame_key", "model", "region_code", "reviewed_region_code"),
    "export_entries": ("name", "stage"),
    "export_items": ("region_code", "split"),
    "export_parts": ("etag",),
    "exports": ("failure_reason", "multipart_id", "request", "stage"),
    "known_vehicles": ("region",),
    "license_notices": ("kind",),
    "licenses": ("key",),
    "notice_subscriptions": ("address", "topic"),
    "outbox": ("subject", "trace", "type"),
    "queue_messages": ("queue", "trace"),
    "rate_limits": ("key",),
    "signing_keys": ("kid", "public_key_pem"),
    "streams": ("place", "reason"),
    "uploads": (
        "content_type",
        "failure_reason",
        "replacement_version_id",
        "source_sha256",
        "source_version_id",
        "warning",
    ),
    "users": ("email", "password_hash"),
    "webhook_deliveries": ("type",),
    "webhook_endpoints": ("disabled_reason", "event_types"),
}
CANNOT: Final = frozenset(f"{table}.{column}" for table, columns in CANNOT_BY_TABLE.items() for column in columns)


def stated() -> dict[str, str]:
    """By column, what the page says of it."""
    rows = re.findall(r"^\| (`[a-z_]+\.[a-z_` .]+`) \| (.+) \|$", _PAGE.read_text(), re.MULTILINE)
    return {column: fate for columns, fate in rows for column in re.findall(r"[a-z_]+\.[a-z_]+", columns)}


def columns_of_text() -> set[str]:
    """The columns that hold text of any length: strings, lists of them, and JSON."""
    found = set()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            kind = column.type.item_type if isinstance(column.type, types.ARRAY) else column.type
            if isinstance(kind, (String, types.JSON)) and not isinstance(kind, Enum):
                found.add(f"{table.name}.{column.name}")
    return found


def test_of_every_column_it_is_said_whether_it_can_hold_a_plate_and_what_erases_it() -> None:
    assert columns_of_text() == stated().keys() | CANNOT
    assert stated().keys() & CANNOT == set()


@pytest.fixture
def everywhere(database: Database) -> Database:
    """A vehicle that was wanted, seen, corrected, exported, announced, and named in every text."""
    reviewer = add_user(database)
    with database.transaction() as session:
        made = lists.create(session, SYSTEM, {"name": "stolen"})
        wanted: entries.EntryFields = {"pattern": PLATE, "reason": f"seen {PLATE}"}
        entries.create(session, SYSTEM, made.id, wanted)
        vehicles.create(session, SYSTEM, {"plate": PLATE, "name": f"van {PLATE}", "note": PLATE})
        other: vehicles.VehicleFields = {"plate": "XY99ZZZ", "name": f"brother of {PLATE}", "note": f"see {PLATE}"}
        vehicles.create(session, SYSTEM, other)
        audit.record(session, SYSTEM, Action.PLATE_SEARCHED, f"plate:{PLATE}", reason=PLATE)
    upload = add_upload(database, file_name=f"{PLATE}.mp4", idempotency_key=f"{PLATE}-1")
    event = add_event(database, upload=upload, plate=PLATE, raw_plate=PLATE, candidates=((PLATE, 0.9),))
    with database.transaction() as session:
        session.execute(update(Event).values(vehicle={"text": PLATE}))
    misread = add_event(database, upload=upload, plate="XX11XXX", candidates=(("XX11XXX", 0.9),))
    with database.transaction() as session:
        for opinion, each in ((Verdict.CONFIRMED, event), (Verdict.CORRECTED, misread)):
            plate = PLATE if opinion is Verdict.CORRECTED else None
            said = Opinion(verdict=opinion, plate=plate, note=PLATE)
            verdicts.give(session, reviewer, each.id, said, matcher=bolos.Matcher())
        session.execute(text("UPDATE reviews SET second_opinion_note = :plate"), {"plate": PLATE})
        session.execute(text("UPDATE bolo_matches SET status_note = :plate"), {"plate": PLATE})
        session.execute(text("UPDATE outbox SET published_at = now() WHERE seq % 2 = 0"))
        export = Export(request={}, reason=f"for {PLATE}", status=ExportStatus.READY)
        endpoint = WebhookEndpoint(url="https://x", event_types=["bolo.matched"], secret=b"x")
        session.add_all([export, endpoint])
        session.flush()
        session.add(ExportItem(export_id=export.id, no=1, event_id=event.id, plate=PLATE, split="train"))
        for match_id in session.scalars(select(BoloMatch.id)):
            payload = {"data": {"plate": PLATE}}
            of = {"endpoint_id": endpoint.id, "message_id": uuid4(), "type": "bolo.matched", "match_id": match_id}
            delivery = session.scalar(
                insert(WebhookDelivery).values(id=uuid4(), payload=payload, **of).returning(WebhookDelivery.id)
            )
            attempt = {"delivery_id": delivery, "at": func.now(), "duration_ms": 1.0}
            session.execute(insert(WebhookAttempt).values(id=uuid4(), response=PLATE, error=PLATE, **attempt))
        session.execute(text("UPDATE uploads SET status = :over"), {"over": UploadStatus.SUCCEEDED.value})
    return database


def holding(database: Database) -> set[str]:
    """The columns that the plate stands in, in any table, of whatever type."""
    with database.transaction() as session:
        return {
            f"{table.name}.{column.name}"
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if session.scalar(
                text(f'SELECT EXISTS (SELECT 1 FROM {table.name} WHERE "{column.name}"::text ILIKE :it)'),  # noqa: S608
                {"it": f"%{PLATE}%"},
            )
        }


def test_after_an_erasure_a_plate_stands_only_where_the_page_says_that_it_stays(everywhere: Database) -> None:
    fates = stated()
    goes = {column for column, fate in fates.items() if not fate.startswith("stays")}
    # What no test can plant by itself: a refusal is the bus's words, and an erasure that is open has not ended.
    assert goes - holding(everywhere) == {"outbox.refusal", "open_erasures.plate"}

    request = ErasureRequest(reason="request 12", include_hits=True)
    done = subjects.erase(everywhere, MemoryBlobs(), SYSTEM, PLATE, request)

    assert done.complete
    left = holding(everywhere)
    assert {column for column in left if not fates.get(column, "").startswith("stays")} == set()
    assert {"bolos.pattern", "audit_logs.target"} <= left
    with everywhere.transaction() as session:
        assert session.scalars(select(Upload.file_name)).all() == ["[erased].mp4"]
        assert "[erased]" in session.scalars(select(Export.reason)).one()
        assert session.execute(select(KnownVehicle.name, KnownVehicle.note)).all() == [
            ("brother of [erased]", "see [erased]")
        ]
        kinds = set(session.scalars(select(OutboxMessage.type)))
    assert not kinds & {"event.created", "event.reviewed", "bolo.matched", "bolo.updated"}
