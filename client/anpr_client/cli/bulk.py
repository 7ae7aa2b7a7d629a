"""Imports, exports, and the check of a webhook that came."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from anpr_client import webhooks
from anpr_client._sync.client import Client
from anpr_client.cli.alerts import list_named
from anpr_client.cli.capture import camera_option, ids_of
from anpr_client.cli.output import json_option, note, print_json, print_table, progress
from anpr_client.cli.passages import since_option, until_option
from anpr_client.cli.session import FAILED, errors_in_words, pass_client
from anpr_client.errors import AnprError
from anpr_client.models import Export, ImportReport

_CONTENTS: Final = ("crops", "yolo", "coco", "csv", "jsonl")


@click.command("import")
@click.argument("list_name", metavar="LIST")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--confirm-broad", is_flag=True, help="Take patterns even if they match much of the traffic.")
@json_option
@pass_client
def import_(client: Client, list_name: str, file: Path, as_json: bool, **options: bool) -> None:
    """Add a CSV FILE's wanted plates to a LIST. The first line names the columns, of which plate is required."""
    report = client.bolos.import_csv(list_named(client, list_name).id, file, **options)
    if as_json:
        print_json(report)
    else:
        _tell(report)
    if report.rejected:
        sys.exit(FAILED)


def _tell(report: ImportReport) -> None:
    would = "would be " if report.dry_run else ""
    click.echo(
        f"{report.rows} rows: {report.added} {would}added, {report.updated} {would}updated, "
        f"{report.unchanged} unchanged, {report.rejected} rejected, {report.unsure} unsure"
    )
    rows = [[str(error.line), error.plate, error.detail] for error in (*report.errors, *report.doubts)]
    print_table(("Line", "Plate", "Note"), rows)


@click.command()
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept in the audit log.")
@click.option("--contents", multiple=True, type=click.Choice(_CONTENTS), default=("csv",), show_default=True)
@click.option("--status", "statuses", multiple=True, help="Of events with this review status; may be repeated.")
@camera_option
@since_option
@until_option
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="Fetch the archive to this file.")
@json_option
@pass_client
def export(client: Client, reason: str, target: Path | None, as_json: bool, **options: Any) -> None:
    """Have an archive made of events, and fetch it."""
    filters = {
        "captured_from": options["since"],
        "captured_to": options["until"],
        "camera_ids": ids_of(client, options["camera_names"]),
    }
    if options["statuses"]:
        filters["statuses"] = list(options["statuses"])
    made = client.exports.create(reason, contents=options["contents"], **filters)
    made = _finished(client, made)
    if made.status == "ready" and target is not None:
        with progress(bytes_too=True) as bars:
            bar = bars.add_task("", name=target.name, total=made.size_bytes)
            client.exports.download(
                made.id, target, on_progress=lambda done, total: bars.update(bar, completed=done, total=total)
            )
    if as_json:
        print_json(made)
    else:
        where = f"; it is in {target}" if target is not None and made.status == "ready" else ""
        click.echo(f"{made.status}: {made.failure_reason or f'{made.events} events, {made.images} images'}{where}")
    if made.status != "ready":
        sys.exit(FAILED)


def _finished(client: Client, made: Export) -> Export:
    with progress() as bars:
        bar = bars.add_task("queued", name="export", total=1.0)
        for seen in client.exports.watch(made.id):
            bars.update(bar, completed=seen.progress, description=seen.status)
    return seen


@click.command("export-list")
@click.argument("list_name", metavar="LIST")
@pass_client
def export_list(client: Client, list_name: str) -> None:
    """Print a LIST's wanted plates as CSV, in the form of an import."""
    sys.stdout.write(client.bolos.export_csv(list_named(client, list_name).id))


@click.command("verify-webhook")
@click.argument("body", type=click.File("rb"))
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="A header that came; may be repeated.")
def verify_webhook(body: Any, headers: Sequence[str]) -> None:
    """Tell whether a webhook's BODY (a file, or - for the standard input) is the backend's.

    The endpoint's secret is taken from ANPR_WEBHOOK_SECRET.
    """
    secret = os.environ.get("ANPR_WEBHOOK_SECRET")
    with errors_in_words():
        if not secret:
            raise AnprError("The environment variable ANPR_WEBHOOK_SECRET is not set.")
        told = dict(header.split(":", 1) for header in headers if ":" in header)
        message = webhooks.verify(body.read(), {name.strip(): value.strip() for name, value in told.items()}, secret)
    note("It is the backend's.")
    print_json(message)


COMMANDS: Final = (import_, export, export_list, verify_webhook)
