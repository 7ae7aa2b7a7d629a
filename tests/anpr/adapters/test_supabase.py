"""The family `supabase`: its Storage by S3, and what the mode is told."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from botocore.exceptions import ClientError

from anpr import bootstrap, tracing
from anpr.adapters.aws.s3 import S3BlobStore
from anpr.adapters.family import Misconfigured
from anpr.adapters.selfhost import object_store
from anpr.adapters.selfhost.postgres_queue import PostgresQueue
from anpr.adapters.supabase.settings import StorageKeySettings
from anpr.capture import uploads
from anpr.db import Database
from anpr.errors import Conflict, NotFound, Unavailable
from anpr.messages import upload_key
from anpr.models import UploadStatus
from anpr.ports import PresignedUpload
from anpr.settings import StorageSettings
from infra.local.servers import SeaweedFS
from tests.builders import add_upload
from tests.memory import MemoryQueue
from tests.supabase.storage import REGION, Storage

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture(scope="module")
def endpoint(seaweedfs: SeaweedFS) -> Iterator[Storage]:
    made = Storage(seaweedfs)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def told(endpoint: Storage) -> StorageSettings:
    """One bucket for all: SeaweedFS sets disk aside for each."""
    settings = StorageSettings(bucket=f"b-{uuid4().hex[:12]}", endpoint_url=endpoint.endpoint)
    object_store.make_client(endpoint.endpoint, keys(endpoint)).create_bucket(Bucket=settings.bucket)
    return settings


@pytest.fixture
def storage(endpoint: Storage) -> Iterator[Storage]:
    kept = endpoint.file_size_limit, endpoint.on_stored
    yield endpoint
    endpoint.file_size_limit, endpoint.on_stored = kept


@pytest.fixture
def blobs(storage: Storage, told: StorageSettings) -> S3BlobStore:
    return object_store.blob_store(told, keys(storage), versions=False)


def keys(storage: Storage, region: str = REGION) -> StorageKeySettings:
    weed = storage.weed.keys
    return StorageKeySettings(access_key_id=weed.access, secret_access_key=weed.secret, region=region)


def send(form: PresignedUpload, content: bytes, **changes: str) -> int:
    fields = form.fields | changes
    files = {"file": ("f", content, "video/mp4")}
    return httpx.post(form.url, data=fields, files=files, trust_env=False, timeout=30).status_code


def form_for(blobs: S3BlobStore, key: str, size: int = 4) -> PresignedUpload:
    return blobs.presign_upload(key, content_type="video/mp4", size_bytes=size, expires_in_s=60)


def test_a_form_is_taken_by_its_names_and_holds_key_type_and_trace(blobs: S3BlobStore) -> None:
    key = f"uploads/{uuid4()}/source"
    with tracing.continued(TRACE):
        form = form_for(blobs, key)
    assert {"Policy", "X-Amz-Signature", "X-Amz-Credential", "key", "Content-Type"} <= form.fields.keys()
    kept = ("key", "Content-Type")
    lower = {name if name in kept else name.lower(): value for name, value in form.fields.items()}

    assert httpx.post(form.url, data=lower, files={"file": b"clip"}, trust_env=False).status_code == 400
    assert send(form, b"clip", key="uploads/another/source") == 403
    assert send(form, b"clip", **{"Content-Type": "text/html"}) == 403
    assert send(form, b"clip", **{"X-Amz-Signature": "0" * 64}) == 403
    assert blobs.info(key) is None
    assert send(form, b"clip") < 300
    info = blobs.info(key)
    assert info is not None
    assert (info.size_bytes, info.content_type, info.version_id, info.trace) == (4, "video/mp4", None, TRACE)


def test_a_size_that_storage_does_not_hold_is_refused_when_the_client_says_that_it_is_done(
    database: Database, blobs: S3BlobStore
) -> None:
    upload, queue = add_upload(database, content_type="video/mp4", size_bytes=4), MemoryQueue()
    form = form_for(blobs, upload_key(upload.id))

    assert send(form, b"much more than was announced") < 300
    with pytest.raises(Conflict, match="28 bytes, but 4 were announced"):
        uploads.complete(database, blobs, queue, upload.id)
    assert queue.waiting == []

    assert send(form, b"clip") < 300
    assert uploads.complete(database, blobs, queue, upload.id).status is UploadStatus.QUEUED
    assert len(queue.waiting) == 1


def test_the_buckets_own_limit_holds(storage: Storage, blobs: S3BlobStore) -> None:
    storage.file_size_limit = 10
    assert send(form_for(blobs, "uploads/u/source"), b"more than that") == 413


def test_what_is_missing_is_missing_though_errors_have_no_name(
    told: StorageSettings, storage: Storage, blobs: S3BlobStore, tmp_path: Path
) -> None:
    client = object_store.make_client(storage.endpoint, keys(storage))
    with pytest.raises(ClientError) as seen:
        client.get_object(Bucket=told.bucket, Key="none")
    assert seen.value.response["Error"]["Code"] == ""

    archive = object_store.archive_store(told, keys(storage), fetchers=2, versions=False)
    with pytest.raises(NotFound):
        archive.read("none")
    with pytest.raises(NotFound):
        blobs.download("none", tmp_path / "none")
    assert blobs.info("none") is None
    assert not archive.multipart_exists("none", "no-such-upload")


def test_objects_are_listed_linked_to_and_deleted_for_good(blobs: S3BlobStore) -> None:
    crops = f"crops/{uuid4()}"
    for name in ("a", "b", "c"):
        blobs.put(f"{crops}/{name}", name.encode(), content_type="image/jpeg")
    assert [key for key, _ in blobs.list_keys(f"{crops}/", after=f"{crops}/a", limit=10)] == [
        f"{crops}/b",
        f"{crops}/c",
    ]
    link = blobs.presign_get(f"{crops}/a")
    assert httpx.get(link, trust_env=False, headers={"range": "bytes=0-0"}).content == b"a"
    assert httpx.get(link.replace("/a?", "/b?"), trust_env=False).status_code == 403

    blobs.delete([f"{crops}/{name}" for name in ("a", "b", "missing")])

    assert [key for key, _ in blobs.list_keys(f"{crops}/", after="", limit=10)] == [f"{crops}/c"]
    assert blobs.delete_other_versions(f"{crops}/c", keep="any") == 0
    assert blobs.info(f"{crops}/c") is not None


def test_an_archive_is_written_in_parts(told: StorageSettings, storage: Storage) -> None:
    archive = object_store.archive_store(told, keys(storage), fetchers=2, versions=False)
    upload = archive.begin_multipart("exports/z", content_type="application/zip")
    parts = (bytes(5 * 1024**2), b"x")
    tags = [archive.put_part("exports/z", upload, number, part) for number, part in enumerate(parts, 1)]
    archive.complete_multipart("exports/z", upload, tags)
    info = archive.info("exports/z")
    assert info is not None
    assert info.size_bytes == 5 * 1024**2 + 1


def test_another_region_or_key_is_an_outage_that_names_no_key(told: StorageSettings, storage: Storage) -> None:
    wrong = [
        keys(storage, region="us-east-1"),
        StorageKeySettings(access_key_id="anpr", secret_access_key="wrong-wrong", region=REGION),
    ]
    for each in wrong:
        with pytest.raises(Unavailable) as refused:
            object_store.blob_store(told, each, versions=False).put("k", b"x", content_type="text/plain")
        assert "wrong" not in refused.value.detail


def test_a_trigger_that_fails_would_fail_the_upload(storage: Storage, blobs: S3BlobStore) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    storage.on_stored = fail
    assert send(form_for(blobs, "uploads/u/source"), b"clip") == 502


SET = {
    "ANPR_MODE": "supabase",
    "ANPR_SUPABASE_URL": "https://project.supabase.co",
    "ANPR_DB_URL": "postgresql://postgres.project@pooler.example:6543/postgres",
    "ANPR_DB_PASSWORD": "p@ss",
    "ANPR_S3_BUCKET": "anpr",
    "ANPR_S3_ENDPOINT_URL": "https://project.storage.supabase.co/storage/v1/s3",
    "ANPR_S3_ACCESS_KEY_ID": "key",
    "ANPR_S3_SECRET_ACCESS_KEY": "secret",
    "ANPR_S3_REGION": "eu-central-1",
}


@pytest.fixture
def _mode(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in SET.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ANPR_SECRETS_DIR", str(tmp_path))


@pytest.mark.usefixtures("_mode")
def test_the_mode_needs_no_more_than_its_settings() -> None:
    assert bootstrap.blob_store().presign_get("k").startswith(f"{SET['ANPR_S3_ENDPOINT_URL']}/anpr/k?")
    assert isinstance(bootstrap.job_queue(), PostgresQueue)
    assert bootstrap.login_provider() is not None
    assert bootstrap.anchor_store() is None
    database = bootstrap.database()
    assert (database.engine.url.port, database.engine.url.password) == (6543, "p@ss")
    with pytest.raises(Misconfigured, match="ANPR_DB_URL names port 6543"):
        bootstrap.upgrade(database.engine)


@pytest.mark.usefixtures("_mode")
@pytest.mark.parametrize("missing", sorted(SET.keys() - {"ANPR_MODE", "ANPR_DB_PASSWORD"}))
def test_a_setting_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delenv(missing)

    def start() -> None:
        bootstrap.blob_store()
        bootstrap.login_provider()
        bootstrap.database()

    with pytest.raises(ValueError, match=missing):
        start()


@pytest.mark.usefixtures("_mode")
@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("ANPR_REDIS_URL", "selfhost"),
        ("ANPR_QUEUE", "selfhost"),
        ("ANPR_BUS_NAME", "aws"),
        ("ANPR_DB_SECRET_ID", "aws"),
        ("ANPR_TOKEN_ISSUER", "aws or selfhost"),
        ("ANPR_ANCHOR_BUCKET_FILE", "aws or selfhost"),
    ],
)
def test_a_setting_of_another_mode_is_named(monkeypatch: pytest.MonkeyPatch, name: str, whose: str) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(Misconfigured, match=f"{name} belongs to ANPR_MODE={whose}"):
        bootstrap.job_queue()


@pytest.mark.parametrize("mode", ["aws", "selfhost"])
def test_the_projects_settings_are_strangers_elsewhere(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setenv("ANPR_MODE", mode)
    monkeypatch.setenv("ANPR_SUPABASE_URL", "https://project.supabase.co")
    with pytest.raises(Misconfigured, match="ANPR_SUPABASE_URL belongs to ANPR_MODE=supabase"):
        bootstrap.secret_store()
