"""What the routes of cameras, uploads and jobs work with."""

from dataclasses import dataclass, field
from typing import Annotated, Self

from fastapi import Depends

from anpr import bootstrap
from anpr.db import Database
from anpr.ports import BlobStore, JobQueue
from anpr.settings import UploadSettings
from functions.api.services import ApiServices, services


@dataclass(frozen=True, kw_only=True)
class CaptureServices(ApiServices):
    """What footage comes in by.

    Attributes:
        blobs: where it goes.
        queue: detection jobs.
        uploads: what may be uploaded.
    """

    blobs: BlobStore
    queue: JobQueue
    uploads: UploadSettings = field(default_factory=UploadSettings)

    @classmethod
    def wire(cls, database: Database) -> Self:
        return cls(database=database, blobs=bootstrap.blob_store(), queue=bootstrap.job_queue())


Capture = Annotated[CaptureServices, Depends(services)]
