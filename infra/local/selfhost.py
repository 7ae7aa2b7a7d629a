"""The self-hosted backend on this machine: PostgreSQL, Valkey, SeaweedFS, Caddy, and the processes of compose.yaml."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from anpr_client import Login
from infra.environments import LOCAL
from infra.local.console import Console
from infra.local.interrupts import deferred
from infra.local.place import Place
from infra.local.postgres import Postgres
from infra.local.process import LoggedProcess, ProcessError, answers, tail
from infra.local.servers import Keys, SeaweedFS, Valkey, start_caddy, start_seaweedfs, start_valkey
from infra.packaging import ROOT

BUCKET: Final = "anpr"
ANCHORS: Final = "anpr-anchors"
_START_S: Final = 60
_MIGRATE_S: Final = 180


@dataclass(frozen=True, slots=True)
class SelfHostedSite:
    """A running self-hosted backend.

    Attributes:
        place: where it runs.
        admin: the first administrator.
        valkey: keeps the queues; None where the database does.
        seaweedfs: keeps the files.
        api: the process that serves the API.
        background: the process that does what nobody waits for.
        caddy: what clients talk to.
    """

    place: Place
    admin: Login
    valkey: Valkey | None
    seaweedfs: SeaweedFS
    api: LoggedProcess
    background: LoggedProcess
    caddy: LoggedProcess

    @property
    def api_url(self) -> str:
        """Base of the API's addresses."""
        return f"http://127.0.0.1:{self.place.port('front')}"

    @property
    def console_url(self) -> str:
        """The web console."""
        return f"{self.api_url}/console/"

    @property
    def docs_url(self) -> str:
        """The API's pages for people."""
        return f"{self.api_url}/docs"

    @property
    def groups(self) -> dict[str, int]:
        """Groups of what was started, by a word of their leaders' command lines; to be stopped from the last on."""
        queues = {} if self.valkey is None else {"valkey-server": self.valkey.process.pid}
        return {
            "weed": self.seaweedfs.process.pid,
            **queues,
            "server background": self.background.pid,
            "server api": self.api.pid,
            "caddy": self.caddy.pid,
        }

    def wake(self) -> None:
        """Nothing sleeps here."""

    def environment(self) -> dict[str, str]:
        """Environment variables of the processes."""
        return environment(self.place, self.valkey, self.seaweedfs)

    def start(self, stack: ExitStack, process: str, **variables: str) -> LoggedProcess:
        """Start one more `api`, `background`, `reader` or worker, to be stopped by `stack`."""
        return _start(self.place, stack, process, self.environment() | variables)

    def start_worker(self, stack: ExitStack, **variables: str) -> LoggedProcess:
        """Start a recognition worker, to be stopped by `stack`."""
        return self.start(stack, "worker", **variables)

    def start_streams(self, stack: ExitStack, **variables: str) -> LoggedProcess:
        """Start a process that reads cameras' live streams, to be stopped by `stack`."""
        networks = json.dumps(LOCAL.stream_networks)
        return self.start(stack, "streams", ANPR_STREAM_ALLOW_NETWORKS=networks, **variables)

    def start_reader(self, stack: ExitStack, **variables: str) -> LoggedProcess:
        """Start the process that answers single pictures, wait until it does, and have `stack` stop it."""
        port = self.place.port("reader")
        started = self.start(stack, "reader", ANPR_SERVER_PORT=str(port), **variables)
        started.wait_until(lambda: answers(f"http://127.0.0.1:{port}/alive"), timeout_s=_START_S)
        return started


def launch(
    place: Place, console: Console, stack: ExitStack, *, queue: Literal["redis", "postgres"] = "redis"
) -> SelfHostedSite:
    """Start the servers and the processes; a worker is not started.

    Args:
        place: where.
        console: where the steps are shown.
        stack: what was started is pushed on it at once, to be stopped by it whatever happens next.
        queue: what keeps the queues: Valkey, or the database, which is then a server less.
    """
    secrets = place.state / "secrets"
    with console.step("Keys made"):
        _run(["-m", "anpr", "init", "--dir", str(secrets)], _bare(), place.logs / "init.log")
    with console.step("PostgreSQL started"):
        postgres = Postgres(place.state / "postgres", place.port("database"), durable=place.persistent)
        with deferred():
            stack.callback(postgres.stop)
            postgres.start()
    valkey = None
    with console.step("SeaweedFS started" if queue == "postgres" else "Valkey and SeaweedFS started"):
        keys = Keys("anpr", (secrets / "s3_secret_key").read_text())
        with deferred():
            weed = start_seaweedfs(
                place.state / "seaweedfs", place.logs / "seaweedfs.log", port=place.port("s3"), keys=keys
            )
            stack.callback(weed.stop if place.persistent else weed.kill)
        if queue == "redis":
            with deferred():
                valkey = start_valkey(place.state / "valkey", place.logs / "valkey.log", port=place.port("valkey"))
                stack.callback(valkey.stop)
            valkey.wait()
        weed.wait()
    told = environment(place, valkey, weed)
    with console.step("Database migrated, administrator made"):
        _run(["-m", "server", "migrate"], told | {"ANPR_DB_ROLE": ""}, place.logs / "migrate.log")
    with console.step("API and background started"):
        background = _start(place, stack, "background", told)
        api = _start(place, stack, "api", told)
        url = f"http://127.0.0.1:{place.port('api')}/health"
        api.wait_until(lambda: answers(url), timeout_s=_START_S)
        background.check()
    with console.step("Caddy started"):
        caddy = _start_caddy(place, stack)
    admin = json.loads((secrets / "admin.json").read_text())
    return SelfHostedSite(place, Login(admin["email"], admin["password"]), valkey, weed, api, background, caddy)


def environment(place: Place, valkey: Valkey | None, weed: SeaweedFS) -> dict[str, str]:
    """What the processes are told, as compose.yaml tells them."""
    secrets = place.state / "secrets"
    queues = {"ANPR_QUEUE": "postgres"} if valkey is None else {"ANPR_REDIS_URL": valkey.url}
    return (
        _bare()
        | queues
        | {
            "ANPR_MODE": "selfhost",
            "ANPR_DB_URL": f"postgresql://anpr@127.0.0.1:{place.port('database')}/postgres",
            "ANPR_DB_SSL": "false",
            "ANPR_DB_ROLE": "anpr_app",
            "ANPR_S3_BUCKET": BUCKET,
            "ANPR_ANCHOR_BUCKET": ANCHORS,
            "ANPR_S3_ENDPOINT_URL": weed.endpoint,
            "ANPR_ANCHOR_ENDPOINT_URL": weed.endpoint,
            "ANPR_S3_ACCESS_KEY_ID": weed.keys.access,
            "ANPR_S3_SECRET_ACCESS_KEY_FILE": str(secrets / "s3_secret_key"),
            "ANPR_SECRETS_DIR": str(secrets),
            "ANPR_EVENT_TAP": "true",
            "ANPR_SERVER_PORT": str(place.port("api")),
            "ANPR_SERVER_BROWSER_ORIGINS": '["*"]',
            # For receivers on the same machine.
            "ANPR_WEBHOOK_ALLOW_NETWORKS": '["127.0.0.0/8"]',
        }
    )


def _start_caddy(place: Place, stack: ExitStack) -> LoggedProcess:
    front = place.port("front")
    with deferred():
        caddy = start_caddy(
            place.state / "caddy",
            place.logs / "caddy.log",
            front=front,
            api=place.port("api"),
            reader=place.port("reader"),
        )
        stack.callback(caddy.stop)
    caddy.wait_until(lambda: answers(f"http://127.0.0.1:{front}/health"), timeout_s=_START_S)
    return caddy


_COMMANDS: Final = {
    "api": ("-m", "server", "api"),
    "reader": ("-m", "server", "reader"),
    "background": ("-m", "server", "background"),
    "worker": ("-m", "gpu_worker", "work"),
    "streams": ("-m", "gpu_worker", "stream"),
}


def _start(place: Place, stack: ExitStack, process: str, told: dict[str, str]) -> LoggedProcess:
    with deferred():
        command = [sys.executable, *_COMMANDS[process]]
        started = LoggedProcess(process, command, env=told, log=place.logs / f"{process}.log")
        stack.callback(started.stop)
    return started


def _run(arguments: list[str], told: dict[str, str], log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603 - this repository's own modules
            [sys.executable, *arguments],
            env={name: value for name, value in told.items() if value},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=_MIGRATE_S,
            check=False,
        )
    if done.returncode != 0:
        raise ProcessError(f"{' '.join(arguments)} ended with status {done.returncode}.\n{tail(log)}")


def _bare() -> dict[str, str]:
    """This environment without anything that is said to AWS's clients or to a backend."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANPR_"))}
    return kept | {
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join((str(ROOT / "layers" / "core" / "python"), str(ROOT))),
    }
