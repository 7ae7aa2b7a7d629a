"""The command `anpr`."""

import sys

from anpr_client.cli.commands import anpr


def main() -> None:
    """Run one command; ends the process with its exit status."""
    # Windows' consoles may have another encoding than the plates and names that are printed.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    anpr(prog_name="anpr")
