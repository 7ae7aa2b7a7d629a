"""The checkpoints of an export: who builds it, and how far it is.

A builder writes nothing without its token, in the same transaction: one that was taken for dead, and was not, finds its
export lost at its next checkpoint.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, text, update
from sqlalchemy.orm import Session

from anpr import outbox
from anpr.messages import EventType, ExportFinished
from anpr.models import Export, ExportEntry, ExportItem, ExportPart, ExportStatus
from anpr.review.exports import plan
from anpr.review.exports.requests import UNFINISHED, ExportRequest, announce
from anpr.settings import ExportSettings

CROPS: Final = "crops"
FRAMES: Final = "frames"
LABELS: Final = "labels"
"""The stages of an archive; labels are the label files that stand beside the frames."""


class ClaimLost(Exception):
    """Another builder has this export, or it was ended."""


@dataclass(frozen=True, slots=True)
class BuildClaim:
    """One builder's right to an export, with what does not change while it builds."""

    export_id: UUID
    token: UUID
    request: ExportRequest
    camera_ids: tuple[UUID, ...] | None
    created_at: datetime
    settings: ExportSettings


@dataclass(frozen=True, slots=True)
class Position:
    """How far an archive is: what its uploaded parts hold.

    Attributes:
        stage: which images are being added.
        item_no: the last item whose image of this stage was dealt with.
        entries: files in the archive.
        offset: bytes in the archive.
        parts: uploaded parts.
        done: images dealt with.
        missing: images among those that were not in the storage any more.
    """

    stage: str = CROPS
    item_no: int = 0
    entries: int = 0
    offset: int = 0
    parts: int = 0
    done: int = 0
    missing: int = 0


def take(session: Session, export_id: UUID, token: UUID, settings: ExportSettings) -> BuildClaim | None:
    """Claim an export; None where it is finished, unknown, or in another builder's hands."""
    row = session.execute(
        update(Export)
        .where(
            Export.id == export_id,
            Export.status.in_(UNFINISHED),
            or_(Export.claimed_until.is_(None), Export.claimed_until <= func.now()),
        )
        .values(
            status=ExportStatus.BUILDING,
            claim_token=token,
            claimed_until=func.now() + settings.lease,
            attempts=Export.attempts + 1,
        )
        .returning(Export.request, Export.camera_ids, Export.created_at, Export.attempts)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return None
    cameras = None if row.camera_ids is None else tuple(row.camera_ids)
    request = ExportRequest.model_validate(row.request)
    claim = BuildClaim(export_id, token, request, cameras, row.created_at, settings)
    if row.attempts > settings.max_attempts:
        fail(session, claim, f"The archive could not be written: {settings.max_attempts} attempts came to no end.")
        return None
    return claim


def planned(session: Session, claim: BuildClaim) -> int:
    """Plan the export, unless it is planned already.

    Returns:
        How many events it holds.
    """
    # An erasure keeps plans out while it looks for those that it concerns: one that waits here sees no erased event.
    session.execute(text("LOCK TABLE export_items IN ROW EXCLUSIVE MODE"))
    export = _lock(session, claim)
    if export.planned_at is None:
        session.execute(delete(ExportItem).where(ExportItem.export_id == claim.export_id))
        export.events_total = plan.make(session, claim.export_id, claim.request, claim.camera_ids)
        frames = session.scalar(
            select(func.count())
            .select_from(ExportItem)
            .where(ExportItem.export_id == claim.export_id, ExportItem.frame_no == ExportItem.no)
        )
        export.images_total = (export.events_total if claim.request.has_crops else 0) + (frames or 0)
        export.planned_at = func.now()
        session.flush()
    return export.events_total


def position(session: Session, claim: BuildClaim) -> tuple[Position, str | None]:
    """Where the last builder got to, and the multipart upload that its parts are in."""
    export = _lock(session, claim)
    # Entries without their part are of a builder that died while it wrote the archive's end.
    session.execute(
        delete(ExportEntry).where(ExportEntry.export_id == claim.export_id, ExportEntry.no > export.entries)
    )
    parts = session.scalar(select(func.count()).select_from(ExportPart).where(ExportPart.export_id == claim.export_id))
    reached = Position(
        export.stage,
        export.item_no,
        export.entries,
        export.offset,
        parts or 0,
        export.images_done,
        export.images_missing,
    )
    return reached, export.multipart_id


def start_over(session: Session, claim: BuildClaim, multipart_id: str) -> None:
    """Begin an archive: forget what earlier uploads held."""
    session.execute(delete(ExportPart).where(ExportPart.export_id == claim.export_id))
    session.execute(delete(ExportEntry).where(ExportEntry.export_id == claim.export_id))
    _update_held(
        session,
        claim,
        multipart_id=multipart_id,
        stage=CROPS,
        item_no=0,
        entries=0,
        offset=0,
        images_done=0,
        images_missing=0,
    )


def reach(session: Session, claim: BuildClaim, reached: Position, etag: str, entries: Sequence[dict[str, Any]]) -> None:
    """Record an uploaded part with the files in it. A step forward clears the count of attempts.

    Args:
        session: the transaction.
        claim: the claim.
        reached: the position after the part.
        etag: what the storage calls the part.
        entries: columns of the part's `ExportEntry` rows.
    """
    _update_held(
        session,
        claim,
        stage=reached.stage,
        item_no=reached.item_no,
        entries=reached.entries,
        offset=reached.offset,
        images_done=reached.done,
        images_missing=reached.missing,
        attempts=0,
    )
    session.execute(insert(ExportPart).values(export_id=claim.export_id, number=reached.parts, etag=etag))
    enter(session, claim, entries)


def enter(session: Session, claim: BuildClaim, entries: Sequence[dict[str, Any]]) -> None:
    """Record files of the archive, whether or not they are in an uploaded part yet."""
    _update_held(session, claim)
    if entries:
        session.execute(insert(ExportEntry), [{"export_id": claim.export_id, **entry} for entry in entries])


def touch(session: Session, claim: BuildClaim) -> None:
    """Say that the builder lives.

    Raises:
        ClaimLost: it has lost the export.
    """
    _update_held(session, claim)


def release(session: Session, claim: BuildClaim) -> None:
    """Let go of an unfinished export."""
    _update_held(session, claim, claim_token=None, claimed_until=None)


def hand_on(session: Session, claim: BuildClaim) -> None:
    """Let go of an unfinished export, with the promise of the message that brings the next builder."""
    release(session, claim)
    announce(session, claim.export_id)


def etags(session: Session, claim: BuildClaim) -> list[str]:
    """What the storage calls the uploaded parts, in order."""
    rows = session.scalars(
        select(ExportPart.etag).where(ExportPart.export_id == claim.export_id).order_by(ExportPart.number)
    )
    return list(rows)


def finish(session: Session, claim: BuildClaim, size_bytes: int, *, missing: int | None = None) -> None:
    """Mark an export as ready, with the promise of its `export.ready`; its items stay, its checkpoints go.

    Args:
        session: the transaction.
        claim: the claim.
        size_bytes: of the archive.
        missing: images that were left out; None where the last checkpoint's count must do.
    """
    export = _lock(session, claim)
    if missing is not None:
        export.images_missing = missing
    export.status = ExportStatus.READY
    export.size_bytes = size_bytes
    export.images_done = export.images_total
    export.finished_at = func.now()
    export.expires_at = func.now() + claim.settings.keep
    export.claim_token = export.claimed_until = export.multipart_id = None
    session.flush()
    session.execute(delete(ExportPart).where(ExportPart.export_id == claim.export_id))
    session.execute(delete(ExportEntry).where(ExportEntry.export_id == claim.export_id))
    session.refresh(export)
    _tell(session, EventType.EXPORT_READY, export)


def fail(session: Session, claim: BuildClaim, reason: str) -> None:
    """End an export without an archive, with the promise of its `export.failed`. The sweep clears the storage."""
    export = _lock(session, claim)
    export.status = ExportStatus.FAILED
    export.failure_reason = reason
    export.finished_at = func.now()
    export.claim_token = export.claimed_until = None
    session.flush()
    session.refresh(export)
    _tell(session, EventType.EXPORT_FAILED, export)


def _tell(session: Session, what: EventType, export: Export) -> None:
    finished = ExportFinished(
        export_id=export.id,
        requested_by=export.requested_by,
        events=export.events_total,
        size_bytes=export.size_bytes,
        expires_at=export.expires_at,
        failure_reason=export.failure_reason,
    )
    outbox.add(session, what, str(export.id), finished)


def _lock(session: Session, claim: BuildClaim) -> Export:
    _update_held(session, claim)
    return session.get_one(Export, claim.export_id, populate_existing=True)


def _update_held(session: Session, claim: BuildClaim, **values: Any) -> None:
    """Change a claimed export's row, which is a sign of life too."""
    changed = session.scalar(
        update(Export)
        .where(Export.id == claim.export_id, Export.status == ExportStatus.BUILDING, Export.claim_token == claim.token)
        .values({"claimed_until": func.now() + claim.settings.lease, **values})
        .returning(Export.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise ClaimLost
