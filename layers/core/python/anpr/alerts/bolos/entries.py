"""Entries of the lists: one wanted plate or pattern each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypedDict
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpr import audit, legal_hold
from anpr.alerts.bolos import lists
from anpr.alerts.bolos.matcher import touch
from anpr.alerts.bolos.patterns import BROAD_SHARE, PlatePattern, breadth, edit_variants, parse_pattern
from anpr.audit import Action, Actor
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.models import Bolo, BoloKind, BoloMatch, Tolerance
from anpr.paging import Page, PageRequest, Position, newest_first, page_of
from anpr.plates import normalize, plate_key

_LOOKED_FOR: Final = frozenset({"kind", "pattern", "tolerance", "region"})


class EntryFields(TypedDict, total=False):
    """What may be set of an entry; a field that is not there is left as it is.

    Attributes:
        kind: how `pattern` is to be understood; None tells by its `?` and `*`.
        pattern: the plate or pattern, in any case and with separators.
        tolerance: which misreads are forgiven.
        region: country or state code of the plate; None for any.
        vehicle: what the vehicle looks like.
        reason: why it is wanted.
        case_number: the case it belongs to.
        valid_from: passages captured before do not match.
        valid_until: passages captured at this time or later do not match.
        active: an inactive entry matches nothing.
    """

    kind: BoloKind | None
    pattern: str
    tolerance: Tolerance
    region: str | None
    vehicle: str
    reason: str
    case_number: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    active: bool


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries to list; None means any.

    Attributes:
        plate: entries whose pattern is exactly this, normalised.
    """

    list_id: UUID | None = None
    plate: str | None = None
    case_number: str | None = None
    active: bool | None = None


def create(session: Session, actor: Actor, list_id: UUID, fields: EntryFields, *, confirm_broad: bool = False) -> Bolo:
    """Add an entry; `pattern` is required. It acts on the first passage that is recorded after the commit.

    Raises:
        NotFound: there is no such list.
        Unprocessable: the pattern or the validity is wrong, or the pattern is so broad that it must be confirmed.
        Conflict: the list has this entry already.
    """
    lists.get(session, list_id)
    columns = columns_of(fields, confirm_broad=confirm_broad)
    made: Bolo | None = session.scalar(
        insert(Bolo)
        .values(id=uuid4(), list_id=list_id, created_by=actor.id, **columns)
        .on_conflict_do_nothing(constraint="uq_bolos_entry")
        .returning(Bolo)
    )
    if made is None:
        raise Conflict("The list has this entry already, for the same region and case; change that one.")
    if made.kind is not BoloKind.EXACT:
        touch(session)
    audit.record(session, actor, Action.BOLO_CREATED, f"bolo:{made.id}", reason=made.reason or None, detail=_told(made))
    return made


def find(session: Session, page: PageRequest, which: EntryFilter) -> Page[Bolo]:
    """List entries, newest first."""
    statement = select(Bolo)
    if which.list_id is not None:
        statement = statement.where(Bolo.list_id == which.list_id)
    if which.plate is not None:
        # Both spellings: an entry's pattern, or a plate with separators.
        statement = statement.where(Bolo.pattern.in_({which.plate, normalize(which.plate)}))
    if which.case_number is not None:
        statement = statement.where(Bolo.case_number == which.case_number)
    if which.active is not None:
        statement = statement.where(Bolo.active.is_(which.active))
    rows = session.scalars(newest_first(statement, Bolo.created_at, Bolo.id, page)).all()
    return page_of(rows, page, lambda row: Position(row.created_at, row.id))


def get(session: Session, bolo_id: UUID, *, lock: bool = False) -> Bolo:
    """Get one entry.

    Raises:
        NotFound: there is none.
    """
    found = session.get(Bolo, bolo_id, with_for_update=True if lock else None)
    if found is None:
        raise NotFound(f"There is no entry {bolo_id}.")
    return found


def update(session: Session, actor: Actor, bolo_id: UUID, fields: EntryFields, *, confirm_broad: bool = False) -> Bolo:
    """Change an entry. Its hits stay as they are.

    Raises:
        NotFound: there is none.
        Unprocessable: as for `create`.
        Conflict: the list has such an entry already, or the entry would leave a case that is under a legal hold.
    """
    changing = get(session, bolo_id, lock=True)
    was_pattern = changing.kind is not BoloKind.EXACT
    before: EntryFields = {
        "kind": changing.kind,
        "pattern": changing.pattern,
        "tolerance": changing.tolerance,
        "region": changing.region,
        "vehicle": changing.vehicle,
        "reason": changing.reason,
        "case_number": changing.case_number,
        "valid_from": changing.valid_from,
        "valid_until": changing.valid_until,
        "active": changing.active,
    }
    # What is not looked for anew was confirmed when it was written.
    columns = columns_of({**before, **fields}, confirm_broad=confirm_broad or not _LOOKED_FOR & fields.keys())
    changed = {name: value for name, value in columns.items() if value != getattr(changing, name)}
    if "case_number" in changed:
        legal_hold.refuse_leaving(session, changing.case_number)
    for name, value in changed.items():
        setattr(changing, name, value)
    if changed:
        changing.updated_at = func.now()
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict("The list has an entry of that pattern, region and case already.") from error
    session.refresh(changing)
    if changed and (was_pattern or changing.kind is not BoloKind.EXACT):
        touch(session)
    if changed:
        detail = {name: value for name, value in changed.items() if name not in ("pattern_key", "edit_variants")}
        audit.record(session, actor, Action.BOLO_CHANGED, f"bolo:{bolo_id}", detail=detail)
    return changing


def delete(session: Session, actor: Actor, bolo_id: UUID) -> None:
    """Remove an entry that never had a hit.

    Raises:
        NotFound: there is none.
        Conflict: it has hits, which would lose their reason; it can be made inactive instead.
    """
    removing = get(session, bolo_id, lock=True)
    if session.scalar(select(BoloMatch.id).where(BoloMatch.bolo_id == bolo_id).limit(1)) is not None:
        raise Conflict("The entry has hits, which would lose their reason; set active to false instead.")
    if removing.kind is not BoloKind.EXACT:
        touch(session)
    session.delete(removing)
    session.flush()
    audit.record(session, actor, Action.BOLO_DELETED, f"bolo:{bolo_id}", detail=_told(removing))


def columns_of(fields: EntryFields, *, confirm_broad: bool) -> dict[str, Any]:
    """Check an entry and make its row's columns of it.

    Raises:
        Unprocessable: with what is wrong, in words.
    """
    plate_pattern = parse_pattern(
        fields["pattern"],
        kind=fields.get("kind"),
        tolerance=fields.get("tolerance", Tolerance.NONE),
        region=fields.get("region"),
    )
    if not confirm_broad:
        refuse_broad(plate_pattern)
    valid_from, valid_until = fields.get("valid_from"), fields.get("valid_until")
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        why = "valid_until must be later than valid_from."
        raise Unprocessable(why, errors=[{"pointer": "/valid_until", "detail": why}])
    exact = plate_pattern.kind is BoloKind.EXACT
    return {
        "kind": plate_pattern.kind,
        "pattern": plate_pattern.pattern,
        "pattern_key": plate_key(plate_pattern.pattern) if exact else plate_pattern.pattern,
        "edit_variants": edit_variants(plate_pattern.pattern)
        if exact and plate_pattern.tolerance is Tolerance.ONE_EDIT
        else None,
        "tolerance": plate_pattern.tolerance,
        "region": plate_pattern.region,
        "vehicle": fields.get("vehicle", "").strip(),
        "reason": fields.get("reason", "").strip(),
        "case_number": (fields.get("case_number") or "").strip() or None,
        "valid_from": valid_from,
        "valid_until": valid_until,
        "active": fields.get("active", True),
    }


def refuse_broad(plate_pattern: PlatePattern) -> None:
    """Refuse a pattern that would match much of the traffic.

    Raises:
        Unprocessable: it says how much, and how to insist.
    """
    share = breadth(plate_pattern)
    if share > BROAD_SHARE:
        why = f"The pattern matches {share:.0%} of dissimilar plates; make it narrower, or set confirm_broad to true."
        raise Unprocessable(why, breadth=round(share, 3), errors=[{"pointer": "/pattern", "detail": why}])


def _told(entry: Bolo) -> dict[str, object]:
    """What the audit log keeps of an entry."""
    return {
        "list": entry.list_id,
        "kind": entry.kind.value,
        "pattern": entry.pattern,
        "tolerance": entry.tolerance.value,
        "case_number": entry.case_number,
    }
