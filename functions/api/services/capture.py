"""What the routes of cameras, uploads and jobs work with."""

from dataclasses import dataclass, field
from typing import Annotated, Self

from fastapi import Depends

from anpr import bootstrap
from anpr.alerts.webhooks.sealing import Seal
from anpr.db import Database
from anpr.ports import BlobStore, JobQueue, Secret, SecretStore
from anpr.settings import UploadSettings
from functions.api.services import ApiServices, services


@dataclass(frozen=True, kw_only=True)
class CaptureServices(ApiServices):
    """What footage comes in by.

    Attributes:
        blobs: where it goes.
        queue: detection jobs.
        secrets: where the key is that streams' addresses are encrypted with.
        key_secret_id: which secret it is; the webhooks' too.
        uploads: what may be uploaded.
    """

    blobs: BlobStore
    queue: JobQueue
    secrets: SecretStore
    key_secret_id: str = Secret.WEBHOOK_KEY
    uploads: UploadSettings = field(default_factory=UploadSettings)

    @classmethod
    def wire(cls, database: Database) -> Self:
        return cls(
            database=database,
            blobs=bootstrap.blob_store(),
            queue=bootstrap.job_queue(),
            secrets=bootstrap.secret_store(),
        )

    def seal(self) -> Seal:
        """The key of the addresses, read where it is used: few requests need it."""
        return Seal.load(self.secrets, self.key_secret_id)


Capture = Annotated[CaptureServices, Depends(services)]
