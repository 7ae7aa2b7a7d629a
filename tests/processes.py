"""Processes of this machine, as Linux's /proc has them."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from infra.local.postgres import Postgres
from infra.local.process import alive


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


def leader_of(server: Postgres) -> int:
    """The process that has all of a PostgreSQL server's others below it."""
    return int((server.data / "postmaster.pid").read_text().split()[0])


def kill_postgres(server: Postgres) -> None:
    """End a PostgreSQL server as a crash of its machine would; it may be started again."""
    killed = family(leader_of(server))
    for pid in killed:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while any(alive(pid) for pid in killed):
        time.sleep(0.05)
    # Where nobody collects what is left of it, its number seems to be in use still; after a crash it would not be.
    (server.data / "postmaster.pid").unlink(missing_ok=True)
