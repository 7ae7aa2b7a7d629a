"""The versions that a bucket keeps of its objects.

To delete an object of a bucket with versions, without naming one, hides it and keeps every byte. So whoever means to
delete names the versions, all of them, with the markers of earlier deletions.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypedDict

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_WITHOUT: Final = "null"
"""What S3 calls the only version of an object that was stored while its bucket kept none."""

_NOT_KNOWN: Final = frozenset({"NotImplemented", "MethodNotAllowed"})
"""What servers answer that know no versions."""


class _Named(TypedDict, total=False):
    VersionId: str


def identity(version_id: str | None) -> str | None:
    """What names a version for good; None where the store would give the same name to the next one."""
    return None if version_id in (None, _WITHOUT) else version_id


def named(version_id: str | None) -> "_Named":
    """The argument of a request that says which version is meant, where one is."""
    return {} if version_id is None else {"VersionId": version_id}


def of(client: "S3Client", bucket: str, keys: Sequence[str]) -> "list[ObjectIdentifierTypeDef]":
    """Find every version and marker of some objects.

    Objects of one folder are looked for together: a request lists a thousand.

    Raises:
        botocore.exceptions.ClientError: the storage refuses.
    """
    folders: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        folders[key.rpartition("/")[0]].add(key)
    found: list[ObjectIdentifierTypeDef] = []
    for wanted in folders.values():
        try:
            found += _below(client, bucket, _common_start(wanted), wanted)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _NOT_KNOWN:
                raise
            found += [{"Key": key} for key in sorted(wanted)]
    return found


def _common_start(keys: set[str]) -> str:
    """What all keys begin with; as with the first and the last in order, so with those between them."""
    first, last = min(keys), max(keys)
    length = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:length]


def _below(client: "S3Client", bucket: str, prefix: str, wanted: set[str]) -> "list[ObjectIdentifierTypeDef]":
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    return [
        {"Key": each["Key"], "VersionId": each["VersionId"]}
        for page in pages
        for each in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        if each["Key"] in wanted
    ]
