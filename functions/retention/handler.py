"""Scheduled: move or end the uploads that stand still, book forgotten use, and delete what is past its time."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr import bootstrap, outbox
from anpr.capture import strays
from anpr.capture.sweep import SweepRules, sweep
from anpr.db import Database
from anpr.governance import licenses, retention, subjects, usage
from anpr.identity import auth, ratelimits
from anpr.ports import BlobStore, JobQueue
from anpr.settings import LicenseSettings, QueueSettings, RetentionSettings, UploadSettings

KEEP_PUBLISHED: Final = timedelta(days=7)
"""How long published events stay in the outbox, for whoever has to find out what was said and when."""

RESERVE_S: Final = 30.0
"""Left of the function's time for the last batch of deletions and for what comes after it."""

logger = Logger(service="retention")


@dataclass(frozen=True, slots=True)
class _Services:
    database: Database
    blobs: BlobStore
    queue: JobQueue
    rules: SweepRules
    terms: RetentionSettings
    licensing: LicenseSettings


@cache
def _services() -> _Services:
    """Made at the first call and kept while this instance of the function is warm."""
    queue = QueueSettings()
    rules = SweepRules(expire_after=UploadSettings().expire_after, max_attempts=queue.max_receives)
    return _Services(
        bootstrap.database(),
        bootstrap.blob_store(),
        bootstrap.job_queue(queue),
        rules,
        RetentionSettings(),
        LicenseSettings(),
    )


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """First what needs only the database, so it happens even where the storage or the queue is down."""
    services = _services()
    now = datetime.now(UTC)
    with services.database.transaction() as session:
        pruned = outbox.prune(session, now - KEEP_PUBLISHED)
        ratelimits.prune(session, now)
        auth.prune(session, now)
    with services.database.transaction() as session:
        # Before a month is closed, and before the uploads are deleted that the use is known from.
        booked = usage.make_good(session, now)
        closed = usage.close_months(session, now)
        licenses.give_notice(session, services.licensing)
    report: dict[str, Any] = asdict(sweep(services.database, services.blobs, services.queue, services.rules))
    report |= {"pruned": pruned, "booked": booked, "closed": [f"{month:%Y-%m}" for month in closed]}
    seconds = context.get_remaining_time_in_millis() / 1000 - RESERVE_S
    report["erased"] = subjects.finish(services.database, services.blobs, seconds=seconds)
    seconds = context.get_remaining_time_in_millis() / 1000 - RESERVE_S
    deleted = retention.run(services.database, services.blobs, services.terms, seconds=seconds)
    report |= {"deleted": deleted.deleted, "complete": deleted.complete}
    report |= asdict(strays.remove(services.database, services.blobs))
    if any(value for name, value in report.items() if name != "complete"):
        logger.info("looked after", **report, held=deleted.kept)
    return report
