"""What a scheduled run does for exports: wake those whose builder died, delete what is over."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from anpr.db import Database
from anpr.messages import export_key
from anpr.models import Export, ExportEntry, ExportItem, ExportPart, ExportStatus
from anpr.ports import ArchiveStore
from anpr.review.exports.requests import UNFINISHED, announce

_LIMIT: Final = 100
_LATE: Final = timedelta(minutes=2)
"""By then a request's own message has brought a builder, or was lost."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a run did: exports that builders were called to, that expired, and whose remains were cleared."""

    woken: int
    expired: int
    cleared: int


def sweep(database: Database, store: ArchiveStore) -> Swept:
    """Look after all exports; running it twice, or twice at once, does no harm.

    Raises:
        anpr.errors.Unavailable: database or storage do not answer; what is left is for the next run.
    """
    with database.transaction() as session:
        waiting = session.scalars(
            select(Export.id)
            .where(
                Export.status.in_(UNFINISHED),
                func.coalesce(Export.claimed_until, Export.created_at + _LATE) <= func.now(),
            )
            .order_by(Export.created_at)
            .limit(_LIMIT)
        ).all()
        for export_id in waiting:
            announce(session, export_id)
        over = session.scalars(
            select(Export.id).where(Export.status == ExportStatus.READY, Export.expires_at <= func.now()).limit(_LIMIT)
        ).all()
        failed = session.execute(
            select(Export.id, Export.multipart_id)
            .where(
                Export.status == ExportStatus.FAILED,
                or_(Export.multipart_id.is_not(None), Export.planned_at.is_not(None)),
            )
            .limit(_LIMIT)
        ).all()
    for export_id in over:
        # The archive first: a row that says "expired" beside an archive that is still there would be a lie.
        store.delete([export_key(export_id)])
        with database.transaction() as session:
            _forget(session, export_id, ExportStatus.EXPIRED)
    for export_id, multipart_id in failed:
        # In this order: once the upload is aborted, no builder can make an archive of it any more.
        if multipart_id is not None:
            store.abort_multipart(export_key(export_id), multipart_id)
        store.delete([export_key(export_id)])
        with database.transaction() as session:
            _forget(session, export_id, ExportStatus.FAILED)
    return Swept(len(waiting), len(over), len(failed))


def _forget(session: Session, export_id: UUID, status: ExportStatus) -> None:
    """Keep that there was an export, and nothing of what was in it."""
    session.execute(delete(ExportItem).where(ExportItem.export_id == export_id))
    session.execute(
        update(Export).where(Export.id == export_id).values(status=status, multipart_id=None, planned_at=None)
    )
    session.execute(delete(ExportEntry).where(ExportEntry.export_id == export_id))
    session.execute(delete(ExportPart).where(ExportPart.export_id == export_id))
