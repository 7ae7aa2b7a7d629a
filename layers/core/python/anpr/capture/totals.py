"""How much was done since the beginning: what the uploads that are kept say, and what is carried over from others.

Whatever takes an upload's count away, such as its deletion or another try of its job, carries it over in the same
transaction. So the totals never fall.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr.models import CarriedTotal, Upload, UploadKind, UploadStatus


@dataclass(frozen=True, slots=True)
class Counts:
    """How much was done so far, what was deleted since included: counters that fall are read as a restart."""

    events_processed: int
    jobs_processed: int
    jobs_failed: int


_NAMES = ("events_processed", "jobs_processed", "jobs_failed")


def so_far(session: Session) -> Counts:
    """Count what was done. Each upload keeps its own count, so this reads no event."""
    # One statement sees the uploads and what is carried over as they are at one moment.
    carried = [
        select(func.coalesce(func.sum(CarriedTotal.value), 0)).where(CarriedTotal.name == name).scalar_subquery()
        for name in _NAMES
    ]
    row = session.execute(select(*(mine + more for mine, more in zip(_sums(), carried, strict=True)))).one()
    return Counts(*(int(value) for value in row))


def carry_over(session: Session, upload_ids: Sequence[UUID]) -> None:
    """Keep the counts of uploads whose rows are about to be deleted."""
    row = session.execute(select(*_sums()).where(Upload.id.in_(upload_ids))).one()
    _add(session, Counts(*(int(value) for value in row)))


def carry_over_failure(session: Session) -> None:
    """Keep the count of a job that failed and is about to be tried again."""
    _add(session, Counts(0, 0, 1))


def carry_over_events(session: Session, count: int) -> None:
    """Keep the count of passages that an upload is about to say no more."""
    _add(session, Counts(count, 0, 0))


def _sums() -> tuple[ColumnElement[int], ...]:
    # What another engine read was no job of ours.
    ended = Upload.finished_at.is_not(None) & (Upload.kind != UploadKind.READ)
    return (
        func.coalesce(func.sum(Upload.events_count), 0),
        func.count(Upload.id).filter(ended, Upload.status == UploadStatus.SUCCEEDED),
        func.count(Upload.id).filter(ended, Upload.status == UploadStatus.FAILED),
    )


def _add(session: Session, counts: Counts) -> None:
    values = [{"name": name, "value": value} for name, value in zip(_NAMES, astuple(counts), strict=True) if value]
    if values:
        adding = insert(CarriedTotal).values(values)
        session.execute(
            adding.on_conflict_do_update(
                index_elements=["name"], set_={"value": CarriedTotal.value + adding.excluded.value}
            )
        )
