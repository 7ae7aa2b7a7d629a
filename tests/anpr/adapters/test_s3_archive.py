from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from anpr.adapters.aws.client import make_client
from anpr.adapters.aws.s3_archive import S3ArchiveStore
from anpr.errors import NotFound, Unavailable
from anpr.settings import StorageSettings

KEY = "exports/1.zip"
PART = b"x" * 5 * 1024**2


@pytest.fixture
def store() -> Iterator[S3ArchiveStore]:
    with mock_aws():
        client = make_client("s3", connections=5)
        client.create_bucket(Bucket="footage", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield S3ArchiveStore(client, StorageSettings(bucket="footage"))


def test_an_object_written_in_parts_appears_when_it_is_complete(store: S3ArchiveStore) -> None:
    multipart_id = store.begin_multipart(KEY, content_type="application/zip")
    # Out of order, and the first one twice: the last one written counts.
    tail = store.put_part(KEY, multipart_id, 2, b"tail")
    store.put_part(KEY, multipart_id, 1, b"y" * len(PART))
    head = store.put_part(KEY, multipart_id, 1, PART)
    assert store.info(KEY) is None
    assert store.multipart_exists(KEY, multipart_id)

    store.complete_multipart(KEY, multipart_id, [head, tail])

    info = store.info(KEY)
    assert info is not None
    assert (info.size_bytes, info.content_type) == (len(PART) + 4, "application/zip")
    assert store.read(KEY) == PART + b"tail"


def test_an_upload_that_is_over_cannot_be_gone_on_with(store: S3ArchiveStore) -> None:
    multipart_id = store.begin_multipart(KEY, content_type="application/zip")
    store.put_part(KEY, multipart_id, 1, PART)
    store.abort_multipart(KEY, multipart_id)
    store.abort_multipart(KEY, multipart_id)

    assert not store.multipart_exists(KEY, multipart_id)


@pytest.mark.parametrize(
    ("operation", "write"),
    [
        ("upload_part", lambda store: store.put_part(KEY, "gone", 1, PART)),
        ("complete_multipart_upload", lambda store: store.complete_multipart(KEY, "gone", ["tag"])),
    ],
)
def test_a_write_to_an_upload_that_is_over_is_refused(
    operation: str, write: Callable[[S3ArchiveStore], object]
) -> None:
    client = make_client("s3")
    store = S3ArchiveStore(client, StorageSettings(bucket="footage"))
    # moto breaks down on such a request, so S3's answer is given here.
    with Stubber(client) as answers:
        answers.add_client_error(operation, "NoSuchUpload")
        with pytest.raises(NotFound, match="no such upload"):
            write(store)


def test_what_is_not_there_is_not_found(store: S3ArchiveStore) -> None:
    with pytest.raises(NotFound):
        store.read("crops/none.jpg")


def test_objects_are_read_by_several_threads(store: S3ArchiveStore) -> None:
    keys = [f"crops/{number}.jpg" for number in range(20)]
    for key in keys:
        store.put(key, key.encode(), content_type="image/jpeg")

    with ThreadPoolExecutor(5) as readers:
        assert list(readers.map(store.read, keys)) == [key.encode() for key in keys]


def test_a_missing_bucket_is_no_missing_object(store: S3ArchiveStore) -> None:
    elsewhere = S3ArchiveStore(make_client("s3"), StorageSettings(bucket="elsewhere"))

    with pytest.raises(Unavailable):
        elsewhere.begin_multipart(KEY, content_type="application/zip")
