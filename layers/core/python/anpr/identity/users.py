"""The people who log in."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr import audit
from anpr.audit import SYSTEM, Action, Actor
from anpr.errors import Conflict, NotFound
from anpr.identity import auth, passwords
from anpr.models import Role, User
from anpr.paging import Page, PageRequest, Position, newest_first, page_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """An account to make."""

    email: str
    password: str
    role: Role
    full_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanges:
    """What an administrator changes of an account; None leaves a thing as it is."""

    role: Role | None = None
    active: bool | None = None
    full_name: str | None = None
    password: str | None = None


def create(session: Session, actor: Actor, new: NewUser) -> User:
    """Make an account.

    Raises:
        Conflict: the e-mail address has an account, in whatever case it is written.
        Unprocessable: the password breaks a rule.
    """
    user: User | None = session.scalar(
        insert(User)
        .values(
            id=uuid4(),
            email=new.email,
            full_name=new.full_name,
            password_hash=passwords.hash_password(new.password),
            role=new.role,
            active=True,
        )
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(User)
    )
    if user is None:
        raise Conflict(f"There is an account of {new.email} already.")
    audit.record(
        session, actor, Action.USER_CREATED, f"user:{user.id}", detail={"email": user.email, "role": user.role}
    )
    return user


def find(session: Session, page: PageRequest) -> Page[User]:
    """List accounts, newest first."""
    rows = session.scalars(newest_first(select(User), User.created_at, User.id, page)).all()
    return page_of(rows, page, lambda user: Position(user.created_at, user.id))


def get(session: Session, user_id: UUID) -> User:
    """Get one account.

    Raises:
        NotFound: there is none.
    """
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(f"There is no user {user_id}.")
    return user


def update(session: Session, actor: Actor, user_id: UUID, changes: UserChanges) -> User:
    """Change an account. Another role, another password or being disabled ends the user's logins at once.

    Raises:
        NotFound: there is none.
        Conflict: it would leave no active administrator.
        Unprocessable: the password breaks a rule.
    """
    # Administrators are locked first, in one order: of two who demote each other, the second sees what the first did.
    admins = session.scalars(
        select(User.id).where(User.role == Role.ADMIN, User.active).order_by(User.id).with_for_update()
    ).all()
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound(f"There is no user {user_id}.")

    changed: dict[str, object] = {}
    for name, value in (("role", changes.role), ("active", changes.active), ("full_name", changes.full_name)):
        if value is not None and value != getattr(user, name):
            setattr(user, name, value)
            changed[name] = value
    if list(admins) == [user.id] and not (user.role is Role.ADMIN and user.active):
        raise Conflict("This is the last active administrator; make another one first.")
    if changes.password is not None:
        user.password_hash = passwords.hash_password(changes.password)
        changed["password_set"] = True
    if changed.keys() & {"role", "active", "password_set"}:
        auth.revoke_sessions(session, user.id)
    if changed:
        audit.record(session, actor, Action.USER_CHANGED, f"user:{user.id}", detail=changed)
    return user


def change_password(session: Session, actor: Actor, *, current: str, new: str) -> bool:
    """Change one's own password; ends all of one's logins, this one too.

    Returns:
        False where the current password is wrong. That is on record, so commit it and then refuse.

    Raises:
        Unprocessable: the new password breaks a rule.
        NotFound: the actor is no user.
    """
    user = None if actor.id is None else session.get(User, actor.id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound("There is no such user.")
    if not passwords.verify(current, user.password_hash).ok:
        audit.record(session, actor, Action.PASSWORD_REFUSED, f"user:{user.id}")
        return False
    user.password_hash = passwords.hash_password(new)
    auth.revoke_sessions(session, user.id)
    audit.record(session, actor, Action.PASSWORD_CHANGED, f"user:{user.id}")
    return True


def ensure_admin(session: Session, email: str, password: str) -> bool:
    """Make the first administrator where no active one is; an account of that address becomes it.

    Returns:
        True if there was none.

    Raises:
        Unprocessable: the password breaks a rule.
    """
    if session.scalar(select(User.id).where(User.role == Role.ADMIN, User.active).limit(1)) is not None:
        return False
    made = {"password_hash": passwords.hash_password(password), "role": Role.ADMIN, "active": True}
    user_id = session.scalar(
        insert(User)
        .values(id=uuid4(), email=email, full_name="", **made)
        .on_conflict_do_update(index_elements=["email"], set_=made)
        .returning(User.id)
    )
    audit.record(session, SYSTEM, Action.USER_CREATED, f"user:{user_id}", detail={"email": email, "role": Role.ADMIN})
    return True
