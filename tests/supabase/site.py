"""The backend on stand-ins for a Supabase project: each its own process or thread, all on this machine.

PostgreSQL with a project's roles and a row for each stored object, PgBouncer before it, SeaweedFS behind an S3 endpoint
that behaves as Storage does, and an issuer of tokens; then the processes that compose.supabase.yaml runs.
"""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import text

from infra.local.postgres import Postgres, free_port
from infra.local.process import LoggedProcess
from infra.local.servers import start_seaweedfs
from infra.packaging import ROOT
from tests.supabase.auth import Issuer
from tests.supabase.pooler import Pooler
from tests.supabase.project import OWNER, Project, furnish
from tests.supabase.storage import REGION, Storage

BUCKET: Final = "anpr"
PUBLISHABLE_KEY: Final = "sb_publishable_of_the_test"
ADMIN: Final = "admin@example.org"
PASSWORD: Final = "correct horse battery staple"
_START_S: Final = 90
_RUN_S: Final = 180
_COMMANDS: Final = {
    "api": ("-m", "server", "api"),
    "background": ("-m", "server", "background"),
    "worker": ("-m", "gpu_worker", "work"),
}


@dataclass(frozen=True)
class SupabaseSite:
    """A running backend on such a project.

    Attributes:
        folder: of its data, keys and logs.
        project: the database.
        pooler: what its processes reach the database by.
        storage: the S3 endpoint.
        issuer: who logs people in; `ADMIN` with `PASSWORD` is the first administrator.
        port: of the API, on 127.0.0.1.
    """

    folder: Path
    project: Project
    pooler: Pooler
    storage: Storage
    issuer: Issuer
    port: int

    @property
    def api_url(self) -> str:
        """Base of the API's addresses."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def console_url(self) -> str:
        """The web console."""
        return f"{self.api_url}/console/"

    def environment(self, **changes: str) -> dict[str, str]:
        """What the processes are told, as compose.supabase.yaml tells them; a change to nothing leaves one out."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANPR_"))}
        keys = self.storage.weed.keys
        told = {
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": os.pathsep.join((str(ROOT / "layers" / "core" / "python"), str(ROOT), str(ROOT / "client"))),
            "ANPR_MODE": "supabase",
            "ANPR_SUPABASE_URL": self.issuer.url,
            "ANPR_SUPABASE_ADMIN_ID": str(self.issuer.accounts[ADMIN][1]),
            "ANPR_SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
            "ANPR_DB_URL": self.pooler.url(self.project.name, OWNER),
            "ANPR_DB_SSL": "false",
            "ANPR_DB_ROLE": "anpr_app",
            "ANPR_S3_BUCKET": BUCKET,
            "ANPR_S3_ENDPOINT_URL": self.storage.endpoint,
            "ANPR_S3_ACCESS_KEY_ID": keys.access,
            "ANPR_S3_SECRET_ACCESS_KEY": keys.secret,
            "ANPR_S3_REGION": REGION,
            "ANPR_SECRETS_DIR": str(self.folder / "secrets"),
            "ANPR_SERVER_PORT": str(self.port),
            # For receivers on the same machine.
            "ANPR_WEBHOOK_ALLOW_NETWORKS": '["127.0.0.0/8"]',
        }
        return {name: value for name, value in (kept | told | changes).items() if value}

    def run(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run one of the backend's commands to its end."""
        return subprocess.run(
            [sys.executable, *arguments],
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            timeout=_RUN_S,
            check=False,
        )

    def migrate(self) -> dict[str, Any]:
        """Run `migrate`, by the direct address."""
        done = self.run("-m", "server", "migrate", ANPR_DB_URL=self.project.url, ANPR_DB_ROLE="")
        assert done.returncode == 0, done.stdout + done.stderr
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said

    def start(self, stack: ExitStack, process: str, **changes: str) -> LoggedProcess:
        """Start one of the processes, to be stopped by `stack`."""
        log = self.folder / "logs" / f"{process}.log"
        command = [sys.executable, *_COMMANDS[process]]
        started = LoggedProcess(process, command, env=self.environment(**changes), log=log)
        stack.callback(started.stop)
        return started

    def log_in(self, email: str = ADMIN, password: str = PASSWORD) -> dict[str, Any]:
        """Log in as a client of Supabase's does."""
        answer = httpx.post(
            f"{self.issuer.url}/auth/v1/token?grant_type=password",
            json={"email": email, "password": password},
            headers={"apikey": PUBLISHABLE_KEY},
            trust_env=False,
        )
        tokens: dict[str, Any] = answer.raise_for_status().json()
        return tokens

    def http(self, email: str = ADMIN) -> httpx.Client:
        """The API, as somebody."""
        token = self.log_in(email)["access_token"]
        return httpx.Client(
            base_url=self.api_url, headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=30
        )


def set_up(folder: Path, stack: ExitStack) -> SupabaseSite:
    """Start the stand-ins and migrate; no process runs yet.

    Args:
        folder: an empty one, which the unprivileged user that runs the servers must reach.
        stack: what stops all.
    """
    postgres = Postgres(folder / "postgres", free_port(), durable=False)
    stack.callback(postgres.remove)
    postgres.start()
    project = Project(postgres, "postgres")
    stack.callback(project.close)
    furnish(project)
    pooler = Pooler(postgres, folder / "pooler", connections=6)
    stack.callback(pooler.stop)
    weed = start_seaweedfs(folder / "seaweedfs", folder / "logs" / "seaweedfs.log")
    stack.callback(weed.kill)
    issuer = Issuer()
    stack.callback(issuer.stop)
    issuer.add(ADMIN, PASSWORD)
    weed.wait()
    storage = Storage(weed)
    stack.callback(storage.stop)
    storage.on_stored = lambda bucket, name, metadata: _keep_row(project, bucket, name, metadata)
    site = SupabaseSite(folder, project, pooler, storage, issuer, free_port())
    done = site.run("-m", "anpr", "init", "--supabase", "--dir", str(folder / "secrets"))
    assert done.returncode == 0, done.stderr
    site.migrate()
    return site


def launch(folder: Path, stack: ExitStack) -> SupabaseSite:
    """Start all, with a worker."""
    site = set_up(folder, stack)
    site.start(stack, "background")
    site.start(stack, "worker")
    api = site.start(stack, "api")
    api.wait_until(lambda: _answers(f"{site.api_url}/health"), timeout_s=_START_S)
    return site


def _keep_row(project: Project, bucket: str, name: str, metadata: dict[str, Any]) -> None:
    """What Storage does with each object: a row, written by a role of its own."""
    with project.admin.connect() as connection:
        connection.execute(text("SET ROLE supabase_storage_admin"))
        try:
            values = {"bucket": bucket, "name": name, "metadata": json.dumps(metadata)}
            connection.execute(
                text(
                    "INSERT INTO storage.objects (bucket_id, name, metadata)"
                    " VALUES (:bucket, :name, CAST(:metadata AS jsonb))"
                ),
                values,
            )
        finally:
            connection.execute(text("RESET ROLE"))


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
