"""What the routes work with that answer a single picture at once: the models, in this process's memory."""

from dataclasses import dataclass, field
from typing import Annotated, Self

from fastapi import Depends

from anpr import bootstrap
from anpr.alerts.bolos import Matcher
from anpr.capture.pictures import PictureReader
from anpr.capture.reads import ReadServices
from anpr.db import Database
from anpr.ports import BlobStore
from anpr.settings import PictureSettings, ReadSettings
from functions.api.services import Publishing, services


@dataclass(frozen=True, kw_only=True)
class ReaderServices(Publishing):
    """What pictures are read with, and recorded where a camera is named.

    Attributes:
        reader: reads them.
        blobs: where crops and frames go.
        matcher: finds wanted plates; kept, because it compiles their patterns once.
        reads: how reads of one vehicle are told.
        pictures: what may be sent.
    """

    reader: PictureReader
    blobs: BlobStore
    matcher: Matcher = field(default_factory=Matcher)
    reads: ReadSettings = field(default_factory=ReadSettings)
    pictures: PictureSettings = field(default_factory=PictureSettings)

    @classmethod
    def around(cls, reader: PictureReader, database: Database) -> Self:
        """Wire the group around a reader, which only a process with the models has."""
        return cls(database=database, bus=bootstrap.event_bus(), blobs=bootstrap.blob_store(), reader=reader)

    @property
    def recording(self) -> ReadServices:
        """What pictures are recorded with."""
        return ReadServices(self.blobs, self.matcher, self.reads)


Reader = Annotated[ReaderServices, Depends(services)]
