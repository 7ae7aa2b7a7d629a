"""Cameras, uploads and their jobs, other engines' reads."""

from typing import Final

from functions.api.resource import Group
from functions.api.routes import camera_limits, cameras, jobs, reads, uploads
from functions.api.services.capture import CaptureServices

# Groups first: "groups" would else be taken for a camera's id.
GROUP: Final = Group(
    "capture",
    (camera_limits.groups_router, cameras.router, uploads.router, jobs.router, reads.router),
    CaptureServices,
)
