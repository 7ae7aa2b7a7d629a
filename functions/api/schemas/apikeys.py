"""Machines' keys."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from anpr.identity.apikeys import NewApiKey
from anpr.models import ApiKey, Role
from functions.api.schemas.camera_limits import GrantsIn
from functions.api.schemas.common import Line, RequestModel, ResponseModel, Timestamp


class ApiKeyIn(RequestModel):
    """A key to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "roadside box 7",
                "role": "reviewer",
                "permissions": ["uploads:write", "jobs:read"],
                "expires_at": "2027-01-01T00:00:00Z",
                "cameras": {"camera_ids": ["7a4f8c8e-54a3-4a39-9a0e-6c52f2a9f6d1"]},
            }
        }
    )

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    role: Annotated[Role, Field(description="The most that it may do; its owner's role limits it further.")]
    permissions: Annotated[
        list[Line],
        Field(
            min_length=1,
            max_length=100,
            description="Each `<data>:<read or write>`, as the routes name them. What gives passages, such as hits and "
            "previews, needs `events:read` too.",
        ),
    ]
    expires_at: Annotated[Timestamp | None, Field(description="Null: it does not expire.")] = None
    cameras: Annotated[GrantsIn | None, Field(description="Null: its owner's cameras.")] = None

    def new(self) -> NewApiKey:
        """The domain's form of the body."""
        return NewApiKey(
            name=self.name,
            role=self.role,
            permissions=frozenset(self.permissions),
            expires_at=self.expires_at,
            cameras=None if self.cameras is None else self.cameras.grants(),
        )


class ApiKeyOut(ResponseModel):
    """A key, without its secret."""

    id: UUID
    name: str
    role: Role
    permissions: list[str]
    owner_id: UUID
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: Annotated[datetime | None, Field(description="To the minute.")]


class ApiKeyCreated(ApiKeyOut):
    """A key that was made just now."""

    key: Annotated[str, Field(description="Send it as `Authorization: Bearer` or `X-API-Key`. It is not shown again.")]


class ApiKeyList(ResponseModel):
    """All keys, newest first; revoked ones too."""

    items: list[ApiKeyOut]


def created(row: ApiKey, key: str) -> ApiKeyCreated:
    """Render a new key."""
    return ApiKeyCreated(**ApiKeyOut.model_validate(row).model_dump(), key=key)
