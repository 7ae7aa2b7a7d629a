"""`python -m server migrate`: run once, before the others: the schema, the bucket, keys and the first administrator."""

import time
from typing import TYPE_CHECKING, Final

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from anpr.adapters.aws.client import translated
from anpr.adapters.selfhost import object_store
from anpr.adapters.selfhost.settings import ObjectStoreSettings
from anpr.background import set_up
from anpr.errors import AnprError, NotFound, Unavailable
from anpr.settings import AnchorSettings, StorageSettings
from server.settings import ServerSettings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_CANNOT: Final = (400, 405, 409, 501)
"""What servers answer that keep but one version of an object."""


def main() -> int:
    """Do it, waiting for servers that are still starting; returns the exit status."""
    logger = Logger(service="migrate")
    settings = ServerSettings()
    until = time.monotonic() + settings.start_within.total_seconds()
    while True:
        try:
            made = _make_buckets()
            done = set_up.set_up()
        except AnprError as error:
            if time.monotonic() > until:
                logger.exception("the set-up failed")
                return 1
            logger.warning("waiting", reason=error.explained)
            time.sleep(1)
        else:
            logger.info("set up", buckets_made=made, **done)
            return 0


def _make_buckets() -> list[str]:
    storage = StorageSettings()
    client = object_store.make_client(storage.endpoint_url, ObjectStoreSettings())
    anchors = AnchorSettings().bucket
    wanted = [storage.bucket, *filter(None, [anchors])]
    made = []
    for bucket in wanted:
        try:
            with translated("storage"):
                client.head_bucket(Bucket=bucket)
        except NotFound:
            with translated("storage"):
                _create(client, bucket)
            made.append(bucket)
        # What is stored over an anchor, or deletes it, must leave it to be found.
        _keep_versions(client, bucket, must=bucket == anchors)
    return made


def _keep_versions(client: "S3Client", bucket: str, *, must: bool) -> None:
    """So that what was read can be told from what was put over it; not every server can, and not every bucket must."""
    try:
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    except ClientError as error:
        if must or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") not in _CANNOT:
            raise Unavailable("The storage does not answer as it should; try again in a moment.") from error
    except BotoCoreError as error:
        raise Unavailable("The storage cannot be reached; try again in a moment.") from error


def _create(client: "S3Client", bucket: str) -> None:
    try:
        client.create_bucket(Bucket=bucket)
    except ClientError as error:
        # Another of these was a moment earlier.
        if error.response.get("Error", {}).get("Code") not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
