"""The cameras that footage comes from."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any, TypedDict
from uuid import UUID, uuid4
from zoneinfo import available_timezones

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, attributes, selectinload

from anpr import audit
from anpr.audit import Action, Actor
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.identity import scopes
from anpr.identity.scopes import CameraScope
from anpr.models import Camera, LegalHold, Upload
from anpr.paging import Page, PageRequest, Position, newest_first, page_of


class CameraFields(TypedDict, total=False):
    """What may be set of a camera; a field that is not there is left as it is.

    Attributes:
        latitude: degrees north, WGS 84; with `longitude`, or neither.
        longitude: degrees east.
        heading: where the camera looks, in degrees clockwise from north, from 0 to below 360.
        region_hint: where most plates before it are from: ISO 3166 code, such as `gb` or `us-ca`.
        time_zone: IANA name, for showing local times; all times are stored in UTC.
        active: whether it takes uploads.
        serial: the device's own name for itself, such as a serial number or a MAC address, by which reads that it hands
            in are known as its; kept in capital letters and digits alone.
    """

    name: str
    description: str
    latitude: float | None
    longitude: float | None
    heading: float | None
    region_hint: str | None
    time_zone: str
    active: bool
    serial: str | None


def create(session: Session, actor: Actor, fields: CameraFields) -> Camera:
    """Register a camera; `name` is required.

    Raises:
        Conflict: the name or the serial number is taken.
        Unprocessable: half a position, or an unknown time zone.
    """
    _check_time_zone(fields.get("time_zone"))
    _check_position(fields.get("latitude"), fields.get("longitude"))
    values = {"description": "", "time_zone": "UTC", "active": True, **_spelled(fields)}
    camera: Camera | None = session.scalar(
        insert(Camera).values(id=uuid4(), **values).on_conflict_do_nothing().returning(Camera)
    )
    if camera is None:
        raise _taken(fields)
    attributes.set_committed_value(camera, "stream", None)
    audit.record(session, actor, Action.CAMERA_CREATED, f"camera:{camera.id}", detail={"name": camera.name})
    return camera


def find(session: Session, page: PageRequest, *, active: bool | None = None, scope: CameraScope = None) -> Page[Camera]:
    """List the cameras in scope, newest first."""
    statement = scopes.limit(select(Camera).options(selectinload(Camera.stream)), scope, Camera.id)
    if active is not None:
        statement = statement.where(Camera.active.is_(active))
    rows = session.scalars(newest_first(statement, Camera.created_at, Camera.id, page)).all()
    return page_of(rows, page, lambda camera: Position(camera.created_at, camera.id))


def get(session: Session, camera_id: UUID, *, scope: CameraScope = None, lock: bool = False) -> Camera:
    """Get one camera.

    Raises:
        NotFound: there is none in scope.
    """
    one = select(Camera).where(Camera.id == camera_id).options(selectinload(Camera.stream))
    statement = scopes.limit(one, scope, Camera.id)
    camera = session.scalar(statement.with_for_update() if lock else statement)
    if camera is None:
        raise NotFound(f"There is no camera {camera_id}.")
    return camera


def update(
    session: Session, actor: Actor, camera_id: UUID, fields: CameraFields, *, scope: CameraScope = None
) -> Camera:
    """Change a camera.

    Raises:
        NotFound: there is none in scope.
        Conflict: the new name or serial number is taken.
        Unprocessable: half a position, or an unknown time zone.
    """
    camera = get(session, camera_id, scope=scope, lock=True)
    _check_time_zone(fields.get("time_zone"))
    changed = {name: value for name, value in _spelled(fields).items() if value != getattr(camera, name)}
    for name, value in changed.items():
        setattr(camera, name, value)
    _check_position(camera.latitude, camera.longitude)
    try:
        session.flush()
    except IntegrityError as error:
        raise _taken(fields) from error
    if changed:
        audit.record(session, actor, Action.CAMERA_CHANGED, f"camera:{camera.id}", detail=changed)
    return camera


def delete(session: Session, actor: Actor, camera_id: UUID, *, scope: CameraScope = None) -> None:
    """Remove a camera that was never used.

    Raises:
        NotFound: there is none in scope.
        Conflict: it has uploads, or a legal hold names it; it can be made inactive instead.
    """
    # The lock keeps out an upload or a hold that is being created: its foreign key waits for this row.
    camera = get(session, camera_id, scope=scope, lock=True)
    if session.scalar(select(Upload.id).where(Upload.camera_id == camera.id).limit(1)) is not None:
        raise Conflict("The camera has uploads, which would lose their place; set active to false instead.")
    if session.scalar(select(LegalHold.id).where(LegalHold.camera_id == camera.id).limit(1)) is not None:
        raise Conflict("The camera is named by a legal hold, which stays on record; set active to false instead.")
    session.delete(camera)
    session.flush()
    audit.record(session, actor, Action.CAMERA_DELETED, f"camera:{camera.id}", detail={"name": camera.name})


def known_as(session: Session, names: Sequence[str], *, scope: CameraScope = None) -> Camera:
    """Find the camera that a device or another system calls by some names: the first that is an id, name or serial.

    Raises:
        NotFound: none of them is a camera's in scope.
    """
    for name in names:
        spelled = _as_serial(name)
        its = [Camera.name == name.strip()]
        if spelled:
            its.append(Camera.serial == spelled)
        with suppress(ValueError):
            its.append(Camera.id == UUID(name.strip()))
        # A name goes before a serial number, should one camera be named as another's device calls itself.
        by_name_first = select(Camera).where(or_(*its)).order_by((Camera.name == name.strip()).desc()).limit(1)
        camera = session.scalar(scopes.limit(by_name_first, scope, Camera.id))
        if camera is not None:
            return camera
    told = " or ".join(repr(name[:100]) for name in names) or "that"
    raise NotFound(f"There is no camera named {told}, nor one with that serial number; register it, or give it that.")


def _as_serial(text: str) -> str:
    """A serial number's one spelling: devices write theirs with colons, dashes, or neither."""
    return "".join(character for character in text.upper() if character.isalnum())


def _spelled(fields: CameraFields) -> dict[str, Any]:
    given: dict[str, Any] = dict(fields)
    if given.get("serial") is not None:
        given["serial"] = _as_serial(given["serial"])
    return given


def _taken(fields: CameraFields) -> Conflict:
    serial = fields.get("serial")
    also = "" if serial is None else f", or one with the serial number {serial!r}"
    return Conflict(f"There is a camera named {fields.get('name')!r} already{also}.")


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_time_zone(name: str | None) -> None:
    if name is not None and name not in _time_zones():
        raise Unprocessable(
            f"{name!r} is no IANA time zone; such as Europe/Bucharest.",
            errors=[{"pointer": "/time_zone", "detail": "no IANA time zone"}],
        )


def _check_position(latitude: float | None, longitude: float | None) -> None:
    if (latitude is None) != (longitude is None):
        raise Unprocessable(
            "A position needs both latitude and longitude.",
            errors=[{"pointer": "/latitude"}, {"pointer": "/longitude"}],
        )
