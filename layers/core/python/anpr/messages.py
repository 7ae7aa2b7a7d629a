"""The wire contracts: object keys, the job queue's bodies, and the events on the bus.

Only the standard library and pydantic are imported here, so that infrastructure code can share the names without
pulling in the domain.
"""

import json
from datetime import date, datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Any, Final, Literal
from urllib.parse import unquote_plus
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

SOURCE: Final = "anpr"
"""`source` of every event on the bus."""

UPLOADS_PREFIX: Final = "uploads/"
CROPS_PREFIX: Final = "crops/"
FRAMES_PREFIX: Final = "frames/"
EXPORTS_PREFIX: Final = "exports/"
ANCHORS_PREFIX: Final = "anchors/"
"""In a bucket of their own."""


MEDIA_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jfif": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".3gp": "video/3gpp",
    ".3g2": "video/3gpp2",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".avi": "video/x-msvideo",
    ".ts": "video/mp2t",
    ".mts": "video/mp2t",
    ".m2ts": "video/mp2t",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".vob": "video/mpeg",
    ".flv": "video/x-flv",
    ".wmv": "video/x-ms-wmv",
    ".asf": "video/x-ms-asf",
    ".mxf": "video/mxf",
    ".ogv": "video/ogg",
}
"""What the worker can read, by the usual endings of files' names: which content type an upload has."""

IMAGE_TYPES: Final = tuple(sorted({kind for kind in MEDIA_TYPES.values() if kind.startswith("image/")}))


def media_type(file_name: str) -> str | None:
    """Tell a file's content type by its name's ending; None if it is of no kind that the worker can read."""
    return MEDIA_TYPES.get(PurePath(file_name).suffix.lower())


def upload_key(upload_id: UUID) -> str:
    """Object key of an upload's source file."""
    return f"{UPLOADS_PREFIX}{upload_id}/source"


def crop_key(upload_id: UUID, passage_no: int, sha256: str) -> str:
    """Object key of a passage's plate crop: by its content's digest, so that other content never lies in its place."""
    return f"{CROPS_PREFIX}{upload_id}/{passage_no:06d}-{sha256}.jpg"


def frame_key(upload_id: UUID, passage_no: int, sha256: str) -> str:
    """Object key of the full frame that a passage's plate was best seen in, likewise."""
    return f"{FRAMES_PREFIX}{upload_id}/{passage_no:06d}-{sha256}.jpg"


def export_key(export_id: UUID) -> str:
    """Object key of an export's archive."""
    return f"{EXPORTS_PREFIX}{export_id}.zip"


def anchor_key(number: int) -> str:
    """Object key of one of the audit log's anchors, counted from 1."""
    return f"{ANCHORS_PREFIX}{number:08d}.json"


def upload_id_of(key: str) -> UUID | None:
    """The upload a source object belongs to, or None for a key of another shape."""
    parts = key.split("/")
    if len(parts) != 3 or parts[0] + "/" != UPLOADS_PREFIX or parts[2] != "source":
        return None
    try:
        return UUID(parts[1])
    except ValueError:
        return None


class JobRequest(BaseModel):
    """A job put on the queue by the backend itself (a retry, or a lost notification made good)."""

    model_config = ConfigDict(extra="forbid")

    upload_id: UUID


class UnknownMessage(ValueError):
    """A queue message that is none of ours; the text says what it looked like."""


def upload_ids_of(body: str) -> list[UUID]:
    """Read the uploads that one queue message asks to process.

    Args:
        body: an S3 event notification, S3's `s3:TestEvent`, or a `JobRequest`, as JSON.

    Returns:
        The uploads in the message's order; empty for a test event.

    Raises:
        UnknownMessage: the body is none of these, or names no object that is an upload's source.
    """
    try:
        message: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnknownMessage("the body is not JSON") from error
    if not isinstance(message, dict):
        raise UnknownMessage("the body is not a JSON object")
    if message.get("Event") == "s3:TestEvent":
        return []
    if "Records" in message:
        return _upload_ids_of_notification(message)
    try:
        return [JobRequest.model_validate(message).upload_id]
    except ValidationError as error:
        raise UnknownMessage("the body is neither an S3 notification nor a job request") from error


def _upload_ids_of_notification(message: dict[str, Any]) -> list[UUID]:
    try:
        # S3 escapes keys in notifications as a form would: "+" for a space.
        keys = [unquote_plus(record["s3"]["object"]["key"]) for record in message["Records"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise UnknownMessage("the S3 notification names no object") from error
    found = [upload_id for upload_id in map(upload_id_of, keys) if upload_id is not None]
    if not found:
        raise UnknownMessage(f"no upload's source is among the objects {keys!r}")
    return found


class EventType(StrEnum):
    """`detail-type` of the events on the bus, and `type` of their CloudEvents."""

    UPLOAD_PROCESSED = "upload.processed"
    UPLOAD_FAILED = "upload.failed"
    EVENT_CREATED = "event.created"
    EVENT_REVIEWED = "event.reviewed"
    EXPORT_REQUESTED = "export.requested"
    EXPORT_READY = "export.ready"
    EXPORT_FAILED = "export.failed"
    BOLO_MATCHED = "bolo.matched"
    BOLO_UPDATED = "bolo.updated"
    WEBHOOK_DISABLED = "webhook.disabled"
    LICENSE_WARNING = "license.warning"
    CAMERA_SILENT = "camera.silent"
    CAMERA_BACK = "camera.back"
    AUDIT_ANCHORED = "audit.anchored"
    AUDIT_DISPUTED = "audit.disputed"


class CloudEvent(BaseModel):
    """A CloudEvents 1.0 envelope in its JSON format, as it stands in EventBridge's `detail`.

    `id` is the outbox row's, so a consumer can tell a second delivery from a second event. `trace` names the work that
    caused it to whoever publishes it; it travels beside the envelope, not in it.
    """

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str = SOURCE
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]
    trace: str | None = Field(default=None, exclude=True)


class EventCreated(BaseModel):
    """Data of `event.created`: one vehicle's passage was recorded."""

    event_id: UUID
    upload_id: UUID
    camera_id: UUID
    plate: str
    readable: bool
    score: float
    captured_at: datetime
    crop_key: str | None = Field(description="None where the engine that read it handed in no picture of the plate.")


class UploadProcessed(BaseModel):
    """Data of `upload.processed`: a job ended well. What metering counts."""

    upload_id: UUID
    camera_id: UUID
    media: Literal["video", "image"]
    duration_s: float = Field(description="Length of the footage that was read, in seconds; 0 for an image.")
    frames: int
    events: int
    unreadable: int
    finished_at: datetime


class UploadFailed(BaseModel):
    """Data of `upload.failed`: a job ended without a result, for the reason given in words."""

    upload_id: UUID
    camera_id: UUID
    reason: str
    finished_at: datetime


class BoloMatched(BaseModel):
    """Data of `bolo.matched`: a passage hit an entry. `alert` is false where it repeats a hit that was alerted of."""

    match_id: UUID
    bolo_id: UUID
    list_id: UUID
    event_id: UUID
    camera_id: UUID
    plate: str
    matched_by: str
    alert: bool
    captured_at: datetime


class BoloUpdated(BaseModel):
    """Data of `bolo.updated`: a hit was verified, dismissed, withdrawn, or opened again."""

    match_id: UUID
    bolo_id: UUID
    list_id: UUID
    event_id: UUID
    camera_id: UUID
    plate: str
    status: str
    alert: bool


class WebhookDisabled(BaseModel):
    """Data of `webhook.disabled`: an endpoint is sent nothing any more, for the reason given in words."""

    endpoint_id: UUID
    url: str
    reason: str


class EventReviewed(BaseModel):
    """Data of `event.reviewed`: a person judged an event, or took their judgement back."""

    event_id: UUID
    camera_id: UUID
    status: Literal["unreviewed", "confirmed", "corrected", "rejected"]
    machine_plate: str
    plate: str | None = Field(description="The plate that now holds; none for a rejected event.")
    region: str | None
    verdict_id: UUID | None = Field(description="The verdict that now holds; none where the last one was undone.")
    captured_at: datetime


class ExportRequested(BaseModel):
    """Data of `export.requested`: an export waits to be built, or to be built on."""

    export_id: UUID


class ExportFinished(BaseModel):
    """Data of `export.ready` and `export.failed`."""

    export_id: UUID
    requested_by: UUID | None
    events: int
    size_bytes: int | None
    expires_at: datetime | None
    failure_reason: str | None


class LicenseWarning(BaseModel):
    """Data of `license.warning`: a limit is nearly reached, or a licence has expired; once a month for each kind.

    Attributes:
        kind: which limit and threshold, such as `monthly_minutes:80`, or `license:grace`.
        period: first day of the month that the warning is about.
        detail: the warning in words.
    """

    kind: str
    period: date
    detail: str


class CameraSilence(BaseModel):
    """Data of `camera.silent` and `camera.back`: a camera's stream has given no picture for too long, or does again.

    Attributes:
        last_frame_at: when the last picture came; None if there never was one.
        reason: what the reading process says of it, in words; None where no process has said anything.
    """

    camera_id: UUID
    name: str
    last_frame_at: datetime | None
    reason: str | None


class EventDue(BaseModel):
    """A message of a consumer's queue, where the bus is made of queues: the outbox has an event for it."""

    model_config = ConfigDict(extra="forbid")

    event_id: UUID


class WebhookDue(BaseModel):
    """A message of the webhook queue: look at this delivery, for its attempt of this number, counted from 0."""

    model_config = ConfigDict(extra="forbid")

    delivery_id: UUID
    attempt: int


class WebhookSweep(BaseModel):
    """A scheduled message of the webhook queue: send again what was lost."""

    model_config = ConfigDict(extra="forbid")

    sweep: Literal[True] = True


METRICS_NAMESPACE: Final = "ANPR"
"""Where CloudWatch keeps what the backend counts itself."""


class Metric(StrEnum):
    """What the backend counts and measures: in CloudWatch, by OTLP and at `/metrics`, each by one name.

    Names of what is counted end in `total`, those of what is measured in their unit.
    """

    EVENTS_PROCESSED = "anpr_events_processed_total"
    JOBS_PROCESSED = "anpr_jobs_processed_total"
    JOBS_FAILED = "anpr_jobs_failed_total"
    JOB_TIME = "anpr_job_seconds"
    FOOTAGE_TIME = "anpr_footage_seconds"
    FRAMES = "anpr_frames_total"
    GPU_BUSY = "anpr_gpu_busy_percent"
    GPU_MEMORY = "anpr_gpu_memory_percent"
    HITS = "anpr_hits_total"
    NOTIFICATION_TIME = "anpr_notification_seconds"
    AUDIT_DISPUTES = "anpr_audit_disputes_total"
    LOGINS = "anpr_logins_total"
    LOGINS_REFUSED = "anpr_logins_refused_total"
    PLATE_SEARCHES = "anpr_plate_searches_total"
    UNEXPECTED_ERRORS = "anpr_api_unexpected_errors_total"
    QUEUE_SIZE = "anpr_queue_size"
    OUTBOX_SET_ASIDE = "anpr_outbox_set_aside"
