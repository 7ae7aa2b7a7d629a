"""The demonstration: bring the backend up, send it a clip as a client would, show what it read, and stop it all."""

import hashlib
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from anpr_client import Client, Event, Job, Options
from anpr_client.media import MEDIA_TYPES, media_type
from infra.cache import made_once
from infra.local.console import Console
from infra.local.keep import Launch
from infra.local.place import Place
from infra.local.process import LoggedProcess
from infra.local.scratch import scratch
from infra.packaging import CACHE

_CAMERA: Final = "Demonstration"
_POLL_S: Final = 0.4


class DemoError(RuntimeError):
    """The demonstration could not be shown; the text says why."""


def demonstrate(clip: Path | None, home: Path, console: Console, launch: Launch) -> None:
    """Run the whole way once.

    Args:
        clip: a video or a picture; the rendered clip if none is given.
        home: folder for the logs and the crops, which stay; all else goes.
        console: where it is shown.
        launch: starts a backend of the wanted kind.

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
        with console.step("API awake"):
            site.wake()
        api = stack.enter_context(Client(site.api_url, site.admin, options=Options(poll_s=_POLL_S)))
        with console.step("Logged in, camera registered"):
            camera = api.cameras.create(_CAMERA, latitude=51.5007, longitude=-0.1246)
        with console.step(f"{file.name} uploaded ({file.stat().st_size / 1e6:.1f} MB)"):
            upload = api.uploads.send(file, camera=camera.id, captured_at=datetime.now(UTC))
        job = follow(api, str(upload.id), worker, console)
        show(api, list(api.events.search(camera_id=camera.id)), job, Shown(crops, console))


@dataclass(frozen=True, slots=True)
class Shown:
    """Where what was read is shown: a folder for the crops, which are kept, and a console for the rest."""

    crops: Path
    console: Console


def rendered_clip(cache: Path = CACHE) -> Path:
    """The clip that the project renders itself; rendered once and kept in the cache."""
    # Imported here: a run with one's own clip needs no renderer.
    from infra.local.clip.writer import write_clip  # noqa: PLC0415

    digest = hashlib.sha256()
    for source in sorted((Path(__file__).parent / "clip").glob("*.py")):
        digest.update(source.read_bytes())
    return made_once(cache / "clips" / digest.hexdigest()[:16] / "rendered_traffic.mp4", write_clip)


def follow(api: Client, job_id: str, worker: LoggedProcess, console: Console) -> Job:
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
        for job in api.jobs.watch(job_id):
            progress.update(bar, description=job.status, completed=job.progress)
            worker.check()
    if not job.succeeded:
        raise DemoError(f"The job {job.status}: {job.failure_reason}")
    return job


def show(api: Client, events: list[Event], job: Job, shown: Shown) -> None:
    """Print the passages as a table, and fetch their crops by the links that the API gave.

    Args:
        api: the client.
        events: passages.
        job: their upload's job.
        shown: where.
    """
    readable = sorted((event for event in events if event.readable), key=lambda event: event.first_seen_at)
    table = Table(title=_title(readable, events))
    for heading in ("Plate", "Score", "First - last", "Frames"):
        table.add_column(heading, no_wrap=True)
    for event in readable:
        if event.crop_url is not None:
            crop = api.events.image(event.crop_url)
            (shown.crops / f"{event.plate}-{event.passage_no:03d}.jpg").write_bytes(crop)
        times = f"{_clock(event.first_seen_at)} - {_clock(event.last_seen_at)}"
        table.add_row(event.plate, f"{event.score:.2f}", times, str(event.frames_seen))
    shown.console.rich.print(table)
    if job.warning:
        shown.console.say(f"[yellow]{escape(job.warning)}[/yellow]")
    if readable:
        shown.console.say(f"The plates' crops are in {shown.crops}.")


def _title(readable: list[Event], events: list[Event]) -> str:
    unread = len(events) - len(readable)
    plates = "1 plate" if len(readable) == 1 else f"{len(readable)} plates"
    return f"{plates} read" + (f", {unread} seen but not readable" if unread else "")


def _clock(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%H:%M:%S.%f")[:-5]
