"""Measure an export: `python -m tests.bench.exports [--events N] [--kill S]` prints Markdown.

It starts PostgreSQL and the AWS emulator, seeds reviewed events and their crops, and builds an export as a Lambda of
1769 MB does: in processes of their own that are bound to one core and have fifteen minutes each. Then it opens the ZIP
and checks every label against the database, every checksum against the manifest, and that no vehicle is on both sides
of the split. With `--kill` the first builder is killed after so many seconds.

The crops of 50 events share one object: what counts is how many are fetched and how large they are.
"""

import argparse
import csv
import hashlib
import io
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import create_engine, select, text, update

from anpr import bootstrap
from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.identity.principals import Principal
from anpr.messages import export_key
from anpr.models import Event, Export, Role
from anpr.plates import CONFUSABLES, plate_key
from anpr.review.exports import builder, requests
from anpr.review.exports.builder import Outcome
from anpr.review.exports.requests import ExportRequest
from anpr.settings import ExportSettings
from tests.bench.seed import seed
from tests.e2e.backend import Backend, backend

_SHARED_BY: Final = 50
_CROP_BYTES: Final = 12_000
_LAMBDA_S: Final = 900

_REVIEW = """
UPDATE events SET
    crop_key = 'crops/shared/' || mod(('x' || substr(digest, 1, 7))::bit(28)::int, CAST(:objects AS int)) || '.jpg',
    review_status = CASE WHEN corrected THEN 'corrected' ELSE 'confirmed' END,
    reviewed_plate = CASE WHEN corrected THEN overlay(plate PLACING 'K' FROM 1 FOR 1) END,
    reviewed_plate_key = CASE WHEN corrected
        THEN translate(overlay(plate PLACING 'K' FROM 1 FOR 1), :look_alikes, :representatives) END,
    reviewed_region_code = CASE WHEN corrected THEN 'RO' END
FROM (
    SELECT id AS event_id, md5(id::text) AS digest, right(md5(id::text), 1) < '2' AS corrected FROM events
) AS drawn WHERE event_id = id
"""


def main() -> None:
    """Run the measurement, or, with `--build`, what it measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--kill", type=float, help="seconds after which the first builder is killed")
    parser.add_argument("--build", type=UUID, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.build is not None:
        _build(chosen.build)
        return
    with tempfile.TemporaryDirectory(prefix="anpr-exports-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with backend(Path(folder)) as place:
            _measure(place, Path(folder), chosen.events, chosen.kill)


def _measure(place: Backend, folder: Path, events: int, kill: float | None) -> None:
    _seed(place, events)
    with place.database.transaction() as session:
        export_id = requests.create(
            session, Principal(SYSTEM, Role.ADMIN), ExportRequest(), reason="measurement", settings=ExportSettings()
        ).id
    if kill is not None:
        _killed(place, export_id, kill)
    runs: list[dict[str, Any]] = []
    while not runs or runs[-1]["outcome"] == Outcome.HANDED_ON:
        runs.append(_run(place, export_id))
    archive = folder / "export.zip"
    place.s3.download_file("footage", export_key(export_id), str(archive))
    began = time.monotonic()
    found = check(archive, place.database, export_id)
    _say("| events | archive MB | invocations | seconds | processor s | peak MB | outcome |")
    _say("|---|---|---|---|---|---|---|")
    _say(
        f"| {events} | {archive.stat().st_size / 1e6:.0f} | {len(runs)} | {sum(run['seconds'] for run in runs):.0f} "
        f"| {sum(run['processor_s'] for run in runs):.0f} | {max(run['peak_mb'] for run in runs):.0f} "
        f"| {runs[-1]['outcome']} |"
    )
    _say(f"\nChecked in {time.monotonic() - began:.0f} s: {found}")


def _run(place: Backend, export_id: UUID) -> dict[str, Any]:
    done = subprocess.run(
        _command(export_id), env=_environment(place), capture_output=True, text=True, check=True, timeout=_LAMBDA_S
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _environment(place: Backend) -> dict[str, str]:
    """The place's, with the time-out that the function is deployed with."""
    return place.env | {"ANPR_DB_STATEMENT_TIMEOUT_S": "300"}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _seed(place: Backend, events: int) -> None:
    seed(place.database.engine.url, events)
    objects = max(events // _SHARED_BY, 1)
    # An engine without the product's time-outs.
    engine = create_engine(place.database.engine.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        folding = {"look_alikes": "".join(CONFUSABLES), "representatives": "".join(CONFUSABLES.values())}
        connection.execute(text(_REVIEW), {"objects": objects, **folding})
        connection.execute(text("VACUUM ANALYZE events"))
    engine.dispose()
    for number in range(objects):
        place.s3.put_object(Bucket="footage", Key=f"crops/shared/{number}.jpg", Body=_crop(number))


def _crop(number: int) -> bytes:
    """A JPEG's header and bytes that do not compress."""
    size = struct.pack(">HBHHB", 8, 8, 24, 94, 0)
    noise = hashlib.shake_128(str(number).encode()).digest(_CROP_BYTES)
    return b"\xff\xd8\xff\xc0" + size + noise + b"\xff\xd9"


def _command(export_id: UUID) -> list[str]:
    return [sys.executable, "-m", "tests.bench.exports", "--build", str(export_id)]


def _killed(place: Backend, export_id: UUID, after_s: float) -> None:
    with subprocess.Popen(_command(export_id), env=_environment(place)) as process:
        time.sleep(after_s)
        process.kill()
    with place.database.transaction() as session:
        done = session.get_one(Export, export_id).images_done
        # What the lease would do in a few minutes.
        session.execute(update(Export).values(claimed_until=None))
    _say(f"Killed after {after_s:.0f} s, with {done} images in uploaded parts.\n")


def _build(export_id: UUID) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    settings = ExportSettings()
    began = time.monotonic()
    outcome = builder.build(
        bootstrap.database(),
        bootstrap.archive_store(fetchers=settings.fetchers),
        export_id,
        settings=settings,
        remaining_s=lambda: _LAMBDA_S - (time.monotonic() - began),
    )
    used = resource.getrusage(resource.RUSAGE_SELF)
    report = {
        "outcome": outcome.value,
        "seconds": time.monotonic() - began,
        "processor_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }
    _say(json.dumps(report))


def check(archive: Path, database: Database, export_id: UUID) -> str:
    """Check an archive of crops: every label, every checksum, the split.

    Returns:
        What was checked, in words.

    Raises:
        AssertionError: something in the archive is not so.
    """
    expected = dict(_expected(database, export_id))
    with zipfile.ZipFile(archive) as opened:
        labels = _table(opened, "labels.csv")
        assert {row["image_path"]: (row["plate_text"], row["plate_region"]) for row in labels} == expected
        sides = {side: _table(opened, f"{side}.csv") for side in ("train", "val")}
        keys = {side: {plate_key(row["plate_text"]) for row in rows} for side, rows in sides.items()}
        assert not keys["train"] & keys["val"]
        assert len(sides["train"]) + len(sides["val"]) == len(labels)
        manifest = json.loads(opened.read("manifest.json"))
        for one in manifest["files"]:
            assert hashlib.sha256(opened.read(one["path"])).hexdigest() == one["sha256"], one["path"]
        assert {one["path"] for one in manifest["files"]} | {"manifest.json"} == set(opened.namelist())
    return (
        f"{len(labels)} labels equal the database, {len(manifest['files'])} checksums are right, "
        f"{len(keys['train'])} plates in train and {len(keys['val'])} in val have none in common."
    )


def _expected(database: Database, export_id: UUID) -> Iterator[tuple[str, tuple[str | None, str]]]:
    with database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        assert session.get_one(Export, export_id).images_missing == 0
        for event in session.scalars(select(Event).execution_options(yield_per=5000)):
            yield f"crops/{event.id}.jpg", (event.effective_plate, event.effective_region or "Unknown")


def _table(opened: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(opened.read(name).decode())))


if __name__ == "__main__":
    main()
