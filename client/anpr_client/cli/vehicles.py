"""Vehicles that people know by name."""

from itertools import islice
from typing import Any, Final

import click

from anpr_client._sync.client import Client
from anpr_client.cli.output import json_option, show
from anpr_client.cli.passages import limit_option
from anpr_client.cli.session import pass_client
from anpr_client.errors import AnprError, Conflict
from anpr_client.models import Vehicle

_HEADINGS: Final = ("Plate", "Region", "Name", "Note", "Id")
_PAGE: Final = 200


@click.command()
@click.argument("plate", required=False)
@click.option("--name", metavar="NAME", help="Call the vehicle with PLATE by this name, whether it has one or not.")
@click.option("--note", metavar="TEXT", help="With --name: what else is to be known of it.")
@click.option("--region", help="Of which region PLATE is, such as gb or us-ca; any, if left out.")
@click.option("--forget", is_flag=True, help="Take the name of the vehicle with PLATE away; its passages stay.")
@click.option("--find", metavar="TEXT", help="List those with this in their name.")
@limit_option
@json_option
@pass_client
def vehicles(client: Client, plate: str | None, limit: int, as_json: bool, **options: Any) -> None:
    """List vehicles that people know by name, or name or forget the one with PLATE.

    A plate that looks like PLATE (O and 0, I and 1) is the same one.
    """
    name, forget = options["name"], options["forget"]
    if plate is None and (name or forget or options["region"]):
        raise click.UsageError("--name, --forget and --region go with a PLATE.")
    if (name is not None) + forget + (options["find"] is not None) > 1:
        raise click.UsageError("--name, --forget and --find are three things; one at a time.")
    if options["note"] is not None and name is None:
        raise click.UsageError("--note goes with --name.")
    if plate is not None and name is not None:
        found = [_name(client, plate, name, options)]
    elif plate is not None and forget:
        client.vehicles.delete(_known(client, plate, options["region"]).id)
        return
    else:
        listed = client.vehicles.list(plate=plate, name=options["find"], limit=min(limit, _PAGE))
        found = list(islice(listed, limit))
    show(found, _HEADINGS, _row, as_json=as_json)


def _name(client: Client, plate: str, name: str, options: dict[str, Any]) -> Vehicle:
    told = {} if options["note"] is None else {"note": options["note"]}
    try:
        return client.vehicles.create(plate, name, region=options["region"], **told)
    except Conflict:
        return client.vehicles.update(_known(client, plate, options["region"]).id, name=name, **told)


def _known(client: Client, plate: str, region: str | None) -> Vehicle:
    """Find a known vehicle by its plate and region.

    Raises:
        AnprError: there is none.
    """
    wanted = None if region is None else region.strip().lower()
    for one in client.vehicles.list(plate=plate):
        if one.region == wanted:
            return one
    raise AnprError(f"No vehicle is known by the plate {plate}{'' if region is None else f' of {region}'}.")


def _row(one: Vehicle) -> list[str]:
    return [one.plate, one.region or "", one.name, one.note, str(one.id)]


COMMANDS: Final = (vehicles,)
