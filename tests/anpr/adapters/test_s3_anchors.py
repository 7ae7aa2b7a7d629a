from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from anpr.adapters.aws.client import make_client
from anpr.adapters.aws.s3_anchors import S3AnchorStore
from anpr.errors import Unavailable
from anpr.messages import anchor_key
from anpr.ports import KeptAnchor


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        client = make_client("s3")
        # As the deployed one: with versions, and a lock.
        client.create_bucket(
            Bucket="anchors",
            CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
            ObjectLockEnabledForBucket=True,
        )
        yield client


@pytest.fixture
def store(client: Any) -> S3AnchorStore:
    return S3AnchorStore(client, "anchors")


def test_what_is_stored_is_listed_and_read(store: S3AnchorStore) -> None:
    assert store.list() == []
    assert all(store.add(anchor_key(number), str(number).encode()) for number in (2, 1, 3))

    kept = store.list()

    assert [each.key for each in kept] == [anchor_key(1), anchor_key(2), anchor_key(3)]
    assert all(each.untouched for each in kept)
    assert [store.read(each) for each in kept] == [b"1", b"2", b"3"]
    assert [each.key for each in store.list(after=anchor_key(2))] == [anchor_key(3)]


def test_nothing_is_stored_over(store: S3AnchorStore) -> None:
    assert store.add(anchor_key(1), b"first")
    assert not store.add(anchor_key(1), b"second")
    [kept] = store.list()
    assert (kept.untouched, store.read(kept)) == (True, b"first")


def test_what_others_stored_over_or_deleted_is_still_read_and_told(client: Any, store: S3AnchorStore) -> None:
    for number in (1, 2, 3):
        store.add(anchor_key(number), b"first")
    client.put_object(Bucket="anchors", Key=anchor_key(1), Body=b"second")
    client.delete_object(Bucket="anchors", Key=anchor_key(3))

    kept = store.list()

    assert [each.untouched for each in kept] == [False, True, False]
    assert [store.read(each) for each in kept] == [b"first"] * 3


def test_what_is_gone_for_good_is_told_as_long_as_its_marker_is_there(client: Any, store: S3AnchorStore) -> None:
    store.add(anchor_key(1), b"first")
    [version] = client.list_object_versions(Bucket="anchors")["Versions"]
    client.delete_object(Bucket="anchors", Key=anchor_key(1))
    client.delete_object(Bucket="anchors", Key=anchor_key(1), VersionId=version["VersionId"])

    [kept] = store.list()

    assert kept == KeptAnchor(anchor_key(1), None, untouched=False)
    assert store.read(kept) == b""


def test_more_than_a_page_is_listed(client: Any, store: S3AnchorStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 8):
        store.add(anchor_key(number), b"x")
    asked = client.list_object_versions
    monkeypatch.setattr(client, "list_object_versions", lambda **options: asked(MaxKeys=3, **options))

    assert [each.key for each in store.list()] == [anchor_key(number) for number in range(1, 8)]


def test_a_bucket_that_is_not_there_is_not_an_empty_one(client: Any) -> None:
    with pytest.raises(Unavailable):
        S3AnchorStore(client, "elsewhere").list()
