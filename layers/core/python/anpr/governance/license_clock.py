"""The time that licences go by: that of the clocks, but never earlier than the latest that was seen here.

The database keeps it, so that setting the machine's clock back does not bring back a licence that has expired.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from anpr.models import LicenseClock

# What setting the clock back may gain; each request that judges a licence would have to write otherwise.
_KEPT_EVERY: Final = timedelta(hours=1)


def now(session: Session) -> datetime:
    """The present time for a licence; keeps it as the latest that was seen."""
    kept = select(LicenseClock.latest).scalar_subquery()
    of_database: datetime
    latest: datetime | None
    of_database, latest = session.execute(select(func.clock_timestamp(), kept)).one()
    present = max(datetime.now(UTC), of_database)
    if latest is None:
        return present
    if present > latest + _KEPT_EVERY:
        # Where another request is writing the row, it writes as good a time.
        free = select(LicenseClock.id).with_for_update(skip_locked=True)
        session.execute(
            update(LicenseClock)
            .where(LicenseClock.id.in_(free), LicenseClock.latest < present)
            .values(latest=present)
            .execution_options(synchronize_session=False)
        )
    return max(present, latest)


def at_least(session: Session, time: datetime) -> datetime:
    """A time, or the latest that was seen where that is later."""
    latest = session.scalar(select(LicenseClock.latest))
    return time if latest is None else max(time, latest)
