"""People whom another service logs in: a row of ours at first sight, whose role is ours to say."""

from sqlalchemy import String, cast, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr import audit
from anpr.audit import SYSTEM, Action, Actor
from anpr.db import Database
from anpr.errors import Forbidden, Unauthenticated
from anpr.identity import camera_limits
from anpr.identity.passwords import NO_PASSWORD
from anpr.identity.principals import Principal
from anpr.identity.providers import LoginProvider, OutsideIdentity
from anpr.models import Role, User


def authenticate(
    database: Database, provider: LoginProvider, token: str, *, request_id: str | None = None
) -> Principal:
    """Tell who sends an access token. The user's row is read each time, so whoever is put out is out at once.

    Raises:
        Unauthenticated: the token is not good, or the account is disabled.
        Forbidden: an administrator logged in without the second factor that is demanded.
        Unavailable: the service does not answer.
    """
    # Before the transaction: a service that is slow must hold no connection.
    found = provider.verify(token)
    with database.transaction() as session:
        user = session.get(User, found.subject)
        if user is None or user.email != found.email:
            user = _note(session, provider, found)
        scope = camera_limits.seen_by(session, user)
    # Only now: the row of somebody who is not let in yet is what an administrator will find.
    if not user.active:
        raise Unauthenticated("The account is not active; an administrator can change that.")
    if user.role is Role.ADMIN and provider.admins_need_second_factor and not found.second_factor:
        raise Forbidden("Administrators must log in with a second factor here, and this login has none.")
    return Principal(Actor(user.id, user.email, request_id), user.role, scope)


def appoint(session: Session, provider: LoginProvider) -> bool:
    """Make the first administrator one, where there is no active one and they have been seen already.

    Returns:
        True if that was done.
    """
    someone = session.query(User.id).filter(User.role == Role.ADMIN, User.active).limit(1).scalar()
    user = None if provider.first_admin is None else session.get(User, provider.first_admin)
    if someone is not None or user is None:
        return False
    user.role, user.active = Role.ADMIN, True
    audit.record(session, SYSTEM, Action.USER_CHANGED, f"user:{user.id}", detail={"role": Role.ADMIN, "active": True})
    return True


def _note(session: Session, provider: LoginProvider, found: OutsideIdentity) -> User:
    """Make the row of somebody who comes for the first time, or write down their new address.

    Addresses are the service's to give: one that another row has is of somebody who is gone, or has another by now.
    That row loses it, and nothing else: its owner may still come, and what they did stays theirs.
    """
    session.execute(
        update(User)
        .where(User.email == found.email, User.id != found.subject)
        .values(email=cast(User.id, String) + "@replaced.invalid")
        .execution_options(synchronize_session=False)
    )
    first = found.subject == provider.first_admin
    role, active = (Role.ADMIN, True) if first else (Role.VIEWER, provider.admits)
    made = session.scalar(
        insert(User)
        .values(id=found.subject, email=found.email, full_name="", password_hash=NO_PASSWORD, role=role, active=active)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(User.id)
    )
    user = session.get_one(User, found.subject)
    if made is None:
        user.email = found.email
    else:
        detail = {"email": found.email, "role": role, "active": active}
        audit.record(session, SYSTEM, Action.USER_CREATED, f"user:{user.id}", detail=detail)
    return user
