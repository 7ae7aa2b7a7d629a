"""What a worker works with."""

from dataclasses import dataclass

from anpr.db import Database
from anpr.ports import BlobStore, EventBus
from gpu_worker.service.figures import Report, keep_quiet


@dataclass(frozen=True, slots=True)
class Services:
    """What a worker reads from and writes to; `report` takes figures of what was done."""

    database: Database
    blobs: BlobStore
    bus: EventBus
    report: Report = keep_quiet
