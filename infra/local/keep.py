"""Keeping a backend up between commands: what `make up` starts, `make down` stops."""

import json
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from anpr_client import Login
from infra.local.console import Console
from infra.local.place import Place, Running
from infra.local.postgres import Postgres
from infra.local.process import alive, command_of, stop_group

Launch: TypeAlias = Callable[[Place, Console, ExitStack], Running]
"""Starts a backend, all but its worker."""

# SeaweedFS takes its time.
_GRACE_S: Final = 40
_POLL_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Record:
    """What runs, so that another command can stop it.

    Attributes:
        ports: of the servers; the next start takes the same ones if it can.
        groups: process groups by a word that stands in their leader's command line; empty where nothing runs.
        addresses: what to tell the person.
    """

    ports: dict[str, int] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    addresses: str = ""


class Keeper:
    """Starts and stops the backend whose data and logs lie in one folder."""

    def __init__(self, home: Path, console: Console, launch: Launch) -> None:
        """Prepare.

        Args:
            home: the folder.
            console: where the steps are shown.
            launch: starts a backend of the wanted kind.
        """
        self._launch = launch
        self._state = home / "state"
        self._logs = home / "logs"
        self._record = home / "up.json"
        self._login = home / "login.txt"
        self._address = home / "api.txt"
        self._console = console

    def up(self) -> None:
        """Start the backend and a worker and leave them running; what runs already is only described."""
        before = self._read()
        if before is not None and before.groups:
            if all(_runs(word, group) for word, group in before.groups.items()):
                self._console.say("It runs already; `make down` stops it.")
                self._console.say(before.addresses)
                if self._login.exists():
                    email = self._login.read_text().splitlines()[0]
                    self._console.say(f"Login  {email}, with the password in {self._login}")
                return
            self._stop(before)
        place = Place.kept(self._state, self._logs, {} if before is None else before.ports)
        with ExitStack() as stack:
            site = self._launch(place, self._console, stack)
            with self._console.step("Worker started"):
                worker = site.start_worker(stack)
                worker.settle()
                streams = site.start_streams(stack)
                streams.check()
            with self._console.step("Reader of single pictures started"):
                reader = site.start_reader(stack)
            with self._console.step("API awake"):
                site.wake()
            addresses = f"Open   {site.console_url}\nAPI    {site.api_url}\nDocs   {site.docs_url}"
            groups = {
                **site.groups,
                "gpu_worker work": worker.pid,
                "gpu_worker stream": streams.pid,
                "server reader": reader.pid,
            }
            self._write(Record(place.ports, groups, addresses))
            self._address.write_text(f"{site.api_url}\n")
            # From here on it is `down` that stops them.
            stack.pop_all()
        self._console.say(addresses)
        self._tell_login(site.admin)

    def down(self) -> None:
        """Stop what `up` started; its data stays."""
        record = self._read()
        if record is None or not record.groups:
            self._console.say("Nothing runs.")
            return
        with self._console.step("Stopped"):
            self._stop(record)

    def _stop(self, record: Record) -> None:
        # What was started last first: a worker can give its job back.
        for word, group in reversed(record.groups.items()):
            if _runs(word, group):
                stop_group(group, grace_s=_GRACE_S, wait=partial(_ended, group))
        Postgres(self._state / "postgres", record.ports["database"]).stop()
        self._write(Record(record.ports))

    def _tell_login(self, admin: Login) -> None:
        if self._login.exists():
            self._console.say(f"Login  {admin.email}, with the password in {self._login}")
            return
        _write_private(self._login, f"{admin.email}\n{admin.password}\n")
        self._console.say(f"Login  {admin.email}  {admin.password}")
        self._console.say(f"       (shown this once; kept in {self._login})")

    def _read(self) -> Record | None:
        kept = json.loads(self._record.read_text()) if self._record.exists() else None
        return Record(**kept) if kept is not None and "ports" in kept else None

    def _write(self, record: Record) -> None:
        _write_private(self._record, json.dumps(asdict(record)))


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


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
