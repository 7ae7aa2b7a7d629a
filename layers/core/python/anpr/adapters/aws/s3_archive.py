"""`anpr.ports.ArchiveStore` on one S3 bucket: reading many small objects, and writing one large one in parts."""

from collections.abc import Sequence
from contextlib import suppress

from anpr.adapters.aws.client import translated
from anpr.adapters.aws.s3 import S3BlobStore
from anpr.errors import NotFound

_NO_UPLOAD = "The storage has no such upload any more."


class S3ArchiveStore(S3BlobStore):
    """The bucket of footage and crops, with what only the writer of archives needs."""

    def read(self, key: str) -> bytes:
        with translated("storage", missing="The file is not in the storage any more."):
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def begin_multipart(self, key: str, *, content_type: str) -> str:
        with translated("storage"):
            return self._client.create_multipart_upload(Bucket=self._bucket, Key=key, ContentType=content_type)[
                "UploadId"
            ]

    def multipart_exists(self, key: str, multipart_id: str) -> bool:
        try:
            with translated("storage"):
                self._client.list_parts(Bucket=self._bucket, Key=key, UploadId=multipart_id, MaxParts=1)
        except NotFound:
            return False
        return True

    def put_part(self, key: str, multipart_id: str, number: int, body: bytes) -> str:
        with translated("storage", missing=_NO_UPLOAD):
            part = self._client.upload_part(
                Bucket=self._bucket, Key=key, UploadId=multipart_id, PartNumber=number, Body=body
            )
        return part["ETag"]

    def complete_multipart(self, key: str, multipart_id: str, etags: Sequence[str]) -> None:
        with translated("storage", missing=_NO_UPLOAD):
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                UploadId=multipart_id,
                MultipartUpload={"Parts": [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, 1)]},
            )

    def abort_multipart(self, key: str, multipart_id: str) -> None:
        with suppress(NotFound), translated("storage", missing=_NO_UPLOAD):
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=multipart_id)
