"""The capture function: cameras, uploads and their jobs."""

from anpr import bootstrap
from anpr.identity.tokens import TokenVerifier
from anpr.settings import TokenSettings, UploadSettings
from functions.api.entry import lambda_handler
from functions.api.routes import camera_limits, cameras, jobs, uploads
from functions.api.services import ApiServices

# Groups first: "groups" would else be taken for a camera's id.
ROUTERS = (camera_limits.groups_router, cameras.router, uploads.router, jobs.router)


def services() -> ApiServices:
    """Read this function's settings and wire its services."""
    return ApiServices(
        database=bootstrap.database(),
        verifier=TokenVerifier(TokenSettings()),
        blobs=bootstrap.blob_store(),
        queue=bootstrap.job_queue(),
        uploads=UploadSettings(),
    )


handler = lambda_handler("capture", ROUTERS, services)
