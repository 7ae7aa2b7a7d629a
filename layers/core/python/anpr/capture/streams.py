"""Cameras' live streams: where they are, who reads each, how they do, and the segments that they are booked in.

Any number of processes share the streams by leases in the database: who holds a stream's lease reads it, and says so
every few seconds; the streams of one that has fallen silent are free for the next. What is seen is booked in segments
of some minutes, each an upload of kind `stream`, so that claims, metering, retention and exports are those of footage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit
from uuid import UUID, uuid4

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from anpr import audit, outbox
from anpr.alerts.webhooks.sealing import Seal
from anpr.audit import Action, Actor
from anpr.capture import cameras, familiar, fileless, jobs
from anpr.capture.familiar import FamiliarPlate
from anpr.capture.fileless import Fileless
from anpr.capture.jobs import Claim, Result
from anpr.errors import NotFound, Unprocessable
from anpr.identity.scopes import CameraScope
from anpr.messages import CameraSilence, EventType
from anpr.models import Camera, Stream, StreamState, Upload, UploadKind, UploadStatus

CONTENT_TYPE: Final = "application/x-rtsp"
LEASE: Final = timedelta(seconds=20)
"""A process that was not heard of for so long has lost its streams."""
_SCHEMES: Final = {"rtsp": 554, "rtsps": 322}
_LOST_WORDS: Final = "The process that read the stream ended unexpectedly; up to some seconds before that are missing."


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to read one camera's stream.

    Attributes:
        url: with user and password.
        region_hint: where most plates before the camera are from, if somebody said so.
        familiar: plates that the camera saw before, the latest first.
    """

    camera_id: UUID
    token: UUID
    url: str
    region_hint: str | None
    familiar: tuple[FamiliarPlate, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """How a stream does, for people to see.

    Attributes:
        reason: what is wrong, in words; None if nothing is.
    """

    state: StreamState
    connected_since: datetime | None = None
    last_frame_at: datetime | None = None
    fps_in: float | None = None
    fps_read: float | None = None
    lag_s: float | None = None
    reason: str | None = None


def checked_address(url: str) -> SplitResult:
    """Take an address apart.

    Raises:
        Unprocessable: it is not the address of a stream that can be read.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise Unprocessable("This is no address of a stream.", errors=[{"pointer": "/url"}]) from error
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise Unprocessable(
            "A stream's address begins with rtsp:// or rtsps:// and the name of a host.", errors=[{"pointer": "/url"}]
        )
    if port == 0 or any(character.isspace() or not character.isprintable() for character in url.strip()):
        raise Unprocessable("This is no address of a stream.", errors=[{"pointer": "/url"}])
    return parts


def put(session: Session, actor: Actor, camera_id: UUID, url: str, seal: Seal, *, scope: CameraScope = None) -> Stream:
    """Give a camera a stream, or another address; whoever reads it connects anew.

    Raises:
        NotFound: there is no such camera in scope.
        Unprocessable: the address is none.
    """
    cameras.get(session, camera_id, scope=scope, lock=True)
    parts = checked_address(url)
    place = f"{parts.hostname}:{parts.port or _SCHEMES[parts.scheme]}"
    fresh = {
        "url": seal.close(url.strip()),
        "place": place,
        "lease_token": None,
        "leased_until": None,
        "state": StreamState.WAITING,
        "reason": None,
        "changed_at": func.now(),
    }
    session.execute(
        insert(Stream)
        .values(camera_id=camera_id, **fresh)
        .on_conflict_do_update(index_elements=["camera_id"], set_=fresh)
    )
    # Neither the password nor the path, which may hold a key, is anybody else's to see.
    audit.record(session, actor, Action.STREAM_SET, f"camera:{camera_id}", detail={"place": place})
    return find(session, [camera_id])[camera_id]


def remove(session: Session, actor: Actor, camera_id: UUID, *, scope: CameraScope = None) -> None:
    """Take a camera's stream away; whoever reads it stops. Doing it twice is doing it once.

    Raises:
        NotFound: there is no such camera in scope.
    """
    cameras.get(session, camera_id, scope=scope, lock=True)
    stream = session.get(Stream, camera_id)
    if stream is not None:
        session.delete(stream)
        audit.record(session, actor, Action.STREAM_REMOVED, f"camera:{camera_id}")


def find(session: Session, camera_ids: Sequence[UUID]) -> dict[UUID, Stream]:
    """The streams of cameras, by camera."""
    rows = session.scalars(
        select(Stream).where(Stream.camera_id.in_(camera_ids)).execution_options(populate_existing=True)
    )
    return {stream.camera_id: stream for stream in rows}


def get(session: Session, camera_id: UUID) -> Stream:
    """Get one stream.

    Raises:
        NotFound: the camera has none.
    """
    stream = session.get(Stream, camera_id)
    if stream is None:
        raise NotFound(f"Camera {camera_id} has no stream.")
    return stream


def take(
    session: Session, seal: Seal, *, limit: int, only: Sequence[UUID] = (), length: timedelta = LEASE
) -> list[Lease]:
    """Take streams of active cameras that nobody reads; of several processes that try at once, each gets others.

    Args:
        session: the transaction.
        seal: opens their addresses.
        limit: the most to take.
        only: of these cameras alone, if any are named.
        length: how long the taking holds without another word.
    """
    free = (
        select(Stream)
        .join(Camera, Camera.id == Stream.camera_id)
        .where(Camera.active.is_(True), or_(Stream.leased_until.is_(None), Stream.leased_until < func.now()))
        .options(joinedload(Stream.camera, innerjoin=True))
        .order_by(Stream.leased_until.nulls_first(), Stream.camera_id)
        .limit(limit)
        .with_for_update(of=Stream, skip_locked=True)
    )
    if only:
        free = free.where(Stream.camera_id.in_(only))
    taken = []
    for stream in session.scalars(free):
        token = uuid4()
        stream.lease_token = token
        stream.leased_until = func.now() + length
        stream.state = StreamState.CONNECTING
        stream.connected_since = None
        known = familiar.plates_of(session, stream.camera_id)
        taken.append(Lease(stream.camera_id, token, seal.open(stream.url), stream.camera.region_hint, known))
    return taken


def keep(session: Session, lease: Lease, condition: Condition, *, length: timedelta = LEASE) -> bool:
    """Go on holding a stream, and say how it does.

    Returns:
        False where the lease is lost: the stream was taken away or got another address, or the camera was switched off.
    """
    kept = session.scalar(
        update(Stream)
        .where(
            Stream.camera_id == lease.camera_id,
            Stream.lease_token == lease.token,
            select(Camera.active).where(Camera.id == lease.camera_id).scalar_subquery(),
        )
        .values(
            leased_until=func.now() + length,
            state=condition.state,
            connected_since=condition.connected_since,
            last_frame_at=func.coalesce(condition.last_frame_at, Stream.last_frame_at),
            fps_in=condition.fps_in,
            fps_read=condition.fps_read,
            lag_s=condition.lag_s,
            reason=condition.reason,
        )
        .returning(Stream.camera_id)
        .execution_options(synchronize_session=False)
    )
    return kept is not None


def release(session: Session, lease: Lease) -> None:
    """Let go of a stream, so that another process may read it at once."""
    session.execute(
        update(Stream)
        .where(Stream.camera_id == lease.camera_id, Stream.lease_token == lease.token)
        .values(lease_token=None, leased_until=None, state=StreamState.WAITING, connected_since=None)
        .execution_options(synchronize_session=False)
    )


def open_segment(session: Session, lease: Lease, captured_at: datetime) -> Claim:
    """Begin a segment; those that an earlier process left open are closed first.

    Args:
        session: the transaction.
        lease: the lease.
        captured_at: when the segment's first frame was taken.

    Raises:
        ClaimLost: the lease is somebody else's by now.
    """
    ours = select(Stream.camera_id).where(Stream.camera_id == lease.camera_id, Stream.lease_token == lease.token)
    if session.scalar(ours.with_for_update()) is None:
        raise jobs.ClaimLost
    _close(session, session.scalars(_open_segments().where(Upload.camera_id == lease.camera_id)).all())
    segment = Fileless(
        kind=UploadKind.STREAM,
        camera_id=lease.camera_id,
        captured_at=captured_at,
        name=f"live {captured_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        content_type=CONTENT_TYPE,
    )
    return fileless.begin(session, segment, region_hint=lease.region_hint)


def close_abandoned(session: Session, *, silent_for: timedelta, limit: int = 500) -> int:
    """End the segments whose process was not heard of for so long; what they hold stays.

    Returns:
        How many were ended.
    """
    silent = _open_segments().where(Upload.heartbeat_at < func.now() - silent_for).limit(limit)
    return _close(session, session.scalars(silent.with_for_update(skip_locked=True)).all())


def give_notice(session: Session, *, silent_after: timedelta) -> int:
    """Tell once of each camera whose stream has given no picture for so long, and once when it is back.

    Returns:
        How many notices were promised.
    """
    watched = (
        select(Stream)
        .join(Camera, Camera.id == Stream.camera_id)
        .where(Camera.active.is_(True))
        .options(joinedload(Stream.camera, innerjoin=True))
        .with_for_update(of=Stream, skip_locked=True)
    )
    heard = func.greatest(Stream.last_frame_at, Stream.changed_at)
    silent = session.scalars(
        watched.where(Stream.silence_noticed_at.is_(None), heard < func.now() - silent_after)
    ).all()
    back = session.scalars(watched.where(Stream.last_frame_at > Stream.silence_noticed_at)).all()
    for streams, type_, noticed in ((silent, EventType.CAMERA_SILENT, func.now()), (back, EventType.CAMERA_BACK, None)):
        for stream in streams:
            stream.silence_noticed_at = noticed
            told = CameraSilence(
                camera_id=stream.camera_id,
                name=stream.camera.name,
                last_frame_at=stream.last_frame_at,
                reason=stream.reason,
            )
            outbox.add(session, type_, str(stream.camera_id), told)
    return len(silent) + len(back)


def _open_segments() -> Select[Upload]:
    return select(Upload).where(Upload.kind == UploadKind.STREAM, Upload.status == UploadStatus.PROCESSING)


def _close(session: Session, segments: Sequence[Upload]) -> int:
    for segment in segments:
        heard_s = ((segment.heartbeat_at or segment.captured_at) - segment.captured_at).total_seconds()
        seen = Result("video", max(0.0, heard_s), segment.frames_done, _LOST_WORDS)
        jobs.finish(session, fileless.claim_of(segment), seen)
    return len(segments)
