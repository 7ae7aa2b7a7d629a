"""What the API answers, as frozen values.

A field that a newer backend adds is kept, under its own name. What the backend may add to (a status, a way of matching)
is text here and no closed list, so that an older client does not break on a newer backend.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

ENDED: Final = frozenset({"succeeded", "failed", "expired"})
"""Statuses of a job that is over."""

EXPORT_ENDED: Final = frozenset({"ready", "failed", "expired"})
"""Statuses of an export that is over."""


class Model(BaseModel):
    """The base of all answers."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())


class Tokens(Model):
    """A login: the access token goes into each request, the refresh token gets the next pair, once.

    Attributes:
        expires_in: seconds until the access token expires.
    """

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


class User(Model):
    """An account."""

    id: UUID
    email: str
    full_name: str
    role: str
    active: bool
    created_at: datetime
    last_login_at: datetime | None


class Camera(Model):
    """Where footage comes from.

    Attributes:
        heading: where it looks, in degrees clockwise from north.
        region_hint: where most plates before it are from: ISO 3166, such as `gb` or `us-ca`.
        time_zone: IANA name.
        active: whether it takes uploads.
        serial: the device's own name for itself.
    """

    id: UUID
    name: str
    description: str
    latitude: float | None
    longitude: float | None
    heading: float | None
    region_hint: str | None
    time_zone: str
    active: bool
    serial: str | None
    created_at: datetime


class UploadForm(Model):
    """How to send a file: by `POST` as a form, its fields first, the file last; by `PUT` as the request's body."""

    url: str
    method: str = "POST"
    fields: dict[str, str]
    headers: dict[str, str] = {}
    expires_at: datetime


class Upload(Model):
    """A file that was announced, and perhaps has come.

    Attributes:
        form: what to post the file with; None where it has come, or in a list.
    """

    id: UUID
    camera_id: UUID
    created_by: UUID | None
    file_name: str
    content_type: str
    size_bytes: int
    captured_at: datetime
    created_at: datetime
    status: str
    form: UploadForm | None = None


class Job(Model):
    """The reading of one upload; its id is the upload's.

    Attributes:
        progress: share of the file that is read, from 0 to 1.
        events_count: passages found so far.
        unreadable_count: those of them whose plate could not be read.
        duration_s: length of the footage in seconds.
        warning: what was wrong with the file and could be coped with.
        failure_reason: why the job failed, in words.
    """

    id: UUID
    camera_id: UUID
    file_name: str
    status: str
    progress: float
    attempts: int
    frames_done: int
    events_count: int
    unreadable_count: int
    duration_s: float | None
    warning: str | None
    failure_reason: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status in ENDED

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        return self.status == "succeeded"


class Region(Model):
    """Where a plate is from: ISO 3166 code, and how sure that is (0-1)."""

    code: str
    score: float | None


class Box(Model):
    """Where the plate is in the best frame, in pixels."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


class Candidate(Model):
    """One possible reading, with its score (0-1)."""

    plate: str
    score: float


class Match(Model):
    """How a passage matches the plate that was searched for.

    Attributes:
        distance: edits between the two, look-alikes not counted.
    """

    how: str
    distance: int


class Event(Model):
    """One vehicle's passage before one camera.

    Attributes:
        plate: what the machine read; `?` where it was unsure of a character.
        engine: what read it; `anpr` is the backend's own.
        model: the backend's networks that read it, each with the first digits of its file's SHA-256; None of others.
        score: confidence of the read, 0-1.
        dscore: confidence that there is a plate at all, 0-1.
        captured_at: when the best frame was taken.
        processed_at: when it was recorded.
        effective_plate: what people and machine together say; None for a rejected passage.
        crop_url: link to the plate's image, good for an hour; None where there is none.
        frame_url: the same of the whole frame.
        match: only in a search for a plate.
    """

    id: UUID
    upload_id: UUID
    camera_id: UUID
    passage_no: int
    engine: str
    model: str | None
    plate: str
    plate_normalized: str
    raw_plate: str
    readable: bool
    score: float
    dscore: float
    region: Region | None
    candidates: list[Candidate]
    vehicle: dict[str, Any] | None
    box: Box | None
    captured_at: datetime
    first_seen_at: datetime
    last_seen_at: datetime
    processed_at: datetime
    frames_seen: int
    frames_agreeing: int
    review_status: str
    reviewed_plate: str | None
    reviewed_region: str | None
    effective_plate: str | None
    effective_region: str | None
    crop_url: str | None
    frame_url: str | None
    match: Match | None = None


class Review(Model):
    """A passage's place in the review queue.

    Attributes:
        doubt: how unsure the machine's read is, 0-1.
        open_hit: an unverified hit hangs on it.
    """

    event: Event
    doubt: float
    open_hit: bool
    second_opinion: bool
    second_opinion_note: str
    disagreement: bool
    open: bool
    claimed_by: UUID | None
    claimed_until: datetime | None


class Verdict(Model):
    """What a person said of a read."""

    id: UUID
    event_id: UUID
    reviewer_id: UUID | None
    verdict: str
    plate: str | None
    region: str | None
    reject_reason: str | None
    note: str
    supersedes: UUID | None
    second_opinion: bool
    created_at: datetime
    undone_at: datetime | None
    undone_by: UUID | None


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


class Export(Model):
    """An archive of events, and how far it is.

    Attributes:
        progress: 0-1.
        images_missing: no longer in the storage, and left out.
        available: whether it can be downloaded.
    """

    id: UUID
    requested_by: UUID | None
    created_at: datetime
    reason: str
    status: str
    progress: float
    events: int
    images: int
    images_missing: int
    size_bytes: int | None
    failure_reason: str | None
    finished_at: datetime | None
    expires_at: datetime | None
    available: bool

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status in EXPORT_ENDED
