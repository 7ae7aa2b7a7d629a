"""What hits on wanted plates look like on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from anpr.bolos.hits import HitFilter
from anpr.models import BoloKind, BoloMatch, HitStatus, MatchedBy, Priority, Tolerance
from anpr.ports import BlobStore
from functions.api.schemas.bolos import Note
from functions.api.schemas.common import PageOut, PageQuery, RequestModel, ResponseModel, Timestamp
from functions.api.schemas.events import EventOut, event_out


class HitEntryOut(ResponseModel):
    """What was hit."""

    id: UUID
    kind: BoloKind
    pattern: str
    tolerance: Tolerance
    vehicle: str
    reason: str
    case_number: str | None


class HitListOut(ResponseModel):
    """The list that what was hit is on."""

    id: UUID
    name: str
    priority: Priority


class HitOut(ResponseModel):
    """A passage that matched a wanted plate."""

    id: UUID
    plate: Annotated[str, Field(description="What matched: the machine's read, or a person's.")]
    matched_by: MatchedBy
    reviewed: Annotated[bool, Field(description="A person had read the plate.")]
    historical: Annotated[bool, Field(description="Found by searching back; nobody was alerted.")]
    alert: Annotated[bool, Field(description="False for a repeat within the list's interval.")]
    duplicate_of: UUID | None
    status: HitStatus
    status_note: str
    status_by: UUID | None
    status_at: datetime | None
    captured_at: datetime
    created_at: datetime
    first_notified_at: datetime | None
    list: HitListOut
    bolo: HitEntryOut
    event: EventOut


class HitPage(PageOut[HitOut]):
    """Hits, the latest capture first."""


class HitQuery(PageQuery):
    """Which hits to list."""

    list_id: UUID | None = None
    bolo_id: UUID | None = None
    event_id: UUID | None = None
    camera_id: UUID | None = None
    status: HitStatus | None = None
    alert: Annotated[bool | None, Field(description="False for repeats and historical hits.")] = None
    historical: bool | None = None
    captured_from: Annotated[Timestamp | None, Field(description="Not before this time.")] = None
    captured_to: Annotated[Timestamp | None, Field(description="Before this time.")] = None

    def filter(self) -> HitFilter:
        """The domain's form of the query."""
        return HitFilter(**self.model_dump(exclude={"limit", "cursor"}))


class HitPatch(RequestModel):
    """What a person says of a hit."""

    status: HitStatus
    note: Note = ""


def hit_out(hit: BoloMatch, blobs: BlobStore) -> HitOut:
    """Render a hit, with links to its passage's images."""
    fields = {name: getattr(hit, name) for name in HitOut.model_fields if name not in ("event", "list", "bolo")}
    return HitOut(
        **fields,
        list=HitListOut.model_validate(hit.list),
        bolo=HitEntryOut.model_validate(hit.bolo),
        event=event_out(hit.event, blobs),
    )
