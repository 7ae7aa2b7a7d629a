"""Uploads that stand still, use that was forgotten, data whose time is over, and the audit log's anchors."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final

from anpr import bootstrap, outbox
from anpr.background.services import Report, Run, Services
from anpr.capture import strays, streams
from anpr.capture.sweep import SweepRules, sweep
from anpr.governance import anchors, licenses, retention, subjects, usage
from anpr.governance.anchors import LogDisputed, Series
from anpr.identity import auth, ratelimits
from anpr.ports import Secret
from anpr.settings import QueueSettings, RetentionSettings, StreamSettings, UploadSettings

KEEP_PUBLISHED: Final = timedelta(days=7)
"""How long published events stay in the outbox, for whoever has to find out what was said and when."""

RESERVE_S: Final = 30.0
"""Left of a run's time for the last batch of deletions and for what comes after it."""


def look_after(run: Run) -> Report:
    """Move or end the uploads that stand still, book forgotten use, delete what is past its time, anchor the audit log.

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
    with database.transaction() as session:
        streams.give_notice(session, silent_after=StreamSettings().silent_after)
    report: Report = asdict(sweep(database, blobs, services.queue, services.once(_rules)))
    report |= {"pruned": pruned, "booked": booked, "closed": [f"{month:%Y-%m}" for month in closed]}
    report["erased"] = subjects.finish(database, blobs, seconds=run.remaining_s() - RESERVE_S)
    series = services.once(_series)
    anchored, dispute = _anchor(series, now)
    seconds = run.remaining_s() - RESERVE_S
    deleted = retention.run(database, blobs, services.once(_terms), seconds=seconds, series=series)
    report |= {"deleted": deleted.deleted, "complete": deleted.complete}
    report |= {"anchored": anchored, "disputed": dispute or deleted.disputed}
    if report["disputed"] is not None:
        # All else goes on, but no audit record is pruned until somebody has looked.
        services.logger.error("the audit log is disputed", reason=report["disputed"])
        with database.transaction() as session:
            anchors.report(session, report["disputed"])
    report |= asdict(strays.remove(database, blobs))
    if any(value for name, value in report.items() if name != "complete"):
        services.logger.info("looked after", **report, held=deleted.kept)
    return report


def _anchor(series: Series | None, now: datetime) -> tuple[int | None, str | None]:
    """Anchor the audit log where it is time; returns the anchor's number, and what speaks against the log."""
    try:
        anchor = None if series is None else series.keep_up(now)
    except LogDisputed as dispute:
        return None, dispute.detail
    return None if anchor is None else anchor.no, None


def _series(services: Services) -> Series | None:
    store = bootstrap.anchor_store()
    if store is None:
        return None
    return Series(services.database, store, lambda: anchors.load_key(bootstrap.secret_store(), Secret.ANCHOR_KEY))


def _rules(_services: Services) -> SweepRules:
    return SweepRules(expire_after=UploadSettings().expire_after, max_attempts=QueueSettings().max_receives)


def _terms(_services: Services) -> RetentionSettings:
    return RetentionSettings()
