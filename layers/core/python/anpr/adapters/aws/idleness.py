"""Whether it is worth waking the database for the sweeps, which make good what a crash left behind.

The database pauses when nobody is connected, and a sweep every minute would see to it that somebody always is. Where
nothing has been asked and nothing has come in, nothing can have been left behind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from anpr.adapters.aws.settings import IdlenessSettings
from anpr.errors import Unavailable

DAILY_MINUTES: Final = 15
"""For how long, once a day, the sweeps run whatever has happened: what is past its time must go on an idle day too."""


WasActive: TypeAlias = Callable[[datetime, datetime], bool]
"""Tells whether anything was asked of the backend, or came in, from one time to another, without asking its database.

Raises `anpr.errors.Unavailable` where that cannot be known.
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to run the sweeps, and why."""

    run: bool
    why: str


def decide(now: datetime, was_active: WasActive, settings: IdlenessSettings) -> Decision:
    """Decide for this minute.

    Args:
        now: the present; its hour is compared with the settings' as UTC.
        was_active: says what has happened.
        settings: how long it must have been quiet, and when the daily run is.
    """
    if _is_daily(now, settings) and now.minute < DAILY_MINUTES:
        return Decision(run=True, why="the daily run")
    try:
        if was_active(now - settings.quiet, now):
            return Decision(run=True, why="something has happened")
    except Unavailable as error:
        # A sweep too many costs a little, and one too few an alert that is late.
        return Decision(run=True, why=f"not known: {error.detail}")
    return Decision(run=False, why="quiet")


def is_first_of_day(now: datetime, settings: IdlenessSettings) -> bool:
    """Tell whether this is the minute that the daily run begins with."""
    return _is_daily(now, settings) and now.minute == 0


def _is_daily(now: datetime, settings: IdlenessSettings) -> bool:
    return now.hour == settings.daily_hour


def is_turn(now: datetime, every_minutes: int) -> bool:
    """Tell whether what runs every so many minutes runs in this one."""
    return (now.hour * 60 + now.minute) % every_minutes == 0
