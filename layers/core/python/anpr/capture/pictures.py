"""Single pictures that are answered at once, and recorded only where a camera is named.

What is recorded is what is answered: each plate of it is a passage, of one upload without a file for the whole picture.
A plate that was read a moment ago at the same camera lengthens the passage that is there, as other engines' reads do:
a gate asks again and again while a vehicle waits.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr import audit
from anpr.audit import Action, Actor
from anpr.capture import cameras, fileless, jobs, passages, stitching
from anpr.capture.fileless import Fileless
from anpr.capture.passages import PlateBox, RecordedPassage
from anpr.capture.reads import JPEG, Outcome, ReadServices, in_utc
from anpr.capture.stitching import Seen
from anpr.capture.uploads import MAX_AHEAD
from anpr.errors import Conflict, Unprocessable
from anpr.identity.scopes import CameraScope
from anpr.models import OWN_ENGINE, Camera, Event, HandedRead, UploadKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted of a picture.

    Attributes:
        regions: countries, or their states, that plates are expected from; may be empty.
        fast: less time, and small or huge plates may be missed.
        least_score: of a read that is given, 0-1; None for what counts as readable.
        least_dscore: of the detection of a plate that is given, 0-1.
        images: whether the picture is to be recorded, and so crops and frame are wanted.
    """

    regions: frozenset[str] = frozenset()
    fast: bool = False
    least_score: float | None = None
    least_dscore: float = 0.0
    images: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateInPicture:
    """One plate as read.

    Attributes:
        plate: normalised.
        raw_plate: as printed.
        readable: whether the read is good enough to be searched for.
        score: confidence of the read, 0-1.
        dscore: confidence of the detection, 0-1.
        region: code and confidence of where the plate is from; None where that is unknown.
        box: where it is, in pixels of the upright picture.
        candidates: the likeliest readings with their scores, best first.
        beyond_doubt: whether the shapes of the characters alone left no doubt.
        model: name and version of what read it.
        crop: JPEG of the plate and what is around it; empty unless images are wanted.
    """

    plate: str
    raw_plate: str
    readable: bool
    score: float
    dscore: float
    region: tuple[str, float] | None
    box: PlateBox
    candidates: tuple[tuple[str, float], ...]
    beyond_doubt: bool
    model: str | None = None
    crop: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPicture:
    """What is in a picture.

    Attributes:
        plates: the best read first.
        width: of the upright picture, px.
        height: the same.
        defect: what is wrong with the file, in words; None if nothing.
        frame: the whole picture as JPEG; empty unless images are wanted.
    """

    plates: tuple[PlateInPicture, ...]
    width: int
    height: int
    defect: str | None = None
    frame: bytes = field(default=b"", repr=False)


class PictureReader(Protocol):
    """What reads pictures: a process with the models in its memory."""

    def read(self, picture: bytes, wanted: Wanted) -> ReadPicture:
        """Read a picture; may be called by several threads, of which some wait.

        Raises:
            anpr.errors.UnreadableMedia: it is no picture that can be decoded, or too large a one.
        """
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """Before which camera a picture was taken, and when; and where most plates there are from, if somebody said so."""

    camera_id: UUID
    captured_at: datetime
    region_hint: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that was read, of a camera.

    Attributes:
        standing: of which camera, and when.
        read: what is in it.
        sent_as: digest of the picture where the sender said when it was taken, so that it counts once when it is sent
            twice; None otherwise.
    """

    standing: Standing
    read: ReadPicture
    sent_as: bytes | None

    @classmethod
    def of(cls, standing: Standing, read: ReadPicture, picture: bytes, *, told: bool) -> "Taken":
        """Take a picture together; `told`: whether the sender said when it was taken."""
        return cls(standing, read, hashlib.sha256(picture).digest() if told else None)

    def digest(self, number: int) -> bytes | None:
        """What a plate of a picture that is sent again is known by."""
        if self.sent_as is None:
            return None
        at = self.standing.captured_at.isoformat()
        return hashlib.sha256(
            b"\0".join((OWN_ENGINE.encode(), at.encode(), str(number).encode(), self.sent_as))
        ).digest()


@dataclass(frozen=True, slots=True)
class Kept:
    """What was recorded of a picture.

    Attributes:
        outcomes: what became of each plate, and its event, in the order of the picture's plates.
        metered: whether an upload of it is there, which will be booked; else nobody else books it.
    """

    outcomes: tuple[tuple[Outcome, UUID], ...]
    metered: bool


def place(session: Session, name: str, captured_at: datetime | None, *, scope: CameraScope = None) -> Standing:
    """Find the camera that is named, before anything is read.

    Args:
        session: the transaction.
        name: the camera's id, name or serial number.
        captured_at: when; by the clock at the camera where it has no zone, now where it is None.
        scope: the caller's cameras.

    Raises:
        NotFound: there is no such camera in scope.
        Conflict: it is not active.
        Unprocessable: the time lies in the future.
    """
    camera = cameras.known_as(session, [name], scope=scope)
    if not camera.active:
        raise Conflict(f"The camera {camera.name!r} is not active, so nothing is recorded of it.")
    now = datetime.now(UTC)
    at = now if captured_at is None else in_utc(captured_at, camera)
    if at > now + MAX_AHEAD:
        raise Unprocessable(
            f"The picture is of {at.isoformat()}, which lies in the future.",
            errors=[{"pointer": "/captured_at", "detail": "lies in the future"}],
        )
    return Standing(camera.id, at, camera.region_hint)


def record(session: Session, actor: Actor, taken: Taken, services: ReadServices) -> Kept:
    """Record a picture's plates as passages, with the hits that they raise.

    Args:
        session: the transaction.
        actor: whose it is.
        taken: the picture.
        services: what to work with.

    Raises:
        anpr.errors.Unavailable: the storage does not take an image.
    """
    # Pictures of one camera one after the other, or two at once would be two passages.
    camera_id = taken.standing.camera_id
    session.execute(select(Camera.id).where(Camera.id == camera_id).with_for_update(key_share=True))
    recorder = _Recorder(session, actor, taken, services)
    outcomes = tuple(recorder.keep(number, plate) for number, plate in enumerate(taken.read.plates))
    return Kept(outcomes, recorder.finish())


class _Recorder:
    """Records one picture; its upload is made with the first plate that is new."""

    def __init__(self, session: Session, actor: Actor, taken: Taken, services: ReadServices) -> None:
        self._session = session
        self._actor = actor
        self._taken = taken
        self._services = services
        self._held: jobs.Claim | None = None

    def keep(self, number: int, plate: PlateInPicture) -> tuple[Outcome, UUID]:
        """Record one plate."""
        session, camera_id = self._session, self._taken.standing.camera_id
        digest = self._taken.digest(number)
        before = None if digest is None else session.get(HandedRead, (camera_id, digest))
        if before is not None:
            return Outcome.REPEATED, before.event_id
        seen = Seen(camera_id, OWN_ENGINE, plate.plate, plate.score, self._taken.standing.captured_at)
        event = stitching.same_vehicle(session, seen, self._services.settings.stitch_within)
        if event is None:
            outcome, event_id = Outcome.RECORDED, self._new_passage(number, plate)
        else:
            stitching.lengthen(session, event, seen, self._services.matcher)
            outcome, event_id = Outcome.STITCHED, event.id
        if digest is not None:
            session.execute(insert(HandedRead).values(camera_id=camera_id, digest=digest, event_id=event_id))
        return outcome, event_id

    def finish(self) -> bool:
        """End the upload, if there is one; returns whether there is."""
        if self._held is None:
            return False
        jobs.finish(self._session, self._held, jobs.Result("image", 0.0, 1, self._taken.read.defect))
        return True

    def _new_passage(self, number: int, plate: PlateInPicture) -> UUID:
        held = self._held = self._held or self._begin()
        frame = self._taken.read.frame
        images = passages.name_images(held.upload_id, number, plate.crop, frame)
        self._services.blobs.put(images.crop_key, plate.crop, content_type=JPEG)
        self._services.blobs.put(images.frame_key, frame, content_type=JPEG)
        passages.record(self._session, held, _passage(number, plate), images, matcher=self._services.matcher)
        return self._session.scalars(
            select(Event.id).where(Event.upload_id == held.upload_id, Event.passage_no == number)
        ).one()

    def _begin(self) -> jobs.Claim:
        standing = self._taken.standing
        held = fileless.begin(
            self._session,
            Fileless(
                kind=UploadKind.READ,
                camera_id=standing.camera_id,
                captured_at=standing.captured_at,
                name="picture",
                content_type=JPEG,
                size_bytes=len(self._taken.read.frame),
                created_by=self._actor.id,
            ),
        )
        detail = {"camera_id": standing.camera_id, "kind": UploadKind.READ, "engine": OWN_ENGINE}
        audit.record(self._session, self._actor, Action.UPLOAD_CREATED, f"upload:{held.upload_id}", detail=detail)
        return held


def _passage(number: int, plate: PlateInPicture) -> RecordedPassage:
    return RecordedPassage(
        passage_no=number,
        plate=plate.plate,
        raw_plate=plate.raw_plate,
        readable=plate.readable,
        score=plate.score,
        dscore=plate.dscore,
        region=plate.region,
        box=plate.box,
        candidates=plate.candidates,
        beyond_doubt=plate.beyond_doubt,
        model=plate.model,
    )


def plates_of(plates: Sequence[PlateInPicture], wanted: Wanted) -> tuple[PlateInPicture, ...]:
    """Leave out what is less sure than wanted."""
    return tuple(
        plate
        for plate in plates
        if plate.dscore >= wanted.least_dscore
        and (plate.readable if wanted.least_score is None else plate.score >= wanted.least_score)
    )
