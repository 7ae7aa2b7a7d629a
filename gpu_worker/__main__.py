"""`python -m gpu_worker work | stream | read`."""

import argparse
import io
import os
import signal
import sys
from pathlib import Path
from uuid import UUID

from anpr.errors import AnprError
from anpr.regions import checked_region


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gpu_worker", description="Find and read number plates.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("work", help="take jobs from the queue until told to stop")
    stream = commands.add_parser("stream", help="read cameras' live streams until told to stop")
    stream.add_argument(
        "--camera", action="append", default=[], type=UUID, metavar="ID", help="of this camera alone; may be repeated"
    )
    read = commands.add_parser("read", help="read pictures and clips, without any server")
    read.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a picture, a clip or a folder of them")
    read.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    read.add_argument("--region", metavar="CODES", help="countries most plates are from, such as gb or gb,ie")
    read.add_argument("--one-camera", action="store_true", help="all files are one camera's: learn its plates")
    read.add_argument("--all", action="store_true", help="list unreadable passages too")
    return parser


def main() -> int:
    """Run one command; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name may be no text
    try:
        return _run()
    except BrokenPipeError:
        # Whoever read has enough. Nothing is left to be flushed at the end, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _run() -> int:
    arguments = _arguments().parse_args()
    # Imported here so that each command loads what it needs: `read` needs no adapters.
    if arguments.command == "work":
        from gpu_worker.service import work  # noqa: PLC0415

        return work.main()
    if arguments.command == "stream":
        from gpu_worker.service import stream  # noqa: PLC0415

        return stream.main(arguments.camera)
    from gpu_worker import read  # noqa: PLC0415
    from gpu_worker.vision.engines import build_pipeline, media_limits  # noqa: PLC0415
    from gpu_worker.vision.one_camera import OneCamera  # noqa: PLC0415
    from gpu_worker.vision.settings import VisionSettings  # noqa: PLC0415

    settings = VisionSettings()
    try:
        if arguments.region is not None:
            settings = settings.model_copy(update={"regions": _countries(arguments.region)})
        pipeline = build_pipeline(settings)
        return read.run(
            OneCamera(pipeline) if arguments.one_camera else pipeline,
            arguments.paths,
            media_limits(settings),
            as_json=arguments.json,
            everything=arguments.all,
        )
    except AnprError as error:
        sys.stderr.write(f"gpu_worker: {error.detail}\n")
        return 1


def _countries(text: str) -> frozenset[str]:
    """Read what `--region` was given: country or state codes, with commas between them."""
    codes = (checked_region(part) for part in text.split(",") if part.strip())
    return frozenset(code.partition("-")[0] for code in codes if code)


if __name__ == "__main__":
    sys.exit(main())
