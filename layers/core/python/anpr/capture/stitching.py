"""One vehicle, one passage: reads of one plate that come one after the other lengthen the passage that is there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpr.alerts import bolos
from anpr.models import Event, Upload, UploadKind
from anpr.plates import plate_key

MAX_CANDIDATES: Final = 10
_LOOK_BACK: Final = timedelta(minutes=5)
"""A vehicle that is read for longer than that is a passage more: it stands there."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A plate at one moment before one camera.

    Attributes:
        camera_id: before which.
        engine: what read it.
        plate: normalised.
        score: confidence of the read, 0-1.
        at: when, with its zone.
    """

    camera_id: UUID
    engine: str
    plate: str
    score: float
    at: datetime


def same_vehicle(session: Session, seen: Seen, within: timedelta) -> Event | None:
    """Find the passage that this engine's read of a plate belongs to; look-alikes are not told apart.

    What was read from footage is left alone: it is one with its file.

    Args:
        session: the transaction; the passage is locked.
        seen: the read.
        within: how long before the passage's first read, or after its last, it may be.
    """
    return session.scalars(
        select(Event)
        .join(Upload, Upload.id == Event.upload_id)
        .where(
            Upload.kind == UploadKind.READ,
            Event.camera_id == seen.camera_id,
            Event.captured_at.between(seen.at - _LOOK_BACK, seen.at + _LOOK_BACK),
            Event.plate_key == "?".join(map(plate_key, seen.plate.split("?"))),
            Event.engine == seen.engine,
            Event.first_seen_at <= seen.at + within,
            Event.last_seen_at >= seen.at - within,
        )
        .order_by(Event.captured_at.desc(), Event.id)
        .limit(1)
        .with_for_update(of=Event)
    ).one_or_none()


def lengthen(session: Session, event: Event, seen: Seen, matcher: bolos.Matcher) -> None:
    """Let a passage be as long as its reads say; what was read first stays what the machine read."""
    event.first_seen_at = min(event.first_seen_at, seen.at)
    event.last_seen_at = max(event.last_seen_at, seen.at)
    event.frames_seen += 1
    event.frames_agreeing += int(seen.plate == event.plate)
    known = {candidate["plate"] for candidate in event.candidates}
    if seen.plate not in known and len(known) < MAX_CANDIDATES:
        event.candidates = [*event.candidates, {"plate": seen.plate, "score": seen.score}]
    session.flush()
    # Another spelling of it may be wanted.
    bolos.match(session, matcher, event)
