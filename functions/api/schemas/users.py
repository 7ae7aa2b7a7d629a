"""Accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from anpr.identity.passwords import MAX_LENGTH, MIN_LENGTH
from anpr.models import Role
from functions.api.schemas.common import Line, PageOut, Patch, RequestModel, ResponseModel, Secret, Written

# Not more than this: names without a dot and special-use domains are what a closed network has.
Email = Annotated[
    Line,
    Field(max_length=254),
    Written(r"^[^@\s]+@[^@\s]+$", "This must be an e-mail address, such as ana@example.org."),
]
FullName = Annotated[Line, Field(max_length=200)]
Password = Annotated[Secret, Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]


class UserIn(RequestModel):
    """An account to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "email": "ana@example.org",
                "password": "correct horse battery staple",
                "role": "reviewer",
                "full_name": "Ana Ionescu",
            }
        }
    )

    email: Email
    password: Password
    role: Role
    full_name: FullName = ""


class UserPatch(Patch):
    """What to change of an account; what is left out stays, and nothing can be null."""

    role: Role | None = None
    active: bool | None = None
    full_name: FullName | None = None
    password: Annotated[Password | None, Field(description="A new password for somebody who forgot theirs.")] = None


class PasswordChange(RequestModel):
    """A new password of one's own."""

    current_password: Annotated[Secret, Field(min_length=1, max_length=MAX_LENGTH)]
    new_password: Password


class SessionLogin(ResponseModel):
    """One of one's own logins that has not ended."""

    id: UUID
    begun_at: Annotated[datetime, Field(description="When the password was given.")]
    renewed_at: Annotated[datetime, Field(description="When it was last heard of, to a quarter of an hour.")]
    expires_at: Annotated[datetime, Field(description="When it ends if it is not renewed before.")]
    current: Annotated[bool, Field(description="Whether this request was made with it.")]


class SessionLoginList(ResponseModel):
    """One's own logins, the one last heard of first."""

    items: list[SessionLogin]


class UserOut(ResponseModel):
    """An account."""

    id: UUID
    email: str
    full_name: str
    role: Role
    active: bool
    created_at: datetime
    last_login_at: datetime | None


class UserPage(PageOut[UserOut]):
    """Accounts, newest first."""
