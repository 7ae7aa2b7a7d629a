"""`python -m server api | reader | background | migrate | task NAME`."""

import argparse
import sys
from functools import partial

from pydantic import ValidationError

from anpr.errors import AnprError
from anpr.rules import SCHEDULE
from server.logs import log_as


def main() -> int:
    """Run one process; returns the exit status: 2 if it is not set up so that it can run."""
    parser = argparse.ArgumentParser(prog="server", description="The backend's processes.")
    parser.add_argument("process", choices=("api", "reader", "background", "migrate", "task"))
    parser.add_argument("name", nargs="?", choices=sorted(SCHEDULE), help="of a task: does it once, now")
    asked = parser.parse_args()
    process = asked.process
    if (process == "task") == (asked.name is None):
        parser.error("a task has a name, and nothing else has")
    log_as(process)
    # Imported here, so that each loads what it needs.
    if process == "api":
        from server.api import main as run  # noqa: PLC0415
    elif process == "reader":
        from server.reader import main as run  # noqa: PLC0415
    elif process == "background":
        from server.background import main as run  # noqa: PLC0415
    elif process == "task":
        from server.background import run_once  # noqa: PLC0415

        run = partial(run_once, asked.name)
    else:
        from server.migrate import main as run  # noqa: PLC0415
    try:
        return run()
    except (ValidationError, ValueError) as error:
        sys.stderr.write(f"server {process} cannot start: {error}\n")
        return 2
    except AnprError as error:
        sys.stderr.write(f"server {process} cannot start: {error.detail}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
