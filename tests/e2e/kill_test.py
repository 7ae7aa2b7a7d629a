"""Kill the worker in the middle of a clip, again and again, and compare with a run that nobody disturbed.

    python -m tests.e2e.kill_test --kills 10 [--clip PATH]

Each kill hits a job of its own, at a moment of its own; another worker then takes the job over. The last job is killed
twice. Prints a Markdown table, and fails where an event was lost, doubled or changed.
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
from tests.e2e.backend import Backend, backend

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
        moments: when, as parts of an undisturbed job's time.
        events_at_kill: how many events stood in the database when the worker was last killed.
        recovery_s: from the last kill to the job's end by another worker.
        faults: what differs from the undisturbed run, in words; empty if nothing.
    """

    moments: tuple[float, ...]
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


def run_killed(place: Backend, clip: Path, undisturbed: Undisturbed, moments: Sequence[float]) -> Killed:
    """Process a clip, killing its worker at the given parts of the job's time, one worker after the other."""
    place.drain_tap()
    upload_id = place.submit(clip)
    for attempt, moment in enumerate(moments, start=1):
        worker = place.start_worker()
        try:
            # The second attempt begins when the first one's message has come back.
            place.wait_for(upload_id, begun(attempt), what="not begun")
            time.sleep(moment * undisturbed.job_s)
        finally:
            worker.kill()
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
    return Killed(tuple(moments), events_at_kill, recovery_s, faults(place, upload_id, undisturbed))


def faults(place: Backend, upload_id: UUID, undisturbed: Undisturbed) -> list[str]:
    """Compare what is recorded and published of an upload with the undisturbed run's."""
    upload, events, published = place.upload(upload_id), place.events(upload_id), place.drain_tap()
    ids = Counter(
        detail["data"]["event_id"]
        for detail in {detail["id"]: detail for detail in published}.values()
        if detail["type"] == "event.created" and detail["data"]["upload_id"] == str(upload_id)
    )
    processed = {detail["id"] for detail in published if detail["type"] == "upload.processed"}
    stored = {record["Key"] for record in place.s3.list_objects_v2(Bucket="footage").get("Contents", [])}
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


def plan(kills: int) -> list[tuple[float, ...]]:
    """Spread moments evenly over a job's time; the last job is killed twice."""
    moments = [(number + 0.5) / kills for number in range(kills)]
    return [(moment,) for moment in moments[:-2]] + [tuple(moments[-2:])] if kills > 1 else [tuple(moments)]


def main() -> int:
    """Run the test; the exit status says whether all jobs came through."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.kill_test", description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--clip", type=Path, required=True)
    arguments = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory(prefix="anpr-kill-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with backend(Path(folder)) as place:
            undisturbed = run_undisturbed(place, arguments.clip)
            results = [run_killed(place, arguments.clip, undisturbed, moments) for moments in plan(arguments.kills)]
    for result in results:
        when = " and ".join(f"{moment:.0%}" for moment in result.moments)
        verdict = "; ".join(result.faults) or "same"
        lines.append(f"| {when} | {result.events_at_kill} | {result.recovery_s:.1f} | {verdict} |")
    sys.stdout.write(
        f"Undisturbed: {len(undisturbed.facts)} events in {undisturbed.job_s:.1f} s\n\n"
        "| killed at | events by then | until done again, s | events and messages |\n|---|---|---|---|\n"
        + "\n".join(lines)
        + "\n"
    )
    return 1 if any(result.faults for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
