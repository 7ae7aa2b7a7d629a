"""/jobs: how the reading of an upload goes."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from anpr.capture import uploads
from anpr.capture.uploads import UploadFilter
from anpr.errors import Unavailable
from anpr.messages import JobRequest
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, DbSession, RequestTelemetry
from functions.api.resource import Resource
from functions.api.schemas.common import page_fields
from functions.api.schemas.uploads import JobOut, JobPage, UploadQuery
from functions.api.services.capture import Capture

router = Resource("/jobs", tag="jobs", about="The reading of an upload.")


@router.get("", summary="List jobs")
@allows(Access.VIEWER, keys={"jobs:read"})
def list_jobs(query: Annotated[UploadQuery, Query()], session: DbSession, caller: Caller) -> JobPage:
    """The jobs of the cameras that the caller may see, newest first."""
    wanted = UploadFilter(camera_id=query.camera_id, status=query.status)
    return JobPage.model_validate(page_fields(uploads.find(session, query.page("uploads"), wanted, scope=caller.scope)))


@router.get("/{job_id}", summary="Get a job")
@allows(Access.VIEWER, keys={"jobs:read"})
def get_job(job_id: UUID, session: DbSession, caller: Caller) -> JobOut:
    """One job; its id is its upload's."""
    return JobOut.model_validate(uploads.get(session, job_id, scope=caller.scope))


@router.post("/{job_id}/retry", status_code=202, summary="Try a failed job again")
@allows(Access.REVIEWER, keys={"jobs:write"}, audits={"job.retried"})
def retry_job(job_id: UUID, caller: Caller, telemetry: RequestTelemetry, services: Capture) -> JobOut:
    """Queue a failed job again; what it found before stays."""
    # The message must not overtake the commit, so the transaction ends here and not with the request.
    with services.database.transaction() as session:
        upload = uploads.retry(session, caller.actor, job_id, scope=caller.scope)
    try:
        services.queue.send(JobRequest(upload_id=upload.id).model_dump_json())
    except Unavailable:
        # The job is queued all the same: the sweep sends a message for each that has waited for too long.
        telemetry.logger.warning("retry not sent", extra={"upload_id": str(upload.id)}, exc_info=True)
    return JobOut.model_validate(upload)
