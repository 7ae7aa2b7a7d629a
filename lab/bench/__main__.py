"""`python -m lab.bench`: time the stages apart, and compare readers where truth lies beside."""

import argparse
import sys
from pathlib import Path

from anpr.errors import AnprError
from gpu_worker.vision.settings import VisionSettings
from lab.bench import command


def main() -> int:
    """Measure what is named; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lab.bench", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a clip, or a folder with truth.csv")
    parser.add_argument(
        "--reader",
        action="append",
        default=[],
        metavar="SPEC",
        help="default, or platenet, ppocr or easyocr alone, or NAME=ENGINE:FILE; the first is compared with the others",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write report.md and its plots there")
    arguments = parser.parse_args()
    try:
        return command.run(VisionSettings(), command.Request(arguments.paths, arguments.reader, arguments.out))
    except AnprError as error:
        sys.stderr.write(f"bench: {error.detail}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
