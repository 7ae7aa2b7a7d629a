"""Health."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from anpr.governance.backlog import Backlog
from anpr.models import UploadStatus
from functions.api.schemas.common import ResponseModel


class Alive(ResponseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ProbeOut(ResponseModel):
    """One service that the backend needs."""

    ok: bool
    latency_ms: float
    error: Annotated[str | None, Field(description="What is wrong, in words.")]


class HealthOut(ResponseModel):
    """All of them."""

    ok: bool
    checks: dict[str, ProbeOut]


class BacklogOut(ResponseModel):
    """What waits, and what nobody could deal with."""

    jobs: Annotated[dict[UploadStatus, int], Field(description="Uploads whose job has not ended, by state.")]
    oldest_queued_at: Annotated[
        datetime | None, Field(description="Since when the longest waiting job has waited; null where none waits.")
    ]
    jobs_failed: Annotated[int, Field(description="Jobs of uploads of the last seven days that failed.")]
    queue_size: Annotated[int, Field(description="Messages on the queue of jobs, roughly.")]
    dead_letters: Annotated[int, Field(description="Jobs that were delivered too often, and wait for people.")]
    deliveries_pending: Annotated[int, Field(description="Messages to webhooks that are still to be delivered.")]
    deliveries_failed: Annotated[int, Field(description="Those of the last seven days that were given up.")]
    events_set_aside: Annotated[int, Field(description="Events that the bus refused for good.")]


def backlog_out(found: Backlog, *, queue_size: int, dead_letters: int) -> BacklogOut:
    """Render what the database and the queue know."""
    return BacklogOut(
        jobs=found.jobs,
        oldest_queued_at=found.oldest_queued_at,
        jobs_failed=found.jobs_failed,
        queue_size=queue_size,
        dead_letters=dead_letters,
        deliveries_pending=found.deliveries_pending,
        deliveries_failed=found.deliveries_failed,
        events_set_aside=found.events_set_aside,
    )
