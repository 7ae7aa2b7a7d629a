"""Vehicles that people know by name: who they are, and which passages are theirs.

It is kept where passages are found and judged, for it is what people know of plates; nothing raises an alert by it. The
list itself tells nothing of passages, so who is limited to some cameras may read and write all of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypedDict
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpr import audit
from anpr.alerts.bolos.patterns import known_region
from anpr.audit import Action, Actor
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.models import Event, KnownVehicle
from anpr.paging import Page, PageRequest, Position, newest_first, page_of
from anpr.plates import MAX_PLATE_LENGTH, is_wildcard, normalize, plate_key, refuse_stray
from anpr.regions import checked_region, contradict

_TAKEN: Final = "A vehicle of this plate, or one that looks like it, is known already; change that one."

Known = Mapping[UUID, KnownVehicle]
"""By a passage's id, the vehicle that it is known to be of."""


class VehicleFields(TypedDict, total=False):
    """What may be set of a known vehicle; a field that is not there is left as it is.

    Attributes:
        plate: in any case and with separators; no pattern.
        region: country or state code of the plate; None for any.
        name: what people call it.
        note: what else is to be known of it.
    """

    plate: str
    region: str | None
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class VehicleFilter:
    """Which known vehicles to list; None means any.

    Attributes:
        plate: of this plate, look-alikes included.
        name: with this in their name, in any case of letters.
    """

    plate: str | None = None
    name: str | None = None


def create(session: Session, actor: Actor, fields: VehicleFields) -> KnownVehicle:
    """Name a vehicle; `plate` and `name` are required.

    Raises:
        Unprocessable: the plate, the region or the name cannot be one.
        Conflict: the plate is known already, for the same region.
    """
    made: KnownVehicle | None = session.scalar(
        insert(KnownVehicle)
        .values(id=uuid4(), created_by=actor.id, **{"region": None, "note": "", **_columns_of(fields)})
        .on_conflict_do_nothing(constraint="uq_known_vehicles_plate")
        .returning(KnownVehicle)
    )
    if made is None:
        raise Conflict(_TAKEN)
    audit.record(session, actor, Action.VEHICLE_NAMED, f"vehicle:{made.id}", detail=_told(made))
    return made


def find(session: Session, page: PageRequest, which: VehicleFilter) -> Page[KnownVehicle]:
    """List known vehicles, the latest named first.

    Raises:
        BadRequest: the cursor is malformed.
        Unprocessable: the plate cannot be one.
    """
    statement = select(KnownVehicle)
    if which.plate is not None:
        statement = statement.where(KnownVehicle.plate_key == _key(which.plate, pointer="/query/plate"))
    if which.name is not None:
        statement = statement.where(KnownVehicle.name.icontains(which.name, autoescape=True))
    rows = session.scalars(newest_first(statement, KnownVehicle.created_at, KnownVehicle.id, page)).all()
    return page_of(rows, page, lambda row: Position(row.created_at, row.id))


def get(session: Session, vehicle_id: UUID, *, lock: bool = False) -> KnownVehicle:
    """Get one known vehicle.

    Raises:
        NotFound: it is not known.
    """
    found = session.get(KnownVehicle, vehicle_id, with_for_update=True if lock else None)
    if found is None:
        raise NotFound(f"There is no known vehicle {vehicle_id}.")
    return found


def update(session: Session, actor: Actor, vehicle_id: UUID, fields: VehicleFields) -> KnownVehicle:
    """Change what is known of a vehicle.

    Raises:
        NotFound: it is not known.
        Unprocessable: as for `create`.
        Conflict: another one has that plate and region.
    """
    changing = get(session, vehicle_id, lock=True)
    columns = _columns_of(fields)
    changed = {name: value for name, value in columns.items() if value != getattr(changing, name)}
    if not changed:
        return changing
    for name, value in changed.items():
        setattr(changing, name, value)
    changing.updated_at = func.now()
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(_TAKEN) from error
    session.refresh(changing)
    detail = {name: value for name, value in changed.items() if name != "plate_key"}
    audit.record(session, actor, Action.VEHICLE_CHANGED, f"vehicle:{vehicle_id}", detail=detail)
    return changing


def delete(session: Session, actor: Actor, vehicle_id: UUID) -> None:
    """Forget a vehicle's name; its passages stay.

    Raises:
        NotFound: it is not known.
    """
    removing = get(session, vehicle_id, lock=True)
    session.delete(removing)
    session.flush()
    audit.record(session, actor, Action.VEHICLE_REMOVED, f"vehicle:{vehicle_id}", detail=_told(removing))


def known_as(session: Session, events: Iterable[Event]) -> Known:
    """Look up which known vehicles some passages are of, in one query whatever their number.

    It goes by what people and machine together say of a passage, so a name follows a correction. A plate with a
    character that nobody is sure of is no vehicle's, and where a region is wrong or leaves a choice, nothing is said.
    """
    keys = {event.id: (event, key) for event in events if (key := _effective_key(event)) is not None}
    if not keys:
        return {}
    wanted = sorted({key for _, key in keys.values()})
    by_key: defaultdict[str, list[KnownVehicle]] = defaultdict(list)
    for vehicle in session.scalars(select(KnownVehicle).where(KnownVehicle.plate_key.in_(wanted))):
        by_key[vehicle.plate_key].append(vehicle)
    found = {event_id: _of_region(by_key[key], known_region(event)) for event_id, (event, key) in keys.items()}
    return {event_id: vehicle for event_id, vehicle in found.items() if vehicle is not None}


def of_plate(session: Session, plate: str) -> Sequence[KnownVehicle]:
    """List the known vehicles whose plate this is or looks like: those that name its passages."""
    statement = select(KnownVehicle).where(KnownVehicle.plate_key == plate_key(plate))
    return session.scalars(statement.order_by(KnownVehicle.created_at, KnownVehicle.id)).all()


def _effective_key(event: Event) -> str | None:
    plate = event.effective_plate
    certain = event.readable or event.reviewed_plate is not None
    return plate_key(plate) if plate is not None and certain and not is_wildcard(plate) else None


def _of_region(vehicles: Sequence[KnownVehicle], region: str | None) -> KnownVehicle | None:
    """The one that a plate of a region is of: the nearer its own region, the better; None where that leaves several."""
    fitting = [one for one in vehicles if not contradict(one.region, region)]
    anywhere = [one for one in fitting if one.region is None]
    somewhere = [one for one in fitting if one.region is not None]
    same = [one for one in somewhere if one.region == region]
    by_fit = (same, somewhere, anywhere) if region is not None else (anywhere, somewhere)
    return next((of_fit[0] for of_fit in by_fit if len(of_fit) == 1), None)


def _columns_of(fields: VehicleFields) -> dict[str, Any]:
    """Check what is given, and make the row's columns of it."""
    columns: dict[str, Any] = {}
    if "plate" in fields:
        columns |= {"plate": fields["plate"].strip(), "plate_key": _key(fields["plate"], pointer="/plate")}
    if "region" in fields:
        columns["region"] = checked_region(fields["region"], pointer="/region")
    if "name" in fields:
        columns["name"] = fields["name"].strip()
        if not columns["name"]:
            raise _wrong("A name has at least one character that is seen.", "/name")
    if "note" in fields:
        columns["note"] = fields["note"].strip()
    return columns


def _key(plate: str, *, pointer: str) -> str:
    if is_wildcard(plate):
        raise _wrong("This is one vehicle's plate, and no pattern.", pointer)
    refuse_stray(plate, pointer=pointer)
    if not 0 < len(normalize(plate)) <= MAX_PLATE_LENGTH:
        raise _wrong(f"A plate has 1 to {MAX_PLATE_LENGTH} letters and digits.", pointer)
    return plate_key(plate)


def _wrong(why: str, pointer: str) -> Unprocessable:
    return Unprocessable(why, errors=[{"pointer": pointer, "detail": why}])


def _told(vehicle: KnownVehicle) -> dict[str, object]:
    """What the audit log keeps of a known vehicle."""
    return {"plate": vehicle.plate, "region": vehicle.region, "name": vehicle.name}
