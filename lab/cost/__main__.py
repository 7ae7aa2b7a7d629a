"""`python -m lab.cost`: what a month costs, idle and with 10, 1,000 and 100,000 hours of video.

`--write` brings docs/cost.md and docs/scale.md up to date, which a test compares with what the model says.
"""

import argparse
import sys

from lab.cost.page import PAGES, updated
from lab.cost.report import INSTALLED, assumptions, price_list, report
from lab.cost.workload import Throughput


def main() -> int:
    """Print the bills, or write them into the page; returns the exit status."""
    usual = Throughput()
    parser = argparse.ArgumentParser(prog="lab.cost", description="What a month costs.")
    parser.add_argument("--env", choices=sorted(INSTALLED), default="prod", help="environment")
    parser.add_argument("--fps", type=float, default=usual.gpu_frames_per_s, help="frames a second of a GPU worker")
    parser.add_argument("--cpu-fps", type=float, default=usual.cpu_frames_per_s, help="the same of one without a GPU")
    parser.add_argument("--no-free-tier", action="store_true", help="as if nothing were always free")
    parser.add_argument("--write", action="store_true", help="bring the pages in docs up to date instead")
    arguments = parser.parse_args()
    if arguments.write:
        for page in PAGES:
            page.write_text(updated(page.read_text()))
        return 0
    throughput = Throughput(gpu_frames_per_s=arguments.fps, cpu_frames_per_s=arguments.cpu_fps)
    print(report(arguments.env, throughput, free_tier=not arguments.no_free_tier))
    print()
    print(assumptions(throughput))
    print()
    print(price_list())
    return 0


if __name__ == "__main__":
    sys.exit(main())
