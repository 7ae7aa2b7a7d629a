"""Uploads that stand still, use that was forgotten, and data whose time is over."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final

from anpr import outbox
from anpr.background.services import Report, Run, Services
from anpr.capture import strays
from anpr.capture.sweep import SweepRules, sweep
from anpr.governance import licenses, retention, subjects, usage
from anpr.identity import auth, ratelimits
from anpr.settings import QueueSettings, RetentionSettings, UploadSettings

KEEP_PUBLISHED: Final = timedelta(days=7)
"""How long published events stay in the outbox, for whoever has to find out what was said and when."""

RESERVE_S: Final = 30.0
"""Left of a run's time for the last batch of deletions and for what comes after it."""


def look_after(run: Run) -> Report:
    """Move or end the uploads that stand still, book forgotten use, and delete what is past its time.

    First what needs only the database, so it happens even where the storage or the queue is down.
    """
    services = run.services
    database, blobs = services.database, services.blobs
    now = datetime.now(UTC)
    with database.transaction() as session:
        pruned = outbox.prune(session, now - KEEP_PUBLISHED)
        ratelimits.prune(session, now)
        auth.prune(session, now)
    with database.transaction() as session:
        # Before a month is closed, and before the uploads are deleted that the use is known from.
        booked = usage.make_good(session, now)
        closed = usage.close_months(session, now)
        licenses.give_notice(session, services.licensing)
    report: Report = asdict(sweep(database, blobs, services.queue, services.once(_rules)))
    report |= {"pruned": pruned, "booked": booked, "closed": [f"{month:%Y-%m}" for month in closed]}
    report["erased"] = subjects.finish(database, blobs, seconds=run.remaining_s() - RESERVE_S)
    deleted = retention.run(database, blobs, services.once(_terms), seconds=run.remaining_s() - RESERVE_S)
    report |= {"deleted": deleted.deleted, "complete": deleted.complete}
    report |= asdict(strays.remove(database, blobs))
    if any(value for name, value in report.items() if name != "complete"):
        services.logger.info("looked after", **report, held=deleted.kept)
    return report


def _rules(_services: Services) -> SweepRules:
    return SweepRules(expire_after=UploadSettings().expire_after, max_attempts=QueueSettings().max_receives)


def _terms(_services: Services) -> RetentionSettings:
    return RetentionSettings()
