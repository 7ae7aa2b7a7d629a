"""What the commands print: tables for people, JSON for programs; and progress, on the error output."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from anpr_client._sync.client import Client
from anpr_client.errors import AnprError
from anpr_client.models import Camera, Event, Hit, Job, Review

_WIDE: Final = 250

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")


def out() -> Console:
    """The standard output. Where nobody sees it, no line is broken."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE, highlight=False)


def note(text: str) -> None:
    """Tell people something that is no result, in one line, which a terminal breaks where it likes."""
    Console(stderr=True, highlight=False).print(escape(text), soft_wrap=True)


def progress(*, bytes_too: bool = False) -> Progress:
    """Bars on the error output, where it is a terminal."""
    console = Console(stderr=True)
    columns = (DownloadColumn(), TimeRemainingColumn()) if bytes_too else ()
    return Progress(
        TextColumn("{task.fields[name]}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        *columns,
        TextColumn("{task.description}", markup=False),
        console=console,
        disable=not console.is_terminal,
    )


def print_json(*values: BaseModel) -> None:
    """Print values, one a line, as the API gave them."""
    for value in values:
        sys.stdout.write(value.model_dump_json() + "\n")
    sys.stdout.flush()


class Places:
    """The cameras' names and time zones. Who may not list cameras sees ids, and UTC."""

    def __init__(self, client: Client) -> None:
        try:
            self._known: dict[object, Camera] = {camera.id: camera for camera in client.cameras.list()}
        except AnprError:
            self._known = {}

    def name(self, camera_id: object) -> str:
        """A camera's name."""
        camera = self._known.get(camera_id)
        return str(camera_id) if camera is None else camera.name

    def time(self, at: datetime, camera_id: object) -> str:
        """A time as the clock at the camera showed it."""
        camera = self._known.get(camera_id)
        return f"{at.astimezone(zone_of(camera)):%Y-%m-%d %H:%M:%S %Z}"


def zone_of(camera: Camera | None) -> tzinfo:
    """A camera's time zone; UTC where it is not known here."""
    try:
        return UTC if camera is None else ZoneInfo(camera.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def event_row(event: Event, places: Places) -> list[str]:
    """A passage as a row."""
    plate = event.effective_plate or event.plate
    return [
        places.time(event.captured_at, event.camera_id),
        plate if event.readable or event.reviewed_plate else f"{plate} (unsure)",
        f"{event.score:.2f}",
        "" if event.region is None else event.region.code,
        places.name(event.camera_id),
        "" if event.known_as is None else event.known_as.name,
        "" if event.match is None else event.match.how,
        event.review_status,
        str(event.id),
    ]


EVENT_HEADINGS: Final = ("Captured", "Plate", "Score", "Region", "Camera", "Known as", "Match", "Review", "Id")


def hit_row(hit: Hit, places: Places) -> list[str]:
    """A hit as a row."""
    return [
        places.time(hit.captured_at, hit.event.camera_id),
        hit.bolo.pattern,
        hit.plate + (" (other region)" if hit.region_differs else ""),
        hit.matched_by.replace("_", " "),
        f"{hit.list.name} ({hit.list.priority})",
        places.name(hit.event.camera_id),
        hit.status.replace("_", " "),
        str(hit.id),
    ]


HIT_HEADINGS: Final = ("Captured", "Wanted", "Read", "Matched", "List", "Camera", "Status", "Id")


def review_row(review: Review, places: Places) -> list[str]:
    """A place in the review queue as a row."""
    why = [
        "hit" if review.open_hit else "",
        "second opinion" if review.second_opinion else "",
        f"doubt {review.doubt:.2f}",
    ]
    event = review.event
    return [
        places.time(event.captured_at, event.camera_id),
        event.plate,
        ", ".join(one for one in why if one),
        " ".join(candidate.plate for candidate in event.candidates[1:4]),
        places.name(event.camera_id),
        str(event.id),
    ]


def job_row(job: Job) -> list[str]:
    """A job as a row."""
    told = job.failure_reason or job.warning or ""
    return [job.file_name, job.status, f"{job.progress:.0%}", str(job.events_count), told, str(job.id)]


JOB_HEADINGS: Final = ("File", "Status", "Read", "Passages", "Note", "Id")


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Print a table, or nothing for no rows; returns how many there were."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=heading != "Note", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    if table.row_count:
        out().print(table)
    return table.row_count


def show(values: Sequence[Any], headings: Sequence[str], row: Callable[[Any], Sequence[str]], *, as_json: bool) -> None:
    """Print values either way."""
    if as_json:
        print_json(*values)
    elif not print_table(headings, map(row, values)):
        note("Nothing was found.")
