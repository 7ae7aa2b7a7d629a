"""What the routes of cameras, uploads and jobs work with."""

from dataclasses import dataclass, field
from typing import Annotated, Self

from fastapi import Depends

from anpr import bootstrap
from anpr.alerts.bolos import Matcher
from anpr.capture.reads import ReadServices
from anpr.db import Database
from anpr.ports import BlobStore, JobQueue
from anpr.settings import ReadSettings, UploadSettings
from functions.api.services import Publishing, services
from functions.api.services.sealing import Sealing


@dataclass(frozen=True, kw_only=True)
class CaptureServices(Publishing, Sealing):
    """What footage comes in by.

    Attributes:
        blobs: where it goes.
        queue: detection jobs.
        uploads: what may be uploaded.
        matcher: finds wanted plates in other engines' reads; kept, because it compiles their patterns once.
        reads: what other engines may hand in.
    """

    blobs: BlobStore
    queue: JobQueue
    uploads: UploadSettings = field(default_factory=UploadSettings)
    matcher: Matcher = field(default_factory=Matcher)
    reads: ReadSettings = field(default_factory=ReadSettings)

    @classmethod
    def wire(cls, database: Database) -> Self:
        return cls(
            database=database,
            bus=bootstrap.event_bus(),
            blobs=bootstrap.blob_store(),
            queue=bootstrap.job_queue(),
            secrets=bootstrap.secret_store(),
        )

    @property
    def reading(self) -> ReadServices:
        """What reads are recorded with."""
        return ReadServices(self.blobs, self.matcher, self.reads)


Capture = Annotated[CaptureServices, Depends(services)]
