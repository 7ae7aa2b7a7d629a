"""The self-hosted family: its S3 server, its bus, its folder of keys, and what it is told."""

import json
import stat
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import ValidationError

from anpr import bootstrap, outbox
from anpr.adapters.aws.s3_anchors import S3AnchorStore
from anpr.adapters.family import Misconfigured
from anpr.adapters.selfhost import object_store
from anpr.adapters.selfhost.bus import QueueBus
from anpr.adapters.selfhost.secret_folder import SecretFolder
from anpr.adapters.selfhost.settings import ObjectStoreSettings
from anpr.db import Database
from anpr.errors import NotFound, Unavailable
from anpr.messages import EventDue, EventType, JobRequest, anchor_key
from anpr.operations import installing
from anpr.ports import PresignedUpload, Secret
from anpr.settings import StorageSettings
from infra.local.servers import SeaweedFS
from tests.memory import MemoryQueue


@pytest.fixture
def told(seaweedfs: SeaweedFS) -> tuple[StorageSettings, ObjectStoreSettings]:
    storage = StorageSettings(bucket=f"b-{uuid4().hex[:12]}", endpoint_url=seaweedfs.endpoint)
    keys = ObjectStoreSettings(access_key_id=seaweedfs.keys.access, secret_access_key=seaweedfs.keys.secret)
    object_store.make_client(storage.endpoint_url, keys).create_bucket(Bucket=storage.bucket)
    return storage, keys


def send(form: PresignedUpload, content: bytes, **changes: str) -> int:
    """Do with a form as it says; gives the answer's status."""
    with httpx.Client(trust_env=False, timeout=30) as http:
        if form.method == "PUT":
            return http.put(form.url, content=content, headers=form.headers | changes).status_code
        fields = form.fields | changes
        return http.post(form.url, data=fields, files={"file": ("f", content, "video/mp4")}).status_code


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_form_takes_the_announced_file_and_no_other(
    told: tuple[StorageSettings, ObjectStoreSettings], method: str
) -> None:
    storage, keys = told
    blobs = object_store.blob_store(storage.model_copy(update={"upload_method": method}), keys)
    key = f"uploads/{uuid4()}/source"

    def form() -> PresignedUpload:
        return blobs.presign_upload(key, content_type="video/mp4", size_bytes=4, expires_in_s=60)

    assert form().method == method
    assert send(form(), b"longer") >= 400
    assert send(form(), b"clip", **{"Content-Type": "text/html"}) >= 400
    assert blobs.info(key) is None

    assert send(form(), b"clip") < 300
    info = blobs.info(key)
    assert info is not None
    assert (info.size_bytes, info.content_type) == (4, "video/mp4")
    assert not blobs.notifies


def test_objects_are_stored_listed_linked_to_and_deleted(
    told: tuple[StorageSettings, ObjectStoreSettings], tmp_path: Path
) -> None:
    blobs = object_store.blob_store(*told)
    for name in ("a", "b"):
        blobs.put(f"crops/{name}", name.encode(), content_type="image/jpeg")
    assert [key for key, _ in blobs.list_keys("crops/", after="", limit=10)] == ["crops/a", "crops/b"]
    assert httpx.get(blobs.presign_get("crops/a"), trust_env=False).content == b"a"
    blobs.download("crops/b", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"b"

    blobs.delete(["crops/a", "crops/missing"])

    assert blobs.info("crops/a") is None
    with pytest.raises(NotFound):
        blobs.download("crops/a", tmp_path / "a")
    archive = object_store.archive_store(*told, fetchers=2)
    upload = archive.begin_multipart("exports/z", content_type="application/zip")
    tags = [
        archive.put_part("exports/z", upload, 1, bytes(5 * 1024**2)),
        archive.put_part("exports/z", upload, 2, b"x"),
    ]
    archive.complete_multipart("exports/z", upload, tags)
    assert not archive.multipart_exists("exports/z", upload)
    done = archive.info("exports/z")
    assert done is not None
    assert done.size_bytes == 5 * 1024**2 + 1


def test_links_are_signed_for_the_address_that_clients_use(told: tuple[StorageSettings, ObjectStoreSettings]) -> None:
    storage, keys = told
    outer = keys.model_copy(update={"public_endpoint_url": "https://anpr.example.org"})
    blobs = object_store.blob_store(storage, outer)

    blobs.put("crops/a", b"a", content_type="image/jpeg")

    assert blobs.presign_get("crops/a").startswith(f"https://anpr.example.org/{storage.bucket}/crops/a?")
    form = blobs.presign_upload("uploads/u/source", content_type="video/mp4", size_bytes=4, expires_in_s=60)
    assert form.url.startswith("https://anpr.example.org/")


def test_a_wrong_key_is_an_outage_that_names_no_key(told: tuple[StorageSettings, ObjectStoreSettings]) -> None:
    storage, _ = told
    keys = ObjectStoreSettings(access_key_id="anpr", secret_access_key="wrong-wrong-wrong")
    with pytest.raises(Unavailable) as refused:
        object_store.blob_store(storage, keys).put("k", b"x", content_type="text/plain")
    assert "wrong" not in refused.value.detail


@pytest.mark.parametrize("versions", [False, True])
def test_anchors_are_stored_once_listed_and_read(
    told: tuple[StorageSettings, ObjectStoreSettings], *, versions: bool
) -> None:
    storage, keys = told
    client = object_store.make_client(storage.endpoint_url, keys)
    if versions:
        client.put_bucket_versioning(Bucket=storage.bucket, VersioningConfiguration={"Status": "Enabled"})
    store = S3AnchorStore(client, storage.bucket)
    assert store.list() == []

    assert [store.add(anchor_key(number), b"%d" % number) for number in (1, 2, 1, 3)] == [True, True, False, True]

    kept = store.list()
    assert [(each.key, each.untouched, store.read(each)) for each in kept] == [
        (anchor_key(number), True, b"%d" % number) for number in (1, 2, 3)
    ]
    assert [each.key for each in store.list(after=anchor_key(2))] == [anchor_key(3)]
    client.put_object(Bucket=storage.bucket, Key=anchor_key(2), Body=b"forged")
    client.delete_object(Bucket=storage.bucket, Key=anchor_key(3))
    if versions:
        kept = store.list()
        assert [(each.untouched, store.read(each)) for each in kept] == [(True, b"1"), (False, b"2"), (False, b"3")]


def test_an_event_goes_to_the_queues_of_those_who_take_it_and_is_read_from_the_outbox(database: Database) -> None:
    queues = {"usage_meter": MemoryQueue(), "bolo_notifier": MemoryQueue(), "export_builder": MemoryQueue()}
    tap = MemoryQueue()
    with database.transaction() as session:
        outbox.add(session, EventType.UPLOAD_PROCESSED, "1", JobRequest(upload_id=uuid4()))
        outbox.add(session, EventType.UPLOAD_FAILED, "2", JobRequest(upload_id=uuid4()))

    assert outbox.relay(database, QueueBus(queues, tap)) == 2

    assert [len(queue.waiting) for queue in queues.values()] == [1, 0, 0]
    due = EventDue.model_validate_json(queues["usage_meter"].waiting[0])
    with database.transaction() as session:
        event = outbox.find(session, due.event_id)
        assert event is not None
        assert (event.type, event.subject) == ("upload.processed", "1")
        assert outbox.find(session, uuid4()) is None
    assert [json.loads(body)["subject"] for body in tap.waiting] == ["1", "2"]


def test_keys_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made = installing.make_secrets(folder, admin_email="me@example.org")

    assert {"admin.json", "signing-key.json"} <= {f"{name}.json" for name in made} | set(made)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    store = SecretFolder(folder)
    before = {name: store.get(name) for name in Secret}
    assert all(before.values())
    assert installing.make_secrets(folder, admin_email="other@example.org") == []
    assert {name: store.get(name) for name in Secret} == before
    store.put("new", {"a": 1})
    assert store.get("new") == {"a": 1}
    assert store.get("none") is None
    (folder / "broken.json").write_text("{")
    with pytest.raises(Unavailable):
        store.get("broken")


def test_what_is_missing_or_of_another_mode_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANPR_MODE", "selfhost")
    monkeypatch.setenv("ANPR_S3_BUCKET", "anpr")
    with pytest.raises(ValidationError, match="ANPR_S3_ACCESS_KEY_ID"):
        bootstrap.blob_store()
    with pytest.raises(ValidationError, match="ANPR_REDIS_URL"):
        bootstrap.job_queue()
    monkeypatch.setenv("ANPR_SECRETS_DIR", str(tmp_path))
    assert bootstrap.secret_store().get(Secret.SIGNING_KEY) is None

    monkeypatch.setenv("ANPR_BUS_NAME", "anpr")
    with pytest.raises(Misconfigured, match="ANPR_BUS_NAME belongs to ANPR_MODE=aws"):
        bootstrap.secret_store()
    monkeypatch.delenv("ANPR_BUS_NAME")
    monkeypatch.setenv("ANPR_MODE", "aws")
    with pytest.raises(Misconfigured, match="ANPR_SECRETS_DIR belongs to ANPR_MODE=selfhost"):
        bootstrap.secret_store()
