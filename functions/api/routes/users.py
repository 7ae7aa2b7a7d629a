"""/users: accounts, for administrators; one's own, for everybody."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from anpr.errors import NotFound, Unprocessable
from anpr.identity import logins, users
from anpr.identity.users import NewUser, UserChanges
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, CallerActor, DbSession, Services
from functions.api.limits import PasswordAttempt
from functions.api.logins import ELSEWHERE, LogInHere, log_in_here
from functions.api.resource import Resource
from functions.api.schemas.common import PageQuery, page_fields
from functions.api.schemas.users import (
    PasswordChange,
    SessionLogin,
    SessionLoginList,
    UserIn,
    UserOut,
    UserPage,
    UserPatch,
)

router = Resource("/users", tag="users", about="Accounts and their roles: admin, reviewer, viewer.")

Attempt = Annotated[PasswordAttempt, Depends(PasswordAttempt)]


@router.get("", summary="List accounts")
@allows(Access.ADMIN, everywhere=True)
def list_users(query: Annotated[PageQuery, Query()], session: DbSession) -> UserPage:
    """All accounts, newest first."""
    return UserPage.model_validate(page_fields(users.find(session, query.page("users"))))


@router.post("", status_code=201, summary="Make an account", responses=ELSEWHERE, dependencies=[LogInHere])
@allows(Access.ADMIN, everywhere=True, audits={"user.created"})
def create_user(body: UserIn, session: DbSession, actor: CallerActor) -> UserOut:
    """Make an account; its e-mail address must be new."""
    new = NewUser(email=body.email, password=body.password.get_secret_value(), role=body.role, full_name=body.full_name)
    return UserOut.model_validate(users.create(session, actor, new))


@router.get("/me", summary="Get one's own account")
@allows(Access.VIEWER)
def get_own_user(session: DbSession, actor: CallerActor) -> UserOut:
    """The caller's account."""
    if actor.id is None:
        raise NotFound("The caller has no account.")
    return UserOut.model_validate(users.get(session, actor.id))


# A refusal leaves something to commit (an audit record), so this ends its transaction before it raises.
@router.post(
    "/me/password",
    status_code=204,
    summary="Change one's own password",
    responses=ELSEWHERE,
    dependencies=[LogInHere],
)
@allows(Access.VIEWER, audits={"password.changed", "password.refused"})
def change_own_password(body: PasswordChange, services: Services, actor: CallerActor, attempt: Attempt) -> None:
    """Change the caller's password; every login of theirs ends at once, this one too. Too many wrong guesses: 429."""
    attempt.count()
    with services.database.transaction() as session:
        changed = users.change_password(
            session,
            actor,
            current=body.current_password.get_secret_value(),
            new=body.new_password.get_secret_value(),
        )
    if not changed:
        raise Unprocessable("The current password is wrong.", errors=[{"pointer": "/current_password"}])
    attempt.succeed()


@router.get("/me/sessions", summary="List one's own logins", responses=ELSEWHERE, dependencies=[LogInHere])
@allows(Access.VIEWER)
def list_own_sessions(session: DbSession, caller: Caller) -> SessionLoginList:
    """Where the caller is logged in: each login that has not ended, the one last heard of first."""
    found = [] if caller.actor.id is None else logins.find(session, caller.actor.id)
    return SessionLoginList(
        items=[SessionLogin(**asdict(login), current=login.id == caller.login_id) for login in found]
    )


@router.delete(
    "/me/sessions/{session_id}",
    status_code=204,
    summary="End one of one's own logins",
    responses=ELSEWHERE,
    dependencies=[LogInHere],
)
@allows(Access.VIEWER, audits={"logout"})
def end_own_session(session_id: UUID, session: DbSession, actor: CallerActor) -> None:
    """End one login of the caller's, wherever it is; its tokens are refused from the next request on."""
    logins.end(session, actor, session_id)


@router.get("/{user_id}", summary="Get an account")
@allows(Access.ADMIN, everywhere=True)
def get_user(user_id: UUID, session: DbSession) -> UserOut:
    """One account."""
    return UserOut.model_validate(users.get(session, user_id))


@router.patch("/{user_id}", summary="Change an account", responses=ELSEWHERE)
@allows(Access.ADMIN, everywhere=True, audits={"user.changed"})
def change_user(user_id: UUID, body: UserPatch, session: DbSession, actor: CallerActor, services: Services) -> UserOut:
    """Change a role, a name or a password, or disable an account. The last active administrator stays one."""
    if body.password is not None:
        log_in_here(services)
    changes = UserChanges(
        role=body.role,
        active=body.active,
        full_name=body.full_name,
        password=None if body.password is None else body.password.get_secret_value(),
    )
    return UserOut.model_validate(users.update(session, actor, user_id, changes))
