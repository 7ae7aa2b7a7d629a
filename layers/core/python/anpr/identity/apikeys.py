"""Keys that machines call the API with: `anpr_<id>_<secret>`.

A key acts for the user who owns it and never has more rights than that user has at the moment of the call: the lesser
role, the cameras that both may see, and of those rights only what its permissions name.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from anpr import audit
from anpr.audit import Action, Actor
from anpr.errors import NotFound, Unauthenticated, Unprocessable
from anpr.identity import camera_limits
from anpr.identity.camera_limits import Grants
from anpr.identity.principals import Principal, lesser
from anpr.identity.scopes import CameraScope
from anpr.models import ApiKey, Role, User

PREFIX: Final = "anpr_"

_USED_EVERY: Final = timedelta(minutes=1)
_REFUSED: Final = "The API key is unknown, revoked or expired, or its owner's account is disabled."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """A key to make.

    Attributes:
        name: what the machine is called.
        role: the most it may do; its owner's role limits it further.
        permissions: what it is for, each as `<data>:<read or write>`.
        expires_at: when it ends; None for never.
        cameras: what it is limited to; None for its owner's cameras.
    """

    name: str
    role: Role
    permissions: frozenset[str]
    expires_at: datetime | None = None
    cameras: Grants | None = None


def create(session: Session, owner: Principal, new: NewApiKey, *, grantable: frozenset[str]) -> tuple[ApiKey, str]:
    """Make a key that acts for the caller.

    Args:
        session: the transaction.
        owner: whom the key acts for.
        new: the key to make.
        grantable: what a key may be permitted at all: nothing that gives out rights, and nothing that a machine can
            never do.

    Returns:
        The key's row, and the key itself, which cannot be told again.

    Raises:
        Unprocessable: it has no permission, an unknown one, or expires in the past; or it grants an unknown camera.
    """
    if not new.permissions or not new.permissions <= grantable:
        unknown = ", ".join(sorted(new.permissions - grantable)) or "none"
        raise Unprocessable(
            f"Permissions are some of {', '.join(sorted(grantable))}; not {unknown}.",
            errors=[{"pointer": "/permissions", "detail": "unknown or empty"}],
        )
    if new.expires_at is not None and new.expires_at <= datetime.now(UTC):
        raise Unprocessable("expires_at lies in the past.", errors=[{"pointer": "/expires_at"}])
    secret = secrets.token_urlsafe(32)
    row = ApiKey(
        name=new.name,
        secret_hash=_hash(secret),
        role=new.role,
        permissions=sorted(new.permissions),
        owner_id=owner.actor.id,
        expires_at=new.expires_at,
    )
    session.add(row)
    session.flush()
    if new.cameras is not None:
        camera_limits.limit_key(session, row.id, new.cameras)
    audit.record(
        session,
        owner.actor,
        Action.API_KEY_CREATED,
        f"api_key:{row.id}",
        detail={"name": row.name, "role": row.role, "permissions": row.permissions},
    )
    return row, f"{PREFIX}{row.id.hex}_{secret}"


def find(session: Session) -> list[ApiKey]:
    """List the keys, the newest first; revoked ones too."""
    return list(session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.id)))


def revoke(session: Session, actor: Actor, key_id: UUID) -> None:
    """End a key; it is refused from the next request on. One that was revoked already is no error.

    Raises:
        NotFound: there is no such key.
    """
    row = session.get(ApiKey, key_id, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no API key {key_id}.")
    if row.revoked_at is None:
        row.revoked_at = datetime.now(UTC)
        audit.record(session, actor, Action.API_KEY_REVOKED, f"api_key:{key_id}", detail={"name": row.name})


def authenticate(session: Session, text: str, *, request_id: str | None = None) -> Principal:
    """Tell who sends a key.

    Raises:
        Unauthenticated: it is no key of ours, or is not good any more.
    """
    key_id, secret = _parts(text)
    found = session.execute(
        select(ApiKey, User).join(User, User.id == ApiKey.owner_id).where(ApiKey.id == key_id)
    ).one_or_none()
    # The hash is compared in constant time, although guessing 256 bits by timing is out of reach anyway.
    if found is None or not hmac.compare_digest(found[0].secret_hash, _hash(secret)):
        raise Unauthenticated(_REFUSED)
    row, owner = found
    now = datetime.now(UTC)
    ended = row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now)
    if ended or not owner.active:
        raise Unauthenticated(_REFUSED)
    _note_use(session, row.id)
    return Principal(
        Actor(owner.id, f"{owner.email} (key {row.name})", request_id),
        lesser(row.role, owner.role),
        _scope(session, row, owner),
        key_id=row.id,
        permissions=frozenset(row.permissions),
    )


def _scope(session: Session, row: ApiKey, owner: User) -> CameraScope:
    """The cameras that both the key and its owner may see."""
    of_key = camera_limits.of_key(session, row.id)
    of_owner = camera_limits.seen_by(session, owner)
    if of_key is None or of_owner is None:
        return of_owner if of_key is None else of_key
    return of_key & of_owner


def _note_use(session: Session, key_id: UUID) -> None:
    """Keep the time of use, to the minute: a machine's every request need not write."""
    stale = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < func.now() - _USED_EVERY)
    # A row that another request of the same key is writing is left to that one, rather than waited for.
    free = select(ApiKey.id).where(ApiKey.id == key_id, stale).with_for_update(skip_locked=True)
    session.execute(
        update(ApiKey)
        .where(ApiKey.id.in_(free))
        .values(last_used_at=func.now())
        .execution_options(synchronize_session=False)
    )


def _parts(text: str) -> tuple[UUID, str]:
    key_id, _, secret = text.removeprefix(PREFIX).partition("_")
    try:
        return UUID(hex=key_id), secret
    except ValueError as error:
        raise Unauthenticated(_REFUSED) from error


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
