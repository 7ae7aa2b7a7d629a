"""Reads that cameras and other systems made themselves, recorded as passages like those of the backend's own worker.

Each goes the worker's way: an upload of which there is no file, claimed, its passage recorded with the hits that it
raises, and ended. So metering, retention, erasure and exports need to know nothing of where a read came from.

A sender may say the same thing twice, and most engines read one vehicle several times. The first is known by the
sender's own id of the read, the second by plate, camera and time: it lengthens the passage that is there. Reads of one
camera are recorded one after the other, or two at once would be two passages.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr import audit
from anpr.alerts import bolos
from anpr.audit import Action, Actor
from anpr.capture import cameras, fileless, jobs, passages, stitching
from anpr.capture.fileless import Fileless
from anpr.capture.passages import Images, PlateBox, RecordedPassage
from anpr.capture.stitching import MAX_CANDIDATES, Seen, same_vehicle
from anpr.capture.uploads import MAX_AHEAD
from anpr.errors import Conflict, Unprocessable
from anpr.identity.scopes import CameraScope
from anpr.messages import crop_key, frame_key
from anpr.models import Camera, Event, HandedRead, UploadKind
from anpr.plates import MAX_PLATE_LENGTH, normalize
from anpr.ports import BlobStore, PresignedUpload
from anpr.settings import ReadSettings

JPEG: Final = "image/jpeg"
_PASSAGE_NO: Final = 1


class Picture(StrEnum):
    """Which picture of a read."""

    CROP = "crop"
    FRAME = "frame"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRead:
    """A read, in the backend's terms.

    Attributes:
        engine: what read it, such as `hikvision`.
        read_id: the engine's own id of this read; a second one of the same camera with the same id is the same read.
        cameras: what the camera is called: its id, name or serial number here, the likeliest first.
        plate: the text as read, in any spelling.
        captured_at: when; a time without a zone is of the clock at the camera.
        score: confidence of the read, 0-1; 0 where the engine tells none, so that people look at it first.
        dscore: confidence that there is a plate, 0-1.
        region: code and confidence of where the plate is from, as in ISO 3166.
        box: where the plate is in the frame, in pixels.
        candidates: other readings with their scores, best first.
        vehicle: what the engine says of the vehicle.
        pictures: JPEGs that came along.
        awaited: JPEGs that are to come by a form.
    """

    engine: str
    read_id: str
    cameras: tuple[str, ...]
    plate: str
    captured_at: datetime
    score: float = 0.0
    dscore: float = 0.0
    region: tuple[str, float | None] | None = None
    box: PlateBox | None = None
    candidates: tuple[tuple[str, float], ...] = ()
    vehicle: dict[str, Any] | None = None
    pictures: dict[Picture, bytes]
    awaited: "dict[Picture, Awaited]"

    @property
    def digest(self) -> bytes:
        """What a second copy is known by; of the id itself, which may hold a plate, nothing is kept."""
        return hashlib.sha256(f"{self.engine}\0{self.read_id}".encode(errors="surrogatepass")).digest()

    def key(self, picture: Picture, upload_id: UUID) -> str | None:
        """Where a picture is, or will be; None where there is none."""
        if picture in self.pictures:
            digest = hashlib.sha256(self.pictures[picture]).hexdigest()
        elif picture in self.awaited:
            digest = self.awaited[picture].sha256
        else:
            return None
        return (crop_key if picture is Picture.CROP else frame_key)(upload_id, _PASSAGE_NO, digest)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A JPEG that is to come: its size, and the digest of its content in hexadecimal, by which it is named."""

    size_bytes: int
    sha256: str


class Outcome(StrEnum):
    """What became of a read: a passage, part of one that was there, or nothing, since it came before."""

    RECORDED = "recorded"
    STITCHED = "stitched"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A read's passage.

    Attributes:
        forms: what the pictures that are awaited are to be posted with.
    """

    outcome: Outcome
    event_id: UUID
    camera_id: UUID
    captured_at: datetime
    forms: dict[Picture, PresignedUpload]


@dataclass(frozen=True, slots=True)
class ReadServices:
    """What recording works with; the matcher is the process's."""

    blobs: BlobStore
    matcher: bolos.Matcher
    settings: ReadSettings


def record(
    session: Session, actor: Actor, reads: Sequence[NewRead], services: ReadServices, *, scope: CameraScope = None
) -> list[Recorded]:
    """Record some reads, all or none.

    Args:
        session: the transaction.
        actor: whose they are.
        reads: what came.
        services: what to work with.
        scope: the caller's cameras.

    Returns:
        What became of each, in their order.

    Raises:
        NotFound: there is no such camera in scope.
        Conflict: the camera is not active.
        Unprocessable: a plate has no letter or digit, a time lies in the future, or a picture is no JPEG.
        anpr.errors.Unavailable: the storage does not take a picture.
    """
    found = [(_camera_of(session, read, scope), read) for read in reads]
    for camera, read in found:
        _check(camera, read, services.settings)
    # In one order, so that two requests do not wait for each other's cameras.
    for camera_id in sorted({camera.id for camera, _read in found}):
        session.execute(select(Camera.id).where(Camera.id == camera_id).with_for_update(key_share=True))
    return [_record(session, actor, _Placed(camera, read), services) for camera, read in found]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A read, and the camera that it is of."""

    camera: Camera
    read: NewRead

    @property
    def captured_at(self) -> datetime:
        return in_utc(self.read.captured_at, self.camera)

    @property
    def plate(self) -> str:
        return normalize(self.read.plate)

    @property
    def seen(self) -> Seen:
        return Seen(self.camera.id, self.read.engine, self.plate, self.read.score, self.captured_at)


def _record(session: Session, actor: Actor, placed: _Placed, services: ReadServices) -> Recorded:
    before = session.get(HandedRead, (placed.camera.id, placed.read.digest))
    if before is not None:
        return _told(Outcome.REPEATED, session.get_one(Event, before.event_id), placed, services)
    event = same_vehicle(session, placed.seen, services.settings.stitch_within)
    if event is None:
        outcome, event = Outcome.RECORDED, _new_passage(session, actor, placed, services)
    else:
        outcome = Outcome.STITCHED
        _lengthen(session, event, placed, services)
    session.execute(insert(HandedRead).values(camera_id=placed.camera.id, digest=placed.read.digest, event_id=event.id))
    return _told(outcome, event, placed, services)


def _new_passage(session: Session, actor: Actor, placed: _Placed, services: ReadServices) -> Event:
    read = placed.read
    held = fileless.begin(
        session,
        Fileless(
            kind=UploadKind.READ,
            camera_id=placed.camera.id,
            captured_at=placed.captured_at,
            name=f"{read.engine} read",
            content_type=JPEG,
            size_bytes=sum(map(len, read.pictures.values())),
            created_by=actor.id,
        ),
    )
    upload_id = held.upload_id
    images = Images(read.key(Picture.CROP, upload_id), read.key(Picture.FRAME, upload_id))
    for picture, body in read.pictures.items():
        services.blobs.put(str(read.key(picture, upload_id)), body, content_type=JPEG)
    passages.record(session, held, _passage(placed), images, matcher=services.matcher)
    jobs.finish(session, held, jobs.Result("image", 0.0, 1))
    detail = {"camera_id": placed.camera.id, "kind": UploadKind.READ, "engine": read.engine}
    audit.record(session, actor, Action.UPLOAD_CREATED, f"upload:{upload_id}", detail=detail)
    return session.scalars(select(Event).where(Event.upload_id == upload_id)).one()


def _passage(placed: _Placed) -> RecordedPassage:
    read = placed.read
    others = [(normalize(text), score) for text, score in read.candidates]
    listed = dict([(placed.plate, read.score), *((text, score) for text, score in others if text)][:MAX_CANDIDATES])
    return RecordedPassage(
        passage_no=_PASSAGE_NO,
        plate=placed.plate,
        raw_plate=read.plate.strip(),
        readable=True,
        score=read.score,
        dscore=read.dscore,
        region=read.region,
        box=read.box,
        candidates=tuple(listed.items()),
        engine=read.engine,
        vehicle=read.vehicle,
    )


def _lengthen(session: Session, event: Event, placed: _Placed, services: ReadServices) -> None:
    """Add a read to its vehicle's passage."""
    if event.media_deleted_at is None:
        # Some engines hand in the plate at once, and its pictures a moment later.
        read = placed.read
        missing = {picture: body for picture, body in read.pictures.items() if _key(event, picture) is None}
        for picture, body in missing.items():
            key = str(read.key(picture, event.upload_id))
            services.blobs.put(key, body, content_type=JPEG)
            setattr(event, f"{picture}_key", key)
        if read.box is not None and event.box_xmin is None and Picture.FRAME in missing:
            event.box_xmin, event.box_ymin = read.box.xmin, read.box.ymin
            event.box_xmax, event.box_ymax = read.box.xmax, read.box.ymax
    stitching.lengthen(session, event, placed.seen, services.matcher)


def _told(outcome: Outcome, event: Event, placed: _Placed, services: ReadServices) -> Recorded:
    forms = {
        picture: services.blobs.presign_upload(
            key,
            content_type=JPEG,
            size_bytes=awaited.size_bytes,
            expires_in_s=round(services.settings.form_ttl.total_seconds()),
        )
        for picture, awaited in placed.read.awaited.items()
        # A passage keeps the pictures that it has: a later read of it brings none.
        if outcome is not Outcome.STITCHED and event.media_deleted_at is None
        if (key := _key(event, picture)) is not None
    }
    return Recorded(outcome, event.id, event.camera_id, placed.captured_at, forms)


def _key(event: Event, picture: Picture) -> str | None:
    return event.crop_key if picture is Picture.CROP else event.frame_key


def _camera_of(session: Session, read: NewRead, scope: CameraScope) -> Camera:
    camera = cameras.known_as(session, read.cameras, scope=scope)
    if not camera.active:
        raise Conflict(f"The camera {camera.name!r} is not active, so it takes no reads.")
    return camera


def _check(camera: Camera, read: NewRead, settings: ReadSettings) -> None:
    plate = normalize(read.plate)
    if not plate or len(plate) > MAX_PLATE_LENGTH:
        raise Unprocessable(
            f"{read.plate[:40]!r} is no plate: it has {len(plate)} letters and digits, and a plate 1 to "
            f"{MAX_PLATE_LENGTH}.",
            errors=[{"pointer": "/plate", "detail": "no plate"}],
        )
    if in_utc(read.captured_at, camera) > datetime.now(UTC) + MAX_AHEAD:
        raise Unprocessable(
            f"The read is of {read.captured_at.isoformat()}, which lies in the future.",
            errors=[{"pointer": "/captured_at", "detail": "lies in the future"}],
        )
    sizes = {picture: len(body) for picture, body in read.pictures.items()}
    sizes |= {picture: awaited.size_bytes for picture, awaited in read.awaited.items()}
    for picture, size in sizes.items():
        if size > settings.max_picture_bytes:
            raise Unprocessable(
                f"The {picture} has {size} bytes; at most {settings.max_picture_bytes} are taken.",
                errors=[{"pointer": f"/{picture}", "detail": f"at most {settings.max_picture_bytes} bytes"}],
            )
    for picture, body in read.pictures.items():
        if not body.startswith(b"\xff\xd8\xff"):
            raise Unprocessable(
                f"The {picture} is no JPEG.", errors=[{"pointer": f"/{picture}", "detail": "not a JPEG"}]
            )


def in_utc(at: datetime, camera: Camera) -> datetime:
    return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(camera.time_zone))).astimezone(UTC)
