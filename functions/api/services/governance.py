"""What the routes of licences, use, audit, holds and erasure work with."""

from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends

from anpr import bootstrap
from anpr.db import Database
from anpr.ports import AnchorStore, BlobStore, JobQueue
from functions.api.services import Publishing, services


@dataclass(frozen=True, kw_only=True)
class GovernanceServices(Publishing):
    """What is accounted for, and what may be deleted.

    Attributes:
        blobs: footage, crops and archives.
        queue: detection jobs.
        anchors: what the audit log is held against; None where the deployment has none.
    """

    blobs: BlobStore
    queue: JobQueue
    anchors: AnchorStore | None

    @classmethod
    def wire(cls, database: Database) -> Self:
        return cls(
            database=database,
            bus=bootstrap.event_bus(),
            blobs=bootstrap.blob_store(),
            queue=bootstrap.job_queue(),
            anchors=bootstrap.anchor_store(),
        )


Governance = Annotated[GovernanceServices, Depends(services)]
