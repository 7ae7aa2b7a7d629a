"""Cameras, uploads and jobs."""

from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import Field

from anpr_client.models.base import Model

ENDED: Final = frozenset({"succeeded", "failed", "expired"})
"""Statuses of a job that is over."""


class Camera(Model):
    """Where footage comes from.

    Attributes:
        heading: where it looks, in degrees clockwise from north.
        region_hint: where most plates before it are from: ISO 3166, such as `gb` or `us-ca`.
        time_zone: IANA name.
        active: whether it takes uploads.
        serial: the device's own name for itself.
    """

    id: UUID
    name: str
    description: str
    latitude: float | None
    longitude: float | None
    heading: float | None
    region_hint: str | None
    time_zone: str
    active: bool
    serial: str | None
    created_at: datetime


class UploadForm(Model):
    """How to send a file: by `POST` as a form, its fields first, the file last; by `PUT` as the request's body."""

    url: str
    method: str = "POST"
    fields: dict[str, str]
    headers: dict[str, str] = Field(default_factory=dict)
    expires_at: datetime


class Upload(Model):
    """A file that was announced, and perhaps has come.

    Attributes:
        form: what to post the file with; None where it has come, or in a list.
    """

    id: UUID
    camera_id: UUID
    created_by: UUID | None
    file_name: str
    content_type: str
    size_bytes: int
    captured_at: datetime
    created_at: datetime
    status: str
    form: UploadForm | None = None


class Job(Model):
    """The reading of one upload; its id is the upload's.

    Attributes:
        progress: share of the file that is read, from 0 to 1.
        events_count: passages found so far.
        unreadable_count: those of them whose plate could not be read.
        duration_s: length of the footage in seconds.
        warning: what was wrong with the file and could be coped with.
        failure_reason: why the job failed, in words.
    """

    id: UUID
    camera_id: UUID
    file_name: str
    status: str
    progress: float
    attempts: int
    frames_done: int
    events_count: int
    unreadable_count: int
    duration_s: float | None
    warning: str | None
    failure_reason: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status in ENDED

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        return self.status == "succeeded"
