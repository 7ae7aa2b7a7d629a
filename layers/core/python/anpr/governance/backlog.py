"""What waits for the backend, and what waits for people: counted for whoever looks whether all is well."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpr import outbox
from anpr.models import DeliveryStatus, Upload, UploadStatus, WebhookDelivery

LATELY: Final = timedelta(days=7)
"""How far back what failed is counted."""

_GOING_ON: Final = (UploadStatus.AWAITING_FILE, UploadStatus.QUEUED, UploadStatus.PROCESSING)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the database knows of what is not done.

    Attributes:
        jobs: by state, the uploads whose job has not ended.
        oldest_queued_at: since when the job that has waited longest has waited; None where none waits.
        jobs_failed: jobs of uploads of the last week that failed.
        deliveries_pending: messages to webhooks that are still to be delivered.
        deliveries_failed: those of the last week that were given up.
        events_set_aside: domain events that the bus refused for good.
    """

    jobs: dict[UploadStatus, int]
    oldest_queued_at: datetime | None
    jobs_failed: int
    deliveries_pending: int
    deliveries_failed: int
    events_set_aside: int


def measure(session: Session) -> Backlog:
    """Count it; each count is of few rows, or of an index."""
    since = datetime.now(UTC) - LATELY
    going_on = select(Upload.status, func.count()).where(Upload.status.in_(_GOING_ON)).group_by(Upload.status)
    found = dict(session.execute(going_on).all())
    failed = select(func.count()).where(Upload.status == UploadStatus.FAILED, Upload.created_at >= since)
    deliveries = select(func.count()).select_from(WebhookDelivery)
    pending = deliveries.where(WebhookDelivery.status == DeliveryStatus.PENDING)
    given_up = deliveries.where(WebhookDelivery.status == DeliveryStatus.FAILED, WebhookDelivery.created_at >= since)
    oldest = select(func.min(Upload.queued_at)).where(Upload.status == UploadStatus.QUEUED)
    return Backlog(
        jobs={status: found.get(status, 0) for status in _GOING_ON},
        oldest_queued_at=session.scalar(oldest),
        jobs_failed=session.scalar(failed) or 0,
        deliveries_pending=session.scalar(pending) or 0,
        deliveries_failed=session.scalar(given_up) or 0,
        events_set_aside=outbox.set_aside(session),
    )
