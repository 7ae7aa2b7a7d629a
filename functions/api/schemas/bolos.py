"""Wanted plates: lists, entries, hits."""

import zlib
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import (
    EmailStr,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from anpr.alerts.bolos.backsearch import MAX_DAYS, Found, Preview
from anpr.alerts.bolos.csv_import import ImportReport
from anpr.alerts.bolos.entries import EntryFilter
from anpr.alerts.bolos.patterns import MAX_REGEX_LENGTH
from anpr.errors import BadRequest
from anpr.models import BoloKind, Channel, MatchedBy, Priority, Tolerance
from anpr.ports import BlobStore
from anpr.review.vehicles import Known
from functions.api.schemas.common import (
    Line,
    PageOut,
    PageQuery,
    Patch,
    Region,
    RequestModel,
    ResponseModel,
    Text,
    Timestamp,
)
from functions.api.schemas.events import EventOut, event_out

_MAX_CSV_BYTES: Final = 64 * 1024**2
_EMAIL: Final = TypeAdapter(EmailStr)

ListName = Annotated[Line, Field(min_length=1, max_length=100)]
Description = Annotated[Text, Field(max_length=2000)]
Interval = Annotated[
    int,
    Field(ge=0, le=86_400, description="Hits of one vehicle at one camera within so many seconds are one alert."),
]
Pattern = Annotated[
    Line,
    Field(
        min_length=1,
        max_length=MAX_REGEX_LENGTH,
        description="A plate; a pattern with `?` for one character and `*` for any run; or a regular expression (RE2).",
    ),
]
WantedRegion = Annotated[
    Region,
    Field(
        description="The plate's country or state as in ISO 3166, such as `gb` or `us-ca`; null for any.",
    ),
]
Note = Annotated[Text, Field(max_length=1000)]
CaseNumber = Annotated[Line, Field(min_length=1, max_length=100)]
Why = Annotated[Line, Field(min_length=3, max_length=500, description="Why; kept in the audit log.")]
Days = Annotated[int, Field(ge=1, le=MAX_DAYS, description="How many days to look back.")]
Confirmation = Annotated[bool, Field(description="Take a pattern even if it matches much of the traffic.")]


class ListIn(RequestModel):
    """A list to make."""

    name: ListName
    description: Description = ""
    priority: Priority = Priority.NORMAL
    active: bool = True
    alert_interval_s: Interval = 300


class ListPatch(Patch):
    """What to change of a list."""

    name: ListName | None = None
    description: Description | None = None
    priority: Priority | None = None
    active: bool | None = None
    alert_interval_s: Interval | None = None


class ListOut(ResponseModel):
    """A list of wanted plates."""

    id: UUID
    name: str
    description: str
    priority: Priority
    active: bool
    alert_interval_s: int
    created_at: datetime


class ListPage(PageOut[ListOut]):
    """Lists, newest first."""


class ListQuery(PageQuery):
    """Which page of the lists."""


class SubscriptionIn(RequestModel):
    """Who is to be told of a list's hits."""

    channel: Channel
    address: Annotated[Line, Field(max_length=254, description="An e-mail address, or a telephone number (E.164).")]

    @field_validator("address")
    @classmethod
    def _is_of_its_channel(cls, address: str, about: ValidationInfo) -> str:
        if about.data.get("channel") is Channel.EMAIL:
            try:
                _EMAIL.validate_python(address)
            except ValidationError as error:
                raise ValueError("This is no e-mail address.") from error
        return address


class SubscriptionOut(ResponseModel):
    """Somebody who is told of a list's hits; by e-mail, once they followed the link that they were sent."""

    id: UUID
    channel: Channel
    address: str
    created_at: datetime


class SubscriptionList(ResponseModel):
    """All of a list's subscriptions."""

    items: list[SubscriptionOut]


class _Entry(RequestModel):
    kind: Annotated[
        BoloKind | None, Field(description="By default `wildcard` if there is a `?` or `*`, else `exact`.")
    ] = None
    pattern: Pattern
    tolerance: Annotated[
        Tolerance,
        Field(description="Misreads to forgive: none, look-alikes such as O and 0, or one wrong character as well."),
    ] = Tolerance.NONE
    region: WantedRegion | None = None


class EntryIn(_Entry):
    """A wanted plate or pattern to add."""

    list_id: UUID
    vehicle: Note = ""
    reason: Note = ""
    case_number: CaseNumber | None = None
    valid_from: Annotated[Timestamp | None, Field(description="Passages captured before do not match.")] = None
    valid_until: Annotated[Timestamp | None, Field(description="Passages captured from then on do not match.")] = None
    active: bool = True
    confirm_broad: Confirmation = False
    search_back_days: Annotated[
        int | None,
        Field(ge=1, le=MAX_DAYS, description="Also raise historical hits of so many days; they alert nobody."),
    ] = None

    @model_validator(mode="after")
    def _search_has_a_reason(self) -> "EntryIn":
        if self.search_back_days is not None and len(self.reason.strip()) < 3:
            raise ValueError("A search back in time needs the entry's reason.")
        return self


class EntryPatch(Patch):
    """What to change of an entry; null takes an optional thing away."""

    clearable = frozenset({"region", "case_number", "valid_from", "valid_until"})
    changing_nothing = frozenset({"confirm_broad"})

    kind: BoloKind | None = None
    pattern: Pattern | None = None
    tolerance: Tolerance | None = None
    region: WantedRegion | None = None
    vehicle: Note | None = None
    reason: Note | None = None
    case_number: CaseNumber | None = None
    valid_from: Timestamp | None = None
    valid_until: Timestamp | None = None
    active: bool | None = None
    confirm_broad: Confirmation = False


class EntryOut(ResponseModel):
    """A wanted plate or pattern."""

    id: UUID
    list_id: UUID
    kind: BoloKind
    pattern: str
    tolerance: Tolerance
    region: str | None
    vehicle: str
    reason: str
    case_number: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    active: bool
    created_at: datetime
    updated_at: datetime


class EntryPage(PageOut[EntryOut]):
    """Entries, newest first."""


class EntryQuery(PageQuery):
    """Which entries to list."""

    list_id: UUID | None = None
    plate: Annotated[Pattern | None, Field(description="Entries with exactly this plate or pattern.")] = None
    case_number: CaseNumber | None = None
    active: bool | None = None

    def filter(self) -> EntryFilter:
        """The domain's form of the query."""
        return EntryFilter(self.list_id, self.plate, self.case_number, self.active)


class PreviewIn(_Entry):
    """A plate or pattern to try on the past."""

    days: Days = 30
    reason: Why


class BackSearchIn(RequestModel):
    """How far to search back, and why."""

    days: Days = 30
    reason: Why


class FoundOut(ResponseModel):
    """A past passage, and how it matches."""

    matched_by: MatchedBy
    region_differs: Annotated[bool, Field(description="It is of another region than wanted, as the machine says.")]
    event: EventOut


class BackSearchOut(ResponseModel):
    """What an entry matched in the past."""

    since: Annotated[datetime, Field(description="From when on passages were compared.")]
    complete: Annotated[bool, Field(description="False where there were too many passages to compare all.")]
    matched: int
    by: Annotated[dict[MatchedBy, int], Field(description="How many match in which way.")]


class PreviewOut(BackSearchOut):
    """What a plate or pattern would have matched."""

    sample: Annotated[list[FoundOut], Field(description="The newest passages, 50 at most.")]


class ImportQuery(RequestModel):
    """How to import."""

    dry_run: Annotated[bool, Field(description="Only say what would be done.")] = False
    confirm_broad: Confirmation = False


class ExportQuery(RequestModel):
    """Which part of a list."""

    cursor: Annotated[Line | None, Field(max_length=500, description="From the `Link` of the part before.")] = None


class RowErrorOut(ResponseModel):
    """What is wrong or unsure with one row of a file; `line` is where it begins."""

    line: int
    plate: str
    detail: str


class ImportOut(ResponseModel):
    """What an import did, or would do."""

    rows: int
    added: int
    updated: int
    unchanged: int
    rejected: int
    errors: Annotated[list[RowErrorOut], Field(description="The first thousand.")]
    unsure: Annotated[int, Field(description="How many rows were taken for a plate or pattern and may be neither.")]
    doubts: Annotated[list[RowErrorOut], Field(description="The first thousand of those, and what is unsure.")]
    dry_run: bool


def back_search_out(found: Preview) -> BackSearchOut:
    """Render what a search back found, without the passages."""
    return BackSearchOut(since=found.since, complete=found.complete, matched=found.matched, by=_by(found))


def preview_out(found: Preview, blobs: BlobStore, known: Known) -> PreviewOut:
    """Render what a pattern would have matched, with links to images."""
    return PreviewOut(
        since=found.since,
        complete=found.complete,
        matched=found.matched,
        by=_by(found),
        sample=[_found_out(one, blobs, known) for one in found.sample],
    )


def _by(found: Preview) -> dict[MatchedBy, int]:
    return {MatchedBy(by): count for by, count in found.by.items()}


def _found_out(found: Found, blobs: BlobStore, known: Known) -> FoundOut:
    event = event_out(found.event, blobs, known)
    return FoundOut(matched_by=found.by, region_differs=found.region_differs, event=event)


def import_out(report: ImportReport) -> ImportOut:
    """Render an import's report."""
    return ImportOut.model_validate(report)


def inflated(content: bytes, encoding: str) -> bytes:
    """Undo a body's `Content-Encoding`: a hundred thousand rows are too large for one request otherwise.

    Raises:
        BadRequest: another encoding than gzip, damaged content, or more of it than makes sense.
    """
    if encoding.strip().lower() in ("", "identity"):
        return content
    if encoding.strip().lower() != "gzip":
        raise BadRequest("Content-Encoding is gzip or nothing.")
    machine = zlib.decompressobj(wbits=31)
    try:
        plain = machine.decompress(content, _MAX_CSV_BYTES)
    except zlib.error as error:
        raise BadRequest(
            "The body is not gzip, or was taken for text on its way; send it as Content-Type: application/gzip."
        ) from error
    if machine.unconsumed_tail:
        raise BadRequest("The file is too large; split it.")
    if not machine.eof:
        raise BadRequest("The body is cut off: its gzip stream has no end.")
    return plain
