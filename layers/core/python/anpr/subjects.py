"""What is kept of one vehicle, for the person who asks for it: to hand out, and to erase.

A passage is a vehicle's if its plate, as people corrected it or else as the machine read it, is the vehicle's. Erasure
leaves what a case holds and, unless told otherwise, what is a hit of a wanted plate: nobody leaves a list of wanted
vehicles by asking. Other vehicles' frames, in which this one may be seen in passing, go in their own time.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from anpr import audit, deletion, holds
from anpr.audit import Action, Actor
from anpr.db import Database
from anpr.deletion import Receipt
from anpr.errors import Unprocessable
from anpr.exports import requests as exports
from anpr.models import (
    AuditRecord,
    BoloMatch,
    DeletionKind,
    Event,
    ExportItem,
    Upload,
    UploadStatus,
)
from anpr.paging import Page, PageRequest, Position, newest_first, page_of
from anpr.plates import normalize
from anpr.ports import BlobStore

_BATCH: Final = 200
_OVER: Final = (UploadStatus.SUCCEEDED, UploadStatus.FAILED, UploadStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Subject:
    """How much is kept of a vehicle.

    Attributes:
        plate: normalised.
        passages: how many passages are its.
        hits: how many of them are hits of wanted plates.
        archives: in how many exported archives it is.
        searches: how often the plate was searched for, as far as the audit log goes back.
    """

    plate: str
    passages: int
    hits: int
    archives: int
    searches: int


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
        complete: False where time was up; ask again for the rest.
    """

    receipt_id: UUID
    deleted: dict[str, int]
    held: int
    wanted: int
    complete: bool


def describe(session: Session, plate: str) -> Subject:
    """Count what is kept of a vehicle.

    Raises:
        Unprocessable: the plate has no letter or digit.
    """
    normal = _normal(plate)
    its = _is_of(normal)
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
    )


def passages(session: Session, actor: Actor, plate: str, page: PageRequest, *, reason: str) -> Page[Event]:
    """List what is kept of a vehicle, newest first; that it was handed out is put on record.

    Raises:
        BadRequest: the cursor is malformed.
        Unprocessable: the plate has no letter or digit.
    """
    normal = _normal(plate)
    statement = newest_first(select(Event).where(_is_of(normal)), Event.captured_at, Event.id, page)
    found = page_of(session.scalars(statement).all(), page, lambda event: Position(event.captured_at, event.id))
    detail = {"passages": len(found.items), "further_page": page.cursor is not None}
    audit.record(session, actor, "subject.exported", f"plate:{normal}", reason=reason, detail=detail)
    return found


def hits_of(session: Session, events: Sequence[Event]) -> list[BoloMatch]:
    """List the hits of some passages."""
    ids = [event.id for event in events]
    return list(session.scalars(select(BoloMatch).where(BoloMatch.event_id.in_(ids)).order_by(BoloMatch.created_at)))


def erase(database: Database, blobs: BlobStore, actor: Actor, plate: str, request: ErasureRequest) -> Erasure:
    """Delete a vehicle's passages with all that hangs on them, the footage they were read from, and archives with them.

    It works in transactions of its own, batch by batch, and is safe to ask for again.

    Raises:
        Unprocessable: the plate has no letter or digit.
        anpr.errors.Unavailable: the database or the storage does not answer; asking again goes on from there.
    """
    normal = _normal(plate)
    receipt, deadline = Receipt(DeletionKind.ERASURE), time.monotonic() + request.seconds
    with database.transaction() as session:
        # The plate is named: of all that can be done here, to make a vehicle's traces vanish is most open to abuse. And
        # it is named before anything is deleted, so that there is no erasure without its record.
        detail = {"receipt": receipt.id, "include_hits": request.include_hits}
        audit.record(session, actor, "subject.erased", f"plate:{normal}", reason=request.reason, detail=detail)
    its = _is_of(normal) if request.include_hits else _is_of(normal) & ~deletion.is_hit()
    complete = False
    while not complete and time.monotonic() < deadline:
        with database.transaction() as session:
            holds.keep_out(session)
            deleted = _erase_batch(session, blobs, its)
            receipt.deleted.update(deleted)
            receipt.write(session)
        complete = not deleted
    with database.transaction() as session:
        held, wanted = _left(session, normal)
        receipt.kept = {"held_events": held, "wanted_events": wanted}
        receipt.write(session)
    return Erasure(receipt.id, dict(+receipt.deleted), held, wanted, complete)


def _erase_batch(session: Session, blobs: BlobStore, its: ColumnElement[bool]) -> Counter[str]:
    events = session.scalars(
        select(Event)
        .where(its, ~holds.event_is_held())
        .order_by(Event.captured_at)
        .limit(_BATCH)
        .with_for_update(of=Event)
    ).all()
    if not events:
        return Counter()
    event_ids = [event.id for event in events]
    archives = exports.containing(session, event_ids)
    exports.end(session, archives, reason="A vehicle in it was erased on request; ask for the export again.")
    exports.delete_archives(blobs, archives)
    deleted = deletion.delete_events(session, blobs, events)
    deleted.update(_erase_footage(session, blobs, {event.upload_id for event in events}))
    deleted.update(archives=len(archives))
    return +deleted


def _erase_footage(session: Session, blobs: BlobStore, upload_ids: set[UUID]) -> Counter[str]:
    """Delete the files that the passages were read from, of uploads that are over and not held."""
    sources = session.scalars(
        select(Upload.id).where(
            Upload.id.in_(upload_ids),
            Upload.status.in_(_OVER),
            Upload.source_deleted_at.is_(None),
            ~holds.upload_is_held(),
        )
    ).all()
    return deletion.delete_sources(session, blobs, sources)


def _left(session: Session, plate: str) -> tuple[int, int]:
    """Count the passages that stay: for a case, and for nothing but being hits."""
    found = select(func.count()).select_from(Event).where(_is_of(plate))
    held = session.scalar(found.where(holds.event_is_held())) or 0
    wanted = session.scalar(found.where(deletion.is_hit(), ~holds.event_is_held())) or 0
    return held, wanted


def _is_of(plate: str) -> ColumnElement[bool]:
    return or_(Event.reviewed_plate == plate, and_(Event.plate == plate, Event.reviewed_plate.is_(None)))


def _normal(plate: str) -> str:
    normal = normalize(plate)
    if not normal:
        raise Unprocessable("The plate has no letter or digit.", errors=[{"pointer": "/path/plate"}])
    return normal
