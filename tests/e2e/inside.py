"""What tests look at and touch behind the API, the same in each mode the backend runs in."""

import json
import subprocess
import sys
from functools import cached_property
from typing import Any, Protocol

from sqlalchemy import func, make_url, select

from anpr.adapters.selfhost import object_store
from anpr.adapters.selfhost.postgres_queue import PostgresQueue
from anpr.adapters.selfhost.redis_queue import RedisQueue, connect
from anpr.adapters.selfhost.settings import ObjectStoreSettings
from anpr.adapters.selfhost.wiring import JOBS, TAP
from anpr.db import Database, make_engine
from anpr.models import QueuedMessage
from anpr.ports import WorkQueue
from anpr.settings import DatabaseSettings
from infra.local.selfhost import ANCHORS, BUCKET, SelfHostedSite
from infra.local.site import Site


class Inside(Protocol):
    """The inside of a running backend.

    Attributes:
        s3: boto3's client of the storage.
        bucket: of footage and evidence.
        anchors: the bucket of the audit log's anchors.
    """

    @property
    def s3(self) -> Any: ...
    @property
    def bucket(self) -> str: ...
    @property
    def anchors(self) -> str: ...
    @property
    def bucket_url(self) -> str: ...

    def close(self) -> None:
        """Close what was opened to look inside."""

    def run(self, task: str) -> dict[str, Any]:
        """Do once what the clock starts by a name."""

    def set_up(self) -> dict[str, Any]:
        """Do once more what comes before all else."""

    def send_job(self, body: str) -> None:
        """Put a message on the queue of detection jobs."""

    def jobs(self) -> tuple[int, int]:
        """How many messages that queue has, waiting or being worked on; and how many are dead."""

    def tapped(self) -> list[dict[str, Any]]:
        """Take the CloudEvents that the bus has carried since the last call."""


class AwsInside:
    """In the emulator."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._sqs = site.cloud.client("sqs")
        self.s3 = site.cloud.client("s3")
        self.bucket = site.outputs["Bucket"]
        self.anchors = site.outputs["AnchorBucket"]
        self.bucket_url = f"{site.cloud.endpoint}/{self.bucket}"

    def close(self) -> None:
        self._sqs.close()
        self.s3.close()

    def run(self, task: str) -> dict[str, Any]:
        part = task.title().replace("_", "") + "Function"
        functions = self._site.cloud.client("lambda").list_functions()["Functions"]
        [name] = [each["FunctionName"] for each in functions if part in each["FunctionName"]]
        return self._site.cloud.invoke(name)

    def set_up(self) -> dict[str, Any]:
        return self._site.cloud.invoke(self._site.outputs["SetupFunction"])

    def send_job(self, body: str) -> None:
        self._sqs.send_message(QueueUrl=self._site.outputs["QueueUrl"], MessageBody=body)

    def jobs(self) -> tuple[int, int]:
        return self._messages("QueueUrl"), self._messages("DeadLetterQueueUrl")

    def tapped(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        url = self._site.outputs["TapQueueUrl"]
        while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
            "Messages"
        ):
            for message in messages:
                carried = json.loads(message["Body"])
                assert (carried["source"], carried["detail-type"]) == ("anpr", carried["detail"]["type"])
                found.append(carried["detail"])
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def _messages(self, output: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._site.outputs[output], AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)


class SelfHostedInside:
    """On servers of one's own."""

    bucket = BUCKET
    anchors = ANCHORS

    def __init__(self, site: SelfHostedSite) -> None:
        self._site = site
        self.bucket_url = f"{site.seaweedfs.endpoint}/{BUCKET}"

    @cached_property
    def s3(self) -> Any:
        keys = self._site.seaweedfs.keys
        settings = ObjectStoreSettings(access_key_id=keys.access, secret_access_key=keys.secret)
        return object_store.make_client(self._site.seaweedfs.endpoint, settings)

    @cached_property
    def _redis(self) -> Any:
        assert self._site.valkey is not None
        return connect(self._site.valkey.url)

    @cached_property
    def _database(self) -> Database:
        url = self._site.environment()["ANPR_DB_URL"]
        return Database(make_engine(make_url(url), DatabaseSettings(url=url, ssl=False)))

    def _queue(self, name: str) -> WorkQueue:
        if self._site.valkey is None:
            return PostgresQueue(self._database, name, max_receives=3)
        return RedisQueue(self._redis, name, max_receives=3)

    def close(self) -> None:
        # One that is left to the collector fails whichever test runs then.
        if self._site.valkey is None:
            self._database.engine.dispose()
        else:
            self._redis.close()
        self.s3.close()

    def run(self, task: str) -> dict[str, Any]:
        return self._server("task", task)

    def set_up(self) -> dict[str, Any]:
        return self._server("migrate", ANPR_DB_ROLE="")

    def _server(self, *words: str, **variables: str) -> dict[str, Any]:
        """Run one of the processes to its end; gives what it says last."""
        done = subprocess.run(
            [sys.executable, "-m", "server", *words],
            env=self._site.environment() | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said

    def send_job(self, body: str) -> None:
        self._queue(JOBS).send(body)

    def jobs(self) -> tuple[int, int]:
        if self._site.valkey is not None:
            return self._redis.llen(JOBS) + self._redis.zcard(f"{JOBS}:leased"), self._redis.zcard(f"{JOBS}:dead")
        dead = QueuedMessage.dead_at.is_not(None)
        with self._database.transaction() as session:
            counted = select(func.count().filter(~dead), func.count().filter(dead)).where(QueuedMessage.queue == JOBS)
            alive, given_up = session.execute(counted).one()
        return alive, given_up

    def tapped(self) -> list[dict[str, Any]]:
        queue, found = self._queue(TAP), []
        while (message := queue.receive(wait_s=1, visibility_s=60)) is not None:
            found.append(json.loads(message.body))
            queue.delete(message)
        return found


def inside_of(site: Site | SelfHostedSite) -> Inside:
    """The inside of a running backend, of whatever mode."""
    return AwsInside(site) if isinstance(site, Site) else SelfHostedInside(site)
