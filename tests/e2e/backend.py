"""What a worker needs around it, on one machine: PostgreSQL, and bucket, queues and bus in the AWS emulator.

It is the smallest such place: no functions and no API, so that a test of the worker alone starts in seconds.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import make_url, select

from anpr import migrations
from anpr.db import Database, make_engine
from anpr.messages import upload_key
from anpr.models import Camera, Event, OutboxMessage, Upload, UploadStatus
from anpr.settings import DatabaseSettings
from infra.local import emulator
from infra.local.deploy import EmulatedCloud
from infra.local.postgres import Postgres, free_port

VISIBILITY_S: Final = 10
MAX_RECEIVES: Final = 3
_ROOT: Final = Path(__file__).parents[2]
_BUCKET: Final = "footage"
_BUS: Final = "anpr"
_POLL_S: Final = 0.02
# What notifies a queue must be let in by the queue itself.
_NOTIFIERS: Final = {"Service": ["events.amazonaws.com", "s3.amazonaws.com"]}
_POLICY: Final = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": _NOTIFIERS, "Action": "sqs:SendMessage", "Resource": "*"}]}
)


class Worker:
    """One `python -m gpu_worker work`."""

    def __init__(self, env: dict[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gpu_worker", "work"], cwd=_ROOT, env=env, stdout=output, stderr=output
            )

    def kill(self) -> None:
        """End it as a crash or a lost machine would."""
        self._process.kill()
        self._process.wait()

    def terminate(self, timeout_s: float = 30) -> int:
        """Ask it to stop, and wait; return its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout_s)


def is_over(upload: Upload) -> bool:
    """Whether an upload's job has ended, well or not."""
    return upload.status in (UploadStatus.SUCCEEDED, UploadStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Backend:
    """A running place for workers."""

    database: Database
    postgres: Postgres
    s3: Any
    sqs: Any
    queue_url: str
    dead_url: str
    tap_url: str
    env: dict[str, str]
    log: Path

    def start_worker(self) -> Worker:
        """Start a worker."""
        return Worker(self.env, self.log)

    def submit(self, clip: Path, content_type: str = "video/mp4") -> UUID:
        """Register an upload and put its file, as the API and a client would; the bucket tells the queue."""
        return self.submit_bytes(clip.read_bytes(), content_type)

    def submit_bytes(self, body: bytes, content_type: str = "video/mp4") -> UUID:
        """Register an upload of the given content."""
        with self.database.transaction() as session:
            camera = Camera(id=uuid4(), name=f"camera {uuid4()}")
            session.add(camera)
            session.flush()
            upload = Upload(
                id=uuid4(),
                camera_id=camera.id,
                file_name="clip",
                content_type=content_type,
                size_bytes=len(body),
                captured_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
            )
            session.add(upload)
        self.s3.put_object(Bucket=_BUCKET, Key=upload_key(upload.id), Body=body)
        return upload.id

    def upload(self, upload_id: UUID) -> Upload:
        """The upload's row as it is now."""
        with self.database.transaction() as session:
            return session.get_one(Upload, upload_id)

    def wait_for(
        self, upload_id: UUID, condition: Callable[[Upload], bool], *, what: str, timeout_s: float = 120
    ) -> Upload:
        """Wait until an upload's row fulfils a condition."""
        deadline = time.monotonic() + timeout_s
        while True:
            upload = self.upload(upload_id)
            if condition(upload):
                return upload
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: upload is {upload.status}; the log ends\n{self.log.read_text()[-3000:]}")
            time.sleep(_POLL_S)

    def wait_until_over(self, upload_id: UUID, *, timeout_s: float = 180) -> Upload:
        """Wait until the upload succeeded or failed."""
        return self.wait_for(upload_id, is_over, what="not over", timeout_s=timeout_s)

    def events(self, upload_id: UUID) -> list[Event]:
        """The recorded passages, in order."""
        with self.database.transaction() as session:
            return list(session.scalars(select(Event).where(Event.upload_id == upload_id).order_by(Event.passage_no)))

    def outage(self, seconds: float) -> None:
        """Take the database away from everybody for a while."""
        self.postgres.stop()
        time.sleep(seconds)
        self.postgres.start()

    def unpublished(self) -> int:
        """How many promised events have not reached the bus."""
        with self.database.transaction() as session:
            return len(session.scalars(select(OutboxMessage.id).where(OutboxMessage.published_at.is_(None))).all())

    def drain_tap(self) -> list[dict[str, Any]]:
        """Take every CloudEvent that has reached the bus's subscriber since the last call."""
        found: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.tap_url, MaxNumberOfMessages=10, WaitTimeSeconds=1
        ).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"])["detail"])
                self.sqs.delete_message(QueueUrl=self.tap_url, ReceiptHandle=message["ReceiptHandle"])
        return found


@contextmanager
def backend(folder: Path) -> Iterator[Backend]:
    """Run a place for workers for as long as the block lasts.

    Args:
        folder: an empty folder for its data and logs; the unprivileged user that runs PostgreSQL must reach it.
    """
    with ExitStack() as stack:
        postgres = Postgres(folder / "postgres", free_port(), durable=False)
        stack.callback(postgres.remove)
        postgres.start()
        settings = DatabaseSettings(url=postgres.url(), ssl=False, pool_size=3)
        engine = make_engine(make_url(postgres.url()), settings)
        stack.callback(engine.dispose)
        migrations.upgrade(engine)
        aws = emulator.start(
            emulator.install(), port=free_port(), state=folder / "aws", log=folder / "emulator.log", persistent=False
        )
        stack.callback(aws.stop)
        aws.wait()
        yield _furnish(aws.endpoint, Database(engine), postgres, folder)


def _furnish(endpoint: str, database: Database, postgres: Postgres, folder: Path) -> Backend:
    cloud = EmulatedCloud(endpoint)
    s3, sqs, events = cloud.client("s3"), cloud.client("sqs"), cloud.client("events")
    dead_url, tap_url = (
        sqs.create_queue(QueueName=name, Attributes={"Policy": _POLICY})["QueueUrl"] for name in ("dead", "tap")
    )
    redrive = json.dumps({"deadLetterTargetArn": _arn(sqs, dead_url), "maxReceiveCount": str(MAX_RECEIVES)})
    queue_url = sqs.create_queue(QueueName="jobs", Attributes={"RedrivePolicy": redrive, "Policy": _POLICY})["QueueUrl"]
    s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": emulator.REGION})
    prefix = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "uploads/"}]}}
    target = {"QueueArn": _arn(sqs, queue_url), "Events": ["s3:ObjectCreated:*"], "Filter": prefix}
    s3.put_bucket_notification_configuration(
        Bucket=_BUCKET, NotificationConfiguration={"QueueConfigurations": [target]}
    )
    events.create_event_bus(Name=_BUS)
    events.put_rule(Name="all", EventBusName=_BUS, EventPattern=json.dumps({"source": ["anpr"]}))
    events.put_targets(Rule="all", EventBusName=_BUS, Targets=[{"Id": "tap", "Arn": _arn(sqs, tap_url)}])
    env = emulator.client_environment(endpoint) | {
        "ANPR_DB_URL": postgres.url(),
        "ANPR_DB_SSL": "false",
        "ANPR_S3_BUCKET": _BUCKET,
        "ANPR_QUEUE_URL": queue_url,
        "ANPR_QUEUE_DEAD_LETTER_URL": dead_url,
        "ANPR_QUEUE_VISIBILITY_S": str(VISIBILITY_S),
        "ANPR_QUEUE_MAX_RECEIVES": str(MAX_RECEIVES),
        "ANPR_BUS_NAME": _BUS,
        "ANPR_WORKER_RETRY_S": "1",
        "ANPR_WORKER_SCRATCH": str(folder),
        "PYTHONPATH": f"{_ROOT / 'layers' / 'core' / 'python'}:{_ROOT}",
        "PYTHONUNBUFFERED": "1",
    }
    return Backend(database, postgres, s3, sqs, queue_url, dead_url, tap_url, env, folder / "worker.log")


def _arn(sqs: Any, url: str) -> str:
    arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return arn
