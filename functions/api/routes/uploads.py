"""/uploads: ask for a form, send the file with it to the bucket, and say that it is there."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Query

from anpr.capture import uploads
from anpr.capture.uploads import NewUpload, UploadFilter
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, DbSession
from functions.api.licensing import within_minutes
from functions.api.resource import Resource
from functions.api.schemas.common import Line, page_fields
from functions.api.schemas.uploads import (
    FootageLink,
    UploadCreated,
    UploadIn,
    UploadOut,
    UploadPage,
    UploadQuery,
    WatchIn,
    created,
)
from functions.api.services.capture import Capture

router = Resource("/uploads", tag="uploads", about="Footage on its way in.")

IdempotencyKey = Annotated[
    Line | None,
    Header(min_length=1, max_length=200, description="The client's name for this request, to repeat it safely."),
]


@router.post("", status_code=201, summary="Begin an upload", dependencies=[Depends(within_minutes)])
@allows(Access.REVIEWER, keys={"uploads:write"}, audits={"upload.created"})
def create_upload(
    body: UploadIn,
    session: DbSession,
    caller: Caller,
    services: Capture,
    idempotency_key: IdempotencyKey = None,
) -> UploadCreated:
    """Register a file and get the form to send it with; then say that it is complete."""
    new = NewUpload(**body.model_dump(), idempotency_key=idempotency_key)
    upload = uploads.create(session, caller.actor, new, services.uploads, scope=caller.scope)
    return created(upload, uploads.form_for(upload, services.blobs, services.uploads))


@router.get("", summary="List uploads")
@allows(Access.VIEWER, keys={"uploads:read"})
def list_uploads(query: Annotated[UploadQuery, Query()], session: DbSession, caller: Caller) -> UploadPage:
    """The uploads of the cameras that the caller may see, newest first."""
    wanted = UploadFilter(camera_id=query.camera_id, status=query.status)
    return UploadPage.model_validate(
        page_fields(uploads.find(session, query.page("uploads"), wanted, scope=caller.scope))
    )


@router.get("/{upload_id}", summary="Get an upload")
@allows(Access.VIEWER, keys={"uploads:read"})
def get_upload(upload_id: UUID, session: DbSession, caller: Caller) -> UploadOut:
    """One upload."""
    return UploadOut.model_validate(uploads.get(session, upload_id, scope=caller.scope))


@router.post("/{upload_id}/link", summary="Get a link to the footage")
@allows(Access.REVIEWER, keys={"uploads:read", "events:read"}, audits={"upload.watched"})
def link_footage(upload_id: UUID, body: WatchIn, session: DbSession, caller: Caller, services: Capture) -> FootageLink:
    """A link to the file that was read, to watch it. Who asked for it, and why, is put on record."""
    return FootageLink(
        url=uploads.link(session, caller.actor, upload_id, services.blobs, reason=body.reason, scope=caller.scope)
    )


@router.post("/{upload_id}/complete", status_code=202, summary="Say that the file has been sent")
@allows(Access.REVIEWER, keys={"uploads:write"})
def complete_upload(upload_id: UUID, caller: Caller, services: Capture) -> UploadOut:
    """Begin the job, once the stored file is the one that was announced; 409 while it is not.

    Where the bucket itself tells of files (on AWS it does), the job may have begun already, and this changes nothing.
    Repeat it as often as you like. A file whose sender never calls is found after a quarter of an hour.
    """
    return UploadOut.model_validate(
        uploads.complete(services.database, services.blobs, services.queue, upload_id, scope=caller.scope)
    )
