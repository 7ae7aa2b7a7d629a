"""Kill the worker in the middle of a clip, or take the database away, and compare with a run that nobody disturbed.

    python -m tests.e2e.kill_test --clip PATH --kills 10
    python -m tests.e2e.kill_test --clip PATH --outages 20 --jobs 50

Two kills hit each job, the first with some of its events recorded and the second, of the worker that took it over, with
some more; over all jobs they are spread from before the first event to just before the last. Outages come while a job
runs. Prints a Markdown table, and fails where an event was lost, doubled or changed, or a job failed.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from anpr.models import Event, Upload, UploadStatus
from tests.e2e.backend import Backend, backend, is_over

Facts = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a run says that nobody disturbed."""

    facts: list[Facts]
    job_s: float


@dataclass(frozen=True, slots=True)
class Killed:
    """What became of one job whose worker was killed.

    Attributes:
        moments: after how many recorded events its worker was killed; without a kill that came when all was over.
        events_at_kill: how many events stood in the database when the worker was last killed.
        recovery_s: from the last kill to the job's end by another worker.
        faults: what differs from the undisturbed run, in words; empty if nothing.
    """

    moments: tuple[int, ...]
    events_at_kill: int
    recovery_s: float
    faults: list[str]


def facts_of(event: Event) -> Facts:
    """What must be the same of a passage in every run; its times to the second are part of its frames."""
    return (
        event.passage_no,
        event.plate,
        event.readable,
        event.first_frame,
        event.last_frame,
        event.best_frame,
        event.frames_seen,
        event.captured_at,
        round(event.score, 3),
    )


def run_undisturbed(place: Backend, clip: Path) -> Undisturbed:
    """Process a clip once, by a worker that has warmed up on it."""
    worker = place.start_worker()
    try:
        place.wait_until_over(place.submit(clip))
        upload = place.wait_until_over(place.submit(clip))
    finally:
        worker.terminate()
    if upload.status is not UploadStatus.SUCCEEDED or upload.started_at is None or upload.finished_at is None:
        raise RuntimeError(f"the undisturbed job {upload.status}: {upload.failure_reason}")
    facts = [facts_of(event) for event in place.events(upload.id)]
    return Undisturbed(facts, (upload.finished_at - upload.started_at).total_seconds())


def begun(attempt: int) -> Callable[[Upload], bool]:
    """Whether an upload is in its n-th attempt."""
    return lambda upload: upload.status is UploadStatus.PROCESSING and upload.attempts == attempt


def run_killed(place: Backend, clip: Path, undisturbed: Undisturbed, moments: Sequence[int]) -> Killed:
    """Process a clip, killing its worker once so many events are recorded, one worker after the other."""
    place.drain_tap()
    upload_id = place.submit(clip)
    hit = []
    for attempt, moment in enumerate(moments, start=1):
        worker = place.start_worker()
        try:
            # The second attempt begins when the first one's message has come back.
            place.wait_for(upload_id, begun(attempt), what="not begun")
            while len(place.events(upload_id)) < moment and not is_over(place.upload(upload_id)):
                time.sleep(0.01)
        finally:
            worker.kill()
        if is_over(place.upload(upload_id)):
            break
        hit.append(moment)
    killed_at = time.monotonic()
    events_at_kill = len(place.events(upload_id))
    worker = place.start_worker()
    try:
        place.wait_until_over(upload_id)
        recovery_s = time.monotonic() - killed_at
        # The worker publishes what it and the dead one promised, right after the end.
        deadline = time.monotonic() + 10
        while place.unpublished() and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        # Not killed: a queue may hand the next message to the poll of a worker that is no more, and count it.
        worker.terminate()
    return Killed(tuple(hit), events_at_kill, recovery_s, faults(place, upload_id, undisturbed, place.drain_tap()))


def run_outages(place: Backend, clip: Path, undisturbed: Undisturbed, outages: int, count: int) -> list[list[str]]:
    """Process a clip `count` times by one worker, and take the database away now and then while a job runs.

    Returns:
        The faults of each job.
    """
    place.drain_tap()
    ids = [place.submit(clip) for _ in range(count)]
    worker = place.start_worker()
    try:
        for number in range(outages):
            wait_for_progress(place, ids, ended=number * count // outages)
            place.outage(3)
        for upload_id in ids:
            place.wait_until_over(upload_id, timeout_s=600)
        deadline = time.monotonic() + 60
        while place.unpublished() and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        worker.terminate()
    published = place.drain_tap()
    return [faults(place, upload_id, undisturbed, published) for upload_id in ids]


def wait_for_progress(place: Backend, ids: Sequence[UUID], *, ended: int) -> None:
    """Wait until so many jobs have ended and another is in the middle of its file, or none is left to hit."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        uploads = [place.upload(upload_id) for upload_id in ids]
        over = sum(map(is_over, uploads))
        runs = any(upload.status is UploadStatus.PROCESSING and upload.progress > 0.2 for upload in uploads)
        if over == len(ids) or (over >= ended and runs):
            return
        time.sleep(0.02)
    raise TimeoutError(f"{ended} jobs have not ended; the log ends\n{place.log.read_text()[-3000:]}")


def faults(place: Backend, upload_id: UUID, undisturbed: Undisturbed, published: Sequence[dict[str, Any]]) -> list[str]:
    """Compare what is recorded and published of an upload with the undisturbed run's."""
    upload, events = place.upload(upload_id), place.events(upload_id)
    ids = Counter(
        detail["data"]["event_id"]
        for detail in {detail["id"]: detail for detail in published}.values()
        if detail["type"] == "event.created" and detail["data"]["upload_id"] == str(upload_id)
    )
    processed = {
        detail["id"]
        for detail in published
        if detail["type"] == "upload.processed" and detail["data"]["upload_id"] == str(upload_id)
    }
    listed = place.s3.get_paginator("list_objects_v2").paginate(Bucket="footage")
    stored = {record["Key"] for page in listed for record in page.get("Contents", [])}
    checks = {
        f"the upload {upload.status}: {upload.failure_reason}": upload.status is UploadStatus.SUCCEEDED,
        "the passages differ": [facts_of(event) for event in events] == undisturbed.facts,
        f"{upload.events_count} events are counted": upload.events_count == len(undisturbed.facts),
        "events wait in the outbox": place.unpublished() == 0,
        f"the bus got {dict(ids)}": ids == Counter(str(event.id) for event in events),
        f"upload.processed was promised {len(processed)} times": len(processed) == 1,
        "an image is missing": {key for event in events for key in (event.crop_key, event.frame_key)} <= stored,
    }
    return [fault for fault, fine in checks.items() if not fine]


def plan(kills: int, events: int) -> list[tuple[int, ...]]:
    """Spread kills evenly over the events of a job, two a job, the later one second."""
    moments = [number * events // kills for number in range(kills)]
    jobs = (kills + 1) // 2
    return [tuple(moments[first::jobs]) for first in range(jobs)]


def main() -> int:
    """Run the test; the exit status says whether all jobs came through."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.kill_test", description=__doc__)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--outages", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=50, help="jobs that the outages are spread over")
    parser.add_argument("--clip", type=Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="anpr-kill-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with backend(Path(folder)) as place:
            undisturbed = run_undisturbed(place, arguments.clip)
            sys.stdout.write(f"Undisturbed: {len(undisturbed.facts)} events in {undisturbed.job_s:.1f} s\n\n")
            found = _killed(place, arguments.clip, undisturbed, arguments.kills) if arguments.kills else []
            if arguments.outages:
                jobs = run_outages(place, arguments.clip, undisturbed, arguments.outages, arguments.jobs)
                bad = [each for each in jobs if each]
                sys.stdout.write(
                    f"{arguments.outages} outages over {len(jobs)} jobs: {len(jobs) - len(bad)} the same\n"
                )
                sys.stdout.writelines(f"- {'; '.join(each)}\n" for each in bad)
                found += bad
    return 1 if found else 0


def _killed(place: Backend, clip: Path, undisturbed: Undisturbed, kills: int) -> list[list[str]]:
    sys.stdout.write(
        "| killed at event | events by then | until done again, s | events and messages |\n|---|---|---|---|\n"
    )
    found = []
    for moments in plan(kills, len(undisturbed.facts)):
        result = run_killed(place, clip, undisturbed, moments)
        when = " and ".join(map(str, result.moments)) or "never"
        verdict = "; ".join(result.faults) or "same"
        sys.stdout.write(f"| {when} | {result.events_at_kill} | {result.recovery_s:.1f} | {verdict} |\n")
        sys.stdout.flush()
        found += [result.faults] if result.faults else []
    return found


if __name__ == "__main__":
    sys.exit(main())
