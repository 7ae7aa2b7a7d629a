"""What the routes of licences, use, audit, holds and erasure work with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Self

from fastapi import Depends

from anpr import bootstrap
from anpr.db import Database
from anpr.ports import AnchorStore, BlobStore, JobQueue
from anpr.settings import RetentionSettings
from functions.api.services import Publishing, services


@dataclass(frozen=True, kw_only=True)
class GovernanceServices(Publishing):
    """What is accounted for, and what may be deleted.

    Attributes:
        blobs: footage, crops and archives.
        queue: detection jobs.
        count_dead_jobs: counts the detection jobs that nobody could deal with.
        retention: how long what is kept.
        anchors: what the audit log is held against; None where the deployment has none.
    """

    blobs: BlobStore
    queue: JobQueue
    count_dead_jobs: Callable[[], int]
    anchors: AnchorStore | None
    retention: RetentionSettings = field(default_factory=RetentionSettings)

    @classmethod
    def wire(cls, database: Database) -> Self:
        return cls(
            database=database,
            bus=bootstrap.event_bus(),
            blobs=bootstrap.blob_store(),
            queue=bootstrap.job_queue(),
            count_dead_jobs=bootstrap.count_dead_jobs,
            anchors=bootstrap.anchor_store(),
        )


Governance = Annotated[GovernanceServices, Depends(services)]
