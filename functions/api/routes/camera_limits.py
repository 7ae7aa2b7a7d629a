"""/users/{id}/cameras, what a user may see; and /cameras/groups, what is given out together."""

from uuid import UUID

from anpr.errors import Unprocessable
from anpr.identity import camera_limits
from functions.api.access import Access, allows
from functions.api.dependencies import CallerActor, DbSession
from functions.api.resource import Resource
from functions.api.schemas.camera_limits import (
    GroupIn,
    GroupList,
    GroupOut,
    GroupPut,
    UserCamerasIn,
    UserCamerasOut,
    cameras_out,
    group_out,
)

users_router = Resource("/users", tag="users")
groups_router = Resource("/cameras/groups", tag="cameras")


@users_router.get("/{user_id}/cameras", summary="Get the cameras that a user is limited to")
@allows(Access.ADMIN, everywhere=True)
def get_user_cameras(user_id: UUID, session: DbSession) -> UserCamerasOut:
    """The cameras and groups of a user's limit, if there is one."""
    return cameras_out(camera_limits.get(session, user_id))


@users_router.put("/{user_id}/cameras", summary="Limit a user to cameras")
@allows(Access.ADMIN, everywhere=True, audits={"user.cameras_changed"})
def change_user_cameras(user_id: UUID, body: UserCamerasIn, session: DbSession, actor: CallerActor) -> UserCamerasOut:
    """Limit a user to cameras and groups, or lift the limit; it acts from the user's next request on."""
    grants = body.grants()
    if not body.limited and (grants.camera_ids or grants.group_ids):
        raise Unprocessable("A user who is not limited has no list of cameras.", errors=[{"pointer": "/limited"}])
    camera_limits.change(session, actor, user_id, grants if body.limited else None)
    return cameras_out(camera_limits.get(session, user_id))


@groups_router.get("", summary="List camera groups")
@allows(Access.ADMIN, keys={"cameras:read"}, everywhere=True)
def list_camera_groups(session: DbSession) -> GroupList:
    """All groups by name, with their cameras."""
    return GroupList(items=[group_out(group) for group in camera_limits.find_groups(session)])


@groups_router.post("", status_code=201, summary="Make a camera group")
@allows(Access.ADMIN, keys={"cameras:write"}, everywhere=True, audits={"camera_group.created"})
def create_camera_group(body: GroupIn, session: DbSession, actor: CallerActor) -> GroupOut:
    """Make a group; its name must be new."""
    return group_out(camera_limits.create_group(session, actor, body.name, body.camera_ids))


@groups_router.put("/{group_id}", summary="Replace the cameras of a group")
@allows(Access.ADMIN, keys={"cameras:write"}, everywhere=True, audits={"camera_group.changed"})
def change_camera_group(group_id: UUID, body: GroupPut, session: DbSession, actor: CallerActor) -> GroupOut:
    """Give a group other cameras; whoever is limited to the group sees these from now on."""
    return group_out(camera_limits.change_group(session, actor, group_id, body.camera_ids))


@groups_router.delete("/{group_id}", status_code=204, summary="Remove a camera group")
@allows(Access.ADMIN, keys={"cameras:write"}, everywhere=True, audits={"camera_group.deleted"})
def delete_camera_group(group_id: UUID, session: DbSession, actor: CallerActor) -> None:
    """Remove a group; whoever was limited to it alone sees nothing from now on."""
    camera_limits.delete_group(session, actor, group_id)
