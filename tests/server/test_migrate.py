from uuid import uuid4

import pytest

from anpr.adapters.selfhost import object_store
from anpr.adapters.selfhost.settings import ObjectStoreSettings
from infra.local.servers import SeaweedFS
from server import migrate


def test_buckets_are_made_once_and_that_of_anchors_keeps_versions(
    seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> None:
    footage, anchors = (f"{kind}-{uuid4().hex[:12]}" for kind in ("footage", "anchors"))
    variables = {
        "ANPR_S3_BUCKET": footage,
        "ANPR_S3_ENDPOINT_URL": seaweedfs.endpoint,
        "ANPR_S3_ACCESS_KEY_ID": seaweedfs.keys.access,
        "ANPR_S3_SECRET_ACCESS_KEY": seaweedfs.keys.secret,
        "ANPR_ANCHOR_BUCKET": anchors,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert migrate._make_buckets() == [footage, anchors]
    assert migrate._make_buckets() == []

    client = object_store.make_client(seaweedfs.endpoint, ObjectStoreSettings())
    for bucket in (footage, anchors):
        assert client.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
