"""`anpr.ports.BlobStore` on one S3 bucket, of AWS or of any server that speaks S3's protocol."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from boto3.s3.transfer import TransferConfig

from anpr import tracing
from anpr.adapters.aws import s3_versions
from anpr.adapters.aws.client import translated
from anpr.errors import NotFound, Unavailable
from anpr.ports import BlobInfo, PresignedUpload
from anpr.settings import StorageSettings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_METADATA: Final = "x-amz-meta-"
_TRACE: Final = "trace"
"""The object's metadata that says which request asked for it: S3's notification does not."""

# Few connections: they share the machine with a decoder, and saturate its network well before that.
_TRANSFER: Final = TransferConfig(max_concurrency=4, multipart_chunksize=16 * 1024**2)


class S3BlobStore:
    """`anpr.ports.BlobStore` on one S3 bucket."""

    def __init__(
        self,
        client: "S3Client",
        settings: StorageSettings,
        *,
        signer: "S3Client | None" = None,
        versions: bool = True,
    ) -> None:
        """Prepare to use a bucket.

        Args:
            client: reaches the storage.
            settings: the bucket, and how long links and forms are good for.
            signer: signs links and forms for the address at which clients reach the storage, where that is another.
                Such a storage is none of Amazon's, and tells no queue of files.
            versions: whether the storage may keep versions, and is asked for them; one that keeps none might take
                the question for another.
        """
        self.notifies = signer is None
        self._client = client
        self._signer = client if signer is None else signer
        self._bucket = settings.bucket
        self._method = settings.upload_method
        self._versions = versions
        self._presign_ttl_s = round(settings.presign_ttl.total_seconds())

    def presign_upload(self, key: str, *, content_type: str, size_bytes: int, expires_in_s: int) -> PresignedUpload:
        expires_at = datetime.now(UTC) + timedelta(seconds=expires_in_s)
        trace = tracing.current_header()
        if self._method == "PUT":
            return self._presign_put(key, content_type, size_bytes, expires_at, trace)
        fields = {"Content-Type": content_type}
        if trace is not None:
            fields[f"{_METADATA}{_TRACE}"] = trace
        with translated("storage"):
            form = self._signer.generate_presigned_post(
                self._bucket,
                key,
                Fields=dict(fields),
                Conditions=[
                    *({name: value} for name, value in fields.items()),
                    ["content-length-range", size_bytes, size_bytes],
                ],
                ExpiresIn=expires_in_s,
            )
        # As Amazon's documentation names them; some others know only the names that its JavaScript library sends.
        named = form["fields"] if self.notifies else _in_capitals(form["fields"])
        return PresignedUpload(form["url"], expires_at, "POST", fields=named)

    def _presign_put(
        self, key: str, content_type: str, size_bytes: int, expires_at: datetime, trace: str | None
    ) -> PresignedUpload:
        metadata = {} if trace is None else {_TRACE: trace}
        with translated("storage"):
            url = self._signer.generate_presigned_url(
                "put_object",
                # The length is signed too: a body of another size is refused.
                Params={
                    "Bucket": self._bucket,
                    "Key": key,
                    "ContentType": content_type,
                    "ContentLength": size_bytes,
                    "Metadata": metadata,
                },
                ExpiresIn=round((expires_at - datetime.now(UTC)).total_seconds()),
            )
        headers = {"Content-Type": content_type} | {f"{_METADATA}{name}": value for name, value in metadata.items()}
        return PresignedUpload(url, expires_at, "PUT", headers=headers)

    def presign_get(self, key: str, *, version_id: str | None = None, expires_in_s: int | None = None) -> str:
        with translated("storage"):
            return self._signer.generate_presigned_url(
                "get_object",
                Params={"Bucket": self._bucket, "Key": key, **s3_versions.named(version_id)},
                ExpiresIn=self._presign_ttl_s if expires_in_s is None else expires_in_s,
            )

    def info(self, key: str, *, version_id: str | None = None) -> BlobInfo | None:
        try:
            with translated("storage"):
                head = self._client.head_object(Bucket=self._bucket, Key=key, **s3_versions.named(version_id))
        except NotFound:
            return None
        return BlobInfo(
            head["ContentLength"],
            head.get("ContentType", ""),
            head["LastModified"],
            trace=_trace_of(head.get("Metadata", {})),
            version_id=s3_versions.identity(head.get("VersionId")),
        )

    def list_keys(self, prefix: str, *, after: str, limit: int) -> list[tuple[str, datetime]]:
        found: list[tuple[str, datetime]] = []
        while len(found) < limit:
            with translated("storage"):
                page = self._client.list_objects_v2(
                    Bucket=self._bucket, Prefix=prefix, StartAfter=after, MaxKeys=min(limit - len(found), 1000)
                )
            found += [(each["Key"], each["LastModified"]) for each in page.get("Contents", [])]
            if not page.get("IsTruncated") or not found:
                break
            after = found[-1][0]
        return found

    def download(
        self, key: str, target: Path, *, version_id: str | None = None, on_bytes: Callable[[int], object] | None = None
    ) -> None:
        with translated("storage", missing="The file is not in the storage any more."):
            self._client.download_file(
                self._bucket,
                key,
                str(target),
                ExtraArgs=dict(s3_versions.named(version_id)),
                Callback=on_bytes,
                Config=_TRANSFER,
            )

    def put(self, key: str, body: bytes, *, content_type: str) -> None:
        with translated("storage"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def delete(self, keys: Sequence[str]) -> None:
        with translated("storage"):
            self._delete(self._all_of(keys))

    def delete_other_versions(self, key: str, *, keep: str) -> int:
        if not self._versions:
            return 0
        with translated("storage"):
            found = s3_versions.of(self._client, self._bucket, [key])
            others = [each for each in found if each.get("VersionId") != keep]
            if len(others) == len(found):
                return 0
            self._delete(others)
        return len(others)

    def _all_of(self, keys: Sequence[str]) -> "Sequence[ObjectIdentifierTypeDef]":
        if self._versions:
            return s3_versions.of(self._client, self._bucket, keys)
        return [{"Key": key} for key in keys]

    def _delete(self, found: "Sequence[ObjectIdentifierTypeDef]") -> None:
        for start in range(0, len(found), 1000):
            objects = found[start : start + 1000]
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            refused = answer.get("Errors", [])
            if refused:
                raise Unavailable(f"The storage did not delete {len(refused)} of {len(objects)} objects.")

    def check(self) -> None:
        with translated("storage", missing="The storage has no such bucket."):
            self._client.head_bucket(Bucket=self._bucket)


def _in_capitals(fields: Mapping[str, str]) -> dict[str, str]:
    """The form's signature as `X-Amz-Signature`, and so on: `policy`, and what begins with `x-amz-` but metadata."""
    signed = {name for name in fields if name.startswith("x-amz-") and not name.startswith(_METADATA)} | {"policy"}
    return {name.title() if name in signed else name: value for name, value in fields.items()}


def _trace_of(metadata: Mapping[str, str]) -> str | None:
    """Some servers give the names of metadata back in another case."""
    return next((value for name, value in metadata.items() if name.lower() == _TRACE), None)
