import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from anpr import tracing
from anpr.adapters.aws.client import make_client
from anpr.adapters.aws.eventbridge import EventBridgeBus
from anpr.adapters.aws.s3 import S3BlobStore
from anpr.adapters.aws.secrets import SecretsManagerStore
from anpr.adapters.aws.settings import BusSettings
from anpr.adapters.aws.sqs import SqsJobQueue
from anpr.errors import NotFound, Unavailable
from anpr.messages import CloudEvent
from anpr.settings import StorageSettings
from infra.local.postgres import free_port

REGION = "eu-central-1"
HEADER = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture(autouse=True)
def _aws() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def blobs() -> S3BlobStore:
    client = make_client("s3")
    client.create_bucket(Bucket="footage", CreateBucketConfiguration={"LocationConstraint": REGION})
    return S3BlobStore(client, StorageSettings(bucket="footage"))


def keep_versions() -> None:
    make_client("s3").put_bucket_versioning(Bucket="footage", VersioningConfiguration={"Status": "Enabled"})


def version_of(blobs: S3BlobStore, key: str) -> str:
    info = blobs.info(key)
    assert info is not None
    assert info.version_id is not None
    return info.version_id


def policy_of(fields: dict[str, str]) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(base64.b64decode(fields["policy"]))
    return policy


class TestS3BlobStore:
    def test_a_stored_object_can_be_described_and_downloaded(self, blobs: S3BlobStore, tmp_path: Path) -> None:
        blobs.put("crops/1.jpg", b"picture", content_type="image/jpeg")

        info = blobs.info("crops/1.jpg")
        counts: list[int] = []
        blobs.download("crops/1.jpg", tmp_path / "crop", on_bytes=counts.append)

        assert sum(counts) == 7
        assert info is not None
        assert (info.size_bytes, info.content_type) == (7, "image/jpeg")
        assert (tmp_path / "crop").read_bytes() == b"picture"

    def test_what_is_not_there_is_not_found(self, blobs: S3BlobStore, tmp_path: Path) -> None:
        assert blobs.info("nothing") is None
        with pytest.raises(NotFound):
            blobs.download("nothing", tmp_path / "file")
        assert list(tmp_path.iterdir()) == []

    def test_any_number_of_objects_is_deleted(self, blobs: S3BlobStore) -> None:
        blobs.put("crops/0", b"x", content_type="image/jpeg")
        blobs.put("crops/1001", b"x", content_type="image/jpeg")
        blobs.put("crops/kept", b"x", content_type="image/jpeg")

        blobs.delete([f"crops/{number}" for number in range(1002)])

        assert [blobs.info(f"crops/{name}") is not None for name in ("0", "1001", "kept")] == [False, False, True]

    def test_of_an_object_that_was_replaced_the_version_that_was_named_stays_to_be_had(
        self, blobs: S3BlobStore, tmp_path: Path
    ) -> None:
        keep_versions()
        blobs.put("uploads/u/source", b"read", content_type="video/mp4")
        read = version_of(blobs, "uploads/u/source")
        blobs.put("uploads/u/source", b"replacement", content_type="video/mp4")
        assert version_of(blobs, "uploads/u/source") != read

        blobs.download("uploads/u/source", tmp_path / "file", version_id=read)
        info = blobs.info("uploads/u/source", version_id=read)

        assert (tmp_path / "file").read_bytes() == b"read"
        assert info is not None
        assert (info.size_bytes, info.version_id) == (4, read)

    def test_the_versions_beside_one_are_removed_and_it_is_the_latest_again(
        self, blobs: S3BlobStore, tmp_path: Path
    ) -> None:
        keep_versions()
        for key in ("uploads/u/source", "uploads/u/source2"):
            blobs.put(key, b"read", content_type="video/mp4")
        read = version_of(blobs, "uploads/u/source")
        for body in (b"second", b"third"):
            blobs.put("uploads/u/source", body, content_type="video/mp4")

        assert blobs.delete_other_versions("uploads/u/source", keep="of-nothing") == 0
        assert blobs.delete_other_versions("uploads/u/source", keep=read) == 2

        blobs.download("uploads/u/source", tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == b"read"
        assert blobs.info("uploads/u/source2") is not None

    def test_what_is_deleted_is_gone_in_all_its_versions(self, blobs: S3BlobStore) -> None:
        keep_versions()
        keys = [f"crops/u/{number}.jpg" for number in range(3)]
        for key in (*keys, *keys, "crops/u/0.jpg.other"):
            blobs.put(key, b"x", content_type="image/jpeg")
        client = make_client("s3")
        # A person deleted one by hand, which leaves a marker over its versions.
        client.delete_object(Bucket="footage", Key=keys[0])

        blobs.delete([*keys, "crops/none.jpg"])

        left = client.list_object_versions(Bucket="footage")
        assert [each["Key"] for each in left.get("Versions", [])] == ["crops/u/0.jpg.other"]
        assert left.get("DeleteMarkers", []) == []

    def test_a_store_without_versions_names_none_and_deletes_all_the_same(self) -> None:
        client = make_client("s3")
        store = S3BlobStore(client, StorageSettings(bucket="footage"))
        with Stubber(client) as stub:
            stub.add_client_error("list_object_versions", "NotImplemented", http_status_code=501)
            stub.add_response(
                "delete_objects", {}, {"Bucket": "footage", "Delete": {"Objects": [{"Key": "a"}], "Quiet": True}}
            )
            store.delete(["a"])
            stub.assert_no_pending_responses()

    def test_objects_are_listed_in_pages_by_their_keys(self, blobs: S3BlobStore) -> None:
        for number in range(5):
            blobs.put(f"crops/{number}", b"x", content_type="image/jpeg")
        blobs.put("frames/0", b"x", content_type="image/jpeg")

        def listed(after: str, limit: int) -> list[str]:
            return [key for key, _ in blobs.list_keys("crops/", after=after, limit=limit)]

        assert listed("", 3) == ["crops/0", "crops/1", "crops/2"]
        assert listed("crops/2", 3) == ["crops/3", "crops/4"]
        assert listed("crops/4", 3) == []

    def test_a_form_fixes_key_type_and_size(self, blobs: S3BlobStore) -> None:
        before = datetime.now(UTC)
        form = blobs.presign_upload("uploads/u/source", content_type="video/mp4", size_bytes=1234, expires_in_s=600)

        policy = policy_of(form.fields)
        assert {"key": "uploads/u/source"} in policy["conditions"]
        assert {"Content-Type": "video/mp4"} in policy["conditions"]
        assert ["content-length-range", 1234, 1234] in policy["conditions"]
        assert (form.fields["key"], form.fields["Content-Type"]) == ("uploads/u/source", "video/mp4")
        lifetime = form.expires_at - before
        assert timedelta(seconds=595) < lifetime < timedelta(seconds=605)
        assert datetime.fromisoformat(policy["expiration"]) - form.expires_at < timedelta(seconds=2)

    def test_what_is_posted_by_a_form_tells_the_request_that_made_it(self, blobs: S3BlobStore) -> None:
        with tracing.continued(HEADER):
            form = blobs.presign_upload("uploads/u/source", content_type="video/mp4", size_bytes=4, expires_in_s=60)
        assert {"x-amz-meta-trace": HEADER} in policy_of(form.fields)["conditions"]
        metadata = {
            name.removeprefix("x-amz-meta-"): value for name, value in form.fields.items() if "x-amz-meta" in name
        }
        make_client("s3").put_object(Bucket="footage", Key="uploads/u/source", Body=b"clip", Metadata=metadata)
        blobs.put("uploads/v/source", b"clip", content_type="video/mp4")

        traces = [info.trace for name in "uv" if (info := blobs.info(f"uploads/{name}/source")) is not None]
        assert traces == [HEADER, None]

    def test_a_file_may_be_sent_as_a_body_of_a_signed_length_and_type(self) -> None:
        store = S3BlobStore(make_client("s3"), StorageSettings(bucket="footage", upload_method="PUT"))
        with tracing.continued(HEADER):
            form = store.presign_upload("uploads/u/source", content_type="video/mp4", size_bytes=4, expires_in_s=60)

        assert (form.method, form.fields) == ("PUT", {})
        assert form.headers == {"Content-Type": "video/mp4", "x-amz-meta-trace": HEADER}
        signed = parse_qs(urlsplit(form.url).query)["X-Amz-SignedHeaders"][0].split(";")
        assert {"content-length", "content-type", "x-amz-meta-trace"} <= set(signed)

    def test_an_error_without_a_code_is_known_by_its_status(self) -> None:
        client = make_client("s3")
        store = S3BlobStore(client, StorageSettings(bucket="footage"))
        with Stubber(client) as stub:
            stub.add_client_error("head_object", service_error_code="", http_status_code=404)
            assert store.info("k") is None
            stub.add_client_error("head_object", service_error_code="", http_status_code=500)
            with pytest.raises(Unavailable):
                store.info("k")

    def test_links_name_the_region_and_expire_as_told(self, blobs: S3BlobStore) -> None:
        assert "X-Amz-Expires=3600" in blobs.presign_get("crops/1.jpg")
        link = blobs.presign_get("crops/1.jpg", expires_in_s=60)
        assert link.startswith(f"https://footage.s3.{REGION}.amazonaws.com/crops/1.jpg?")
        assert "X-Amz-Expires=60" in link
        assert "versionId=" not in link
        assert "versionId=v1" in blobs.presign_get("uploads/1/source", version_id="v1")

    def test_another_server_is_addressed_by_path(self) -> None:
        store = S3BlobStore(make_client("s3", "http://minio.invalid:9000"), StorageSettings(bucket="footage"))

        assert store.presign_get("k").startswith("http://minio.invalid:9000/footage/k?")

    def test_the_environment_can_name_another_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
        store = S3BlobStore(make_client("s3"), StorageSettings(bucket="footage"))

        form = store.presign_upload("k", content_type="video/mp4", size_bytes=1, expires_in_s=60)

        assert form.url == "http://localhost:4566/footage"

    def test_a_bucket_that_is_not_there_fails_the_check(self, blobs: S3BlobStore) -> None:
        blobs.check()
        with pytest.raises(NotFound):
            S3BlobStore(make_client("s3"), StorageSettings(bucket="another")).check()

    def test_a_refused_deletion_is_reported(self) -> None:
        client = make_client("s3")
        with Stubber(client) as stub:
            stub.add_response("delete_objects", {"Errors": [{"Key": "a", "Code": "AccessDenied"}]})
            with pytest.raises(Unavailable):
                S3BlobStore(client, StorageSettings(bucket="footage")).delete(["a", "b"])


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "AccessDenied", "NoSuchBucket"])
def test_what_may_pass_is_unavailable_and_keeps_its_cause(code: str) -> None:
    client = make_client("s3")
    with Stubber(client) as stub:
        stub.add_client_error("put_object", code, "internal detail")
        with pytest.raises(Unavailable) as caught:
            S3BlobStore(client, StorageSettings(bucket="footage")).put("k", b"", content_type="image/jpeg")
    assert code in str(caught.value.__cause__)
    assert "internal detail" not in caught.value.detail


@mock_aws(config={"core": {"mock_credentials": True, "passthrough": {"urls": [r".*127\.0\.0\.1.*"]}}})
def test_a_server_that_does_not_answer_is_unavailable() -> None:
    store = S3BlobStore(make_client("s3", f"http://127.0.0.1:{free_port()}"), StorageSettings(bucket="footage"))
    with pytest.raises(Unavailable):
        store.info("k")


@pytest.fixture
def queue() -> SqsJobQueue:
    client = make_client("sqs")
    return SqsJobQueue(client, client.create_queue(QueueName="jobs")["QueueUrl"])


class TestSqsJobQueue:
    def test_a_message_carries_the_trace_that_it_was_sent_in(self, queue: SqsJobQueue) -> None:
        with tracing.continued(HEADER):
            queue.send("traced")
        traced = queue.receive(wait_s=0, visibility_s=30)
        queue.send("not traced")
        plain = queue.receive(wait_s=0, visibility_s=30)

        assert traced is not None
        assert plain is not None
        assert traced.attributes[tracing.ATTRIBUTE] == HEADER
        assert tracing.ATTRIBUTE not in plain.attributes

    def test_a_message_is_hidden_counted_and_acknowledged(self, queue: SqsJobQueue) -> None:
        queue.send("job")
        assert queue.depth() == 1

        first = queue.receive(wait_s=0, visibility_s=60)
        assert first is not None
        assert (first.body, first.receives) == ("job", 1)
        assert queue.receive(wait_s=0, visibility_s=60) is None

        queue.extend(first, visibility_s=0)
        second = queue.receive(wait_s=0, visibility_s=60)
        assert second is not None
        assert second.receives == 2

        queue.delete(second)
        assert queue.depth() == 0
        assert queue.receive(wait_s=0, visibility_s=60) is None

    def test_an_empty_queue_gives_nothing(self, queue: SqsJobQueue) -> None:
        queue.check()
        assert queue.receive(wait_s=0, visibility_s=60) is None

    def test_a_delivery_that_is_over_is_not_found(self, queue: SqsJobQueue) -> None:
        queue.send("job")
        message = queue.receive(wait_s=0, visibility_s=60)
        assert message is not None
        client = make_client("sqs")
        with Stubber(client) as stub:
            stub.add_client_error("change_message_visibility", "AWS.SimpleQueueService.MessageNotInflight")
            stub.add_client_error("delete_message", "ReceiptHandleIsInvalid")
            stubbed = SqsJobQueue(client, "https://sqs.invalid/1/jobs")
            with pytest.raises(NotFound):
                stubbed.extend(message, visibility_s=60)
            with pytest.raises(NotFound):
                stubbed.delete(message)

    def test_a_queue_that_is_not_there_fails_the_check(self) -> None:
        with pytest.raises(Unavailable):
            SqsJobQueue(make_client("sqs"), f"https://sqs.{REGION}.amazonaws.com/123456789012/none").check()


def event(data: dict[str, Any] | None = None) -> CloudEvent:
    return CloudEvent(
        id=uuid4(), type="event.created", subject="s", time=datetime(2026, 3, 1, tzinfo=UTC), data=data or {}
    )


class TestEventBridgeBus:
    @pytest.fixture
    def tap(self) -> str:
        """A queue that gets whatever reaches the bus."""
        client = make_client("events")
        client.create_event_bus(Name="anpr")
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="tap")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        client.put_rule(Name="all", EventBusName="anpr", EventPattern='{"source": ["anpr"]}')
        client.put_targets(Rule="all", EventBusName="anpr", Targets=[{"Id": "tap", "Arn": arn}])
        return url

    def test_events_arrive_as_they_are_however_many(self, tap: str) -> None:
        bus = EventBridgeBus(make_client("events"), BusSettings(name="anpr"))
        events = [event({"number": number}) for number in range(23)]

        assert bus.publish(events).taken == events

        received: list[dict[str, Any]] = []
        sqs = boto3.client("sqs")
        while messages := sqs.receive_message(QueueUrl=tap, MaxNumberOfMessages=10).get("Messages"):
            received += [json.loads(message["Body"]) for message in messages]
        assert {message["detail-type"] for message in received} == {"event.created"}
        assert {message["detail"]["id"]: message["detail"]["data"]["number"] for message in received} == {
            str(sent.id): number for number, sent in enumerate(events)
        }

    def test_an_event_carries_the_trace_that_it_was_published_in(self) -> None:
        client, sent = make_client("events"), []
        client.meta.events.register(
            "provide-client-params.events.PutEvents", lambda params, **_: sent.extend(params["Entries"])
        )
        client.create_event_bus(Name="anpr")
        bus = EventBridgeBus(client, BusSettings(name="anpr"))

        with tracing.continued(HEADER):
            bus.publish([event()])
        bus.publish([event()])

        assert [entry.get("TraceHeader") for entry in sent] == [HEADER, None]

    def test_what_the_service_refuses_is_not_reported_as_taken(self) -> None:
        client = make_client("events")
        first, second = event(), event()
        with Stubber(client) as stub:
            results = [{"ErrorCode": "ThrottlingException"}, {"EventId": "1"}]
            stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": results})
            assert EventBridgeBus(client, BusSettings(name="anpr")).publish([first, second]).taken == [second]

    def test_requests_stay_below_the_size_limit(self) -> None:
        client = make_client("events")
        large = [event({"text": "ä" * 50_000}) for _ in range(3)]
        with Stubber(client) as stub:
            # 100 kB each: two fit into one request, not three.
            stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}, {"EventId": "2"}]})
            stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "3"}]})
            assert EventBridgeBus(client, BusSettings(name="anpr")).publish(large).taken == large

    def test_an_event_too_large_for_the_bus_holds_up_no_other(self) -> None:
        client = make_client("events")
        huge, small = event({"text": "x" * 300_000}), event()
        with Stubber(client) as stub:
            stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
            done = EventBridgeBus(client, BusSettings(name="anpr")).publish([huge, small])
            assert (done.taken, list(done.refused)) == ([small], [huge.id])
            assert "larger than" in done.refused[huge.id]

    def test_an_outage_halfway_reports_what_was_taken(self) -> None:
        client = make_client("events")
        events = [event() for _ in range(11)]
        with Stubber(client) as stub:
            stub.add_response(
                "put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": str(n)} for n in range(10)]}
            )
            stub.add_client_error("put_events", "InternalException")
            assert EventBridgeBus(client, BusSettings(name="anpr")).publish(events).taken == events[:10]

    def test_an_outage_at_once_is_raised(self) -> None:
        client = make_client("events")
        with Stubber(client) as stub:
            stub.add_client_error("put_events", "InternalException")
            with pytest.raises(Unavailable):
                EventBridgeBus(client, BusSettings(name="anpr")).publish([event()])

    @pytest.mark.usefixtures("tap")
    def test_a_bus_that_is_not_there_fails_the_check(self) -> None:
        EventBridgeBus(make_client("events"), BusSettings(name="anpr")).check()
        with pytest.raises(NotFound):
            EventBridgeBus(make_client("events"), BusSettings(name="another")).check()


class TestSecretsManagerStore:
    def test_a_secret_is_given_a_value_and_read(self) -> None:
        client = make_client("secretsmanager")
        client.create_secret(Name="key", SecretString="made up by CloudFormation")
        store = SecretsManagerStore(client)
        assert store.get("key") is None

        store.put("key", {"kid": "1"})

        assert store.get("key") == {"kid": "1"}

    @pytest.mark.parametrize("text", ["[]", "1", '"text"', "null"])
    def test_what_is_no_document_is_no_value(self, text: str) -> None:
        client = make_client("secretsmanager")
        client.create_secret(Name="key", SecretString=text)

        assert SecretsManagerStore(client).get("key") is None

    def test_a_secret_that_is_not_there(self) -> None:
        store = SecretsManagerStore(make_client("secretsmanager"))

        assert store.get("none") is None
        with pytest.raises(NotFound):
            store.put("none", {})
