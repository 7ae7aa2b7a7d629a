"""The ports on AWS, and on whatever speaks its protocols: the emulator, MinIO, Supabase's S3. Only here is boto3 used.

A request that fails for any reason but "there is no such thing" is `Unavailable`: to a caller, a throttled service, a
network that is down and a permission that somebody is about to repair are the same, to be tried again later. The
original error is the cause of what is raised, so the log has it and the client does not.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import boto3
import urllib3.util.connection
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from anpr import tracing
from anpr.adapters.aws import s3_versions
from anpr.errors import AnprError, NotFound, Unavailable
from anpr.messages import CloudEvent
from anpr.ports import BlobInfo, PresignedPost, Published, QueueMessage
from anpr.settings import BusSettings, StorageSettings

if TYPE_CHECKING:
    from mypy_boto3_events.client import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef
    from mypy_boto3_secretsmanager.client import SecretsManagerClient
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import MessageSystemAttributeValueTypeDef

CONNECT_TIMEOUT_S: Final = 3
READ_TIMEOUT_S: Final = 10
_LONG_POLL_S: Final = 20
"""The longest wait that SQS grants; its client has to listen for longer than that."""

_TRACE: Final = "trace"
"""The object's metadata that says which request asked for it: S3's notification does not."""

_MISSING: Final = frozenset(
    {
        "404",
        "NoSuchKey",
        "NoSuchUpload",
        "NotFound",
        "ResourceNotFoundException",
        # A delivery whose visibility ran out, or whose message was deleted by another delivery's receiver.
        "MessageNotInflight",
        "ReceiptHandleIsInvalid",
        "AWS.SimpleQueueService.MessageNotInflight",
    }
)

# Few connections: they share the machine with a decoder, and saturate its network well before that.
_TRANSFER: Final = TransferConfig(max_concurrency=4, multipart_chunksize=16 * 1024**2)


# The names of most services have addresses of both kinds, IPv4 and IPv6. These two have another name for that.
_NAMED_FOR_IPV6: Final = frozenset({"events", "lambda"})


def make_client(
    service: str,
    endpoint_url: str | None = None,
    *,
    connections: int = 10,
    ipv6: bool = False,
    once_within_s: float | None = None,
) -> Any:
    """Make a boto3 client with explicit time-outs and retries.

    Args:
        service: boto3's name of the service, such as `s3`.
        endpoint_url: another server than AWS's. The environment's `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`
            are boto3's own way to say the same.
        connections: how many threads may use the client at a time without waiting for each other.
        ipv6: whether AWS is reached by IPv6 alone, as from a network without NAT.
        once_within_s: for what may take so long and must not be done again: how long to wait for the only try.

    Returns:
        The client; its type depends on `service`, so the caller names it. It is safe to share between threads.
    """
    if ipv6:
        # urllib3 looks for IPv6 once, by trying the loopback address, and uses IPv4 alone where that has none.
        urllib3.util.connection.HAS_IPV6 = True
    elsewhere = endpoint_url or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    usual_s = READ_TIMEOUT_S + (_LONG_POLL_S if service == "sqs" else 0)
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=usual_s if once_within_s is None else once_within_s,
        retries={"mode": "standard", "total_max_attempts": 3 if once_within_s is None else 1},
        max_pool_connections=connections,
        signature_version="s3v4" if service == "s3" else None,
        # Not for all: SQS and SNS have no such name, and S3 is reached by a gateway of the network's own.
        use_dualstack_endpoint=True if ipv6 and service in _NAMED_FOR_IPV6 else None,
        # On AWS, "virtual" is what makes presigned links name the bucket's own region: the global name that boto3
        # would put there redirects for hours after a bucket is made. Other servers seldom have a name a bucket.
        s3={"addressing_style": "path" if elsewhere else "virtual"},
        # Other S3 servers do not all know the checksums that AWS's take.
        request_checksum_calculation="when_required" if elsewhere else "when_supported",
        response_checksum_validation="when_required" if elsewhere else "when_supported",
    )
    # A session of its own: boto3's default one is not safe to make clients from in several threads.
    session: Any = boto3.session.Session()
    return session.client(service, endpoint_url=endpoint_url, config=config)


@contextmanager
def translated(service: str, *, missing: str = "There is no such thing.") -> Iterator[None]:
    """Turn boto3's errors into the domain's."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            raise NotFound(missing) from error
        raise Unavailable(f"The {service} does not answer as it should; try again in a moment.") from error
    except (BotoCoreError, Boto3Error) as error:
        raise Unavailable(f"The {service} cannot be reached; try again in a moment.") from error


class S3BlobStore:
    """`anpr.ports.BlobStore` on one S3 bucket."""

    def __init__(self, client: "S3Client", settings: StorageSettings) -> None:
        self._client = client
        self._bucket = settings.bucket
        self._presign_ttl_s = round(settings.presign_ttl.total_seconds())

    def presign_post(self, key: str, *, content_type: str, size_bytes: int, expires_in_s: int) -> PresignedPost:
        expires_at = datetime.now(UTC) + timedelta(seconds=expires_in_s)
        fields = {"Content-Type": content_type}
        header = tracing.current_header()
        if header is not None:
            fields[f"x-amz-meta-{_TRACE}"] = header
        with translated("storage"):
            form = self._client.generate_presigned_post(
                self._bucket,
                key,
                Fields=dict(fields),
                Conditions=[
                    *({name: value} for name, value in fields.items()),
                    ["content-length-range", size_bytes, size_bytes],
                ],
                ExpiresIn=expires_in_s,
            )
        return PresignedPost(form["url"], form["fields"], expires_at)

    def presign_get(self, key: str, *, expires_in_s: int | None = None) -> str:
        with translated("storage"):
            return self._client.generate_presigned_url(
                "get_object",
                Params={"Bucket": self._bucket, "Key": key},
                ExpiresIn=self._presign_ttl_s if expires_in_s is None else expires_in_s,
            )

    def info(self, key: str, *, version_id: str | None = None) -> BlobInfo | None:
        try:
            with translated("storage"):
                head = self._client.head_object(Bucket=self._bucket, Key=key, **s3_versions.named(version_id))
        except NotFound:
            return None
        return BlobInfo(
            head["ContentLength"],
            head.get("ContentType", ""),
            head["LastModified"],
            trace=head.get("Metadata", {}).get(_TRACE),
            version_id=s3_versions.identity(head.get("VersionId")),
        )

    def list_keys(self, prefix: str, *, after: str, limit: int) -> list[tuple[str, datetime]]:
        found: list[tuple[str, datetime]] = []
        while len(found) < limit:
            with translated("storage"):
                page = self._client.list_objects_v2(
                    Bucket=self._bucket, Prefix=prefix, StartAfter=after, MaxKeys=min(limit - len(found), 1000)
                )
            found += [(each["Key"], each["LastModified"]) for each in page.get("Contents", [])]
            if not page.get("IsTruncated") or not found:
                break
            after = found[-1][0]
        return found

    def download(
        self, key: str, target: Path, *, version_id: str | None = None, on_bytes: Callable[[int], object] | None = None
    ) -> None:
        with translated("storage", missing="The file is not in the storage any more."):
            self._client.download_file(
                self._bucket,
                key,
                str(target),
                ExtraArgs=dict(s3_versions.named(version_id)),
                Callback=on_bytes,
                Config=_TRANSFER,
            )

    def put(self, key: str, body: bytes, *, content_type: str) -> None:
        with translated("storage"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def delete(self, keys: Sequence[str]) -> None:
        with translated("storage"):
            self._delete(s3_versions.of(self._client, self._bucket, keys))

    def delete_other_versions(self, key: str, *, keep: str) -> int:
        with translated("storage"):
            found = s3_versions.of(self._client, self._bucket, [key])
            others = [each for each in found if each.get("VersionId") != keep]
            if len(others) == len(found):
                return 0
            self._delete(others)
        return len(others)

    def _delete(self, found: "Sequence[ObjectIdentifierTypeDef]") -> None:
        for start in range(0, len(found), 1000):
            objects = found[start : start + 1000]
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            refused = answer.get("Errors", [])
            if refused:
                raise Unavailable(f"The storage did not delete {len(refused)} of {len(objects)} objects.")

    def check(self) -> None:
        with translated("storage", missing="The storage has no such bucket."):
            self._client.head_bucket(Bucket=self._bucket)


class SqsJobQueue:
    """`anpr.ports.JobQueue` on one SQS standard queue."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, body: str, *, delay_s: int = 0) -> None:
        with translated("queue"):
            self._client.send_message(
                QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_s, MessageSystemAttributes=_trace_attribute()
            )

    def receive(self, *, wait_s: int, visibility_s: int) -> QueueMessage | None:
        with translated("queue"):
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=1,
                WaitTimeSeconds=min(wait_s, _LONG_POLL_S),
                VisibilityTimeout=visibility_s,
                MessageSystemAttributeNames=["ApproximateReceiveCount", tracing.ATTRIBUTE],
            )
        for message in answer.get("Messages", []):
            attributes = {str(name): value for name, value in message.get("Attributes", {}).items()}
            receives = int(attributes.pop("ApproximateReceiveCount", "1"))
            return QueueMessage(message.get("Body", ""), message["ReceiptHandle"], receives, attributes)
        return None

    def extend(self, message: QueueMessage, *, visibility_s: int) -> None:
        with translated("queue", missing="The message is no longer held by this receiver."):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=visibility_s
            )

    def delete(self, message: QueueMessage) -> None:
        with translated("queue", missing="The message is no longer held by this receiver."):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def depth(self) -> int:
        with translated("queue"):
            answer = self._client.get_queue_attributes(
                QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"]
            )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def check(self) -> None:
        self.depth()


def _trace_attribute() -> dict[Literal["AWSTraceHeader"], "MessageSystemAttributeValueTypeDef"]:
    header = tracing.current_header()
    return {} if header is None else {tracing.ATTRIBUTE: {"DataType": "String", "StringValue": header}}


_PASSING: Final = frozenset({"InternalException", "InternalFailure", "ServiceUnavailable", "ThrottlingException"})
"""Why EventBridge does not take an entry now and may take it later."""


class EventBridgeBus:
    """`anpr.ports.EventBus` on one EventBridge bus."""

    # The service's limits on one request. The second counts all entries together.
    _MAX_ENTRIES = 10
    _MAX_BYTES = 256 * 1024

    def __init__(self, client: "EventBridgeClient", settings: BusSettings) -> None:
        self._client = client
        self._name = settings.name

    def publish(self, events: Sequence[CloudEvent]) -> Published:
        done = Published()
        fitting = []
        for event in events:
            if _entry_bytes(event) > self._MAX_BYTES:
                done.refused[event.id] = f"The event is larger than the {self._MAX_BYTES} bytes that the bus takes."
            else:
                fitting.append(event)
        try:
            for chunk in self._chunks(fitting):
                self._put(chunk, done)
        except AnprError:
            # What an earlier chunk delivered must be reported as such; only where nothing went is it an outage.
            if not done.taken and not done.refused:
                raise
        return done

    def check(self) -> None:
        with translated("event bus", missing="There is no such event bus."):
            self._client.describe_event_bus(Name=self._name)

    def _put(self, events: Sequence[CloudEvent], done: Published) -> None:
        with translated("event bus"):
            answer = self._client.put_events(Entries=[self._entry(event) for event in events])
        for event, result in zip(events, answer["Entries"], strict=True):
            code = result.get("ErrorCode")
            if not code:
                done.taken.append(event)
            elif code not in _PASSING:
                done.refused[event.id] = f"{code}: {result.get('ErrorMessage', '')}"

    def _entry(self, event: CloudEvent) -> "PutEventsRequestEntryTypeDef":
        entry: PutEventsRequestEntryTypeDef = {
            "EventBusName": self._name,
            "Source": event.source,
            "DetailType": event.type,
            "Time": event.time,
            "Detail": event.model_dump_json(),
        }
        header = tracing.current_header()
        if header is not None:
            entry["TraceHeader"] = header
        return entry

    def _chunks(self, events: Sequence[CloudEvent]) -> Iterator[list[CloudEvent]]:
        """Split events, none of them too large on its own, by the service's limits."""
        chunk: list[CloudEvent] = []
        chunk_bytes = 0
        for event in events:
            size = _entry_bytes(event)
            if chunk and (len(chunk) == self._MAX_ENTRIES or chunk_bytes + size > self._MAX_BYTES):
                yield chunk
                chunk, chunk_bytes = [], 0
            chunk.append(event)
            chunk_bytes += size
        if chunk:
            yield chunk


def _entry_bytes(event: CloudEvent) -> int:
    """Size of an entry as EventBridge counts it: 14 bytes for the time, and the UTF-8 of each text."""
    return 14 + len(f"{event.source}{event.type}{event.model_dump_json()}".encode())


class SecretsManagerStore:
    """`anpr.ports.SecretStore` on Secrets Manager."""

    def __init__(self, client: "SecretsManagerClient") -> None:
        self._client = client

    def get(self, secret_id: str) -> dict[str, Any] | None:
        try:
            with translated("secret store"):
                text = self._client.get_secret_value(SecretId=secret_id)["SecretString"]
        except NotFound:
            return None
        try:
            value = json.loads(text)
        except ValueError:
            # CloudFormation fills a secret that was declared without a value with a random string.
            return None
        return value if isinstance(value, dict) else None

    def put(self, secret_id: str, value: dict[str, Any]) -> None:
        with translated("secret store", missing="There is no such secret."):
            self._client.put_secret_value(SecretId=secret_id, SecretString=json.dumps(value))
