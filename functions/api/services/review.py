"""What the routes of passages, verdicts and exports work with."""

from dataclasses import dataclass, field
from typing import Annotated, Self

from fastapi import Depends

from anpr import bootstrap
from anpr.alerts.bolos import Matcher
from anpr.db import Database
from anpr.ports import BlobStore
from anpr.settings import ExportSettings, ReviewSettings, SearchSettings
from functions.api.services import Publishing, services


@dataclass(frozen=True, kw_only=True)
class ReviewServices(Publishing):
    """What passages are found, judged and handed out by.

    Attributes:
        blobs: crops and archives.
        search: what a search must say.
        matcher: finds wanted plates; kept, because it compiles their patterns once.
        review: leases and limits of the queue.
        exports: what an export may hold.
    """

    blobs: BlobStore
    search: SearchSettings = field(default_factory=SearchSettings)
    matcher: Matcher = field(default_factory=Matcher)
    review: ReviewSettings = field(default_factory=ReviewSettings)
    exports: ExportSettings = field(default_factory=ExportSettings)

    @classmethod
    def wire(cls, database: Database) -> Self:
        return cls(database=database, bus=bootstrap.event_bus(), blobs=bootstrap.blob_store())


Review = Annotated[ReviewServices, Depends(services)]
