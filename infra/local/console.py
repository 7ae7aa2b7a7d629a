"""What a person sees of the one-machine run: a line for each step, with a tick and its seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import rich.console
from rich.markup import escape


class Console:
    """Steps and words on the terminal."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.rich = rich.console.Console(quiet=quiet, highlight=False, file=sys.stdout)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show a step while it runs, and how long it took."""
        started = time.monotonic()
        try:
            with self.rich.status(f"{name} …"):
                yield
        except BaseException:
            self.rich.print(f"[red]✗[/red] {name}")
            raise
        self.rich.print(f"[green]✓[/green] {name} [dim]{time.monotonic() - started:.1f} s[/dim]")

    def say(self, text: str) -> None:
        """Print a line; square brackets in it are markup."""
        self.rich.print(text)

    def fail(self, reason: str) -> None:
        """Print why something could not be done."""
        self.rich.print(f"[red]{escape(reason)}[/red]")
