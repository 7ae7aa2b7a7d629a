"""`python -m infra.local demo | up | down`: the backend on one machine."""

import argparse
import sys
from pathlib import Path
from typing import Final

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from anpr_client import AnprError
from infra.local import demo, selfhost, site
from infra.local.console import Console
from infra.local.deploy import DeployError
from infra.local.interrupts import Interrupted, interruptible
from infra.local.keep import Keeper, Launch
from infra.local.postgres import PostgresError
from infra.local.process import ProcessError
from infra.local.synthesis import SynthesisError
from infra.local.wheels import WheelError
from infra.packaging import ROOT, PackagingError

LAUNCHES: Final[dict[str, Launch]] = {"aws": site.launch, "selfhost": selfhost.launch}

_EXPECTED = (
    AnprError,
    BotoCoreError,
    ClientError,
    DeployError,
    PackagingError,
    PostgresError,
    ProcessError,
    SynthesisError,
    WheelError,
    demo.DemoError,
    httpx.HTTPError,
)


def main() -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="infra.local", description="The backend on one machine.")
    parser.add_argument("--home", type=Path, default=ROOT / ".local", help="folder for data, logs and crops")
    parser.add_argument(
        "--mode",
        choices=sorted(LAUNCHES),
        default="aws",
        help="what it runs on: an AWS emulator, or servers of its own",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    demonstration = commands.add_parser("demo", help="bring it up, send it a clip, show the plates, stop it")
    demonstration.add_argument("--clip", type=Path, help="a video or a picture; a rendered clip if none is given")
    commands.add_parser("up", help="bring it up and leave it running")
    commands.add_parser("down", help="stop it; its data stays")
    commands.add_parser("clip", help="render the clip of the demonstration and print its path")
    arguments = parser.parse_args()
    console = Console()
    try:
        with interruptible():
            _run(arguments, console)
    except _EXPECTED as error:
        console.fail(str(error))
        console.fail(f"The programs' logs are in {arguments.home / 'logs'}.")
        return 1
    except Interrupted as interruption:
        console.fail(f"Interrupted ({interruption}); everything that was started has been stopped.")
        return interruption.exit_status
    return 0


def _run(arguments: argparse.Namespace, console: Console) -> None:
    launch = LAUNCHES[arguments.mode]
    # Both kinds may be up at the same time.
    home = arguments.home if arguments.mode == "aws" else arguments.home / arguments.mode
    match arguments.command:
        case "demo":
            demo.demonstrate(arguments.clip, home, console, launch)
        case "up":
            Keeper(home, console, launch).up()
        case "down":
            Keeper(home, console, launch).down()
        case "clip":
            print(demo.rendered_clip())


if __name__ == "__main__":
    sys.exit(main())
