"""The commands under one roof: the client's own, and those that a backend in the same environment brings along."""

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points, version
from typing import Final

import click
from click.shell_completion import get_completion_class

from anpr_client.cli import account, alerts, bulk, capture, passages, pictures, vehicles
from anpr_client.cli.session import Session

PLUGINS: Final = "anpr_client.commands"
"""Entry points of this group are commands: functions of the words after `anpr` that return an exit status."""


class Commands(click.Group):
    """The client's commands, and those that other distributions add. None of these is imported before it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return sorted({*super().list_commands(ctx), *entry_points(group=PLUGINS).names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command by its name."""
        own = super().get_command(ctx, cmd_name)
        added = None if own is not None else next(iter(entry_points(group=PLUGINS, name=cmd_name)), None)
        return own if added is None else _added(added)


def _added(entry: EntryPoint) -> click.Command:
    def run(words: tuple[str, ...]) -> None:
        command: Callable[[list[str]], int] = entry.load()
        sys.exit(command([entry.name, *words]))

    brought_by = "another distribution" if entry.dist is None else entry.dist.name
    return click.Command(
        entry.name,
        callback=run,
        params=[click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)],
        short_help=f"(from {brought_by})",
        # Its own parser reads its words, --help too.
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--url", envvar="ANPR_URL", help="The API's address; by default the one that was logged in to.")
@click.version_option(version("anpr-client"), prog_name="anpr")
@click.pass_context
def anpr(context: click.Context, url: str | None) -> None:
    """Number plates: send footage, search passages, see hits.

    Log in once with `anpr login`, or set ANPR_URL and ANPR_API_KEY.

    Exit status: 0 done; 1 a job, an export or a file ended badly; 2 wrong usage; 3 not logged in or not permitted; 4
    refused; 5 the backend cannot be reached.
    """
    context.obj = Session.of(url)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell, for its start-up file.

    For bash: anpr completion bash > ~/.local/share/bash-completion/completions/anpr
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"There is no completion for {shell}.")
    click.echo(kind(anpr, {}, "anpr", "_ANPR_COMPLETE").source())


for _command in (
    *account.COMMANDS,
    *capture.COMMANDS,
    *passages.COMMANDS,
    *pictures.COMMANDS,
    *vehicles.COMMANDS,
    *alerts.COMMANDS,
    *bulk.COMMANDS,
    completion,
):
    anpr.add_command(_command)
