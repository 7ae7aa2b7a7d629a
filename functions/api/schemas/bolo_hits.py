"""What hits on wanted plates look like on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from anpr.alerts.bolos import hits
from anpr.alerts.bolos.hits import HitFilter
from anpr.alerts.bolos.patterns import known_region
from anpr.models import BoloKind, BoloMatch, HitStatus, MatchedBy, Priority, Tolerance
from anpr.ports import BlobStore
from anpr.review.vehicles import Known
from functions.api.schemas.bolos import Note
from functions.api.schemas.common import PageOut, PageQuery, Patch, ResponseModel, Timestamp
from functions.api.schemas.events import EventOut, event_out

_DERIVED = frozenset({"event", "list", "bolo", "region_differs", "wanted_region", "read_region"})


class HitEntryOut(ResponseModel):
    """What was hit."""

    id: UUID
    kind: BoloKind
    pattern: str
    tolerance: Tolerance
    region: str | None
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
    region_differs: Annotated[
        bool,
        Field(
            description="The plate is wanted of another region than it is known to be of. A machine often names a "
            "wrong one, so it rules no hit out; what a person says of the region does."
        ),
    ]
    wanted_region: Annotated[str | None, Field(description="Of which region the plate is wanted; null for any.")]
    read_region: Annotated[
        str | None, Field(description="Of which it is: as a person said, or else as the machine is sure enough of.")
    ]
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


class HitPatch(Patch):
    """What a person says of a hit."""

    status: HitStatus
    note: Note = ""


def hit_out(hit: BoloMatch, blobs: BlobStore, known: Known) -> HitOut:
    """Render a hit, with links to its passage's images."""
    fields = {name: getattr(hit, name) for name in HitOut.model_fields if name not in _DERIVED}
    return HitOut(
        **fields,
        region_differs=hits.region_differs(hit),
        wanted_region=hit.bolo.region,
        read_region=known_region(hit.event),
        list=HitListOut.model_validate(hit.list),
        bolo=HitEntryOut.model_validate(hit.bolo),
        event=event_out(hit.event, blobs, known),
    )
