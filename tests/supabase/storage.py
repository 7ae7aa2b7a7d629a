"""An S3 endpoint that behaves as Supabase's Storage was measured to, in front of SeaweedFS.

What it imitates: the address below `/storage/v1/s3`; that the region is part of the key (403); a presigned form is
taken by the JavaScript SDK's names of fields alone (400), its key, type and metadata hold (403), and its size does not,
but the bucket's own limit does (413); errors are named in a namespace, which botocore does not look in; DeleteObjects
without a content type is refused (400); names of metadata come back capitalised; what sets a bucket's versioning is
taken for its creation (409); each stored object is a row of `storage.objects`, and an error there fails the upload
(502). A list of versions is answered as any list is: how Storage answers one was not measured.

What it does not: buckets' own policies, tokens as keys, that `If-None-Match` is ignored, resumable uploads, and all
that is not S3. Signatures of other requests are SeaweedFS's to check.
"""

import base64
import hashlib
import hmac
import http.client
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.config import Config

from infra.local.servers import SeaweedFS

PREFIX: Final = "/storage/v1/s3"
REGION: Final = "eu-central-9"
_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
_FIELDS: Final = ("Policy", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature")
_OF_BUCKETS: Final = ("versioning", "cors", "lifecycle", "notification", "encryption")
_TIMEOUT_S: Final = 30
_HOP: Final = ("connection", "transfer-encoding", "keep-alive", "date", "server", "content-length")

OnStored = Callable[[str, str, dict[str, Any]], None]
"""Told of each stored object: its bucket, its name, and `size` and `mimetype`."""


class Storage:
    """The endpoint, in a thread of this process.

    Attributes:
        file_size_limit: of every bucket, bytes.
        on_stored: what Storage does with an object's row.
    """

    def __init__(self, weed: SeaweedFS, *, port: int = 0) -> None:
        self.weed = weed
        self.file_size_limit = 50 * 1024**2
        self.on_stored: OnStored = lambda _bucket, _name, _metadata: None
        # The server's own hand, which needs no region.
        self.client: Any = boto3.session.Session(
            aws_access_key_id=weed.keys.access, aws_secret_access_key=weed.keys.secret, region_name="us-east-1"
        ).client("s3", endpoint_url=weed.endpoint, config=Config(s3={"addressing_style": "path"}))
        storage = self

        class Handler(_Handler):
            owner = storage

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, name="storage", daemon=True)
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """What its clients are told."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{PREFIX}"

    def stop(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.client.close()


class _Refused(Exception):
    """What is answered in a request's place."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        body = f"<Code>{code}</Code><Message>{message}</Message>"
        self.body = f'<?xml version="1.0" encoding="UTF-8"?><Error xmlns="{_NAMESPACE}">{body}</Error>'.encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Storage

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def do_OPTIONS(self) -> None:
        self._reply(200, [("Access-Control-Allow-Methods", "*"), ("Access-Control-Allow-Headers", "*")], b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._handle(body)
        except _Refused as refused:
            content = b"" if self.command == "HEAD" else refused.body
            self._reply(refused.status, [("Content-Type", "application/xml")], content)

    def _handle(self, body: bytes) -> None:
        address = urlsplit(self.path)
        if not address.path.startswith(f"{PREFIX}/"):
            raise _Refused(404, "NotFound", "There is no such route.")
        path, asked = address.path.removeprefix(PREFIX), parse_qs(address.query, keep_blank_values=True)
        bucket, _, key = unquote(path[1:]).partition("/")
        if self.command == "POST" and self.headers.get_content_type() == "multipart/form-data":
            self._take_form(bucket, *_form(body, str(self.headers.get_boundary())))
            return
        self._demand_region(asked)
        if self.command == "POST" and "delete" in asked and self.headers.get("Content-Type") is None:
            raise _Refused(400, "InvalidRequest", "must have required property 'Body'")
        if self.command == "PUT" and not key and asked.keys() & set(_OF_BUCKETS):
            raise _Refused(409, "BucketAlreadyExists", "The requested bucket name is not available.")
        if self.command == "GET" and "versions" in asked:
            found = self.owner.client.list_objects_v2(Bucket=bucket).get("Contents", [])
            listed = "".join(f"<Contents><Key>{each['Key']}</Key></Contents>" for each in found)
            content = f'<ListBucketResult xmlns="{_NAMESPACE}">{listed}</ListBucketResult>'.encode()
            self._reply(200, [("Content-Type", "application/xml")], content)
            return
        status, headers, content = self._pass_on(path, address.query, body)
        whole = (self.command == "PUT") != ("uploadId" in asked) and self.command in ("PUT", "POST")
        if status < 300 and key and whole:
            self._keep_row(bucket, key)
        self._reply(status, headers, content)

    def _take_form(self, bucket: str, fields: dict[str, str], content: bytes) -> None:
        if any(name not in fields for name in _FIELDS):
            raise _Refused(400, "InvalidSignature", "Missing signature field")
        day, region, service, last = fields["X-Amz-Credential"].split("/")[1:]
        key = f"AWS4{self.owner.weed.keys.secret}".encode()
        for part in (day, region, service, last, fields["Policy"]):
            key = hmac.digest(key, part.encode(), hashlib.sha256)
        if region != REGION or not hmac.compare_digest(key.hex(), fields["X-Amz-Signature"]):
            raise _Refused(403, "SignatureDoesNotMatch", "The signature does not match.")
        policy = json.loads(base64.b64decode(fields["Policy"]))
        if datetime.fromisoformat(policy["expiration"]) < datetime.now(UTC):
            raise _Refused(403, "AccessDenied", "The policy has expired.")
        given = {name.lower(): value for name, value in fields.items()} | {"bucket": bucket}
        # A range of sizes is a list: read, and not enforced.
        for condition in filter(lambda each: isinstance(each, dict), policy["conditions"]):
            for name, value in condition.items():
                if given.get(name.lower()) != value:
                    raise _Refused(403, "AccessDenied", f"The form's {name} is not the policy's.")
        if len(content) > self.owner.file_size_limit:
            raise _Refused(413, "EntityTooLarge", "The object exceeded the maximum allowed size")
        metadata = {name[11:]: value for name, value in given.items() if name.startswith("x-amz-meta-")}
        self.owner.client.put_object(
            Bucket=bucket, Key=given["key"], Body=content, ContentType=given.get("content-type", ""), Metadata=metadata
        )
        self._keep_row(bucket, given["key"])
        self._reply(204, [], b"")

    def _keep_row(self, bucket: str, key: str) -> None:
        head = self.owner.client.head_object(Bucket=bucket, Key=key)
        try:
            self.owner.on_stored(bucket, key, {"size": head["ContentLength"], "mimetype": head["ContentType"]})
        except Exception as error:
            raise _Refused(502, "DatabaseError", "The object's row could not be written.") from error

    def _demand_region(self, asked: dict[str, list[str]]) -> None:
        given = asked.get("X-Amz-Credential", [""])[0] or self.headers.get("Authorization", "")
        scope = re.search(r"\d{8}/([^/]+)/s3/aws4_request", given)
        if scope is None or scope[1] != REGION:
            raise _Refused(403, "SignatureDoesNotMatch", "The region is not this project's.")

    def _pass_on(self, path: str, query: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.owner.weed.port, timeout=_TIMEOUT_S)
        try:
            target = path + (f"?{query}" if query else "")
            connection.putrequest(self.command, target, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in ("connection", "content-length"):
                    connection.putheader(name, value)
            connection.putheader("X-Forwarded-Prefix", PREFIX)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP]
            if self.command == "HEAD":
                headers.append(("Content-Length", answer.getheader("Content-Length", "0")))
            return answer.status, headers, content.replace(b"<Error>", f'<Error xmlns="{_NAMESPACE}">'.encode())
        finally:
            connection.close()

    def _reply(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() != "access-control-allow-origin":
                self.send_header(name, value)
        self.send_header("Access-Control-Allow-Origin", "*")
        if not any(name == "Content-Length" for name, _ in headers):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _form(body: bytes, boundary: str) -> tuple[dict[str, str], bytes]:
    """The fields of a form before its file, and the file."""
    fields: dict[str, str] = {}
    for part in body.split(f"--{boundary}".encode())[1:-1]:
        head, _, content = part[2:-2].partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)
        if name is None:
            continue
        if name[1] == b"file":
            return fields, content
        fields[name[1].decode()] = content.decode()
    return fields, b""
