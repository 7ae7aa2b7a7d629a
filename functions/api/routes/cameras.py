"""/cameras: where footage comes from."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Header, Query, Response

from anpr.capture import cameras, streams
from anpr.capture.cameras import CameraFields
from anpr.governance import licenses
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, DbSession, Services
from functions.api.licensing import warn
from functions.api.resource import Resource
from functions.api.schemas.cameras import (
    CameraCollection,
    CameraIn,
    CameraOut,
    CameraPage,
    CameraPatch,
    CameraQuery,
    StreamIn,
    StreamOut,
    feature,
)
from functions.api.schemas.common import page_fields
from functions.api.services.capture import Capture

GEOJSON = "application/geo+json"

router = Resource("/cameras", tag="cameras", about="Where footage comes from.")


@router.get(
    "",
    summary="List cameras",
    response_model=CameraPage,
    responses={200: {"content": {GEOJSON: {"schema": {"$ref": "#/components/schemas/CameraCollection"}}}}},
)
@allows(Access.VIEWER, keys={"cameras:read"})
def list_cameras(
    query: Annotated[CameraQuery, Query()],
    session: DbSession,
    caller: Caller,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> CameraPage | Response:
    """The cameras that the caller may see, newest first; as GeoJSON by `Accept` or `format`."""
    page = cameras.find(session, query.page("cameras"), active=query.active, scope=caller.scope)
    if query.format == "geojson" or (query.format is None and GEOJSON in accept):
        found = CameraCollection(features=[feature(camera) for camera in page.items], next_cursor=page.next_cursor)
        return Response(found.model_dump_json(), media_type=GEOJSON)
    return CameraPage.model_validate(page_fields(page))


@router.post("", status_code=201, summary="Register a camera")
@allows(Access.ADMIN, keys={"cameras:write"}, everywhere=True, audits={"camera.created"})
def create_camera(
    body: CameraIn, session: DbSession, caller: Caller, services: Services, response: Response
) -> CameraOut:
    """Register a camera; its name must be new, and an active one must be within the licence."""
    if body.active:
        warn(response, licenses.require_camera(session, services.licensing))
    return CameraOut.model_validate(cameras.create(session, caller.actor, cast("CameraFields", body.model_dump())))


@router.get("/{camera_id}", summary="Get a camera")
@allows(Access.VIEWER, keys={"cameras:read"})
def get_camera(camera_id: UUID, session: DbSession, caller: Caller) -> CameraOut:
    """One camera."""
    return CameraOut.model_validate(cameras.get(session, camera_id, scope=caller.scope))


@router.patch("/{camera_id}", summary="Change a camera")
@allows(Access.ADMIN, keys={"cameras:write"}, audits={"camera.changed"})
def change_camera(
    camera_id: UUID, body: CameraPatch, session: DbSession, caller: Caller, services: Services
) -> CameraOut:
    """Change what is given. With `active` false it takes no more uploads, and keeps what it has."""
    fields = cast("CameraFields", body.model_dump(exclude_unset=True))
    if fields.get("active") and not cameras.get(session, camera_id, scope=caller.scope).active:
        licenses.require_camera(session, services.licensing, with_use=caller.scope is None)
    return CameraOut.model_validate(cameras.update(session, caller.actor, camera_id, fields, scope=caller.scope))


@router.put("/{camera_id}/stream", summary="Set a camera's live stream")
@allows(Access.ADMIN, keys={"cameras:write"}, audits={"stream.set"})
def set_stream(camera_id: UUID, body: StreamIn, session: DbSession, caller: Caller, services: Capture) -> StreamOut:
    """Give a camera a live stream, or another address. It is read from then on by whichever process has room."""
    return StreamOut.model_validate(
        streams.put(session, caller.actor, camera_id, body.url, services.seal(), scope=caller.scope)
    )


@router.delete("/{camera_id}/stream", status_code=204, summary="Take a camera's live stream away")
@allows(Access.ADMIN, keys={"cameras:write"}, audits={"stream.removed"})
def remove_stream(camera_id: UUID, session: DbSession, caller: Caller) -> None:
    """Stop reading a camera's stream; what was seen stays. Done twice, it changes nothing more."""
    streams.remove(session, caller.actor, camera_id, scope=caller.scope)


@router.delete("/{camera_id}", status_code=204, summary="Remove a camera")
@allows(Access.ADMIN, keys={"cameras:write"}, audits={"camera.deleted"})
def delete_camera(camera_id: UUID, session: DbSession, caller: Caller) -> None:
    """Remove a camera that has no uploads; one that has can be made inactive."""
    cameras.delete(session, caller.actor, camera_id, scope=caller.scope)
