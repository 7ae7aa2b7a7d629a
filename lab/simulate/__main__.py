"""`python -m lab.simulate`: simulate the scaling policy's days, and write docs/scaling.md's tables and pictures."""

import argparse
import sys
from pathlib import Path
from typing import Final

from infra.packaging import ROOT
from lab.simulate.plot import draw
from lab.simulate.report import BEGIN, END, markdown
from lab.simulate.scenarios import SHOWN

PAGE: Final = ROOT / "docs" / "scaling.md"


def with_tables(page: str, tables: str) -> str:
    """Replace what is between a page's marks.

    Raises:
        ValueError: the page has no marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} or no {END}")
    return f"{before}{begin}\n\n{tables}\n\n{end}{after}"


def main() -> int:
    """Write the page and its pictures; returns the exit status."""
    parser = argparse.ArgumentParser(prog="lab.simulate", description=__doc__)
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that gets the tables")
    page = parser.parse_args().page
    pictures = page.with_suffix("")
    pictures.mkdir(exist_ok=True)
    for scenario in SHOWN:
        draw(scenario, pictures / f"{scenario.name}.png")
    page.write_text(with_tables(page.read_text(), markdown(pictures.name)))
    sys.stdout.write(f"{page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
