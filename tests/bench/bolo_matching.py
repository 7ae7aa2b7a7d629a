"""Measure matching: `python -m tests.bench.bolo_matching [--entries N] [--patterns N] [--plates N]` prints Markdown.

It seeds a PostgreSQL of its own, then times what a worker does for each passage: one look-up over the exact entries and
the pattern set, the look-up's round trip included. Half of the exact entries forgive nothing, a quarter forgives
look-alikes, a quarter one edit.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine, make_url, text

from anpr import migrations
from anpr.alerts.bolos import Matcher
from anpr.alerts.bolos.matcher import touch
from anpr.alerts.bolos.patterns import Read
from anpr.db import Database, make_engine
from anpr.settings import DatabaseSettings
from infra.local.postgres import Postgres, free_port

_SEED_EXACT = """
    WITH plates AS (
        SELECT n, chr(65 + mod(n, 26)) || chr(65 + mod(n / 26, 26)) || lpad(mod(n / 676, 100)::text, 2, '0')
            || chr(65 + mod(n / 67600, 26)) || chr(65 + mod(n * 7, 26)) || chr(65 + mod(n * 11, 26)) AS plate
        FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n
    ), entries AS (
        SELECT n, plate, translate(plate, 'OQDILZSGB', '000112568') AS key,
            CASE mod(n, 4) WHEN 0 THEN 'confusables' WHEN 1 THEN 'one_edit' ELSE 'none' END AS tolerance
        FROM plates
    )
    INSERT INTO bolos (id, list_id, kind, pattern, pattern_key, edit_variants, tolerance, vehicle, reason, active)
    SELECT gen_random_uuid(), CAST(:list_id AS uuid), 'exact', plate, key,
        CASE WHEN tolerance = 'one_edit' THEN
            array_append(ARRAY(SELECT overlay(plate PLACING '' FROM i FOR 1) FROM generate_series(1, 7) AS i), plate)
        END,
        tolerance, '', '', true
    FROM entries ON CONFLICT DO NOTHING
"""
_STEP = 50_000
_SEED_PATTERN = """
    INSERT INTO bolos (id, list_id, kind, pattern, pattern_key, tolerance, vehicle, reason, active)
    SELECT gen_random_uuid(), CAST(:list_id AS uuid), 'wildcard', pattern, pattern, 'none', '', '', true
    FROM unnest(CAST(:patterns AS text[])) AS pattern ON CONFLICT DO NOTHING
"""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _plate(chance: random.Random) -> str:
    letters, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
    return "".join(chance.choice(digits if i in (2, 3) else letters) for i in range(7))


def _pattern(chance: random.Random) -> str:
    plate = list(_plate(chance))
    for i in chance.sample(range(7), 2):
        plate[i] = "?"
    return "".join(plate[:5]) + "*" if chance.random() < 0.3 else "".join(plate)


def _seed(engine: Engine, entries: int, patterns: int) -> None:
    chance = random.Random(7)  # noqa: S311 - the same plates each time
    list_id = uuid4()
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(
            text(
                "INSERT INTO bolo_lists (id, name, description, priority, active, alert_interval_s)"
                " VALUES (:id, 'bench', '', 'normal', true, 300)"
            ),
            {"id": list_id},
        )
        for first in range(0, entries, _STEP):
            last = min(first + _STEP, entries) - 1
            connection.execute(text(_SEED_EXACT), {"first": first, "last": last, "list_id": list_id})
        drawn = [_pattern(chance) for _ in range(patterns)]
        connection.execute(text(_SEED_PATTERN), {"patterns": drawn, "list_id": list_id})
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("ANALYZE"))


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def _milliseconds(seconds: list[float], share: float) -> float:
    """A quantile."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))] * 1000


def _measure(database: Database, plates: int) -> None:
    chance = random.Random(9)  # noqa: S311 - the same plates each time
    before = _resident_mb()
    matcher = Matcher()
    with database.transaction() as session:
        started = time.perf_counter()
        matcher.find(session, Read("AB12CDE"))
        loaded = time.perf_counter() - started
    taken: list[float] = []
    found = 0
    for _ in range(plates):
        plate = _plate(chance)
        read = Read(plate, candidates=(plate[:-1] + "X", "0" + plate[1:]))
        with database.transaction() as session:
            session.execute(text("SELECT 1"))  # the worker's transaction is open already
            started = time.perf_counter()
            found += len(matcher.find(session, read))
            taken.append(time.perf_counter() - started)
    p50, p95, p99 = (_milliseconds(taken, share) for share in (0.5, 0.95, 0.99))
    _say(f"| a plate, p50 / p95 / p99 | {p50:.2f} / {p95:.2f} / {p99:.2f} ms |")
    _say(f"| entries found a plate | {found / plates:.2f} |")
    _say(f"| loading and compiling the patterns | {loaded:.2f} s |")
    _say(f"| memory of the matcher, after {plates} plates | {_resident_mb() - before:.0f} MB |")
    with database.transaction() as session:
        session.execute(
            text(
                "UPDATE bolos SET pattern = 'ZZ99Z*' WHERE id = (SELECT id FROM bolos WHERE kind = 'wildcard' LIMIT 1)"
            )
        )
        touch(session)
    with database.transaction() as session:
        started = time.perf_counter()
        acted = matcher.find(session, Read("ZZ99ZZZ"))
        acted_s = time.perf_counter() - started
        _say(f"| a changed pattern acts on the next plate ({len(acted)} found), which takes | {acted_s:.2f} s |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--patterns", type=int, default=10_000)
    parser.add_argument("--plates", type=int, default=5_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="anpr-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "data", free_port(), durable=False)
        server.start()
        try:
            engine = make_engine(make_url(server.url()), DatabaseSettings(url=server.url(), ssl=False))
            migrations.upgrade(engine)
            _seed(engine, arguments.entries, arguments.patterns)
            with engine.connect() as connection:
                rows = connection.execute(text("SELECT kind, count(*) FROM bolos GROUP BY kind ORDER BY kind")).all()
            _say(f"| {', '.join(f'{count} {kind}' for kind, count in rows)} entries | |\n|---|---|")
            _measure(Database(engine), arguments.plates)
            engine.dispose()
        finally:
            server.remove()


if __name__ == "__main__":
    main()
