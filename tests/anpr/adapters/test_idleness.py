"""When the sweeps run: while something happens and a while after it, once a day, and where nobody can tell."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from anpr.adapters.aws import idleness
from anpr.adapters.aws.settings import IdlenessSettings
from anpr.errors import Unavailable

SETTINGS = IdlenessSettings(api_id="api", queues=("jobs",), quiet=timedelta(minutes=30), daily_hour=3)
NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


class Meter:
    """Something happened at one time, or it cannot be told."""

    def __init__(self, last: datetime | None, *, down: bool = False) -> None:
        self._last = last
        self._down = down

    def is_active(self, since: datetime, until: datetime) -> bool:
        if self._down:
            raise Unavailable("The metrics cannot be reached.")
        return self._last is not None and since <= self._last <= until


@pytest.mark.parametrize(
    ("last", "now", "run"),
    [
        (NOON, NOON, True),
        (NOON, NOON + timedelta(minutes=29), True),
        (NOON, NOON + timedelta(minutes=31), False),
        (None, NOON, False),
        # Once a day, long enough for a few rounds of what is done in pieces.
        (None, NOON.replace(hour=2, minute=59), False),
        (None, NOON.replace(hour=3, minute=0), True),
        (None, NOON.replace(hour=3, minute=14), True),
        (None, NOON.replace(hour=3, minute=15), False),
    ],
)
def test_the_sweeps_run_while_there_may_be_something_to_sweep(last: datetime | None, now: datetime, run: bool) -> None:
    assert idleness.decide(now, Meter(last).is_active, SETTINGS).run is run


def test_where_nobody_can_tell_the_sweeps_run() -> None:
    decision = idleness.decide(NOON, Meter(None, down=True).is_active, SETTINGS)

    assert decision.run
    assert "cannot be reached" in decision.why


def test_every_sweep_gets_its_turn_and_within_the_daily_run_too() -> None:
    day = [datetime(2026, 5, 1, tzinfo=UTC) + timedelta(minutes=minute) for minute in range(24 * 60)]

    assert sum(idleness.is_turn(now, 1) for now in day) == 24 * 60
    assert sum(idleness.is_turn(now, 5) for now in day) == 24 * 12
    daily = [now for now in day if idleness.decide(now, Meter(None).is_active, SETTINGS).run]
    assert len(daily) == idleness.DAILY_MINUTES
    assert sum(idleness.is_turn(now, 5) for now in daily) == 3


def test_a_quiet_time_that_the_queues_metrics_are_too_slow_for_is_refused() -> None:
    with pytest.raises(ValidationError, match="ANPR_IDLE_QUIET"):
        IdlenessSettings(api_id="api", queues=(), quiet=timedelta(minutes=10))
