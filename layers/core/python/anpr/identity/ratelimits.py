"""Rate limits that hold across all functions, because they are counted in the database.

The algorithm is GCRA (ITU-T I.371, the leaky bucket as a meter): for each key one time is kept, the one at which its
allowance will be whole again. A call moves that time ahead by `period / calls`, and is refused if that would put it
further ahead than `period`. One atomic statement decides; there are no windows, so none can be straddled.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr.errors import TooManyRequests
from anpr.models import RateLimit

_MAX_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often something may be done.

    Attributes:
        calls: how many calls may come at once after a rest, and how many in each period without one.
        period: the time in which a used-up allowance is whole again.
    """

    calls: int
    period: timedelta


def take(session: Session, key: str, allowance: Allowance) -> None:
    """Use one call of a key's allowance.

    Commit it whatever becomes of the request: what is rolled back was not counted.

    Args:
        session: a transaction for this alone; the key's row is locked until it ends.
        key: who does what, such as `login:account:a@b.example`.
        allowance: how much of it is fine.

    Raises:
        TooManyRequests: nothing is left; says when there will be.
    """
    stored = _stored(key)
    step = allowance.period / allowance.calls
    now = func.clock_timestamp()
    first = insert(RateLimit).values(key=stored, whole_at=now + step)
    moved = func.greatest(RateLimit.whole_at, now) + step
    taken = session.scalar(
        first.on_conflict_do_update(
            index_elements=["key"], set_={"whole_at": moved}, where=moved <= now + allowance.period
        ).returning(RateLimit.key)
    )
    if taken is None:
        seconds = _wait_s(session, stored, allowance, step)
        raise TooManyRequests(f"Too many requests of this kind; try again in {seconds} s.", retry_after_s=seconds)


def give_back(session: Session, key: str, allowance: Allowance) -> None:
    """Give one call back to a key: it did not count after all."""
    step = allowance.period / allowance.calls
    session.execute(
        update(RateLimit)
        .where(RateLimit.key == _stored(key))
        .values(whole_at=RateLimit.whole_at - step)
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, key: str) -> None:
    """Make a key's allowance whole, as a login that succeeds does for its account."""
    session.execute(delete(RateLimit).where(RateLimit.key == _stored(key)))


def remember(session: Session, key: str, *, lasting: timedelta) -> None:
    """Keep a key for some time, such as an address that an account was used from; not one that is also taken from."""
    until = func.clock_timestamp() + lasting
    session.execute(
        insert(RateLimit)
        .values(key=_stored(key), whole_at=until)
        .on_conflict_do_update(index_elements=["key"], set_={"whole_at": until})
    )


def is_remembered(session: Session, key: str) -> bool:
    """Tell whether a key was kept, and its time has not passed."""
    kept = exists().where(RateLimit.key == _stored(key), RateLimit.whole_at > func.clock_timestamp())
    return session.scalar(select(kept)) is True


def prune(session: Session, now: datetime) -> int:
    """Delete the keys whose allowance is whole again: they say nothing.

    Returns:
        How many there were.
    """
    whole = delete(RateLimit).where(RateLimit.whole_at < now).returning(RateLimit.key)
    return len(session.scalars(whole).all())


def _wait_s(session: Session, stored: str, allowance: Allowance, step: timedelta) -> int:
    """Whole seconds until one more call fits; at least one."""
    row = session.execute(
        select(RateLimit.whole_at, func.clock_timestamp()).where(RateLimit.key == stored)
    ).one_or_none()
    if row is None:
        return 1
    whole_at, now = row
    wait: timedelta = whole_at + step - allowance.period - now
    return max(1, ceil(wait.total_seconds()))


def _stored(key: str) -> str:
    """A key as it is kept: whatever a caller sends as an account's name, it is short and has no NUL."""
    if len(key) <= _MAX_KEY and key.isprintable():
        return key
    return f"sha256:{hashlib.sha256(key.encode(errors='surrogatepass')).hexdigest()}"
