"""One's own logins: where one is logged in, and ending a login that was left behind somewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from anpr import audit
from anpr.audit import Action, Actor
from anpr.errors import NotFound
from anpr.identity import auth
from anpr.models import RefreshToken


@dataclass(frozen=True, slots=True)
class OwnLogin:
    """A login that has not ended.

    Attributes:
        id: the login's, as its access tokens name it.
        begun_at: when the password was given.
        renewed_at: when it was last heard of: each renewal makes a token.
        expires_at: when it ends if it is not renewed before.
    """

    id: UUID
    begun_at: datetime
    renewed_at: datetime
    expires_at: datetime


def find(session: Session, user_id: UUID) -> Sequence[OwnLogin]:
    """List a user's logins that can still be gone on with, the one last heard of first."""
    rows = session.execute(_going_on(user_id).order_by(func.max(RefreshToken.created_at).desc()))
    return [OwnLogin(login_id, begun, renewed, expires) for login_id, begun, renewed, expires in rows]


def end(session: Session, actor: Actor, login_id: UUID) -> None:
    """End one of the actor's logins; its tokens are refused from the next request on.

    Raises:
        NotFound: the actor has no such login, or it has ended.
    """
    if actor.id is None or session.execute(_going_on(actor.id, login_id)).one_or_none() is None:
        raise NotFound(f"There is no login {login_id} of yours.")
    auth.end_login(session, login_id)
    audit.record(session, actor, Action.LOGGED_OUT, f"session:{login_id}")


def _going_on(user_id: UUID, login_id: UUID | None = None) -> Select[UUID, datetime, datetime, datetime]:
    made, expires = RefreshToken.created_at, func.max(RefreshToken.expires_at)
    statement = select(RefreshToken.family_id, func.min(made), func.max(made), expires)
    if login_id is not None:
        statement = statement.where(RefreshToken.family_id == login_id)
    return (
        statement.where(RefreshToken.user_id == user_id)
        .group_by(RefreshToken.family_id)
        .having(func.bool_and(RefreshToken.revoked_at.is_(None)), expires > datetime.now(UTC))
    )
