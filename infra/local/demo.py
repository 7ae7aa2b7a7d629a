"""The demonstration: bring the backend up, send it a clip as a client would, show what it read, and stop it all."""

import hashlib
import shutil
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from anpr.messages import MEDIA_TYPES, media_type
from infra.cache import made_once
from infra.local.client import API_FUNCTIONS, ApiClient
from infra.local.console import Console
from infra.local.process import LoggedProcess
from infra.local.scratch import scratch
from infra.local.site import Place, launch
from infra.packaging import CACHE

_CAMERA: Final = "Demonstration"
_POLL_S: Final = 0.4
_ENDED: Final = ("succeeded", "failed", "expired")


class DemoError(RuntimeError):
    """The demonstration could not be shown; the text says why."""


def demonstrate(clip: Path | None, home: Path, console: Console) -> None:
    """Run the whole way once.

    Args:
        clip: a video or a picture; the rendered clip if none is given.
        home: folder for the logs and the crops, which stay; all else goes.
        console: where it is shown.

    Raises:
        DemoError: the file is not there, or the job failed.
    """
    if clip is not None and not clip.is_file():
        raise DemoError(f"There is no file {clip}.")
    if clip is not None and media_type(clip.name) is None:
        raise DemoError(f"{clip.name} is of no kind that can be read; these are: {' '.join(sorted(MEDIA_TYPES))}.")
    crops = home / "demo"
    shutil.rmtree(crops, ignore_errors=True)
    crops.mkdir(parents=True)
    with ExitStack() as stack:
        state = stack.enter_context(scratch())
        site = launch(Place.temporary(state, logs=home / "logs" / "demo"), console, stack)
        with console.step("Worker started"):
            worker = site.start_worker(stack)
        with console.step("Clip rendered" if clip is None else "Clip found"):
            file = clip or rendered_clip()
        api = stack.enter_context(ApiClient(site.api_url))
        with console.step("API awake"):
            api.wake(API_FUNCTIONS)
        with console.step("Logged in, camera registered"):
            api.log_in(site.admin)
            camera = api.camera(_CAMERA)
        with console.step(f"{file.name} uploaded ({file.stat().st_size / 1e6:.1f} MB)"):
            upload = api.upload(file, camera_id=camera["id"], captured_at=datetime.now(UTC))
        job = follow(api, str(upload["id"]), worker, console)
        show(list(api.pages("/events", camera_id=camera["id"])), job, crops, console)


def rendered_clip(cache: Path = CACHE) -> Path:
    """The clip that the project renders itself; rendered once and kept in the cache."""
    # Imported here: a run with one's own clip needs no renderer.
    from infra.local.clip.writer import write_clip  # noqa: PLC0415

    digest = hashlib.sha256()
    for source in sorted((Path(__file__).parent / "clip").glob("*.py")):
        digest.update(source.read_bytes())
    return made_once(cache / "clips" / digest.hexdigest()[:16] / "rendered_traffic.mp4", write_clip)


def follow(api: ApiClient, job_id: str, worker: LoggedProcess, console: Console) -> dict[str, Any]:
    """Show a job's progress until it ends.

    Returns:
        The job at its end.

    Raises:
        DemoError: the job failed; with its reason.
        infra.local.process.ProcessError: the worker ended.
    """
    columns = (TextColumn("  {task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console.rich) as progress:
        bar = progress.add_task("queued", total=1.0)
        while True:
            job: dict[str, Any] = api.get(f"/jobs/{job_id}")
            progress.update(bar, description=job["status"], completed=job["progress"])
            if job["status"] in _ENDED:
                break
            worker.check()
            time.sleep(_POLL_S)
    if job["status"] != "succeeded":
        raise DemoError(f"The job {job['status']}: {job['failure_reason']}")
    return job


def show(events: list[dict[str, Any]], job: dict[str, Any], crops: Path, console: Console) -> None:
    """Print the passages as a table, and fetch their crops by the links that the API gave.

    Args:
        events: passages as the API gives them.
        job: their upload's job.
        crops: folder that the crops are saved in.
        console: where the table is shown.
    """
    readable = sorted((event for event in events if event["readable"]), key=lambda event: str(event["first_seen_at"]))
    table = Table(title=_title(readable, events))
    for heading in ("Plate", "Score", "First - last", "Frames"):
        table.add_column(heading, no_wrap=True)
    with httpx.Client(timeout=30, trust_env=False) as http:
        for event in readable:
            crop = http.get(event["crop_url"]).raise_for_status().content
            (crops / f"{event['plate']}-{event['passage_no']:03d}.jpg").write_bytes(crop)
            times = f"{_clock(event['first_seen_at'])} - {_clock(event['last_seen_at'])}"
            table.add_row(event["plate"], f"{event['score']:.2f}", times, str(event["frames_seen"]))
    console.rich.print(table)
    if job["warning"]:
        console.say(f"[yellow]{escape(job['warning'])}[/yellow]")
    if readable:
        console.say(f"The plates' crops are in {crops}.")


def _title(readable: list[dict[str, Any]], events: list[dict[str, Any]]) -> str:
    unread = len(events) - len(readable)
    plates = "1 plate" if len(readable) == 1 else f"{len(readable)} plates"
    return f"{plates} read" + (f", {unread} seen but not readable" if unread else "")


def _clock(time_of_day: str) -> str:
    return datetime.fromisoformat(time_of_day).astimezone(UTC).strftime("%H:%M:%S.%f")[:-5]
