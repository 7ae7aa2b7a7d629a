"""Processes of this machine, as Linux's /proc has them."""

from contextlib import suppress
from pathlib import Path


def family(leader: int) -> list[int]:
    """A process and all below it: PostgreSQL's have groups of their own."""
    parents = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            parents[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
    found = [leader]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found
