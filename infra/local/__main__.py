"""`python -m infra.local demo | up | down`: the backend on one machine."""

import argparse
import sys
from pathlib import Path

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from infra.local import demo, keep
from infra.local.client import ApiError
from infra.local.console import Console
from infra.local.deploy import DeployError
from infra.local.emulator import EmulatorError
from infra.local.interrupts import Interrupted, interruptible
from infra.local.postgres import PostgresError
from infra.local.process import ProcessError
from infra.local.synthesis import SynthesisError
from infra.packaging import PackagingError

_EXPECTED = (
    ApiError,
    BotoCoreError,
    ClientError,
    DeployError,
    EmulatorError,
    PackagingError,
    PostgresError,
    ProcessError,
    SynthesisError,
    demo.DemoError,
    httpx.HTTPError,
)


def main() -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="infra.local", description="The backend on one machine.")
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
            if arguments.command == "demo":
                demo.demonstrate(arguments.clip, console)
            elif arguments.command == "up":
                keep.up(console)
            elif arguments.command == "down":
                keep.down(console)
            else:
                print(demo.rendered_clip())
    except _EXPECTED as error:
        console.fail(str(error))
        console.fail(f"The programs' logs are in {keep.HOME / 'logs'}.")
        return 1
    except Interrupted as interruption:
        console.fail(f"Interrupted ({interruption}); everything that was started has been stopped.")
        return interruption.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
