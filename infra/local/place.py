"""Where a backend runs on this machine, and what each kind of it is to those who start one."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from anpr_client import Login
from infra.local.postgres import free_port, is_free
from infra.local.process import LoggedProcess


@dataclass(frozen=True, slots=True)
class Place:
    """Where a backend runs.

    Attributes:
        state: folder of the servers' data.
        logs: folder of their logs.
        persistent: whether the data is meant to be found again.
        ports: where servers listen on 127.0.0.1, by their names; more are found as they are asked for.
    """

    state: Path
    logs: Path
    persistent: bool
    ports: dict[str, int] = field(default_factory=dict)

    @classmethod
    def temporary(cls, state: Path, logs: Path) -> "Place":
        """A place on free ports whose data is not kept."""
        return cls(state, logs, persistent=False)

    @classmethod
    def kept(cls, state: Path, logs: Path, before: dict[str, int]) -> "Place":
        """A place whose data is kept, on the ports of the last time where nobody else took them since."""
        return cls(state, logs, persistent=True, ports={name: port for name, port in before.items() if is_free(port)})

    def port(self, name: str) -> int:
        """A server's port."""
        return self.ports.setdefault(name, free_port())


class Running(Protocol):
    """A backend that runs."""

    @property
    def place(self) -> Place:
        """Where."""

    @property
    def admin(self) -> Login:
        """The first administrator."""

    @property
    def api_url(self) -> str:
        """Base of the API's addresses."""

    @property
    def console_url(self) -> str:
        """The web console."""

    @property
    def docs_url(self) -> str:
        """The API's pages for people."""

    @property
    def groups(self) -> dict[str, int]:
        """Groups of what was started, by a word of their leaders' command lines; to be stopped from the last on."""

    def wake(self) -> None:
        """See to it that the first request is not slow."""

    def start_worker(self, stack: ExitStack, **variables: str) -> LoggedProcess:
        """Start a recognition worker, to be stopped by `stack`."""

    def start_streams(self, stack: ExitStack, **variables: str) -> LoggedProcess:
        """Start a process that reads cameras' live streams, to be stopped by `stack`."""

    def start_reader(self, stack: ExitStack, **variables: str) -> LoggedProcess:
        """Start the process that answers single pictures, wait until it does, and have `stack` stop it."""
