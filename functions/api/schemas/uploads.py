"""Uploads, and the jobs that read them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from anpr.messages import IMAGE_TYPES
from anpr.models import Upload, UploadStatus
from anpr.ports import PresignedUpload
from functions.api.schemas.common import Line, PageOut, PageQuery, RequestModel, ResponseModel, Timestamp, Written

SourceVersion = Annotated[
    str | None,
    Field(description="The storage's name of the file that was read; null before that, or if it keeps one version."),
]
SourceDigest = Annotated[str | None, Field(description="SHA-256 of the file that was read, in hexadecimal.")]
Replacements = Annotated[
    int, Field(description="How often a file was posted after one had been read; none of them is read or kept.")
]
ReplacedAt = Annotated[datetime | None, Field(description="When that was noticed last.")]


class UploadIn(RequestModel):
    """A file to upload."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "file_name": "gate-0830.mp4",
                "content_type": "video/mp4",
                "size_bytes": 18874368,
                "camera_id": "7a4f8c8e-54a3-4a39-9a0e-6c52f2a9f6d1",
                "captured_at": "2026-05-01T08:30:00+03:00",
            }
        }
    )

    file_name: Annotated[Line, Field(min_length=1, max_length=255)]
    content_type: Annotated[
        Line,
        Written(
            rf"^(video/[a-z0-9][a-z0-9.+-]{{0,63}}|{'|'.join(IMAGE_TYPES)})$",
            f"This must be video/… (such as video/mp4) or one of {', '.join(IMAGE_TYPES)}, in small letters, without "
            "parameters.",
        ),
        Field(
            description=f"`video/…`, {', '.join(f'`{kind}`' for kind in IMAGE_TYPES)}; in small letters, without "
            "parameters.",
        ),
    ]
    size_bytes: Annotated[int, Field(ge=1, description="The file must have exactly this size.")]
    camera_id: UUID
    captured_at: Annotated[Timestamp, Field(description="When the first frame was taken, with its time zone.")]


class UploadForm(ResponseModel):
    """How to send the file: by `POST` as `multipart/form-data`, its fields first, the file last; by `PUT` as body."""

    url: str
    method: Literal["POST", "PUT"]
    fields: Annotated[dict[str, str], Field(description="Of the form; empty for `PUT`.")]
    headers: Annotated[dict[str, str], Field(description="To send as they stand; empty for `POST`.")]
    expires_at: datetime


class UploadOut(ResponseModel):
    """An upload."""

    id: UUID
    camera_id: UUID
    created_by: UUID | None
    file_name: str
    content_type: str
    size_bytes: int
    captured_at: datetime
    created_at: datetime
    status: UploadStatus
    source_version_id: SourceVersion
    source_sha256: SourceDigest
    replacements: Replacements
    replaced_at: ReplacedAt


class WatchIn(RequestModel):
    """Why somebody watches the footage."""

    reason: Annotated[Line, Field(min_length=3, max_length=500, description="Kept in the audit log.")]


class FootageLink(ResponseModel):
    """A link to the file that was read."""

    url: Annotated[str, Field(description="Takes requests for a part of it, as players make them.")]


class UploadCreated(UploadOut):
    """An upload that waits for its file, and the form to post it with."""

    form: Annotated[UploadForm | None, Field(description="Null if a repeated request finds that the file has come.")]


class UploadPage(PageOut[UploadOut]):
    """Uploads, newest first."""


class UploadQuery(PageQuery):
    """Which uploads, or jobs, to list."""

    camera_id: UUID | None = None
    status: UploadStatus | None = None


class JobOut(ResponseModel):
    """The reading of one upload; its id is the upload's."""

    id: UUID
    camera_id: UUID
    file_name: str
    status: UploadStatus
    progress: Annotated[float, Field(ge=0, le=1, description="Share of the file that is read, from 0 to 1.")]
    attempts: Annotated[int, Field(description="How often reading it was begun.")]
    frames_done: int
    events_count: Annotated[int, Field(description="Passages found so far.")]
    unreadable_count: Annotated[int, Field(description="Those of them whose plate could not be read.")]
    duration_s: Annotated[float | None, Field(description="Length of the footage in seconds.")]
    warning: Annotated[str | None, Field(description="What was wrong with the file and could be coped with.")]
    failure_reason: Annotated[str | None, Field(description="Why the job failed, in words.")]
    created_at: datetime
    queued_at: datetime | None
    started_at: datetime | None
    heartbeat_at: Annotated[datetime | None, Field(description="When the worker was last heard of.")]
    finished_at: datetime | None
    source_version_id: SourceVersion
    source_sha256: SourceDigest
    replacements: Replacements
    replaced_at: ReplacedAt


class JobPage(PageOut[JobOut]):
    """Jobs, newest first."""


def created(upload: Upload, form: PresignedUpload | None) -> UploadCreated:
    """Render an upload with its form."""
    shown = UploadOut.model_validate(upload)
    return UploadCreated(**shown.model_dump(), form=None if form is None else UploadForm.model_validate(form))
