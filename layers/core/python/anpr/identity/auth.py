"""Logging in and staying logged in.

A login is a family of refresh tokens, and it has ended once any of them is revoked. The access tokens that came of it
name it, and end with it: that costs no query of its own, since the user's row is read with every request anyway.

What a failed attempt leaves behind (its audit record, a revoked family of tokens) must be committed although the caller
is refused. So these functions return a `Refused` instead of raising; the caller raises after the transaction.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from anpr import audit
from anpr.audit import Action, Actor
from anpr.errors import Unauthenticated
from anpr.identity import camera_limits, passwords
from anpr.identity.principals import Principal
from anpr.identity.tokens import TokenKind, TokenSigner, TokenVerifier, ensure_signing_key
from anpr.models import RefreshToken, User

__all__ = [
    "Refused",
    "TokenPair",
    "authenticate",
    "end_login",
    "ensure_signing_key",
    "log_in",
    "log_out",
    "prune",
    "refresh",
    "revoke_sessions",
]


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a login or a refresh gives."""

    access_token: str
    refresh_token: str
    expires_in: timedelta


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nobody was logged in, in words that tell a guesser nothing."""

    detail: str


_WRONG = Refused("The e-mail address or the password is wrong, or the account is disabled.")
_STALE = Refused("The refresh token is no longer valid; log in again.")


def log_in(
    session: Session, signer: TokenSigner, *, email: str, password: str, request_id: str | None = None
) -> TokenPair | Refused:
    """Exchange an e-mail address and a password for tokens; unknown, wrong and disabled are told apart by nobody."""
    user = session.scalar(select(User).where(User.email == email))
    tried = None if user is None else user.password_hash
    verdict = passwords.verify(password, tried)
    if user is not None and verdict.ok:
        # That took a while, in which the password may have been changed, or the account disabled.
        session.refresh(user, with_for_update=True)
    if user is None or not user.active or not verdict.ok or user.password_hash != tried:
        actor = Actor(None if user is None else user.id, email, request_id)
        audit.record(session, actor, Action.LOGIN_FAILED, "session")
        return _WRONG
    if verdict.new_hash is not None:
        user.password_hash = verdict.new_hash
    user.last_login_at = datetime.now(UTC)
    pair = _issue(session, signer, user, family_id=uuid4())
    audit.record(session, Actor(user.id, user.email, request_id), Action.LOGGED_IN, "session")
    return pair


def refresh(
    session: Session, signer: TokenSigner, verifier: TokenVerifier, token: str, *, request_id: str | None = None
) -> TokenPair | Refused:
    """Exchange a refresh token for a new pair. Each token is good once: a second use ends all that came of its login.

    Raises:
        Unauthenticated: it is not a refresh token of ours, or has expired.
    """
    claims = verifier.verify(session, token, TokenKind.REFRESH)
    row = session.scalar(select(RefreshToken).where(RefreshToken.id == claims.token_id).with_for_update())
    user = None if row is None else session.get(User, row.user_id)
    # Its family is asked, since a token that is made while its login is being ended does not have the end on its row.
    if row is None or user is None or not user.active or session.scalar(select(_has_ended(row.family_id))):
        return _STALE
    if row.used_at is not None:
        # Either the client or a thief holds a copy, and there is no telling which.
        end_login(session, row.family_id)
        audit.record(session, Actor(user.id, user.email, request_id), Action.TOKEN_REUSED, f"user:{user.id}")
        return _STALE
    row.used_at = datetime.now(UTC)
    return _issue(session, signer, user, family_id=row.family_id)


def log_out(session: Session, verifier: TokenVerifier, token: str, *, request_id: str | None = None) -> None:
    """End the login that a refresh token belongs to; one that has ended already is no error.

    Raises:
        Unauthenticated: it is not a refresh token of ours, or has expired.
    """
    claims = verifier.verify(session, token, TokenKind.REFRESH)
    row = session.get(RefreshToken, claims.token_id)
    if row is None:
        return
    end_login(session, row.family_id)
    user = session.get_one(User, row.user_id)
    audit.record(session, Actor(user.id, user.email, request_id), Action.LOGGED_OUT, "session")


def authenticate(session: Session, verifier: TokenVerifier, token: str, *, request_id: str | None = None) -> Principal:
    """Tell who sends an access token. User and login are read each time, so whoever is put out is out at once.

    Raises:
        Unauthenticated: the token is not good, its login has ended, or its user is disabled or gone.
    """
    claims = verifier.verify(session, token, TokenKind.ACCESS)
    found = session.execute(select(User, _has_ended(claims.login_id)).where(User.id == claims.subject)).one_or_none()
    if found is None or not found[0].active:
        raise Unauthenticated("The account is disabled.")
    user, ended = found
    if ended:
        raise Unauthenticated("This login has ended; log in again.")
    actor = Actor(user.id, user.email, request_id)
    return Principal(actor, user.role, camera_limits.seen_by(session, user), login_id=claims.login_id)


def revoke_sessions(session: Session, user_id: UUID) -> None:
    """End all of a user's logins: none of their tokens is good any more, of either kind."""
    session.execute(
        update(RefreshToken)
        .where(RefreshToken.user_id == user_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
    )


def end_login(session: Session, login_id: UUID) -> None:
    """End one login: none of its tokens is good any more, of either kind."""
    session.execute(
        update(RefreshToken)
        .where(RefreshToken.family_id == login_id, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
    )


def prune(session: Session, now: datetime, *, limit: int = 10_000) -> int:
    """Delete refresh tokens that have expired, the oldest first; no access token of theirs is good any more either.

    One that was revoked stays while its login has a token that has not expired: it may be all that says that the login
    has ended.

    Returns:
        How many there were, of at most `limit`.
    """
    other = aliased(RefreshToken)
    lives = exists().where(other.family_id == RefreshToken.family_id, other.expires_at >= now)
    expired = (
        select(RefreshToken.id)
        .where(RefreshToken.expires_at < now, or_(RefreshToken.revoked_at.is_(None), ~lives))
        .order_by(RefreshToken.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    deleted = delete(RefreshToken).where(RefreshToken.id.in_(expired)).returning(RefreshToken.id)
    return len(session.scalars(deleted.execution_options(synchronize_session=False)).all())


def _has_ended(login_id: UUID | None) -> ColumnElement[bool]:
    """The condition that one login is over."""
    return exists().where(RefreshToken.family_id == login_id, RefreshToken.revoked_at.is_not(None))


def _issue(session: Session, signer: TokenSigner, user: User, *, family_id: UUID) -> TokenPair:
    now = datetime.now(UTC)
    row = RefreshToken(id=uuid4(), family_id=family_id, user_id=user.id, expires_at=now + signer.settings.refresh_ttl)
    session.add(row)
    return TokenPair(
        access_token=signer.sign(
            TokenKind.ACCESS, subject=user.id, token_id=uuid4(), issued_at=now, login_id=family_id
        ),
        refresh_token=signer.sign(TokenKind.REFRESH, subject=user.id, token_id=row.id, issued_at=now),
        expires_in=signer.settings.access_ttl,
    )
