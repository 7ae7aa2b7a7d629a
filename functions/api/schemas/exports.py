"""Exports."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationError

from anpr.errors import Unprocessable
from anpr.models import Export, ExportStatus, ReviewStatus
from anpr.review.exports.requests import Content, ExportRequest, is_available
from functions.api.schemas.common import Line, PageOut, PageQuery, RequestModel, ResponseModel, Timestamp

_MAX_CAMERAS = 200


class ExportIn(RequestModel):
    """What to export."""

    contents: Annotated[
        frozenset[Content],
        Field(
            min_length=1,
            description="`crops`: plate images with labels.csv for plate readers. `yolo`, `coco`: full frames with "
            "labels for detectors. `csv`, `jsonl`: tables of the events.",
        ),
    ] = frozenset({Content.CROPS})
    captured_from: Annotated[Timestamp | None, Field(description="Not before this time.")] = None
    captured_to: Annotated[Timestamp | None, Field(description="Before this time.")] = None
    camera_ids: Annotated[
        frozenset[UUID], Field(max_length=_MAX_CAMERAS, description="Empty for all that the caller may see.")
    ] = frozenset()
    statuses: Annotated[
        frozenset[ReviewStatus],
        Field(min_length=1, description="Training data takes confirmed and corrected events alone."),
    ] = frozenset({ReviewStatus.CONFIRMED, ReviewStatus.CORRECTED})
    validation_share: Annotated[
        float, Field(ge=0, le=0.5, description="About which share of the plates goes to the validation set.")
    ] = 0.1
    notify: Annotated[bool, Field(description="Send an e-mail when the export is ready.")] = False
    reason: Annotated[Line, Field(min_length=3, max_length=500, description="Why; kept in the audit log.")]

    def request(self) -> ExportRequest:
        """The domain's form.

        Raises:
            Unprocessable: the parts do not fit together.
        """
        try:
            return ExportRequest.model_validate(self.model_dump(exclude={"notify", "reason"}))
        except ValidationError as error:
            detail = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise Unprocessable(f"{detail[0].upper()}{detail[1:]}.") from error


class ExportQuery(PageQuery):
    """Which page of the exports."""


class ExportOut(ResponseModel):
    """An export, and how far it is."""

    id: UUID
    requested_by: UUID | None
    created_at: datetime
    reason: str
    notify: bool
    request: ExportRequest
    camera_ids: Annotated[list[UUID] | None, Field(description="Null for all cameras.")]
    status: ExportStatus
    progress: Annotated[float, Field(description="From 0 to 1.")]
    events: int
    images: int
    images_missing: Annotated[int, Field(description="No longer in the storage, and left out with their labels.")]
    size_bytes: int | None
    failure_reason: str | None
    finished_at: datetime | None
    expires_at: Annotated[datetime | None, Field(description="Then the archive is deleted.")]
    available: Annotated[bool, Field(description="Whether a link to the archive may be asked for.")]


class ExportPage(PageOut[ExportOut]):
    """Exports, newest first."""


class ExportLink(ResponseModel):
    """Where to download an archive."""

    url: Annotated[str, Field(description="Good for an hour.")]


def export_out(export: Export) -> ExportOut:
    """Render an export."""
    ready = export.status in (ExportStatus.READY, ExportStatus.EXPIRED)
    share = export.images_done / export.images_total if export.images_total else 0.0
    return ExportOut(
        id=export.id,
        requested_by=export.requested_by,
        created_at=export.created_at,
        reason=export.reason,
        notify=export.notify,
        request=ExportRequest.model_validate(export.request),
        camera_ids=export.camera_ids,
        status=export.status,
        # The labels and the directory at the end take a while too.
        progress=1.0 if ready else min(share, 0.99),
        events=export.events_total,
        images=export.images_total,
        images_missing=export.images_missing,
        size_bytes=export.size_bytes,
        failure_reason=export.failure_reason,
        finished_at=export.finished_at,
        expires_at=export.expires_at,
        available=is_available(export),
    )
