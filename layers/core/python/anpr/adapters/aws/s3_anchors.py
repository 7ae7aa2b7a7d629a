"""`anpr.ports.AnchorStore` on an S3 bucket that keeps versions, and locks them where the deployment wants that."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypedDict

from botocore.exceptions import ClientError

from anpr.adapters.aws.client import translated
from anpr.errors import NotFound
from anpr.messages import ANCHORS_PREFIX
from anpr.ports import KeptAnchor

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_TAKEN: Final = "PreconditionFailed"


class _Marker(TypedDict, total=False):
    """Where a page of a listing begins."""

    KeyMarker: str
    VersionIdMarker: str


class S3AnchorStore:
    """Anchors in one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def add(self, key: str, body: bytes) -> bool:
        with translated("storage of anchors"):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=body,
                    ContentType="application/json",
                    IfNoneMatch="*",
                    # A bucket that locks its objects takes none without a digest.
                    ChecksumAlgorithm="SHA256",
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != _TAKEN:
                    raise
                return False
        return True

    def list(self, *, after: str = "") -> Sequence[KeptAnchor]:
        # Newest first below each key.
        versions: dict[str, list[str]] = {}
        deleted: set[str] = set()
        marker: _Marker = {"KeyMarker": after} if after else {}
        with translated("storage of anchors"):
            while True:
                page = self._client.list_object_versions(Bucket=self._bucket, Prefix=ANCHORS_PREFIX, **marker)
                for version in page.get("Versions", []):
                    versions.setdefault(version["Key"], []).append(version["VersionId"])
                deleted |= {gone["Key"] for gone in page.get("DeleteMarkers", [])}
                if not page.get("IsTruncated"):
                    break
                marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        return [
            KeptAnchor(
                key,
                versions[key][-1] if key in versions else None,
                untouched=key not in deleted and len(versions[key]) == 1,
            )
            for key in sorted(versions.keys() | deleted)
            if key > after
        ]

    def read(self, kept: KeptAnchor) -> bytes:
        if kept.version_id is None:
            return b""
        try:
            with translated("storage of anchors"):
                found = self._client.get_object(Bucket=self._bucket, Key=kept.key, VersionId=kept.version_id)
                return found["Body"].read()
        except NotFound:
            return b""
