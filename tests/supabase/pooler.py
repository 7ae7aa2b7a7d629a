"""PgBouncer in transaction mode, as Supabase has one in front of its PostgreSQL: Debian's, where it is installed.

Supabase's shared pooler is another program, Supavisor, which is not to be had here. It differs in what it says of
start-up parameters: PgBouncer refuses them, Supavisor drops them.
"""

import os
import pwd
import shutil
import socket
from pathlib import Path
from typing import Final

from infra.local.postgres import Postgres, free_port
from infra.local.process import LoggedProcess

MISSING: Final = "PgBouncer is not installed here: apt-get install pgbouncer"
_START_S: Final = 30
_USERS: Final = ("anpr", "postgres")


def program() -> str | None:
    """Where PgBouncer is; None where it is not installed."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Pooler:
    """A running PgBouncer. Two connections to the server for whoever comes, so that clients do share them."""

    def __init__(self, postgres: Postgres, folder: Path, *, connections: int = 2) -> None:
        """Start it.

        Args:
            postgres: the server behind it.
            folder: for its files; the unprivileged user must reach it, as PgBouncer does not run as root.
            connections: to that server, by database and user.
        """
        found = program()
        if found is None:
            raise LookupError(MISSING)
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        users = folder / "users.txt"
        users.write_text("".join(f'"{name}" ""\n' for name in _USERS))
        settings = folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host=127.0.0.1 port={postgres.port}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nauth_type = trust\n"
            f"auth_file = {users}\npool_mode = transaction\ndefault_pool_size = {connections}\n"
            "max_client_conn = 200\nunix_socket_dir =\n"
        )
        command = [found, str(settings)]
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            command = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", *command]
        self.process = LoggedProcess("PgBouncer", command, env={"PATH": os.environ["PATH"]}, log=folder / "log")
        self.process.wait_until(self._listens, timeout_s=_START_S)

    def url(self, database: str, user: str = "anpr") -> str:
        """Connection URL of one of the server's databases, by the pooler."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """Stop it."""
        self.process.stop()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
