"""/jobs: how the reading of an upload goes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from anpr.capture import uploads
from anpr.capture.uploads import UploadFilter
from anpr.errors import Unavailable
from anpr.messages import JobRequest
from functions.api.dependencies import Caller, DbSession, Queue, RequestTelemetry, Services
from functions.api.schemas.common import page_fields
from functions.api.schemas.uploads import JobOut, JobPage, UploadQuery

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get("", summary="List jobs")
def list_jobs(query: Annotated[UploadQuery, Query()], session: DbSession, caller: Caller) -> JobPage:
    """The jobs of the cameras that the caller may see, newest first."""
    wanted = UploadFilter(camera_id=query.camera_id, status=query.status)
    return JobPage.model_validate(page_fields(uploads.find(session, query.page("uploads"), wanted, scope=caller.scope)))


@router.get("/{job_id}", summary="Get a job")
def get_job(job_id: UUID, session: DbSession, caller: Caller) -> JobOut:
    """One job; its id is its upload's."""
    return JobOut.model_validate(uploads.get(session, job_id, scope=caller.scope))


@router.post("/{job_id}/retry", status_code=202, summary="Try a failed job again")
def retry_job(job_id: UUID, services: Services, caller: Caller, queue: Queue, telemetry: RequestTelemetry) -> JobOut:
    """Queue a failed job again; what it found before stays."""
    # The message must not overtake the commit, so the transaction ends here and not with the request.
    with services.database.transaction() as session:
        upload = uploads.retry(session, caller.actor, job_id, scope=caller.scope)
    try:
        queue.send(JobRequest(upload_id=upload.id).model_dump_json())
    except Unavailable:
        # The job is queued all the same: the sweep sends a message for each that has waited for too long.
        telemetry.logger.warning("retry not sent", extra={"upload_id": str(upload.id)}, exc_info=True)
    return JobOut.model_validate(upload)
