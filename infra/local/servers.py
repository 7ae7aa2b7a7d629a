"""Valkey, SeaweedFS and Caddy on this machine, from wheels: for the self-hosted mode and the tests of its adapters.

All listen on the loopback interface alone. What they are told to do is what compose.yaml tells them.
"""

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.local.postgres import free_port
from infra.local.process import LoggedProcess, answers
from infra.local.wheels import environment
from infra.packaging import CACHE

LOCK: Final = Path(__file__).with_name("servers.lock")
_START_TIMEOUT_S: Final = 60
_STOP_TIMEOUT_S: Final = 40
_VOLUME_MB: Final = 64
"""Each bucket begins with several volumes; the disk, or the memory that tests have in its place, is divided by them."""


class ServerError(RuntimeError):
    """A server's program is not where its wheel should have it."""


def _program(name: str, cache: Path = CACHE) -> Path:
    home = environment("servers", LOCK, cache)
    found = next((path for path in home.rglob(name) if path.is_file() and os.access(path, os.X_OK)), None)
    if found is None:
        raise ServerError(f"The wheels that {LOCK.name} names have no {name} for this machine.")
    return found


@dataclass(frozen=True, slots=True)
class Valkey:
    """A running Valkey, which keeps what it acknowledged over a kill.

    Attributes:
        process: the program.
        port: where it listens on 127.0.0.1.
    """

    process: LoggedProcess
    port: int

    @property
    def url(self) -> str:
        """What its clients are told."""
        return f"redis://127.0.0.1:{self.port}/0"

    def wait(self) -> None:
        """Wait until it answers."""
        self.process.wait_until(lambda: _pong(self.port), timeout_s=_START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop it; what it holds is on its disk."""
        self.process.stop()


def start_valkey(data: Path, log: Path, *, port: int | None = None) -> Valkey:
    """Start Valkey on what a folder holds.

    Args:
        data: made where it is not there.
        log: its output is appended to it.
        port: a free one is found where none is given.
    """
    data.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    command = [
        *(str(_program("valkey-server")), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(data)),
        # What was acknowledged is in the file, and with the system, before the answer; a power cut may lose a second.
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        # A queue must refuse what it has no room for, not forget what it holds.
        *("--maxmemory-policy", "noeviction"),
    ]
    return Valkey(LoggedProcess("Valkey", command, env=_bare(), log=log), port)


@dataclass(frozen=True, slots=True)
class Keys:
    """Who may use an S3 server."""

    access: str = "anpr"
    secret: str = "anpr-local-secret"  # noqa: S105 - it listens on the loopback interface alone


@dataclass(frozen=True, slots=True)
class SeaweedFS:
    """A running SeaweedFS with its S3 gateway.

    Attributes:
        process: the program.
        port: of the gateway, on 127.0.0.1.
        keys: the only ones that it lets in.
    """

    process: LoggedProcess
    port: int
    keys: Keys

    @property
    def endpoint(self) -> str:
        """What its clients are told."""
        return f"http://127.0.0.1:{self.port}"

    def wait(self) -> None:
        """Wait until it answers."""
        self.process.wait_until(lambda: answers(f"{self.endpoint}/healthz"), timeout_s=_START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop it, which takes it some seconds; what it holds is on its disk."""
        self.process.stop(grace_s=_STOP_TIMEOUT_S)

    def kill(self) -> None:
        """End it as a crash would: for servers whose data nobody wants any more."""
        self.process.kill()


def start_seaweedfs(data: Path, log: Path, *, port: int | None = None, keys: Keys | None = None) -> SeaweedFS:
    """Start SeaweedFS on what a folder holds.

    Args:
        data: made where it is not there.
        log: its output is appended to it.
        port: a free one is found where none is given.
        keys: whom it lets in.
    """
    keys = keys or Keys()
    files = data / "files"
    files.mkdir(parents=True, exist_ok=True)
    configuration = data / "s3.json"
    identity = {
        "name": "anpr",
        "credentials": [{"accessKey": keys.access, "secretKey": keys.secret}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    # Without any identity it lets everybody in.
    with os.fdopen(os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"identities": [identity]}, file)
    port = port or free_port()
    master, volume, filer, *grpc = _free_ports(7)
    command = [
        *(str(_program("weed")), "-logtostderr=true", "-v=0", "server", f"-dir={files}"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", f"-s3.port={port}", f"-s3.config={configuration}"),
        *(f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}"),
        *(f"-master.port.grpc={grpc[0]}", f"-volume.port.grpc={grpc[1]}", f"-filer.port.grpc={grpc[2]}"),
        *(f"-s3.port.grpc={grpc[3]}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *(f"-master.volumeSizeLimitMB={_VOLUME_MB}", "-volume.max=0"),
    ]
    return SeaweedFS(LoggedProcess("SeaweedFS", command, env=_bare(), log=log), port, keys)


_CADDYFILE: Final = """{{
	admin off
	auto_https off
	persist_config off
	log {{
		level WARN
	}}
}}
http://127.0.0.1:{front} {{
	@pictures path /read /v1/*
	handle @pictures {{
		reverse_proxy 127.0.0.1:{reader}
	}}
	handle {{
		reverse_proxy 127.0.0.1:{api}
	}}
}}
"""
"""server/Caddyfile without certificates, and without the bucket, which has an address of its own here."""


def start_caddy(home: Path, log: Path, *, front: int, api: int, reader: int) -> LoggedProcess:
    """Start Caddy before the processes that serve the API.

    Args:
        home: folder of its configuration; made where it is not there.
        log: its output is appended to it.
        front: where it listens.
        api: the port of the API's process.
        reader: the port of the process that answers single pictures.
    """
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "Caddyfile"
    configuration.write_text(_CADDYFILE.format(front=front, api=api, reader=reader))
    command = [str(_program("caddy")), "run", "--adapter", "caddyfile", "--config", str(configuration)]
    told = {"XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    return LoggedProcess("Caddy", command, env=_bare() | told, log=log)


def _free_ports(count: int) -> list[int]:
    """Find ports that nothing listens on, all at once, so that none is found twice."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _bare() -> dict[str, str]:
    """An environment that tells a server nothing of ours."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}


def _pong(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False
