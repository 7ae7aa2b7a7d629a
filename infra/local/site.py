"""The whole backend on one machine: PostgreSQL, the AWS emulator, the core stack and a worker."""

import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import httpx

from anpr_client import Login
from infra.environments import EMULATED_DATABASE_SECRET, LOCAL
from infra.local import emulator, synthesis
from infra.local.console import Console
from infra.local.deploy import EmulatedCloud
from infra.local.interrupts import deferred
from infra.local.place import Place
from infra.local.postgres import Postgres
from infra.local.process import LoggedProcess, answers
from infra.packaging import ROOT, bundles

STACK: Final = f"anpr-{LOCAL.name}-core"
_OF_EACH_FUNCTION: Final = ("/users", "/cameras", "/events", "/bolos", "/admin/audit", "/console")
_ON_THE_WAY_OF_A_WEBHOOK: Final = ("bolo_notifier", "webhook_sender", "webhook_poster")
_WAKE_TIMEOUT_S: Final = 120
_READER_TIMEOUT_S: Final = 60


@dataclass(frozen=True, slots=True)
class Site:
    """A running backend.

    Attributes:
        place: where it runs.
        cloud: clients for the emulator.
        outputs: what the core stack gave back: names and addresses.
        admin: the first administrator.
        worker_key: whom workers act for: a user who may do what the worker's policy allows.
        stream_key: whom processes act for that read live streams.
        reader_key: whom the process acts for that answers single pictures.
        emulator_pid: process that leads the emulator's group.
    """

    place: Place
    cloud: EmulatedCloud
    outputs: dict[str, str]
    admin: Login
    worker_key: emulator.AccessKey
    stream_key: emulator.AccessKey
    reader_key: emulator.AccessKey
    emulator_pid: int

    @property
    def groups(self) -> dict[str, int]:
        """Groups of what was started, by a word of their leaders' command lines; to be stopped from the last on."""
        return {"ministack": self.emulator_pid}

    @property
    def api_url(self) -> str:
        """Base of the API's addresses; it works wherever the emulator can be reached."""
        return f"{self.cloud.endpoint}/_aws/execute-api/{self.outputs['ApiId']}/$default"

    @property
    def console_url(self) -> str:
        """The web console. Browsers resolve every name below `localhost` to this machine."""
        return f"{self.outputs['ApiUrl']}/console/index.html"

    @property
    def docs_url(self) -> str:
        """The API's pages for people; named as the console is."""
        return f"{self.outputs['ApiUrl']}/docs"

    def wake(self) -> None:
        """Call each of the functions that somebody waits for at once, since the first call takes seconds.

        Of the API's, a path each, whatever the answers; of those that a webhook goes by, with no message.
        """
        names = self.cloud.function_names()
        on_the_way = [names[f"functions.{each}.handler.handler"] for each in _ON_THE_WAY_OF_A_WEBHOOK]
        with httpx.Client(timeout=_WAKE_TIMEOUT_S, trust_env=False) as http, ThreadPoolExecutor() as pool:
            called = [pool.submit(self.cloud.invoke, name, {"Records": []}) for name in on_the_way]
            list(pool.map(lambda path: http.get(self.api_url + path), _OF_EACH_FUNCTION))
            for call in called:
                call.result()

    def worker_environment(self) -> dict[str, str]:
        """Environment variables of a worker: the same as in the cloud, but for where AWS is."""
        return emulator.client_environment(self.cloud.endpoint, self.worker_key) | {
            "ANPR_DB_SECRET_ID": EMULATED_DATABASE_SECRET,
            "ANPR_DB_SSL": "false",
            "ANPR_DB_ROLE": "anpr_app",
            "ANPR_S3_BUCKET": self.outputs["Bucket"],
            "ANPR_QUEUE_URL": self.outputs["QueueUrl"],
            "ANPR_QUEUE_DEAD_LETTER_URL": self.outputs["DeadLetterQueueUrl"],
            "ANPR_QUEUE_MAX_RECEIVES": self.outputs["MaxReceives"],
            "ANPR_QUEUE_VISIBILITY_S": self.outputs["VisibilitySeconds"],
            "ANPR_BUS_NAME": self.outputs["BusName"],
            "POWERTOOLS_TRACE_DISABLED": "true",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": os.pathsep.join((str(ROOT / "layers" / "core" / "python"), str(ROOT))),
        }

    def start_worker(self, stack: ExitStack, **variables: str) -> LoggedProcess:
        """Start a recognition worker, to be stopped by `stack`.

        Args:
            stack: what stops it.
            variables: further environment variables.
        """
        return self._start(("gpu_worker", "work"), "worker", self.worker_environment() | variables, stack)

    def start_streams(self, stack: ExitStack, **variables: str) -> LoggedProcess:
        """Start a process that reads cameras' live streams, to be stopped by `stack`.

        Args:
            stack: what stops it.
            variables: further environment variables.
        """
        environment = self.worker_environment() | emulator.client_environment(self.cloud.endpoint, self.stream_key)
        environment |= {
            "ANPR_WEBHOOK_KEY_SECRET_ID": self.outputs["WebhookKey"],
            "ANPR_STREAM_ALLOW_NETWORKS": json.dumps(LOCAL.stream_networks),
        }
        return self._start(("gpu_worker", "stream"), "streams", environment | variables, stack)

    def start_reader(self, stack: ExitStack, **variables: str) -> LoggedProcess:
        """Start the process that answers single pictures, wait until it does, and have `stack` stop it.

        The emulator runs no container images, so the gateway hands these paths on to a process, which is the one that
        runs where there is no Lambda.

        Args:
            stack: what stops it.
            variables: further environment variables.
        """
        port = self.place.port("reader")
        environment = self.worker_environment() | emulator.client_environment(self.cloud.endpoint, self.reader_key)
        environment |= {"ANPR_SERVER_PORT": str(port)}
        process = self._start(("server", "reader"), "reader", environment | variables, stack)
        url = f"http://127.0.0.1:{port}"
        process.wait_until(lambda: answers(f"{url}/alive"), timeout_s=_READER_TIMEOUT_S)
        self.cloud.route(self.outputs["ApiId"], ["/read", "/v1/{proxy+}"], url)
        return process

    def _start(self, module: Sequence[str], name: str, environment: dict[str, str], stack: ExitStack) -> LoggedProcess:
        with deferred():
            process = LoggedProcess(
                name,
                [sys.executable, "-m", *module],
                env=environment,
                log=self.place.logs / f"{name}.log",
            )
            stack.callback(process.stop)
        return process


def launch(place: Place, console: Console, stack: ExitStack) -> Site:
    """Start the servers and deploy into them; a worker is not started.

    Args:
        place: where.
        console: where the steps are shown.
        stack: what was started is pushed on it at once, to be stopped by it whatever happens next.
    """
    with console.step("Third-party packages layered"):
        bundles(LOCAL.layer_target)
    with console.step("Core stack synthesised"):
        assembly = synthesis.synthesise()
    with console.step("PostgreSQL started"):
        postgres = Postgres(place.state / "postgres", place.port("database"), durable=place.persistent)
        with deferred():
            stack.callback(postgres.stop)
            postgres.start()
    with console.step("AWS emulator started"):
        aws = _start_emulator(place, stack)
    cloud = EmulatedCloud(aws.endpoint)
    with console.step("Core stack deployed"):
        cloud.put_secret(EMULATED_DATABASE_SECRET, _database_secret(postgres))
        outputs = cloud.deploy(assembly, STACK)
        worker_key = cloud.make_user(f"anpr-{LOCAL.name}-worker", outputs["WorkerPolicyArn"])
        stream_key = cloud.make_user(
            f"anpr-{LOCAL.name}-stream", outputs["WorkerPolicyArn"], outputs["StreamPolicyArn"]
        )
        reader_key = cloud.make_user(f"anpr-{LOCAL.name}-reader", outputs["ReaderPolicyArn"])
    with console.step("Database migrated, administrator made"):
        cloud.invoke(outputs["SetupFunction"])
        admin = Login(**cloud.get_secret(outputs["AdminSecret"]))
    return Site(
        place=place,
        cloud=cloud,
        outputs=outputs,
        admin=admin,
        worker_key=worker_key,
        stream_key=stream_key,
        reader_key=reader_key,
        emulator_pid=aws.process.pid,
    )


def _start_emulator(place: Place, stack: ExitStack) -> emulator.Emulator:
    python = emulator.install()
    with deferred():
        aws = emulator.start(
            python,
            port=place.port("emulator"),
            state=place.state / "aws",
            log=place.logs / "emulator.log",
            persistent=place.persistent,
        )
        stack.callback(aws.stop)
    aws.wait()
    return aws


def _database_secret(postgres: Postgres) -> dict[str, object]:
    """The server's address in the shape that RDS writes. It trusts whoever reaches it, so the password is none."""
    return {"host": "127.0.0.1", "port": postgres.port, "username": "anpr", "password": "-", "dbname": "postgres"}
