"""The plates that a camera is known to have seen: what its reader may learn from.

They are those whose characters left no doubt by their shapes alone, and those that a person confirmed or corrected.
What the expectation of plates decided is never among them: it would confirm itself. They are looked up each time, and
no count is kept beside the events, so what is erased, or rejected later, is forgotten.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpr.models import Event

_MOST: Final = 300
"""Plates that are looked at, the latest: older ones would weigh next to nothing."""


@dataclass(frozen=True, slots=True)
class FamiliarPlate:
    """One plate that is beyond doubt.

    Attributes:
        plate: normalised.
        region: where it is from, if a person said so.
    """

    plate: str
    region: str | None = None


def plates_of(session: Session, camera_id: UUID, *, before: datetime | None = None) -> tuple[FamiliarPlate, ...]:
    """List the latest plates of a camera that are beyond doubt, the latest first.

    Args:
        session: the transaction.
        camera_id: the camera.
        before: only passages that were recorded earlier; None for all. A job that is run again must see the same.
    """
    known = (
        select(func.coalesce(Event.reviewed_plate, Event.plate), Event.reviewed_region_code)
        .where(Event.camera_id == camera_id, Event.is_familiar)
        .order_by(Event.processed_at.desc(), Event.id)
        .limit(_MOST)
    )
    if before is not None:
        known = known.where(Event.processed_at < before)
    return tuple(FamiliarPlate(plate, region) for plate, region in session.execute(known))
