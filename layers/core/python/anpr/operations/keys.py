"""`anpr keys`: the keys that tokens are signed with, and no longer believing those that were replaced."""

from collections.abc import Iterator

from sqlalchemy import func, select

from anpr import audit
from anpr.audit import Action, Actor
from anpr.db import Database
from anpr.errors import Conflict
from anpr.models import SigningKey
from anpr.ports import Secret, SecretStore


def describe(database: Database, secrets: SecretStore) -> Iterator[str]:
    """Say in lines which keys are believed, the newest last, and which of them signs."""
    signing = _signing(secrets)
    with database.transaction() as session:
        keys = session.scalars(select(SigningKey).order_by(SigningKey.created_at)).all()
    for key in keys:
        state = "signs" if key.kid == signing else "believed" if key.retired_at is None else "retired"
        yield f"{key.kid}  {key.created_at.isoformat(timespec='seconds')}  {state}"


def retire_others(database: Database, secrets: SecretStore, actor: Actor, reason: str) -> list[str]:
    """Believe no key any more but the one that signs; who is logged in by another logs in anew.

    Whoever checks tokens remembers a key for up to five minutes.

    Returns:
        The keys that were retired by this.

    Raises:
        Conflict: the key that signs is not in the database yet, and nobody could log in any more.
    """
    signing = _signing(secrets)
    with database.transaction() as session:
        keys = session.scalars(select(SigningKey).where(SigningKey.retired_at.is_(None)).with_for_update()).all()
        if signing not in {key.kid for key in keys}:
            raise Conflict("The key that signs is not known to the database yet; run `migrate` first.")
        retired = [key for key in keys if key.kid != signing]
        for key in retired:
            key.retired_at = session.scalar(select(func.now()))
        session.flush()
        for key in retired:
            audit.record(session, actor, Action.SIGNING_KEY_RETIRED, f"signing_key:{key.kid}", reason=reason)
    return [key.kid for key in retired]


def _signing(secrets: SecretStore) -> str | None:
    return (secrets.get(Secret.SIGNING_KEY) or {}).get("kid")
