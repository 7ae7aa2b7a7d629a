"""Programs that the one-machine run starts, each with a log of its own, and stops whatever happens."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

_KILL_AFTER_S: Final = 15
_POLL_S: Final = 0.05


class ProcessError(RuntimeError):
    """A program ended, or did not come up; the text holds the end of its log."""


class LoggedProcess:
    """One program in a process group of its own, so that what it starts in turn ends with it."""

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        """Start the program.

        Args:
            name: what to call it in messages.
            command: program and arguments.
            env: its whole environment.
            log: file that its output is appended to.
        """
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - programs of this repository's own environments
                list(command),
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Out of the terminal's foreground group as well: Ctrl-C reaches us alone, and we stop things in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id, which is its group's too."""
        return self._process.pid

    def check(self) -> None:
        """Raise if the program has ended.

        Raises:
            ProcessError: with the end of its log.
        """
        status = self._process.poll()
        if status is not None:
            raise ProcessError(f"The {self.name} ended with status {status}.\n{tail(self.log)}")

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Wait until a condition holds.

        Args:
            ready: asked again and again.
            timeout_s: how long at most.

        Raises:
            ProcessError: the program ended first, or the time was up.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise ProcessError(f"The {self.name} was not ready after {timeout_s:.0f} s.\n{tail(self.log)}")
            time.sleep(_POLL_S)

    def settle(self, *, seconds: float = 2) -> None:
        """Give the program a moment to find that it cannot run.

        Raises:
            ProcessError: it ended.
        """
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return
        self.check()

    def stop(self, *, grace_s: float = _KILL_AFTER_S) -> None:
        """End the program and all it started: politely at first, then not; one that has ended already is no error."""
        stop_group(self._process.pid, grace_s=grace_s, wait=self._wait)

    def kill(self) -> None:
        """End the program and all it started as a crash would, and wait until it is gone."""
        _signal(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _wait(self, timeout_s: float) -> bool:
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True


def stop_group(group: int, *, grace_s: float, wait: Callable[[float], bool]) -> None:
    """End a process group.

    Args:
        group: its id, which is the id of the process that leads it.
        grace_s: seconds between asking and killing.
        wait: waits up to so many seconds for the leader and says whether it has ended.
    """
    try:
        _signal(group, signal.SIGTERM)
        wait(grace_s)
    finally:
        # Whether or not the leader has ended: what it left behind is in its group.
        _signal(group, signal.SIGKILL)
        wait(grace_s)


def alive(pid: int) -> bool:
    """Whether a process is there, one that has ended and waits to be collected not counted."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    return state != "Z"


def command_of(pid: int) -> str:
    """A process's command line; empty where there is no such process."""
    kept = Path(f"/proc/{pid}/cmdline")
    if kept.parent.parent.joinpath("self").exists():
        try:
            return kept.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except FileNotFoundError:
            return ""
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return listed.stdout


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        # Gone already. macOS says "not permitted" of a group that holds only a process that has ended.
        return


def answers(url: str) -> bool:
    """Whether a server of our own says at an address that all is well."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own loopback address
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def tail(log: Path, *, lines: int = 25) -> str:
    """The last lines of a log file, and where it is."""
    if not log.exists():
        return f"(there is no {log})"
    found = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join([f"The end of {log}:", *(f"  {line}" for line in found)])
