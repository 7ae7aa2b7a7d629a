"""`anpr wait`: what is started beside the migration waits until that is done."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from anpr import driver, migrations
from anpr.errors import AnprError, Unavailable

_LOOK_EVERY_S: Final = 2.0


def await_schema(engine: Engine, within: timedelta, say: Callable[[str], None]) -> None:
    """Return when the database has the schema that this code wants, or a newer one.

    Args:
        engine: where it is looked for.
        within: how long to wait at most.
        say: takes the reason for waiting, whenever it is another.

    Raises:
        Unavailable: it was not there in time.
    """
    until, last_reason = time.monotonic() + within.total_seconds(), ""
    while (reason := _missing(engine)) is not None:
        if time.monotonic() > until:
            raise Unavailable(f"After {within.total_seconds():.0f} s: {reason}")
        if reason != last_reason:
            say(reason)
            last_reason = reason
        time.sleep(_LOOK_EVERY_S)


def _missing(engine: Engine) -> str | None:
    """What keeps the code from starting, in words; None if nothing does."""
    try:
        if migrations.is_behind(engine):
            return "The database's schema is older than this version; `migrate` must run."
    except AnprError as error:
        return error.detail
    except DBAPIError as error:
        # Before the first migration that may be a role which is not there yet; a wrong password is told the same way.
        answer = driver.answer_of(error.orig)
        return "The database does not answer." if answer is None else f"The database says: {answer.get('M')}."
    return None
