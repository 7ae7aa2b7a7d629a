"""Having single pictures read at once."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from anpr_client._sync.client import Client
from anpr_client.cli.capture import complete_camera
from anpr_client.cli.output import json_option, note, print_json, print_table
from anpr_client.cli.session import FAILED, pass_client
from anpr_client.cli.times import moment
from anpr_client.errors import InvalidPayload, TooLarge
from anpr_client.pictures import Picture, PicturePlate, Reading

_HEADINGS: Final = ("File", "Plate", "Score", "Region", "At", "Passage")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--camera",
    "camera_name",
    metavar="NAME",
    shell_complete=complete_camera,
    help="Record what is read for this camera; without it, nothing is kept.",
)
@click.option("--captured-at", metavar="TIME", help="When it was taken; now by default. See search.")
@click.option("--region", "regions", multiple=True, metavar="CODE", help="Where most plates are from; may be repeated.")
@click.option("--fast", is_flag=True, help="Take half the time, and perhaps miss small plates.")
@click.option("--all", "unsure_too", is_flag=True, help="Also guesses at what can hardly be read.")
@json_option
@pass_client
def read(client: Client, files: Sequence[Path], as_json: bool, **options: Any) -> None:
    """Read the plates in FILES, pictures, at once. With --json, one picture a line."""
    told = options["captured_at"]
    reading = Reading(
        camera=options["camera_name"],
        captured_at=None if told is None else moment(told),
        regions=options["regions"],
        fast=options["fast"],
        least_score=0.0 if options["unsure_too"] else None,
    )
    failed = False
    rows: list[list[str]] = []
    for file in files:
        try:
            picture = client.pictures.read(file, reading)
        except (InvalidPayload, TooLarge, OSError) as error:
            note(f"{file}: {error}")
            failed = True
            continue
        if picture.defect:
            note(f"{file}: {picture.defect}")
        if as_json:
            print_json(picture)
        rows += _rows(file, picture)
    if not as_json and not print_table(_HEADINGS, rows) and not failed:
        note("No plate was found.")
    if failed:
        sys.exit(FAILED)


def _rows(file: Path, picture: Picture) -> list[list[str]]:
    return [_row(file, plate) for plate in picture.plates]


def _row(file: Path, plate: PicturePlate) -> list[str]:
    box = plate.box
    return [
        file.name,
        plate.plate if plate.readable else f"{plate.plate} (unsure)",
        f"{plate.score:.2f}",
        "" if plate.region is None else plate.region.code,
        f"{box.xmin:.0f},{box.ymin:.0f} to {box.xmax:.0f},{box.ymax:.0f}",
        "" if plate.event_id is None else f"{plate.outcome} {plate.event_id}",
    ]


COMMANDS: Final = (read,)
