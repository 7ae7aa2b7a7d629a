"""Legal holds: placed by an administrator for a case, found and released. What they cover: `anpr.legal_hold`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpr import audit
from anpr.audit import Action, Actor
from anpr.capture import cameras
from anpr.errors import NotFound, Unprocessable
from anpr.models import LegalHold
from anpr.plates import normalize, plate_key, refuse_stray


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """A hold to place.

    It holds the passages that match all that is given of plate, camera and time, and besides them every hit of a wanted
    plate with this case number. With a case number alone, it holds just these hits.

    Attributes:
        plate: in any writing, as the machine read it or anybody ever corrected it to; look-alike characters are held
            too, for a read may have them wrong.
        captured_to: not included.
    """

    case_number: str
    reason: str
    plate: str | None = None
    camera_id: UUID | None = None
    captured_from: datetime | None = None
    captured_to: datetime | None = None


def place(session: Session, actor: Actor, new: NewHold) -> LegalHold:
    """Place a hold. What retention is deleting at this moment is deleted before the hold is there, not after.

    Raises:
        NotFound: there is no such camera.
        Unprocessable: the period is empty, or the plate has no letter or digit, or what no plate has.
    """
    if new.captured_from and new.captured_to and new.captured_from >= new.captured_to:
        raise Unprocessable("captured_to must be later than captured_from.", errors=[{"pointer": "/captured_to"}])
    plate = None if new.plate is None else normalize(new.plate)
    if plate == "":
        raise Unprocessable("The plate has no letter or digit.", errors=[{"pointer": "/plate"}])
    refuse_stray(new.plate or "", pointer="/plate")
    if new.camera_id is not None:
        cameras.get(session, new.camera_id)
    hold = LegalHold(
        case_number=new.case_number,
        reason=new.reason,
        plate=plate,
        plate_key=None if plate is None else plate_key(plate),
        camera_id=new.camera_id,
        captured_from=new.captured_from,
        captured_to=new.captured_to,
        created_by=actor.id,
    )
    session.add(hold)
    session.flush()
    detail = {
        "plate": plate,
        "camera_id": new.camera_id,
        "captured_from": new.captured_from,
        "captured_to": new.captured_to,
    }
    audit.record(
        session,
        actor,
        Action.HOLD_PLACED,
        f"case:{new.case_number}",
        reason=new.reason,
        detail={"hold": hold.id, **detail},
    )
    return hold


def find(session: Session, *, case_number: str | None = None, active: bool = True) -> list[LegalHold]:
    """List the holds, newest first; released ones only where `active` is False."""
    statement = select(LegalHold).order_by(LegalHold.created_at.desc(), LegalHold.id)
    if case_number is not None:
        statement = statement.where(LegalHold.case_number == case_number)
    if active:
        statement = statement.where(LegalHold.released_at.is_(None))
    return list(session.scalars(statement))


def release(session: Session, actor: Actor, hold_id: UUID, *, reason: str) -> LegalHold:
    """End a hold; what it held is subject to retention again. One that has ended already is no error.

    Raises:
        NotFound: there is no such hold.
    """
    hold = session.get(LegalHold, hold_id, with_for_update=True)
    if hold is None:
        raise NotFound(f"There is no legal hold {hold_id}.")
    if hold.released_at is None:
        hold.released_at = datetime.now(UTC)
        audit.record(
            session, actor, Action.HOLD_RELEASED, f"case:{hold.case_number}", reason=reason, detail={"hold": hold.id}
        )
    return hold
