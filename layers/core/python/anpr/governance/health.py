"""Whether what the backend needs is there, and how much it has done."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from anpr.capture import totals
from anpr.capture.totals import Counts
from anpr.db import Database
from anpr.errors import AnprError
from anpr.messages import Metric


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of one check; `error` is in words, and None if all is well."""

    ok: bool
    latency_ms: float
    error: str | None


def probe(checks: Mapping[str, Callable[[], None]]) -> dict[str, Probe]:
    """Make checks at the same time, so that the answer takes as long as the slowest of them."""
    with ThreadPoolExecutor(max_workers=max(len(checks), 1)) as pool:
        return dict(zip(checks, pool.map(_probe, checks.values()), strict=True))


def check_database(database: Database) -> None:
    """Make one query.

    Raises:
        anpr.errors.Unavailable: the database does not answer.
    """
    with database.transaction() as session:
        session.execute(text("SELECT 1"))


def count(session: Session) -> Counts:
    """Count what was done. Each upload keeps its own count, so this reads no event."""
    return totals.so_far(session)


def prometheus(counts: Counts, queue_size: int, set_aside: int) -> str:
    """Write the counters in Prometheus' text format."""
    figures = [
        (Metric.EVENTS_PROCESSED, "counter", "Passages recorded.", counts.events_processed),
        (Metric.JOBS_PROCESSED, "counter", "Jobs that ended well.", counts.jobs_processed),
        (Metric.JOBS_FAILED, "counter", "Jobs that failed.", counts.jobs_failed),
        (Metric.OUTBOX_SET_ASIDE, "gauge", "Events that the bus refused for good.", set_aside),
        (Metric.QUEUE_SIZE, "gauge", "Jobs that wait, roughly.", queue_size),
    ]
    lines = (f"# HELP {name} {words}\n# TYPE {name} {kind}\n{name} {value}\n" for name, kind, words, value in figures)
    return "".join(lines)


def _probe(check: Callable[[], None]) -> Probe:
    started = time.perf_counter()
    error = None
    try:
        check()
    except AnprError as failure:
        error = failure.detail
    return Probe(error is None, round((time.perf_counter() - started) * 1000, 1), error)
