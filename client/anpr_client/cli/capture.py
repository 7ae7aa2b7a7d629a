"""Cameras, uploads and jobs."""

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import click
from click.shell_completion import CompletionItem

from anpr_client._sync.client import Client
from anpr_client.cli.output import (
    EVENT_HEADINGS,
    JOB_HEADINGS,
    Places,
    event_row,
    job_row,
    json_option,
    note,
    print_json,
    print_table,
    progress,
    show,
    zone_of,
)
from anpr_client.cli.session import FAILED, Session, pass_client
from anpr_client.cli.times import moment
from anpr_client.errors import AnprError, UploadRefused
from anpr_client.files import Progress, content_type_of
from anpr_client.models import Camera, Event, Job, Upload

_COMPLETION_TIMEOUT_S: Final = 3.0


def complete_camera(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of cameras that begin so; none where the backend cannot be asked."""
    # A shell asks before any command has run.
    session = context.find_object(Session) or Session.of(os.environ.get("ANPR_URL"))
    found: list[CompletionItem] = []
    with suppress(AnprError, click.ClickException), session.client(timeout_s=_COMPLETION_TIMEOUT_S) as client:
        found = [CompletionItem(camera.name) for camera in client.cameras.list()]
    return [item for item in found if item.value.casefold().startswith(begun.casefold())]


def camera_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--camera`, by which a command is limited to one or several."""
    return click.option(
        "--camera",
        "camera_names",
        multiple=True,
        metavar="NAME",
        shell_complete=complete_camera,
        help="Only this camera, by name or id; may be repeated.",
    )(command)


def ids_of(client: Client, names: Sequence[str]) -> list[str]:
    """Ids of cameras by their names."""
    return [str(client.cameras.named(name).id) for name in names]


@click.command()
@json_option
@pass_client
def cameras(client: Client, as_json: bool) -> None:
    """List the cameras."""
    headings = ("Name", "Active", "Time zone", "Region", "Position", "Id")
    show(list(client.cameras.list()), headings, _camera_row, as_json=as_json)


@click.command("add-camera")
@click.argument("name")
@click.option("--time-zone", default="UTC", show_default=True, help="IANA name, such as Europe/Berlin.")
@click.option("--region", "region_hint", help="Where most plates before it are from, such as gb or us-ca.")
@click.option("--position", type=(float, float), metavar="LAT LON", help="Degrees north and east.")
@json_option
@pass_client
def add_camera(client: Client, name: str, as_json: bool, **options: Any) -> None:
    """Register a camera."""
    latitude, longitude = options.pop("position") or (None, None)
    made = client.cameras.create(name, latitude=latitude, longitude=longitude, **options)
    if as_json:
        print_json(made)
    else:
        click.echo(made.id)


def _camera_row(camera: Camera) -> list[str]:
    position = "" if camera.latitude is None else f"{camera.latitude:.4f}, {camera.longitude:.4f}"
    active = "yes" if camera.active else "no"
    return [camera.name, active, camera.time_zone, camera.region_hint or "", position, str(camera.id)]


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--camera", "camera_name", required=True, metavar="NAME", shell_complete=complete_camera)
@click.option(
    "--captured-at", metavar="TIME", help="When the first frame was taken; the file's own time by default. See search."
)
@click.option("--follow", is_flag=True, help="Wait until all are read, and show the plates.")
@click.option("--again", is_flag=True, help="Send a file even if it was sent before.")
@json_option
@pass_client
def upload(client: Client, files: Sequence[Path], camera_name: str, as_json: bool, **options: Any) -> None:
    """Send FILES, videos or pictures, to be read.

    A file that this command has sent before is not sent again, and one whose sending broke off is taken up again. With
    --json, one job a line.
    """
    for file in files:
        content_type_of(file)
    camera = client.cameras.named(camera_name)
    told = options["captured_at"]
    at = None if told is None else moment(told, zone_of(camera))
    sent: list[Upload] = []
    with progress(bytes_too=True) as bars:
        for file in files:
            bar = bars.add_task("", name=file.name, total=file.stat().st_size)

            def advance(done: int, total: int, bar: Any = bar) -> None:
                bars.update(bar, completed=done, total=total)

            with _telling(file):
                sent.append(_send(client, file, _When(camera, at, again=options["again"]), advance))
    jobs = _follow(client, sent) if options["follow"] else [client.jobs.get(one.id) for one in sent]
    show(jobs, JOB_HEADINGS, job_row, as_json=as_json)
    if options["follow"] and not as_json:
        _show_plates(client, sent, jobs)
    if len(sent) < len(files) or any(job.over and not job.succeeded for job in jobs):
        sys.exit(FAILED)


class _When:
    """Whose and of when a file is, and whether it is to be sent even if it was."""

    def __init__(self, camera: Camera, at: datetime | None, *, again: bool) -> None:
        self.camera = camera
        self._at = at
        self._again = again

    def captured_at(self, file: Path) -> datetime:
        return self._at or datetime.fromtimestamp(file.stat().st_mtime, UTC)

    def key(self, file: Path, number: int) -> str:
        """The upload's name: of the same file, the same one."""
        if self._again:
            return uuid4().hex
        about = file.stat()
        told = (self.camera.id, file.name, about.st_size, about.st_mtime_ns, self.captured_at(file).isoformat(), number)
        return hashlib.sha256(repr(told).encode()).hexdigest()


def _send(client: Client, file: Path, when: _When, advance: Progress) -> Upload:
    number = 0
    went = False

    def on_progress(done: int, total: int) -> None:
        nonlocal went
        went = True
        advance(done, total)

    while True:
        upload = client.uploads.send(
            file,
            camera=when.camera.id,
            captured_at=when.captured_at(file),
            key=when.key(file, number),
            on_progress=on_progress,
        )
        if upload.status != "expired":
            break
        # It was announced once and never came; that announcement is no good any more.
        number += 1
    if not went:
        note(f"{file.name} was sent before; --again sends it once more.")
    return upload


@contextmanager
def _telling(file: Path) -> Iterator[None]:
    """Say what is wrong with one file, and go on to the next."""
    try:
        yield
    except (UploadRefused, OSError) as error:
        note(f"{file}: {error}")


def _follow(client: Client, sent: Sequence[Upload]) -> list[Job]:
    """Wait until all jobs are over."""
    ended: dict[object, Job] = {}
    with progress() as bars:
        rows = {one.id: bars.add_task("waiting", name=one.file_name, total=1.0) for one in sent}
        while len(ended) < len(rows):
            for job_id, row in rows.items():
                if job_id not in ended:
                    job = client.jobs.get(job_id)
                    bars.update(row, completed=job.progress, description=f"{job.status}, {job.events_count} passages")
                    if job.over:
                        ended[job_id] = job
            if len(ended) < len(rows):
                time.sleep(1)
    return [ended[one.id] for one in sent]


def _show_plates(client: Client, sent: Sequence[Upload], jobs: Sequence[Job]) -> None:
    found: list[Event] = []
    for upload, job in zip(sent, jobs, strict=True):
        if not job.events_count:
            continue
        start = upload.captured_at
        end = start + timedelta(seconds=(job.duration_s or 0) + 60)
        seen = client.events.search(camera_id=upload.camera_id, captured_from=start, captured_to=end)
        found.extend(event for event in seen if event.upload_id == upload.id)
    if found:
        places = Places(client)
        click.echo()
        found.sort(key=lambda event: event.captured_at)
        print_table(EVENT_HEADINGS, (event_row(event, places) for event in found))


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--status", help="Only those that are awaiting_file, queued, processing, succeeded, failed or expired.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1))
@json_option
@pass_client
def jobs(client: Client, ids: Sequence[str], status: str | None, limit: int, as_json: bool) -> None:
    """List jobs, newest first, or the jobs of these IDS."""
    if ids:
        found = [client.jobs.get(one) for one in ids]
    else:
        found = [job for _number, job in zip(range(limit), client.jobs.list(status=status), strict=False)]
    show(found, JOB_HEADINGS, job_row, as_json=as_json)


@click.command()
@click.argument("ids", nargs=-1, required=True)
@json_option
@pass_client
def retry(client: Client, ids: Sequence[str], as_json: bool) -> None:
    """Have failed jobs tried again."""
    show([client.jobs.retry(one) for one in ids], JOB_HEADINGS, job_row, as_json=as_json)


COMMANDS: Final = (cameras, add_camera, upload, jobs, retry)
