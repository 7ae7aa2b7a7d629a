"""Passages, what people say of them, vehicles known by name, and exports."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from anpr_client.models.base import Model

EXPORT_ENDED: Final = frozenset({"ready", "failed", "expired"})
"""Statuses of an export that is over."""


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


class KnownAs(Model):
    """The known vehicle that a passage is of."""

    id: UUID
    name: str


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
        known_as: the known vehicle that the effective plate is of.
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
    known_as: KnownAs | None
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


class Vehicle(Model):
    """A vehicle that people know by name.

    Attributes:
        plate: as it was typed; look-alikes such as O and 0 are the same plate.
        region: ISO 3166, such as `gb` or `us-ca`; None for any.
    """

    id: UUID
    plate: str
    region: str | None
    name: str
    note: str
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime


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
