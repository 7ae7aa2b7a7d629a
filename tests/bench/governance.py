"""What governance costs: `python -m tests.bench.governance [--events N]`, on a database of its own.

Retention deletes 20,000 of N events with their objects (kept in memory: S3 answers for itself), then finds nothing to
do; the audit chain is appended to and walked; the checks that stand before a request are timed one by one.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine, make_url, text

from anpr import audit, migrations
from anpr.audit import SYSTEM, Action, Actor
from anpr.db import Database, make_engine
from anpr.governance import audit_log, license_keys, licenses, retention, signing, usage
from anpr.governance.license_keys import LicenseTerms
from anpr.identity import apikeys, ratelimits
from anpr.identity.apikeys import NewApiKey
from anpr.identity.principals import Principal
from anpr.identity.ratelimits import Allowance
from anpr.messages import UploadProcessed
from anpr.models import Role, User
from anpr.settings import DatabaseSettings, LicenseSettings, RetentionSettings
from infra.local.postgres import Postgres, free_port
from tests.bench import plans
from tests.bench.seed import seed
from tests.memory import MemoryBlobs

_DUE = 20_000
_RECORDS = 20_000


def main() -> None:
    """Print the figures as a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.governance", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="anpr-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "data", free_port(), durable=True)
        server.start()
        try:
            url = make_url(server.url())
            engine = make_engine(url, DatabaseSettings(url=server.url(), ssl=False, statement_timeout_s=300))
            migrations.upgrade(engine)
            seed(url, options.events)
            _measure(engine, Database(engine))
            engine.dispose()
        finally:
            server.remove()


def _measure(engine: Engine, database: Database) -> None:
    _row("what", "figure")
    _row("---", "---:")
    _retention(engine, database)
    _audit(database)
    _checks(database)


def _retention(engine: Engine, database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("UPDATE events SET processed_at = now()"))
        session.execute(text("UPDATE uploads SET created_at = now(), finished_at = now()"))
        old = {"count": _DUE, "at": datetime.now(UTC) - timedelta(days=100)}
        oldest = "SELECT id FROM events ORDER BY captured_at LIMIT :count"
        session.execute(text(f"UPDATE events SET processed_at = :at WHERE id IN ({oldest})"), old)  # noqa: S608
        session.execute(text("ANALYZE"))
    blobs, settings = MemoryBlobs(), RetentionSettings()
    with plans.recorded(engine) as statements:
        started = time.perf_counter()
        report = retention.run(database, blobs, settings, seconds=600)
        took = time.perf_counter() - started
    deleted = report.deleted["events"]
    _row(f"retention: {deleted} events deleted", f"{took:.1f} s, {deleted / took:.0f} a second")
    selects = {statement: parameters for statement, parameters in statements if "FROM events" in statement}
    scans = sum("Seq Scan on events" in plans.plan(engine, *each) for each in selects.items())
    _row("retention: plans that scan the events", str(scans))
    started = time.perf_counter()
    again = retention.run(database, blobs, settings, seconds=600)
    took = 1000 * (time.perf_counter() - started)
    _row(f"retention: second run, deletes {sum(again.deleted.values())}", f"{took:.0f} ms")


def _audit(database: Database) -> None:
    def append() -> None:
        with database.transaction() as session:
            audit.record(session, SYSTEM, Action.PLATE_SEARCHED, "plate:AB12CDE", reason="case 12", detail={"found": 3})

    _row("audit: append, with its commit", _timed(append))
    with database.transaction() as session:
        for number in range(_RECORDS):
            audit.record(
                session, SYSTEM, Action.PLATE_SEARCHED, f"plate:{number}", reason="case 12", detail={"found": 3}
            )
    started = time.perf_counter()
    with database.transaction() as session:
        broken = audit_log.verify(session)
    took = time.perf_counter() - started
    _row(f"audit: chain walked, broken at {broken}", f"{_RECORDS / took:.0f} records a second")
    with database.transaction() as session:
        session.execute(text("ALTER TABLE audit_logs DISABLE TRIGGER audit_logs_append_only"))
        session.execute(text("UPDATE audit_logs SET reason = 'none' WHERE seq = :seq"), {"seq": _RECORDS // 2})
    with database.transaction() as session:
        _row(f"audit: record {_RECORDS // 2} altered, broken at", str(audit_log.verify(session)))


def _checks(database: Database) -> None:
    pem, public = signing.new_signing_key()
    settings = LicenseSettings(public_keys=public)
    today = datetime.now(UTC).date()
    terms = LicenseTerms(
        holder="x", plan="x", cameras=99, monthly_minutes=10**6, starts_on=today, expires_on=today + timedelta(days=9)
    )
    owner = User(id=uuid4(), email="a@example.org", password_hash="-", role=Role.ADMIN)
    with database.transaction() as session:
        session.add(owner)
        session.flush()
        licenses.activate(session, SYSTEM, license_keys.issue(terms, signing.read_private_key(pem)), settings)
        new = NewApiKey(name="box", role=Role.REVIEWER, permissions=frozenset({"uploads:write"}))
        caller = Principal(Actor(owner.id, owner.email), Role.ADMIN)
        _, key = apikeys.create(session, caller, new, grantable=new.permissions)
    allowance = Allowance(10**6, timedelta(minutes=1))

    def limit_rate() -> None:
        with database.transaction() as session:
            ratelimits.take(session, "search:account:1", allowance)

    def check_license() -> None:
        with database.transaction() as session:
            licenses.require_minutes(session, settings)

    def check_key() -> None:
        with database.transaction() as session:
            apikeys.authenticate(session, key)

    def meter() -> None:
        use = UploadProcessed(
            upload_id=uuid4(),
            camera_id=uuid4(),
            media="video",
            duration_s=60,
            frames=1500,
            events=9,
            unreadable=1,
            finished_at=datetime.now(UTC),
        )
        with database.transaction() as session:
            usage.record(session, use, uuid4())

    _row("rate limit: one call", _timed(limit_rate))
    _row("licence: minutes checked, signature verified", _timed(check_license))
    _row("API key: authenticated, with its cameras", _timed(check_key))
    _row("metering: one upload booked", _timed(meter))


def _timed(work: Callable[[], None], times: int = 300) -> str:
    took = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - started))
    return f"p50 {statistics.median(took):.1f} ms, p95 {statistics.quantiles(took, n=20)[18]:.1f} ms"


def _row(what: str, figure: str) -> None:
    sys.stdout.write(f"| {what} | {figure} |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
