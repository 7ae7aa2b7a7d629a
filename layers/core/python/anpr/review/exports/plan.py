"""Planning an export: which events it holds, which side of the split each is on, and which full frames are fit.

The plan is a snapshot. An archive takes minutes, and reviewers go on working: a plate that is corrected half-way must
not stand in one file as it was and in another as it is.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, cast, func, insert, literal, null, select
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import BigInteger, Integer, String

from anpr.models import Event, ExportItem
from anpr.review.exports.requests import ExportRequest, conditions

TRAIN = "train"
VAL = "val"


def make(session: Session, export_id: UUID, request: ExportRequest, camera_ids: Collection[UUID] | None) -> int:
    """Write an export's items.

    Returns:
        How many events there are.
    """
    chosen = (
        select(
            cast(func.row_number().over(order_by=(Event.captured_at, Event.id)), Integer).label("no"),
            Event.id,
            Event.effective_plate.label("plate"),
            Event.effective_region.label("region_code"),
            _split(func.coalesce(Event.reviewed_plate_key, Event.plate_key), request.validation_share).label("split"),
            Event.upload_id,
            Event.best_frame,
        )
        .where(*conditions(request, camera_ids))
        .cte("chosen")
    )
    columns = (chosen.c.no, chosen.c.id, chosen.c.plate, chosen.c.region_code, chosen.c.split)
    if request.has_frames:
        # A full frame is fit for training if every plate that was read in it is labelled, and all on one side of the
        # split: a plate without a label teaches a detector not to see it, and a vehicle on both sides gives the
        # answer away.
        other = aliased(Event)
        in_frame = (
            select(func.count())
            .where(other.upload_id == chosen.c.upload_id, other.best_frame == chosen.c.best_frame)
            .correlate(chosen)
            .scalar_subquery()
        )
        fit = (
            select(chosen.c.upload_id, chosen.c.best_frame, func.min(chosen.c.no).label("frame_no"))
            .group_by(chosen.c.upload_id, chosen.c.best_frame)
            .having(and_(func.min(chosen.c.split) == func.max(chosen.c.split), func.count() == in_frame))
            .cte("fit")
        )
        same_frame = and_(fit.c.upload_id == chosen.c.upload_id, fit.c.best_frame == chosen.c.best_frame)
        source = select(literal(export_id), *columns, fit.c.frame_no).outerjoin(fit, same_frame)
    else:
        source = select(literal(export_id), *columns, cast(null(), Integer))
    names = ["export_id", "no", "event_id", "plate", "region_code", "split", "frame_no"]
    session.execute(insert(ExportItem).from_select(names, source))
    return session.execute(
        select(func.count()).select_from(ExportItem).where(ExportItem.export_id == export_id)
    ).scalar_one()


def counts(session: Session, export_id: UUID) -> dict[str, int]:
    """What a plan comes to: events and different plates on each side, and the full frames with their plates."""
    row = session.execute(
        select(
            func.count().label("events"),
            *(
                what.filter(ExportItem.split == split).label(f"{name}_{split}")
                for split in (TRAIN, VAL)
                for name, what in (
                    ("events", func.count()),
                    ("plates", func.count(ExportItem.plate.distinct())),
                    ("frames", func.count(case((ExportItem.frame_no == ExportItem.no, 1)))),
                )
            ),
            func.count(ExportItem.frame_no).label("plates_in_frames"),
        ).where(ExportItem.export_id == export_id)
    ).one()
    return dict(row._asdict())


def _split(plate_key: ColumnElement[str], validation_share: float) -> ColumnElement[str]:
    """Which side a plate is on: decided by a hash of its key, thus the same in every export.

    The key folds look-alikes, so that a vehicle stays on its side where one of its reads was confirmed wrongly.
    """
    digest = func.encode(func.sha256(func.convert_to(plate_key, "UTF8")), "hex", type_=String)
    number = cast(cast("x" + func.substr(digest, 1, 8), BIT(32)), BigInteger)
    return case((number < literal(round(validation_share * 2**32), BigInteger), VAL), else_=TRAIN)
