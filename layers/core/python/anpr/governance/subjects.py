"""What is kept of one vehicle, for the person who asks for it: to hand out, and to erase.

A passage is a vehicle's if its plate, as people corrected it or else as the machine read it, is the vehicle's. Erasure
leaves what a case holds and, unless told otherwise, what is a hit of a wanted plate: nobody leaves a list of wanted
vehicles by asking. Other vehicles' frames, in which this one may be seen in passing, go in their own time.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from anpr import audit, legal_hold
from anpr.audit import Action, Actor
from anpr.db import Database
from anpr.errors import Unprocessable
from anpr.governance import deletion
from anpr.governance.deletion import Receipt
from anpr.models import (
    OVER,
    AuditRecord,
    BoloMatch,
    DeletionKind,
    DeletionReceipt,
    Event,
    Export,
    ExportItem,
    KnownVehicle,
    OpenErasure,
    Upload,
    UploadStatus,
)
from anpr.paging import Page, PageRequest, Position, newest_first, page_of
from anpr.plates import normalize, refuse_stray
from anpr.ports import BlobStore
from anpr.review import vehicles
from anpr.review.exports import requests as exports

_BATCH: Final = 200
_ERASED: Final = "[erased]"


@dataclass(frozen=True, slots=True)
class Subject:
    """How much is kept of a vehicle.

    Attributes:
        plate: normalised.
        passages: how many passages are its.
        hits: how many of them are hits of wanted plates.
        archives: in how many exported archives it is.
        searches: how often the plate was searched for, as far as the audit log goes back.
        vehicles: by which names it is known.
    """

    plate: str
    passages: int
    hits: int
    archives: int
    searches: int
    vehicles: tuple[KnownVehicle, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequest:
    """How to erase.

    Attributes:
        reason: why, such as the number of the person's request; kept in the audit log.
        include_hits: delete hits of wanted plates too.
        seconds: how long it may take; it goes over by one batch at most.
    """

    reason: str
    include_hits: bool = False
    seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure did.

    Attributes:
        receipt_id: what was deleted is on record under this id.
        deleted: how many of what.
        held: passages that stay for a case.
        wanted: passages that stay because they are hits.
        unread: uploads that were there already and are still to be read; what they show of the vehicle is erased then.
        complete: False where time was up, or footage is unread: the rest is erased without being asked for again.
    """

    receipt_id: UUID
    deleted: dict[str, int]
    held: int
    wanted: int
    unread: int
    complete: bool


def describe(session: Session, plate: str) -> Subject:
    """Count what is kept of a vehicle.

    Raises:
        Unprocessable: the plate has no letter or digit.
    """
    normal = _normal(plate)
    its = Event.stands_for(normal)
    found = select(func.count()).select_from(Event).where(its)
    archives = select(func.count(func.distinct(ExportItem.export_id))).join(Event, Event.id == ExportItem.event_id)
    searches = select(func.count()).where(
        AuditRecord.target == f"plate:{normal}", AuditRecord.action == Action.PLATE_SEARCHED
    )
    return Subject(
        plate=normal,
        passages=session.scalar(found) or 0,
        hits=session.scalar(found.where(deletion.is_hit())) or 0,
        archives=session.scalar(archives.where(its)) or 0,
        searches=session.scalar(searches) or 0,
        vehicles=tuple(vehicles.of_plate(session, normal)),
    )


def passages(session: Session, actor: Actor, plate: str, page: PageRequest, *, reason: str) -> Page[Event]:
    """List what is kept of a vehicle, newest first; that it was handed out is put on record.

    Raises:
        BadRequest: the cursor is malformed.
        Unprocessable: the plate has no letter or digit.
    """
    normal = _normal(plate)
    statement = newest_first(select(Event).where(Event.stands_for(normal)), Event.captured_at, Event.id, page)
    found = page_of(session.scalars(statement).all(), page, lambda event: Position(event.captured_at, event.id))
    detail = {"passages": len(found.items), "further_page": page.cursor is not None}
    audit.record(session, actor, Action.SUBJECT_EXPORTED, f"plate:{normal}", reason=reason, detail=detail)
    return found


def hits_of(session: Session, events: Sequence[Event]) -> list[BoloMatch]:
    """List the hits of some passages."""
    ids = [event.id for event in events]
    return list(session.scalars(select(BoloMatch).where(BoloMatch.event_id.in_(ids)).order_by(BoloMatch.created_at)))


def erase(database: Database, blobs: BlobStore, actor: Actor, plate: str, request: ErasureRequest) -> Erasure:
    """Delete a vehicle's passages with all that hangs on them, the footage they were read from, and archives with them.

    It works in transactions of its own, batch by batch, and is safe to ask for again. What there was no time for, and
    what is read from footage that was there already, `finish` erases.

    Raises:
        Unprocessable: the plate has no letter or digit.
        anpr.errors.Unavailable: the database or the storage does not answer; `finish` goes on from there.
    """
    normal = _normal(plate)
    receipt, deadline = Receipt(DeletionKind.ERASURE), time.monotonic() + request.seconds
    with database.transaction() as session:
        # The plate is named: of all that can be done here, to make a vehicle's traces vanish is most open to abuse. And
        # it is named before anything is deleted, so that there is no erasure without its record.
        session.add(asked := OpenErasure(id=receipt.id, plate=normal, include_hits=request.include_hits))
        session.flush()
        session.refresh(asked)
        detail = {"receipt": receipt.id, "include_hits": request.include_hits}
        audit.record(session, actor, Action.SUBJECT_ERASED, f"plate:{normal}", reason=request.reason, detail=detail)
    done = _go_on(database, blobs, asked, receipt, deadline)
    with database.transaction() as session:
        # What texts say need not wait for footage. They are looked through once more when the erasure ends, and not at
        # each of its runs: there is no index for a plate in a text.
        if session.get(OpenErasure, asked.id) is not None:
            _erase_names(session, normal)
    return done


def finish(database: Database, blobs: BlobStore, *, seconds: float) -> int:
    """Go on with the erasures that are open, and delete condemned footage whose job or hold is over.

    Args:
        database: where the rows are.
        blobs: where the objects are.
        seconds: how long it may take; it goes over by one batch at most.

    Returns:
        How many rows and objects were deleted.

    Raises:
        anpr.errors.Unavailable: the database or the storage does not answer; what is left is the next run's.
    """
    deadline = time.monotonic() + seconds
    with database.transaction() as session:
        waiting = session.scalars(select(OpenErasure).order_by(OpenErasure.requested_at)).all()
    total = 0
    for asked in waiting:
        with database.transaction() as session:
            receipt = Receipt.of(session.get(DeletionReceipt, asked.id), asked.id)
        before = receipt.deleted.total()
        _go_on(database, blobs, asked, receipt, deadline)
        total += receipt.deleted.total() - before
    with database.transaction() as session:
        legal_hold.keep_out(session)
        late = Receipt(DeletionKind.ERASURE, deleted=_erase_condemned(session, blobs))
        if late.deleted:
            late.write(session)
    return total + late.deleted.total()


def _go_on(database: Database, blobs: BlobStore, asked: OpenErasure, receipt: Receipt, deadline: float) -> Erasure:
    its = Event.stands_for(asked.plate) if asked.include_hits else Event.stands_for(asked.plate) & ~deletion.is_hit()
    unread, awaited, done = 0, 0, False
    while not done and time.monotonic() < deadline:
        with database.transaction() as session:
            # Counted before looking for passages: what a job that is over by now recorded is among those found.
            unread, awaited = _count_unread(session, asked.requested_at)
            legal_hold.keep_out(session)
            exports.keep_out(session)
            deleted = _erase_batch(session, blobs, its) + _erase_known(session, asked.plate)
            receipt.deleted.update(deleted)
            receipt.write(session)
        done = not deleted
    complete = done and not unread
    with database.transaction() as session:
        held, wanted = _left(session, asked.plate)
        receipt.kept = {"held_events": held, "wanted_events": wanted} | ({"unread_uploads": unread} if unread else {})
        receipt.write(session)
        if complete and not awaited:
            _erase_names(session, asked.plate)
            session.execute(delete(OpenErasure).where(OpenErasure.id == asked.id))
    return Erasure(receipt.id, dict(+receipt.deleted), held, wanted, unread, complete)


def _count_unread(session: Session, until: datetime) -> tuple[int, int]:
    """Count the uploads that were there at a time and may still show any vehicle.

    Returns:
        How many have a job that is not over; and how many had a form whose file has not come, as far as is known. With
        most of these none ever will, so they make no erasure incomplete; what comes all the same is erased when read.
    """
    counted = select(
        func.count().filter(Upload.status.in_((UploadStatus.QUEUED, UploadStatus.PROCESSING))),
        func.count().filter(Upload.status == UploadStatus.AWAITING_FILE),
    ).where(Upload.created_at <= until, Upload.status.not_in(OVER))
    unread, awaited = session.execute(counted).one()
    return unread, awaited


def _erase_batch(session: Session, blobs: BlobStore, its: ColumnElement[bool]) -> Counter[str]:
    events = session.scalars(
        select(Event)
        .where(its, ~legal_hold.event_is_held())
        .order_by(Event.captured_at)
        .limit(_BATCH)
        .with_for_update(of=Event)
    ).all()
    deleted: Counter[str] = Counter()
    if events:
        # A worker that records a passage has locked its upload first, so this one does too.
        shown_in = Upload.id.in_({event.upload_id for event in events})
        session.execute(select(Upload.id).where(shown_in).order_by(Upload.id).with_for_update())
        session.execute(
            update(Upload)
            .where(shown_in, Upload.source_condemned_at.is_(None))
            .values(source_condemned_at=func.now())
            .execution_options(synchronize_session=False)
        )
        deleted.update(archives=exports.erase(session, blobs, [event.id for event in events]))
        deleted.update(deletion.delete_events(session, blobs, events))
    deleted.update(_erase_condemned(session, blobs))
    return +deleted


def _erase_known(session: Session, plate: str) -> Counter[str]:
    """Forget the vehicle's name. No case holds a name: what is held are passages."""
    known = vehicles.of_plate(session, plate)
    for vehicle in known:
        session.delete(vehicle)
    session.flush()
    return +Counter(known_vehicles=len(known))


def _erase_condemned(session: Session, blobs: BlobStore) -> Counter[str]:
    """Delete the files that erased passages were read from, of uploads that are over and not held."""
    sources = session.scalars(
        select(Upload.id)
        .where(
            Upload.source_condemned_at.is_not(None),
            Upload.source_deleted_at.is_(None),
            Upload.status.in_(OVER),
            ~legal_hold.upload_is_held(),
        )
        .order_by(Upload.id)
        .limit(_BATCH)
        .with_for_update(of=Upload, skip_locked=True)
    ).all()
    return deletion.delete_sources(session, blobs, sources) if sources else Counter()


def _erase_names(session: Session, plate: str) -> None:
    """Take the plate out of what people called their files and wrote of an export or of other vehicles."""
    between = "[^[:alnum:]]*"
    named = f"(^|[^[:alnum:]]){between.join(plate)}(?![[:alnum:]])"
    unnamed = r"\1" + _ERASED
    for table, column in (
        (Upload, Upload.file_name),
        (Upload, Upload.idempotency_key),
        (Export, Export.reason),
        (KnownVehicle, KnownVehicle.name),
        (KnownVehicle, KnownVehicle.note),
    ):
        free = [~legal_hold.upload_is_held()] if table is Upload else []
        session.execute(
            update(table)
            .where(column.regexp_match(named, flags="i"), *free)
            .values({column: func.regexp_replace(column, named, unnamed, "gi")})
            .execution_options(synchronize_session=False)
        )


def _left(session: Session, plate: str) -> tuple[int, int]:
    """Count the passages that stay: for a case, and for nothing but being hits."""
    found = select(func.count()).select_from(Event).where(Event.stands_for(plate))
    held = session.scalar(found.where(legal_hold.event_is_held())) or 0
    wanted = session.scalar(found.where(deletion.is_hit(), ~legal_hold.event_is_held())) or 0
    return held, wanted


def _normal(plate: str) -> str:
    normal = normalize(plate)
    if not normal:
        raise Unprocessable("The plate has no letter or digit.", errors=[{"pointer": "/path/plate"}])
    refuse_stray(plate, pointer="/path/plate")
    return normal
