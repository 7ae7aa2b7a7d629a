"""How long GET /events takes with a city's year of events: `python -m tests.bench.events_search [--events N]`.

Each request goes through the review group's Lambda handler, in this process: payload, authentication, search, audit
record, presigned links, JSON. What a network, API Gateway and a cold start add is not in the figures.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import URL, make_url, text

from anpr import bootstrap, migrations
from anpr.db import Database, make_engine
from anpr.identity import tokens
from anpr.identity.tokens import TokenKind, TokenSigner, TokenVerifier
from anpr.models import Role, User
from anpr.settings import DatabaseSettings, RateLimitSettings, StorageSettings, TokenSettings
from functions.api.aws.host import LambdaHandler
from functions.api.groups.review import GROUP
from functions.api.services.review import ReviewServices
from infra.local.postgres import Postgres, free_port
from tests.bench import plans
from tests.bench.seed import seed
from tests.functions.api.client import Client
from tests.memory import MemoryBus, MemorySecrets

_YEAR = datetime(2026, 1, 1, tzinfo=UTC)

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Figures:
    """What one kind of query took, in milliseconds, and whether any plan of it scans the table."""

    kind: str
    requests: int
    found: float
    p50_ms: float
    p95_ms: float
    max_ms: float
    scans: int


def main() -> None:
    """Seed a database of its own, or take one that is seeded, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.events_search", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=200, help="requests of each kind")
    parser.add_argument("--url", help="a database that is seeded already")
    options = parser.parse_args()
    os.environ.update(AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench", AWS_DEFAULT_REGION="eu-central-1")
    os.environ.update(POWERTOOLS_TRACE_DISABLED="true", POWERTOOLS_METRICS_DISABLED="true", LOG_LEVEL="WARNING")
    with _database(options.url, options.events) as url:
        database = Database(make_engine(url, DatabaseSettings(url=url.render_as_string(False), ssl=False)))
        client = _client(database)
        kinds = _kinds(database, random.Random(1))  # noqa: S311 - the same requests each time
        sys.stdout.write("| query | requests | found | p50 ms | p95 ms | max ms | plans with a sequential scan |\n")
        sys.stdout.write("|---|---:|---:|---:|---:|---:|---:|\n")
        for kind, draw in kinds.items():
            row = _measure(database, client, kind, [draw() for _ in range(options.requests)])
            sys.stdout.write(
                f"| {row.kind} | {row.requests} | {row.found:.1f} | {row.p50_ms:.1f} | {row.p95_ms:.1f} "
                f"| {row.max_ms:.1f} | {row.scans} |\n"
            )
            sys.stdout.flush()


@contextmanager
def _database(url: str | None, events: int) -> Iterator[URL]:
    if url is not None:
        yield make_url(url)
        return
    with tempfile.TemporaryDirectory(prefix="anpr-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "data", free_port())
        server.start()
        try:
            made = make_url(server.url())
            engine = make_engine(made, DatabaseSettings(url=server.url(), ssl=False))
            migrations.upgrade(engine)
            engine.dispose()
            started = time.perf_counter()
            seed(made, events)
            sys.stdout.write(f"{events} events seeded in {time.perf_counter() - started:.0f} s\n\n")
            yield made
        finally:
            server.remove()


def _client(database: Database) -> Client:
    secrets = MemorySecrets("signing")
    user = User(id=uuid4(), email=f"{uuid4()}@example.org", password_hash="-", role=Role.VIEWER)
    with database.transaction() as session:
        tokens.ensure_signing_key(session, secrets, "signing")
        session.add(user)
    settings = TokenSettings(access_ttl=timedelta(hours=8))
    services = ReviewServices(
        database=database,
        verifier=TokenVerifier(settings),
        blobs=bootstrap.blob_store(StorageSettings(bucket="bench")),
        bus=MemoryBus(),
        # Counted as ever, and never reached.
        rates=RateLimitSettings(searches_per_account=10**9, searches_per_address=10**9),
    )
    token = TokenSigner(settings, secrets, "signing").sign(
        TokenKind.ACCESS, subject=user.id, token_id=uuid4(), issued_at=datetime.now(UTC)
    )
    return Client(LambdaHandler(GROUP, lambda: services), token)


def _kinds(database: Database, draw: random.Random) -> dict[str, Callable[[], Parameters]]:
    """Each kind of query, as a function that makes up one; plates are drawn from those that were read."""
    with database.transaction() as session:
        session.execute(text("SELECT setseed(0.1)"))
        sample = session.execute(
            text("SELECT plate, captured_at FROM events TABLESAMPLE SYSTEM (1) REPEATABLE (1) ORDER BY id LIMIT 5000")
        ).all()
        cameras = [str(row) for row in session.scalars(text("SELECT id FROM cameras ORDER BY id"))]

    def plate() -> str:
        drawn: str = draw.choice(sample).plate
        return drawn

    def fuzzy(edits: int) -> Parameters:
        # One character wrong, as somebody remembers it.
        long = next(found for found in iter(plate, None) if len(found) >= 7)
        at = draw.randrange(len(long))
        asked = long[:at] + draw.choice("ACEHKMNPRT349") + long[at + 1 :]
        return _plate(asked, match="fuzzy", max_edits=edits)

    def infix() -> Parameters:
        found = plate()
        at = draw.randrange(1, len(found) - 3)
        return _plate(f"*{found[at : at + 3]}*")

    def week() -> Parameters:
        start = _YEAR + timedelta(hours=draw.randrange(50 * 7 * 24))
        return {"captured_from": start.isoformat(), "captured_to": (start + timedelta(days=7)).isoformat()}

    return {
        "newest": dict,
        "time range": week,
        "camera + time range": lambda: {**week(), "camera_id": draw.choice(cameras)},
        "8 cameras": lambda: {"camera_id": draw.sample(cameras, 8)},
        "exact": lambda: _plate(plate()),
        "exact, never seen": lambda: _plate(f"ZZ{draw.randrange(10**6):06}Q"),
        "wildcard `ABC*` (3-5 first)": lambda: _plate(f"{plate()[: draw.randrange(3, 6)]}*"),
        "wildcard `AB*` (2 first)": lambda: _plate(f"{plate()[:2]}*"),
        "wildcard `*ABC*`": infix,
        "wildcard `*ABC` (3 last)": lambda: _plate(f"*{plate()[-3:]}"),
        "wildcard `?BC?EF?`": lambda: _plate("".join("?" if at % 4 == 3 else c for at, c in enumerate(plate()))),
        "wildcard + camera + time": lambda: {
            **week(), "camera_id": draw.choice(cameras), **_plate(f"*{plate()[2:4]}*")
        },
        "fuzzy, 1 edit": lambda: fuzzy(1),
        "fuzzy, 2 edits": lambda: fuzzy(2),
        "corrected": lambda: {**week(), "review_status": "corrected"},
        "score >= 0.999": lambda: {"min_score": 0.999},
        "unreadable": lambda: {"readable": "false"},
    }  # fmt: skip


def _plate(asked: str, **options: object) -> Parameters:
    return {"plate": asked, "reason": "benchmark", **options}


def _measure(database: Database, client: Client, kind: str, requests: list[Parameters]) -> Figures:
    taken, found, scans = [], [], 0
    for parameters in requests:
        started = time.perf_counter()
        reply = client.get("/events", params=parameters)
        taken.append((time.perf_counter() - started) * 1000)
        if reply.status != 200:
            raise SystemExit(f"{parameters}: {reply.status} {reply.body}")
        found.append(len(reply.json()["items"]))
    for parameters in requests[:: max(len(requests) // 20, 1)]:
        with plans.recorded(database.engine) as statements:
            client.get("/events", params=parameters)
        explained = [plans.plan(database.engine, *statement) for statement in statements if "events" in statement[0]]
        scans += sum("Seq Scan on events" in plan for plan in explained)
    percentiles = statistics.quantiles(taken, n=20)
    return Figures(
        kind, len(taken), statistics.mean(found), statistics.median(taken), percentiles[-1], max(taken), scans
    )


if __name__ == "__main__":
    main()
