"""Keeping a backend up between commands: what `make up` starts, `make down` stops."""

import json
import os
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from infra.local.console import Console
from infra.local.postgres import Postgres, free_port, is_free
from infra.local.process import alive, command_of, stop_group
from infra.local.site import Place, launch
from infra.packaging import ROOT

HOME: Final = ROOT / ".local"
_STATE: Final = HOME / "state"
_RECORD: Final = HOME / "up.json"
_LOGIN: Final = HOME / "login.txt"
_GRACE_S: Final = 20
_POLL_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Record:
    """What runs, so that another command can stop it.

    Attributes:
        database_port: PostgreSQL's; the next start takes the same one if it can.
        emulator_port: the emulator's, likewise.
        groups: process groups by a word that stands in their leader's command line.
    """

    database_port: int
    emulator_port: int
    groups: dict[str, int]


def up(console: Console) -> None:
    """Start the backend and a worker and leave them running; what runs already is only described."""
    before = _read()
    if before is not None and all(_runs(word, group) for word, group in before.groups.items()) and before.groups:
        console.say("It runs already; `make down` stops it.")
        console.say((HOME / "addresses.txt").read_text())
        return
    if before is not None:
        _stop(before)
    place = Place(
        state=_STATE,
        logs=HOME / "logs",
        database_port=_port(before.database_port if before else None),
        emulator_port=_port(before.emulator_port if before else None),
        persistent=True,
    )
    with ExitStack() as stack:
        site = launch(place, console, stack)
        with console.step("Worker started"):
            worker = site.start_worker(stack)
            worker.settle()
        groups = {"ministack": site.emulator_pid, "gpu_worker": worker.pid}
        _write(Record(place.database_port, place.emulator_port, groups))
        # From here on it is `down` that stops them.
        stack.pop_all()
    addresses = f"API    {site.api_url}\nDocs   {site.docs_url}"
    (HOME / "addresses.txt").write_text(addresses)
    console.say(addresses)
    if _LOGIN.exists():
        console.say(f"Login  {site.admin.email}, password in {_LOGIN.relative_to(ROOT)}")
    else:
        _write_private(_LOGIN, f"{site.admin.email}\n{site.admin.password}\n")
        console.say(f"Login  {site.admin.email}  {site.admin.password}")
        console.say(f"       (shown this once; kept in {_LOGIN.relative_to(ROOT)})")


def down(console: Console) -> None:
    """Stop what `up` started; its data stays in `.local`."""
    record = _read()
    if record is None:
        console.say("Nothing runs.")
        return
    with console.step("Stopped"):
        _stop(record)


def _stop(record: Record) -> None:
    # The worker first, so that it can give its job back.
    for word in ("gpu_worker", "ministack"):
        group = record.groups.get(word)
        if group is not None and _runs(word, group):
            stop_group(group, grace_s=_GRACE_S, wait=partial(_ended, group))
    Postgres(_STATE / "postgres", record.database_port).stop()
    _write(Record(record.database_port, record.emulator_port, groups={}))


def _runs(word: str, group: int) -> bool:
    """Whether the process is the one that was started, and not another that got its number since."""
    return alive(group) and word in command_of(group)


def _ended(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _port(before: int | None) -> int:
    return before if before is not None and is_free(before) else free_port()


def _read() -> Record | None:
    return Record(**json.loads(_RECORD.read_text())) if _RECORD.exists() else None


def _write(record: Record) -> None:
    _write_private(_RECORD, json.dumps(asdict(record)))


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
