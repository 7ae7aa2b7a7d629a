"""Which cameras a user is limited to, and groups of cameras."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from anpr.identity.camera_limits import Grants, Group
from functions.api.schemas.common import Line, RequestModel, ResponseModel

Cameras = Annotated[frozenset[UUID], Field(max_length=10_000)]


class GrantsIn(RequestModel):
    """Cameras, one by one and by group."""

    camera_ids: Cameras = frozenset()
    group_ids: Annotated[frozenset[UUID], Field(max_length=1000)] = frozenset()

    def grants(self) -> Grants:
        """The domain's form."""
        return Grants(camera_ids=self.camera_ids, group_ids=self.group_ids)


class UserCamerasIn(GrantsIn):
    """What a user may see."""

    limited: Annotated[bool, Field(description="False: every camera; then no camera and no group may be named.")]


class UserCamerasOut(ResponseModel):
    """What a user may see."""

    limited: bool
    camera_ids: list[UUID]
    group_ids: list[UUID]


class GroupIn(RequestModel):
    """A group to make."""

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    camera_ids: Cameras = frozenset()


class GroupPut(RequestModel):
    """The cameras of a group, in place of those it has."""

    camera_ids: Cameras


class GroupOut(ResponseModel):
    """A group of cameras."""

    id: UUID
    name: str
    camera_ids: list[UUID]


class GroupList(ResponseModel):
    """All groups by name."""

    items: list[GroupOut]


def cameras_out(grants: Grants | None) -> UserCamerasOut:
    """Render a user's limit."""
    if grants is None:
        return UserCamerasOut(limited=False, camera_ids=[], group_ids=[])
    return UserCamerasOut(limited=True, camera_ids=sorted(grants.camera_ids), group_ids=sorted(grants.group_ids))


def group_out(group: Group) -> GroupOut:
    """Render a group."""
    return GroupOut(id=group.id, name=group.name, camera_ids=sorted(group.camera_ids))
