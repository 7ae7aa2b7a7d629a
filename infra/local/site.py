"""The whole backend on one machine: PostgreSQL, the AWS emulator, the core stack and a worker."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.environments import LOCAL
from infra.local import emulator, synthesis
from infra.local.console import Console
from infra.local.deploy import EmulatedCloud
from infra.local.postgres import Postgres, free_port
from infra.local.process import LoggedProcess
from infra.packaging import ROOT, bundles

STACK: Final = f"anpr-{LOCAL.name}-core"


@dataclass(frozen=True, slots=True)
class Login:
    """Whom to log in as."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the two servers listen on 127.0.0.1."""

    database: int
    emulator: int

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nothing listens on."""
        return cls(database=free_port(), emulator=free_port())


@dataclass(frozen=True, slots=True)
class Site:
    """A running backend.

    Attributes:
        cloud: clients for the emulator.
        outputs: what the core stack gave back: names and addresses.
        admin: the first administrator.
        database_url: PostgreSQL's address.
        logs: folder of the programs' logs.
    """

    cloud: EmulatedCloud
    outputs: dict[str, str]
    admin: Login
    database_url: str
    logs: Path

    @property
    def api_url(self) -> str:
        """Base of the API's addresses; it works wherever the emulator can be reached."""
        return f"{self.cloud.endpoint}/_aws/execute-api/{self.outputs['ApiId']}/$default"

    @property
    def docs_url(self) -> str:
        """The API's pages for people. Browsers resolve every name below `localhost` to this machine."""
        return f"{self.outputs['ApiUrl']}/docs"

    def worker_environment(self) -> dict[str, str]:
        """Environment variables of a worker: the same as in the cloud, but for where AWS is."""
        return emulator.client_environment(self.cloud.endpoint) | {
            "ANPR_DB_SECRET_ID": LOCAL.database_secret,
            "ANPR_DB_SSL": "false",
            "ANPR_S3_BUCKET": self.outputs["Bucket"],
            "ANPR_QUEUE_URL": self.outputs["QueueUrl"],
            "ANPR_QUEUE_DEAD_LETTER_URL": self.outputs["DeadLetterQueueUrl"],
            "ANPR_QUEUE_MAX_RECEIVES": self.outputs["MaxReceives"],
            "ANPR_QUEUE_VISIBILITY_S": self.outputs["VisibilitySeconds"],
            "ANPR_BUS_NAME": self.outputs["BusName"],
            "PYTHONUNBUFFERED": "1",
            # The worker is started in the repository's root, but may be told to run elsewhere.
            "PYTHONPATH": os.pathsep.join((str(ROOT / "layers" / "core" / "python"), str(ROOT))),
        }

    def start_worker(self) -> LoggedProcess:
        """Start a recognition worker."""
        return LoggedProcess(
            "worker",
            [sys.executable, "-m", "gpu_worker", "work"],
            env=self.worker_environment(),
            log=self.logs / "worker.log",
        )


@contextmanager
def running(state: Path, *, ports: Ports, persistent: bool, console: Console) -> Iterator[Site]:
    """Run the backend without a worker for as long as the block lasts, then stop all of it.

    Args:
        state: folder of the servers' data and logs.
        ports: where they listen.
        persistent: whether the data is meant to be found again.
        console: where the steps are shown.
    """
    with ExitStack() as stack:
        site = launch(state, ports=ports, persistent=persistent, console=console, stack=stack)
        yield site


def launch(state: Path, *, ports: Ports, persistent: bool, console: Console, stack: ExitStack) -> Site:
    """Start the servers and deploy into them; what was started is pushed on `stack` at once, to be stopped by it."""
    logs = state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with console.step("Third-party layer"):
        bundles(LOCAL.layer_target)
    with console.step("Core stack synthesised"):
        assembly = synthesis.synthesise()
    with console.step("PostgreSQL"):
        postgres = Postgres(state / "postgres", ports.database, durable=persistent)
        stack.callback(postgres.stop)
        postgres.start()
    with console.step("AWS emulator"):
        aws = emulator.start(
            port=ports.emulator, state=state / "aws", log=logs / "emulator.log", persistent=persistent
        )
        stack.callback(aws.stop)
    cloud = EmulatedCloud(aws.endpoint)
    with console.step("Core stack deployed"):
        cloud.put_secret(LOCAL.database_secret, _database_secret(postgres))
        outputs = cloud.deploy(assembly, STACK)
    with console.step("Database migrated, administrator made"):
        cloud.invoke(outputs["SetupFunction"])
        admin = Login(**cloud.get_secret(outputs["AdminSecret"]))
    return Site(cloud=cloud, outputs=outputs, admin=admin, database_url=postgres.url(), logs=logs)


def _database_secret(postgres: Postgres) -> dict[str, object]:
    """The server's address in the shape that RDS writes. It trusts whoever reaches it, so the password is none."""
    return {"host": "127.0.0.1", "port": postgres.port, "username": "anpr", "password": "-", "dbname": "postgres"}
