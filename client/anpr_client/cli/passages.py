"""Searching passages, watching them come, and judging them."""

import sys
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

import click
from rich.markup import escape

from anpr_client._sync.client import Client
from anpr_client.cli.capture import camera_option, ids_of
from anpr_client.cli.output import (
    EVENT_HEADINGS,
    Places,
    event_row,
    json_option,
    note,
    out,
    print_json,
    review_row,
    show,
)
from anpr_client.cli.session import pass_client
from anpr_client.cli.times import optional_moment

since_option = click.option("--since", metavar="TIME", callback=optional_moment, help="Captured then or later.")
until_option = click.option("--until", metavar="TIME", callback=optional_moment, help="Captured before.")
limit_option = click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="The most to show.")

_REVIEW_HEADINGS: Final = ("Captured", "Plate", "Why", "Or", "Camera", "Id")
_SEEN_AT_ONCE: Final = 200


@click.command()
@click.argument("plate", required=False)
@click.option("--reason", metavar="TEXT", help="Why a plate is searched for; kept in the audit log.")
@camera_option
@since_option
@until_option
@click.option("--fuzzy", type=click.IntRange(0, 2), metavar="N", help="Forgive so many wrong characters, 0 to 2.")
@click.option("--min-score", type=click.FloatRange(0, 1), help="Reads at least as sure as this, 0 to 1.")
@limit_option
@json_option
@pass_client
def search(client: Client, plate: str | None, limit: int, as_json: bool, **options: Any) -> None:
    """Find passages, newest first.

    PLATE is a plate or a pattern: ? is one character, * any run of them; quote it, or the shell will take it for files.
    A TIME is one such as 2026-03-01T08:00 (this machine's clock, unless an offset says otherwise), or how long ago:
    90m, 2h, 3d, 1w.
    """
    fuzzy = options["fuzzy"]
    found = client.events.search(
        plate,
        reason=options["reason"],
        camera_id=ids_of(client, options["camera_names"]),
        captured_from=options["since"],
        captured_to=options["until"],
        match=None if fuzzy is None else "fuzzy",
        max_edits=fuzzy,
        min_score=options["min_score"],
        limit=min(limit, _SEEN_AT_ONCE),
    )
    events = list(islice(found, limit))
    places = Places(client)
    show(events, EVENT_HEADINGS, lambda event: event_row(event, places), as_json=as_json)
    if len(events) == limit and not as_json:
        note(f"The newest {limit}; --limit shows more.")


@click.command()
@camera_option
@click.option("--all", "unreadable_too", is_flag=True, help="Also those whose plate could not be read.")
@click.option("--count", type=click.IntRange(1), help="End after so many.")
@click.option("--since", metavar="TIME", callback=optional_moment, help="Also those recorded since then.")
@json_option
@pass_client
def watch(client: Client, count: int | None, since: datetime | None, as_json: bool, **options: Any) -> None:
    """Show passages as they are recorded, until Ctrl-C."""
    places = Places(client)
    console = out()
    coming = client.events.watch(
        since=since,
        camera_id=ids_of(client, options["camera_names"]),
        readable=None if options["unreadable_too"] else True,
    )
    try:
        for event in islice(coming, count):
            if as_json:
                print_json(event)
            else:
                at, plate, score, region, camera, *_rest = event_row(event, places)
                console.print(f"{at}  [bold]{escape(plate):<12}[/bold] {score}  {region:<5} {escape(camera)}")
    except KeyboardInterrupt:
        sys.exit(0)


@click.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200))
@camera_option
@json_option
@pass_client
def review(client: Client, limit: int, camera_names: Sequence[str], as_json: bool) -> None:
    """Show what most needs a person."""
    found = client.review.queue(limit=limit, cameras=ids_of(client, camera_names))
    places = Places(client)
    show(found, _REVIEW_HEADINGS, lambda one: review_row(one, places), as_json=as_json)


@click.command()
@click.argument("event_id")
@click.argument("plate", required=False)
@click.option("--reject", type=click.Choice(["not_a_plate", "unreadable", "wrong_vehicle"]), help="There is no plate.")
@click.option("--region", help="With PLATE: where it is from, such as gb or us-ca.")
@click.option("--note", default="", help="For whoever looks at it later.")
@json_option
@pass_client
def verdict(client: Client, event_id: str, plate: str | None, as_json: bool, **options: Any) -> None:
    """Judge a read: confirm it, correct it to PLATE, or --reject it."""
    if options["reject"] is not None and (plate is not None or options["region"] is not None):
        raise click.UsageError("A plate and a region go with a correction, and not with --reject.")
    if options["region"] is not None and plate is None:
        raise click.UsageError("--region goes with the PLATE of a correction.")
    # A verdict that stands is replaced: whoever types this has seen it, or will be shown it.
    standing = next((one.id for one in client.review.history(event_id) if one.undone_at is None), None)
    details = {"note": options["note"], "supersedes": standing}
    if options["reject"] is not None:
        given = client.review.reject(event_id, options["reject"], **details)
    elif plate is not None:
        given = client.review.correct(event_id, plate, region=options["region"], **details)
    else:
        given = client.review.confirm(event_id, **details)
    if as_json:
        print_json(given)
    else:
        out().print(f"{given.verdict} {given.plate or ''}".strip(), markup=False)


COMMANDS: Final = (search, watch, review, verdict)
