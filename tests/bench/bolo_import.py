"""Measure an import: `python -m tests.bench.bolo_import [--rows N]` prints Markdown.

A file of as many rows as asked for, one in a hundred a pattern, one in a thousand wrong, comes in gzip, as a
client would send it: first for a dry run, then in earnest, then once more unchanged.
"""

import argparse
import gzip
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from anpr import migrations
from anpr.alerts.bolos import csv_import, lists
from anpr.audit import SYSTEM
from anpr.db import Database, make_engine
from anpr.settings import DatabaseSettings
from functions.api.schemas.bolos import inflated
from infra.local.postgres import Postgres, free_port

_HEADER = "plate;kind;tolerance;region;vehicle;reason;case_number;valid_until"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _file(rows: int) -> bytes:
    lines = [_HEADER]
    for number in range(rows):
        letters = "".join(chr(65 + number // 26**place % 26) for place in range(3))
        plate = f"{letters}{number % 100:02}{number // 100:05}"
        if number % 1000 == 999:
            plate = "--"
        elif number % 100 == 0:
            plate = f"{plate[:6]}*{number % 97}"
        tolerance = ("", "confusables", "one_edit")[number % 3] if "*" not in plate else ""
        lines.append(f"{plate};;{tolerance};gb;blue estate car;stolen from a car park;2026/{number};2027-12-31")
    return ("\n".join(lines) + "\n").encode()


def _measure(database: Database, content: bytes) -> None:
    packed = gzip.compress(content)
    sizes = f"{len(content) / 1e6:.1f} MB, {len(packed) / 1e6:.1f} MB in gzip"
    _say(f"| a file of {sizes} | s | of which this process works, s | result |")
    _say("|---|---:|---:|---|")
    with database.transaction() as session:
        list_id = lists.create(session, SYSTEM, {"name": "bench"}).id
    for name, options in (("dry run", {"dry_run": True}), ("import", {}), ("the same again", {})):
        given: dict[str, Any] = options
        started, worked = time.perf_counter(), time.process_time()
        with database.transaction() as session:
            report = csv_import.load(session, SYSTEM, list_id, inflated(packed, "gzip"), **given)
        taken, worked = time.perf_counter() - started, time.process_time() - worked
        result = (
            f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, {report.rejected} wrong"
        )
        _say(f"| {name} | {taken:.1f} | {worked:.1f} | {result} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="anpr-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "data", free_port(), durable=True)
        server.start()
        try:
            engine = make_engine(make_url(server.url()), DatabaseSettings(url=server.url(), ssl=False))
            migrations.upgrade(engine)
            _measure(Database(engine), _file(arguments.rows))
            engine.dispose()
        finally:
            server.remove()


if __name__ == "__main__":
    main()
