"""Recording what a job found: one event a vehicle's passage.

Every run over the same file numbers its passages alike, and an event's id is made of the upload and that number. So a
run that repeats another one's work records only what the other did not. Images are named by their digest too: a run
that makes others of the same passage, such as by another version of the reader, leaves those that were recorded.

An upload's `events_count` counts all its recorded passages, `unreadable_count` those among them whose plate could not
be read.
"""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr import outbox
from anpr.alerts import bolos
from anpr.capture import jobs
from anpr.messages import EventCreated, EventType, crop_key, frame_key
from anpr.models import OWN_ENGINE, Event, Upload
from anpr.plates import plate_key
from anpr.regions import normalize_region
from anpr.review import queue as review_queue


@dataclass(frozen=True, slots=True)
class PlateBox:
    """A plate's box in pixels of the best frame."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPassage:
    """What is stored of one vehicle's passage; frames and times are by default those of a single picture.

    Attributes:
        passage_no: the passage's number within its upload, the same in every run over the same file.
        plate: normalised text, with `?` for characters that are unsure.
        raw_plate: the text as read.
        readable: False where the read is too unsure to be searched for as a plate.
        score: confidence of the read, 0-1.
        dscore: confidence of the detection, 0-1.
        region: code and confidence of where the plate is from; None where that is unknown.
        box: where the plate is in the best frame; None where that is unknown.
        first_frame: index of the first frame the plate was seen in.
        last_frame: index of the last one.
        best_frame: index of the one whose crop is stored.
        first_s: time of the first frame, in seconds from the start of the footage.
        last_s: time of the last frame.
        best_s: time of the best frame.
        frames_seen: in how many frames the plate was found.
        frames_agreeing: in how many of those it read the same.
        candidates: the likeliest readings with their scores, best first.
        beyond_doubt: whether the shapes of the characters alone left no doubt.
        engine: what read it.
        model: name and version of the networks that did; None where another engine read it.
        vehicle: what the engine says of the vehicle, in its own words.
    """

    passage_no: int
    plate: str
    raw_plate: str
    readable: bool
    score: float
    dscore: float
    region: tuple[str, float | None] | None
    box: PlateBox | None
    first_frame: int = 0
    last_frame: int = 0
    best_frame: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    best_s: float = 0.0
    frames_seen: int = 1
    frames_agreeing: int = 1
    candidates: tuple[tuple[str, float], ...]
    beyond_doubt: bool = False
    engine: str = OWN_ENGINE
    model: str | None = None
    vehicle: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Images:
    """Where a passage's images are: keys in the storage, each of which ends in the SHA-256 of what is there.

    None where the engine that read it handed in no such image.
    """

    crop_key: str | None
    frame_key: str | None


@dataclass(frozen=True, slots=True)
class BothImages(Images):
    """The images of a passage that the worker read, which always has both."""

    crop_key: str
    frame_key: str


def name_images(upload_id: UUID, passage_no: int, crop: bytes, frame: bytes) -> BothImages:
    """Name a passage's images, which are files, by what is in them."""
    return BothImages(
        crop_key(upload_id, passage_no, sha256(crop).hexdigest()),
        frame_key(upload_id, passage_no, sha256(frame).hexdigest()),
    )


def is_recorded(session: Session, claim: jobs.Claim, passage_no: int) -> bool:
    """Tell whether an earlier run stored a passage, whose images are in the storage since before that."""
    return session.get(Event, _event_id(claim.upload_id, passage_no)) is not None


def record(
    session: Session, claim: jobs.Claim, passage: RecordedPassage, images: Images, *, matcher: bolos.Matcher
) -> bool:
    """Store a passage with the promise of its `event.created`, unless an earlier run stored it already.

    Its hits on wanted plates are raised in the same transaction, so none can be lost between two.

    Args:
        session: the transaction.
        claim: the claim.
        passage: what was found.
        images: its crop and frame, which must be in the storage by now.
        matcher: the process's matcher of wanted plates.

    Returns:
        Whether the passage is new.

    Raises:
        anpr.capture.jobs.ClaimLost: another worker has the upload.
    """
    # First the claim: it locks the row against whoever would take the upload over before this commits.
    if not jobs.update_held(session, claim):
        raise jobs.ClaimLost
    captured_at = claim.captured_at + timedelta(seconds=passage.best_s)
    event_id = session.scalar(
        insert(Event)
        .values(captured_at=captured_at, processed_at=func.now(), **_columns(claim, passage, images))
        .on_conflict_do_nothing()
        .returning(Event.id)
    )
    if event_id is None:
        return False
    event = session.get_one(Event, event_id)
    review_queue.enqueue(session, event)
    jobs.update_held(
        session,
        claim,
        events_count=Upload.events_count + 1,
        unreadable_count=Upload.unreadable_count + (0 if passage.readable else 1),
    )
    created = EventCreated(
        event_id=event_id,
        upload_id=claim.upload_id,
        camera_id=claim.camera_id,
        plate=passage.plate,
        readable=passage.readable,
        score=passage.score,
        captured_at=captured_at,
        crop_key=images.crop_key,
    )
    outbox.add(session, EventType.EVENT_CREATED, str(event_id), created)
    bolos.match(session, matcher, event)
    return True


def _event_id(upload_id: UUID, passage_no: int) -> UUID:
    return uuid5(upload_id, str(passage_no))


def _columns(claim: jobs.Claim, passage: RecordedPassage, images: Images) -> dict[str, Any]:
    region_code, region_score = passage.region or (None, None)
    box = passage.box
    return {
        "id": _event_id(claim.upload_id, passage.passage_no),
        "upload_id": claim.upload_id,
        "camera_id": claim.camera_id,
        "passage_no": passage.passage_no,
        "engine": passage.engine,
        "model": passage.model,
        "vehicle": passage.vehicle,
        "plate": passage.plate,
        # An unsure character must stay one: without it, A?12 would be found as A12.
        "plate_key": "?".join(plate_key(part) for part in passage.plate.split("?")),
        "raw_plate": passage.raw_plate,
        "readable": passage.readable,
        "score": passage.score,
        "dscore": passage.dscore,
        "region_code": normalize_region(region_code),
        "region_score": region_score,
        "beyond_doubt": passage.beyond_doubt,
        "candidates": [{"plate": plate, "score": score} for plate, score in passage.candidates],
        "box_xmin": None if box is None else box.xmin,
        "box_ymin": None if box is None else box.ymin,
        "box_xmax": None if box is None else box.xmax,
        "box_ymax": None if box is None else box.ymax,
        "first_frame": passage.first_frame,
        "last_frame": passage.last_frame,
        "best_frame": passage.best_frame,
        "frames_seen": passage.frames_seen,
        "frames_agreeing": passage.frames_agreeing,
        "crop_key": images.crop_key,
        "frame_key": images.frame_key,
        "first_seen_at": claim.captured_at + timedelta(seconds=passage.first_s),
        "last_seen_at": claim.captured_at + timedelta(seconds=passage.last_s),
    }
