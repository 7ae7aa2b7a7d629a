"""Wanted plates, and the passages that hit them."""

from datetime import datetime
from uuid import UUID

from anpr_client.models.base import Model
from anpr_client.models.review import Event


class BoloList(Model):
    """A list of wanted plates.

    Attributes:
        alert_interval_s: hits of one vehicle at one camera within so many seconds are one alert.
    """

    id: UUID
    name: str
    description: str
    priority: str
    active: bool
    alert_interval_s: int
    created_at: datetime


class Entry(Model):
    """A wanted plate or pattern."""

    id: UUID
    list_id: UUID
    kind: str
    pattern: str
    tolerance: str
    region: str | None
    vehicle: str
    reason: str
    case_number: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    active: bool
    created_at: datetime
    updated_at: datetime


class HitEntry(Model):
    """What was hit."""

    id: UUID
    kind: str
    pattern: str
    tolerance: str
    region: str | None
    vehicle: str
    reason: str
    case_number: str | None


class HitList(Model):
    """The list that what was hit is on."""

    id: UUID
    name: str
    priority: str


class Hit(Model):
    """A passage that matched a wanted plate.

    Attributes:
        alert: False for a repeat within the list's interval, of which nobody is told.
        historical: found by searching back; nobody was told.
        region_differs: the plate is wanted of another region than it is known to be of.
    """

    id: UUID
    plate: str
    matched_by: str
    region_differs: bool
    wanted_region: str | None
    read_region: str | None
    reviewed: bool
    historical: bool
    alert: bool
    duplicate_of: UUID | None
    status: str
    status_note: str
    status_by: UUID | None
    status_at: datetime | None
    captured_at: datetime
    created_at: datetime
    first_notified_at: datetime | None
    list: HitList
    bolo: HitEntry
    event: Event


class RowError(Model):
    """What is wrong or unsure with one row of an imported file; `line` is where it begins."""

    line: int
    plate: str
    detail: str


class ImportReport(Model):
    """What an import did, or, in a dry run, would do.

    Attributes:
        errors: the first thousand rows that are wrong and were left out.
        doubts: the first thousand that may be neither plate nor pattern.
    """

    rows: int
    added: int
    updated: int
    unchanged: int
    rejected: int
    errors: list[RowError]
    unsure: int
    doubts: list[RowError]
    dry_run: bool
