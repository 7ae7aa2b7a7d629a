"""Scheduled: move or end the uploads that stand still, and prune the outbox."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr import bootstrap, outbox
from anpr.db import Database
from anpr.ports import BlobStore, JobQueue
from anpr.settings import QueueSettings, UploadSettings
from anpr.sweep import SweepRules, sweep

KEEP_PUBLISHED: Final = timedelta(days=7)
"""How long published events stay in the outbox, for whoever has to find out what was said and when."""

logger = Logger(service="retention")


@cache
def _services() -> tuple[Database, BlobStore, JobQueue, SweepRules]:
    """Made at the first call and kept while this instance of the function is warm."""
    queue = QueueSettings()
    rules = SweepRules(expire_after=UploadSettings().expire_after, max_attempts=queue.max_receives)
    return bootstrap.database(), bootstrap.blob_store(), bootstrap.job_queue(queue), rules


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Prune first: it needs only the database, so it happens even where the storage or the queue is down."""
    database, blobs, queue, rules = _services()
    with database.transaction() as session:
        pruned = outbox.prune(session, datetime.now(UTC) - KEEP_PUBLISHED)
    report = asdict(sweep(database, blobs, queue, rules)) | {"pruned": pruned}
    if any(report.values()):
        logger.info("uploads swept", **report)
    return report
