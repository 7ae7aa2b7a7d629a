"""Clients of an S3 server of one's own: SeaweedFS, MinIO, or any other that speaks the protocol."""

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from anpr.adapters.aws.client import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from anpr.adapters.aws.s3 import S3BlobStore
from anpr.adapters.aws.s3_archive import S3ArchiveStore
from anpr.adapters.selfhost.settings import ObjectStoreSettings
from anpr.settings import StorageSettings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def make_client(endpoint_url: str | None, settings: ObjectStoreSettings, *, connections: int = 10) -> "S3Client":
    """Make a client with explicit time-outs and retries; nothing is read from AWS's own variables or files."""
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=connections,
        signature_version="s3v4",
        # Such servers seldom have a name a bucket, and do not all know the checksums that AWS's take.
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    session: Any = boto3.session.Session(
        aws_access_key_id=settings.access_key_id,
        aws_secret_access_key=settings.secret_access_key.get_secret_value(),
        region_name=settings.region,
    )
    client: S3Client = session.client("s3", endpoint_url=endpoint_url, config=config)
    # Without it some servers take the list of what to delete for a form.
    client.meta.events.register("before-call.s3.DeleteObjects", _as_xml)
    return client


def blob_store(storage: StorageSettings, settings: ObjectStoreSettings, *, versions: bool = True) -> S3BlobStore:
    """The bucket, with links and forms for the address at which clients reach it.

    Args:
        storage: what is said of every bucket.
        settings: how this one is reached.
        versions: whether the server may keep versions of an object.
    """
    return S3BlobStore(_inner(storage, settings), storage, signer=_outer(storage, settings), versions=versions)


def archive_store(
    storage: StorageSettings, settings: ObjectStoreSettings, *, fetchers: int, versions: bool = True
) -> S3ArchiveStore:
    """The same, for whoever fetches by many threads."""
    inner = _inner(storage, settings, connections=fetchers + 1)
    return S3ArchiveStore(inner, storage, signer=_outer(storage, settings), versions=versions)


def _inner(storage: StorageSettings, settings: ObjectStoreSettings, *, connections: int = 10) -> "S3Client":
    return make_client(storage.endpoint_url, settings, connections=connections)


def _outer(storage: StorageSettings, settings: ObjectStoreSettings) -> "S3Client":
    # To sign needs no connection: this client never makes one.
    return make_client(settings.public_endpoint_url or storage.endpoint_url, settings)


def _as_xml(params: dict[str, Any], **_: Any) -> None:
    params["headers"]["Content-Type"] = "application/xml"
