"""Hits on wanted plates."""

import time
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import click

from anpr_client._sync.client import Client
from anpr_client.cli.capture import camera_option, ids_of
from anpr_client.cli.output import HIT_HEADINGS, Places, hit_row, json_option, note, print_json, print_table, show
from anpr_client.cli.passages import limit_option, since_option, until_option
from anpr_client.cli.session import pass_client
from anpr_client.errors import AnprError
from anpr_client.models import BoloList

_STATUSES: Final = ("unverified", "verified", "wrong_read", "wrong_vehicle", "dismissed", "withdrawn")
_FOLLOW_S: Final = 2.0
_FOLLOWED: Final = 50


@click.command()
@click.option("--status", type=click.Choice(_STATUSES))
@click.option("--list", "list_name", metavar="NAME", help="Only hits on this list, by name or id.")
@camera_option
@since_option
@until_option
@click.option("--follow", is_flag=True, help="Go on with hits as they come, until Ctrl-C.")
@limit_option
@json_option
@pass_client
def hits(client: Client, limit: int, follow: bool, as_json: bool, **options: Any) -> None:
    """Show hits on wanted plates, the latest capture first."""
    cameras = ids_of(client, options["camera_names"])
    if len(cameras) > 1:
        raise click.UsageError("Hits are listed of one camera or of all.")
    filters = {
        "status": options["status"],
        "list_id": None if options["list_name"] is None else list_named(client, options["list_name"]).id,
        "camera_id": cameras[0] if cameras else None,
        "captured_from": options["since"],
        "captured_to": options["until"],
    }
    found = list(islice(client.hits.list(**filters, limit=min(limit, 200)), limit))
    places = Places(client)
    show(found, HIT_HEADINGS, lambda hit: hit_row(hit, places), as_json=as_json)
    if follow:
        _follow(client, filters, places, as_json=as_json)


def _follow(client: Client, filters: dict[str, Any], places: Places, *, as_json: bool) -> None:
    began = datetime.now(UTC)
    seen = {hit.id for hit in islice(client.hits.list(**filters), _FOLLOWED)}
    note(f"Waiting for hits since {began.astimezone():%H:%M:%S} …")
    while True:
        time.sleep(_FOLLOW_S)
        fresh = [hit for hit in islice(client.hits.list(**filters), _FOLLOWED) if hit.id not in seen]
        for hit in reversed(fresh):
            seen.add(hit.id)
            if as_json:
                print_json(hit)
            else:
                print_table(HIT_HEADINGS, [hit_row(hit, places)])


@click.command()
@click.argument("hit_id")
@click.argument("status", type=click.Choice(_STATUSES[:-1]))
@click.option("--note", "told", default="", help="Why.")
@json_option
@pass_client
def judge(client: Client, hit_id: str, status: str, told: str, as_json: bool) -> None:
    """Say what a hit was."""
    hit = client.hits.judge(hit_id, status, note=told)
    if as_json:
        print_json(hit)
    else:
        click.echo(f"{hit.plate}: {hit.status.replace('_', ' ')}")


@click.command()
@json_option
@pass_client
def lists(client: Client, as_json: bool) -> None:
    """List the lists of wanted plates."""
    headings = ("Name", "Priority", "Active", "Alerts every", "Id")
    show(list(client.bolos.lists()), headings, _list_row, as_json=as_json)


def _list_row(one: BoloList) -> list[str]:
    return [one.name, one.priority, "yes" if one.active else "no", f"{one.alert_interval_s} s", str(one.id)]


def list_named(client: Client, name_or_id: str) -> BoloList:
    """Find a list by its name, in any case of letters, or by its id.

    Raises:
        AnprError: there is none.
    """
    known = []
    for one in client.bolos.lists():
        if name_or_id.casefold() in (one.name.casefold(), str(one.id)):
            return one
        known.append(one.name)
    raise AnprError(f"There is no list {name_or_id!r}. There are: {', '.join(sorted(known)[:20]) or 'none'}.")


COMMANDS: Final = (hits, judge, lists)
