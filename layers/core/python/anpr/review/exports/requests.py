"""What the API does with exports: ask for one, look them up, give a link, withdraw."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ColumnElement, Select, and_, delete, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from anpr import audit, outbox
from anpr.audit import Action
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.identity import scopes
from anpr.identity.principals import Principal
from anpr.messages import EventType, ExportRequested, export_key
from anpr.models import Event, Export, ExportItem, ExportStatus, ReviewStatus, Role
from anpr.paging import Page, PageRequest, Position, newest_first, page_of
from anpr.ports import BlobStore
from anpr.settings import ExportSettings

DATASET_STATUSES: Final = frozenset({ReviewStatus.CONFIRMED, ReviewStatus.CORRECTED})
"""Only a plate that a person vouches for is a label."""

UNFINISHED: Final = (ExportStatus.QUEUED, ExportStatus.BUILDING)


_LINK: Final = timedelta(minutes=5)
"""How long after it was given a link may be followed."""


class Content(StrEnum):
    """What an archive may hold."""

    CROPS = "crops"
    YOLO = "yolo"
    COCO = "coco"
    CSV = "csv"
    JSONL = "jsonl"


WITH_FRAMES: Final = frozenset({Content.YOLO, Content.COCO})
DATASETS: Final = WITH_FRAMES | {Content.CROPS}


class ExportRequest(BaseModel):
    """Which events, and in which formats.

    Attributes:
        contents: what the archive holds: plate crops with `labels.csv`; full frames with YOLO or COCO labels; tables.
        captured_from: the earliest time of capture.
        captured_to: the first time of capture that is left out.
        camera_ids: the only cameras; empty for all that the caller may see.
        statuses: the review statuses.
        validation_share: about which share of the plates goes to the validation set.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    contents: Annotated[frozenset[Content], Field(min_length=1)] = frozenset({Content.CROPS})
    captured_from: AwareDatetime | None = None
    captured_to: AwareDatetime | None = None
    camera_ids: frozenset[UUID] = frozenset()
    statuses: Annotated[frozenset[ReviewStatus], Field(min_length=1)] = DATASET_STATUSES
    validation_share: Annotated[float, Field(ge=0, le=0.5)] = 0.1

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.captured_from and self.captured_to and self.captured_from >= self.captured_to:
            raise ValueError("captured_from must be before captured_to")
        if self.contents & DATASETS and not self.statuses <= DATASET_STATUSES:
            raise ValueError("training data holds confirmed and corrected events only; ask for csv or jsonl instead")
        return self

    @property
    def has_frames(self) -> bool:
        """Whether full frames are part of the archive."""
        return bool(self.contents & WITH_FRAMES)

    @property
    def has_crops(self) -> bool:
        """Whether plate crops are part of the archive."""
        return Content.CROPS in self.contents

    def stored(self) -> dict[str, Any]:
        """The request as JSON, with sets in a fixed order."""
        return {
            key: sorted(value) if isinstance(value, list) else value
            for key, value in self.model_dump(mode="json").items()
        }


def conditions(request: ExportRequest, camera_ids: Collection[UUID] | None) -> Iterable[ColumnElement[bool]]:
    """The conditions that make an event part of an export.

    Args:
        request: what was asked for.
        camera_ids: the only cameras; None for all.
    """
    # An IN list rather than a range of statuses: the index on status and time serves each.
    yield Event.review_status.in_(sorted(request.statuses))
    if request.captured_from is not None:
        yield Event.captured_at >= request.captured_from
    if request.captured_to is not None:
        yield Event.captured_at < request.captured_to
    if camera_ids is not None:
        yield Event.camera_id.in_(sorted(camera_ids))


def create(
    session: Session,
    principal: Principal,
    request: ExportRequest,
    *,
    reason: str,
    notify: bool = False,
    settings: ExportSettings,
) -> Export:
    """Ask for an export.

    Args:
        session: the transaction.
        principal: who asks.
        request: what they want.
        reason: why they need it, for the audit log.
        notify: tell them by e-mail when it is ready.
        settings: limits.

    Raises:
        NotFound: a camera that is named is not in the caller's scope.
        Unprocessable: nothing matches, or more than an export may hold.
        Conflict: the caller has as many exports in the making as allowed.
    """
    scopes.check(principal.scope, request.camera_ids)
    camera_ids = request.camera_ids or principal.scope
    if principal.actor.id is not None:
        unfinished = session.scalar(
            select(func.count())
            .select_from(Export)
            .where(
                Export.requested_by == principal.actor.id,
                Export.status.in_(UNFINISHED),
            )
        )
        if (unfinished or 0) >= settings.max_open:
            raise Conflict(f"You have {unfinished} exports in the making already; wait until one of them is ready.")
    limit = settings.max_frames if request.has_frames else settings.max_events
    matching = select(Event.id).where(*conditions(request, camera_ids)).limit(limit + 1).subquery()
    total = session.execute(select(func.count()).select_from(matching)).scalar_one()
    if total == 0:
        raise Unprocessable("No event matches this request, so there is nothing to export.")
    if total > limit:
        raise Unprocessable(
            f"More than {limit} events match, and one export holds no more; ask for a shorter time.", limit=limit
        )
    export = Export(
        id=uuid4(),
        requested_by=principal.actor.id,
        request=request.stored(),
        camera_ids=None if camera_ids is None else sorted(camera_ids),
        reason=reason,
        notify=notify,
        events_total=total,
    )
    session.add(export)
    session.flush()
    announce(session, export.id)
    audit.record(
        session,
        principal.actor,
        Action.EXPORT_REQUESTED,
        f"export:{export.id}",
        reason=reason,
        detail={"request": request.stored(), "events": total},
    )
    return export


def announce(session: Session, export_id: UUID) -> None:
    """Promise the `export.requested` that makes a builder start, or go on."""
    outbox.add(session, EventType.EXPORT_REQUESTED, str(export_id), ExportRequested(export_id=export_id))


def find(session: Session, principal: Principal, page: PageRequest) -> Page[Export]:
    """List the exports that the caller may see, newest first."""
    statement = _visible(principal, select(Export))
    rows = session.scalars(newest_first(statement, Export.created_at, Export.id, page)).all()
    return page_of(rows, page, lambda export: Position(export.created_at, export.id))


def get(session: Session, principal: Principal, export_id: UUID) -> Export:
    """Get one export.

    Raises:
        NotFound: there is none that the caller may see.
    """
    export = session.scalar(_visible(principal, select(Export).where(Export.id == export_id)))
    if export is None:
        raise NotFound(f"There is no export {export_id}.")
    return export


def link(session: Session, blobs: BlobStore, principal: Principal, export_id: UUID) -> str:
    """Make a link to download an archive, good for some minutes; that somebody asked for one is on record.

    To begin the download is what the link is for, which may then take as long as it does.

    Raises:
        NotFound: there is no such export that the caller may see.
        Conflict: its archive is not ready, or not to be had any more.
    """
    export = get(session, principal, export_id)
    if not is_available(export):
        raise Conflict(f"This export has no archive: it is {export.status.value}.", export_status=export.status.value)
    audit.record(session, principal.actor, Action.EXPORT_DOWNLOADED, f"export:{export_id}")
    left = datetime.max.replace(tzinfo=UTC) if export.expires_at is None else export.expires_at
    seconds = min((left - datetime.now(UTC)).total_seconds(), _LINK.total_seconds())
    return blobs.presign_get(export_key(export_id), expires_in_s=max(1, int(seconds)))


def is_available(export: Export) -> bool:
    """Whether an export's archive may be downloaded now."""
    in_time = export.expires_at is not None and export.expires_at > datetime.now(UTC)
    return export.status is ExportStatus.READY and in_time


def withdraw(session: Session, principal: Principal, export_id: UUID) -> Export:
    """End an export: nobody gets a link to its archive from now on.

    Links that were given end with the archive: the caller deletes it once this is committed (`delete_archives`), and
    the sweep does where that failed.

    Raises:
        NotFound: there is no such export that the caller may see.
    """
    get(session, principal, export_id)
    end(session, [export_id], reason="The export was withdrawn.")
    audit.record(session, principal.actor, Action.EXPORT_WITHDRAWN, f"export:{export_id}")
    return session.get_one(Export, export_id, populate_existing=True)


def end(session: Session, export_ids: Collection[UUID], *, reason: str) -> None:
    """End exports: one that is ready expires at once, one in the making fails and its builder has lost it."""
    session.execute(
        update(Export)
        .where(Export.id.in_(export_ids), Export.status == ExportStatus.READY)
        .values(expires_at=func.least(Export.expires_at, func.now()))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Export)
        .where(Export.id.in_(export_ids), Export.status.in_(UNFINISHED))
        .values(
            status=ExportStatus.FAILED,
            failure_reason=reason,
            finished_at=func.now(),
            claim_token=None,
            claimed_until=None,
        )
        .execution_options(synchronize_session=False)
    )


def delete_archives(blobs: BlobStore, export_ids: Collection[UUID]) -> None:
    """Delete the archives of exports that were ended, with whatever links lead to them.

    Raises:
        anpr.errors.Unavailable: the storage does not answer; asking again deletes what is left, and so does the sweep.
    """
    blobs.delete([export_key(export_id) for export_id in export_ids])


def keep_out(session: Session) -> None:
    """Let no export be planned until this transaction ends: those that were are found, those to come see its end.

    Taken before any lock on an export's row, here and where exports are planned.
    """
    session.execute(text("LOCK TABLE export_items IN SHARE ROW EXCLUSIVE MODE"))


def erase(session: Session, blobs: BlobStore, event_ids: Collection[UUID]) -> int:
    """Delete the archives that one of these events is in, and end those that it would be in; `keep_out` comes first.

    What a builder may have begun of an archive is the sweep's to clear away.

    Returns:
        How many exports there were.
    """
    found = containing(session, event_ids)
    if found:
        delete_archives(blobs, found)
        session.execute(
            delete(ExportItem).where(ExportItem.event_id.in_(event_ids)).execution_options(synchronize_session=False)
        )
        end(session, found, reason="A vehicle in it was erased on request; ask for the export again.")
    return len(found)


def containing(session: Session, event_ids: Collection[UUID]) -> list[UUID]:
    """The exports whose archive holds one of these events, or will."""
    return list(session.scalars(select(ExportItem.export_id).where(ExportItem.event_id.in_(event_ids)).distinct()))


def _visible(principal: Principal, statement: Select[Export]) -> Select[Export]:
    """Administrators see all exports, others their own; and nobody one with cameras out of their scope."""
    if not principal.has(Role.ADMIN):
        statement = statement.where(Export.requested_by == principal.actor.id)
    if principal.scope is not None:
        seen = literal(sorted(principal.scope), ARRAY(Uuid()))
        statement = statement.where(and_(Export.camera_ids.is_not(None), Export.camera_ids.contained_by(seen)))
    return statement
